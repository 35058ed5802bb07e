"""The district's reminders: quiet hours and one mail for several, one rule, and a day to look ahead to."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from meetings.forms.change import DayInput
from meetings.models import RemindedGroup
from meetings.reminder_rules import EVERY_KIND, Rule
from students.forms.edit import WRITE_A_DATE, EditForm
from students.models import District, MeetingKind

COLUMNS = ("quiet_from", "quiet_until", "gathers_reminders")
MOST_DAYS, MOST_REMINDERS, MOST_WAIT = 30, 5, 20
WRITE_A_TIME = "Write a time such as 8:00 PM."
WRITE_DAYS = f"Write up to {MOST_REMINDERS} whole numbers from 1 to {MOST_DAYS}, such as 7, 1. Empty: no reminder."
EVERY = "every"
KINDS = [(EVERY, "Every kind of meeting"), *MeetingKind.choices]


def _time(label: str, help_text: str) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    errors = {"invalid": WRITE_A_TIME, "required": WRITE_A_TIME}
    return forms.TimeField(label=label, widget=widget, help_text=help_text, error_messages=errors)


class QuietForm(EditForm):
    layout = (("Quiet hours", (("quiet_from", "quiet_until"), ("gathers_reminders",))),)
    hide_optional = True
    quiet_from = _time("Quiet from", "By the reader’s own clock. The same time in both: none.")
    quiet_until = _time("Quiet until", "From then on mail goes out again.")
    gathers_reminders = forms.BooleanField(
        label="One mail for several reminders",
        required=False,
        help_text="For staff: what falls due on one morning comes in one mail. Families get one mail for each meeting.",
    )

    def said(self, name: str, value: Any) -> str:
        return f"{value:%H:%M}" if name.startswith("quiet") else super().said(name, value)

    def values(self) -> dict[str, Any]:
        return self.picked(*COLUMNS)


class RuleForm(EditForm):
    layout = (("", (("days_before",), ("ask_again_after",))),)
    hide_optional = True
    days_before = forms.CharField(
        label="Days before the meeting", required=False, max_length=40, help_text="Such as 7, 1. Empty: no reminder."
    )
    ask_again_after = forms.IntegerField(
        label="School days until one who has not answered is asked once more",
        required=False,
        min_value=1,
        max_value=MOST_WAIT,
        help_text="Empty: not asked again.",
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), f"Write a whole number from 1 to {MOST_WAIT}, or leave it empty."
        ),
    )

    def clean_days_before(self) -> str:
        parts = self.cleaned_data["days_before"].replace(",", " ").split()
        days = {int(part) for part in parts if part.isascii() and part.isdigit() and len(part) <= len(str(MOST_DAYS))}
        is_whole = all(part.isascii() and part.isdigit() for part in parts)
        if not is_whole or len(parts) > MOST_REMINDERS or any(not 1 <= day <= MOST_DAYS for day in days):
            raise ValidationError(WRITE_DAYS)
        if len(days) != len(parts):
            raise ValidationError(WRITE_DAYS)
        return days_typed(sorted(days, reverse=True))

    def rule(self) -> Rule:
        days = tuple(int(day) for day in self.cleaned_data["days_before"].split(", ") if day)
        return Rule(days, self.cleaned_data["ask_again_after"])


class WhichRuleForm(forms.Form):
    """Which rule to open."""

    kind = forms.ChoiceField(label="Kind of meeting", choices=KINDS)
    group = forms.ChoiceField(label="Group", choices=RemindedGroup.choices)


class AheadForm(forms.Form):
    """For a meeting on which day to show the reminders."""

    on = forms.DateField(label="A meeting on", widget=DayInput, error_messages={"invalid": WRITE_A_DATE})


def initial_of_district(district: District) -> dict[str, Any]:
    """Return what the form shows of the district."""
    return {name: getattr(district, name) for name in COLUMNS}


def initial_of_rule(rule: Rule) -> dict[str, Any]:
    """Return what the form shows of a rule."""
    return {"days_before": days_typed(rule.days_before), "ask_again_after": rule.ask_again_after}


def days_typed(days: Any) -> str:
    """Return days as they are typed: 7, 1."""
    return ", ".join(str(day) for day in days)


def kind_of(word: str) -> str | None:
    """Return the kind of meeting that an address names, EVERY_KIND for all; None where there is no such kind."""
    if word == EVERY:
        return EVERY_KIND
    return word if word in MeetingKind.values else None
