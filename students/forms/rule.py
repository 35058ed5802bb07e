"""The form of one rule as the district holds it, and of the state whose profile it runs on."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from meetings.forms.change import DayInput
from students.forms.edit import WRITE_A_DATE, EditForm
from students.models import RuleOverride
from students.profiles import VALUE, Rule, RuleKey, Unit, Waiver, states

UNITS = [
    (Unit.CALENDAR.value, "Calendar days"),
    (Unit.SCHOOL.value, "School days"),
    (Unit.BUSINESS.value, "Business days"),
]
WAIVERS = [("", "Not set"), (Waiver.IN_WRITING.value, "In writing"), (Waiver.NOT_KNOWN.value, "No waiver is known")]
MOST_DAYS, MOST_AGE, MOST_TRIES = 365, 26, 10
NUMBERS = {
    "days": ("Days", MOST_DAYS),
    "years": ("Years", 5),
    "age": ("Age in years", MOST_AGE),
    "tries": ("Tries", MOST_TRIES),
}
WAIVED = {RuleKey.NOTICE_OF_MEETING, RuleKey.DOCUMENTS_BEFORE_MEETING}


def _number(label: str, most: int) -> forms.IntegerField:
    wrong = f"{label}: write a whole number from 1 to {most}, or leave it empty."
    return forms.IntegerField(
        label=label,
        min_value=1,
        max_value=most,
        required=False,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), wrong),
    )


class RuleForm(EditForm):
    """An empty number means that the rule is not set here."""

    layout = (
        ("What the district holds", (("number", "unit"), ("ways", "on_days"), ("words",), ("waiver",))),
        ("Why, and from when", (("why",), ("from_on",))),
    )
    hide_optional = True
    unit = forms.ChoiceField(label="Which days", choices=UNITS, help_text="34 CFR 300.11 says what each is.")
    ways = _number("In how many ways", 6)
    on_days = _number("On how many days", MOST_TRIES)
    words = forms.CharField(label="What the team is called", max_length=80, required=False)
    waiver = forms.ChoiceField(label="May a parent waive it?", choices=WAIVERS, required=False)
    why = forms.CharField(
        label="Why",
        max_length=255,
        help_text="Such as the district's procedure and where it is written, or who confirmed the rule.",
        error_messages={"required": "Say why: it stands beside the number for whoever asks."},
    )
    from_on = forms.DateField(
        label="From",
        widget=DayInput,
        help_text="Counted with it from this day on.",
        error_messages={"invalid": WRITE_A_DATE, "required": WRITE_A_DATE},
    )

    def __init__(self, *args: Any, rule: Rule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.value = VALUE.get(rule.key, "days")
        if self.value in NUMBERS:
            self.fields["number"] = _number(*NUMBERS[self.value])
            self.fields["number"].help_text = "Empty: not set here, whatever the profile says."
        kept = {"words"} if self.value == "words" else {"number"}
        kept |= {"unit"} if self.value == "days" else set()
        kept |= {"ways", "on_days"} if self.value == "tries" else set()
        kept |= {"waiver"} if rule.key in WAIVED else set()
        for name in ("number", "unit", "ways", "on_days", "words", "waiver"):
            if name not in kept and name in self.fields:
                del self.fields[name]

    def values(self) -> dict[str, Any]:
        return self.picked("number", "unit", "ways", "on_days", "words", "waiver", "why", "from_on")


class StateForm(forms.Form):
    state = forms.ChoiceField(label="The state whose rules hold here", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(one.code, one.name) for one in states()]
        self.fields["state"].choices = [("", "Federal rules alone"), *known]  # type: ignore[attr-defined]


class ClockForm(forms.Form):
    """What happened, and when."""

    def __init__(self, *args: Any, events: list[tuple[str, str]], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["event"].choices = [("", "Choose what happened"), *events]  # type: ignore[attr-defined]

    event = forms.ChoiceField(label="What happened", error_messages={"required": "Choose what happened."})
    on = forms.DateField(
        label="On", widget=DayInput, error_messages={"invalid": WRITE_A_DATE, "required": WRITE_A_DATE}
    )
    note = forms.CharField(label="Note", max_length=255, required=False, help_text="Such as where the paper is kept.")

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise ValidationError("That day has not come yet.")
        if (self.today - on).days > 3 * 366:
            raise ValidationError("That is years ago. Look at the year again.")
        return on


def initial_of(rule: Rule, override: RuleOverride | None, today: date) -> dict[str, Any]:
    """Return what the form shows: what the district holds, else the rule as it stands."""
    value = VALUE.get(rule.key, "days")
    shown = {
        "number": getattr(rule, value) if value != "words" else None,
        "unit": rule.unit.value if rule.unit else Unit.CALENDAR.value,
        "ways": rule.ways,
        "on_days": rule.on_days,
        "words": rule.words,
        "waiver": rule.waiver.value if rule.waiver else "",
    }
    return shown | {"why": override.why if override else "", "from_on": override.from_on if override else today}
