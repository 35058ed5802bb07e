"""Forms that keep what happened: an answer, a try to reach a parent."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from meetings.forms.change import VersionedForm
from meetings.models import Answer, AttemptResult, AttemptWay, Joins
from students.models import Person

CALL_RESULTS = [choice for choice in AttemptResult.choices if choice[0] != AttemptResult.SENT]


class AnswerForm(VersionedForm):
    """A member's own answer. The two buttons are its field `answer`."""

    answer = forms.ChoiceField(
        choices=[(Answer.YES.value, "I'll be there"), (Answer.NO.value, "I can't come")],
        error_messages={"required": "Press one of the two buttons."},
    )
    note = forms.CharField(
        label="Note to the organizer", required=False, max_length=255, widget=forms.Textarea(attrs={"rows": 2})
    )


class EnterForm(VersionedForm):
    """What somebody who wrote a mail means by it. The two buttons are its field `answer`."""

    answer = forms.ChoiceField(choices=[(Answer.YES.value, "They will come"), (Answer.NO.value, "They can't come")])


class SaidForm(VersionedForm):
    """What a parent said to a member of the staff."""

    answer = forms.ChoiceField(
        label="What did they say?",
        choices=[(Answer.YES.value, "They will come"), (Answer.NO.value, "They can't come")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what they said."},
    )
    joins = forms.ChoiceField(label="How will they join?", choices=[("", "Not said"), *Joins.choices], required=False)
    note = forms.CharField(
        label="In their words", required=False, max_length=255, widget=forms.Textarea(attrs={"rows": 2})
    )


class MinuteInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class AttemptForm(forms.Form):
    """One try to reach a parent, entered in one line; without a time it happened just now."""

    guardian = forms.ChoiceField(label="Who", required=False)
    way = forms.ChoiceField(label="How", choices=AttemptWay.choices, initial=AttemptWay.PHONE.value)
    result = forms.ChoiceField(
        label="Log a call",
        choices=CALL_RESULTS,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what came of it."},
    )
    note = forms.CharField(label="Note", required=False, max_length=500)
    happened_at = forms.DateTimeField(
        label="When",
        required=False,
        widget=MinuteInput,
        help_text="Empty: just now.",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%m/%d/%Y %I:%M %p"],
        error_messages={"invalid": "Write a day and a time such as 11/20/2026 4:40 PM."},
    )

    def __init__(self, *args: Any, family: list[Person], zone: str, now: datetime, **kwargs: Any) -> None:
        # Times typed here are times at the school.
        with timezone.override(ZoneInfo(zone)):
            super().__init__(*args, **kwargs)
        self.family, self.zone, self.now = {str(person.pk): person for person in family}, zone, now
        choices = [(pk, person.full_name) for pk, person in self.family.items()]
        self.fields["guardian"].choices = choices if len(choices) == 1 else [*choices, ("", "Nobody in particular")]  # type: ignore[attr-defined]

    def full_clean(self) -> None:
        with timezone.override(ZoneInfo(self.zone) if hasattr(self, "zone") else None):
            super().full_clean()

    def clean_happened_at(self) -> datetime:
        happened_at: datetime = self.cleaned_data["happened_at"] or self.now.replace(second=0, microsecond=0)
        if happened_at > self.now:
            raise ValidationError("That time has not come yet.")
        return happened_at

    @property
    def first_name(self) -> str:
        """Whom a line logged without another word is about."""
        return next((person.full_name for person in self.family.values()), "")

    def guardian_row(self) -> Person | None:
        return self.family.get(self.cleaned_data["guardian"])
