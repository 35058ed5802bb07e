"""The forms of one due date: what is due and how it is counted, and why it is closed."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from meetings.actions.hold import next_due
from meetings.forms.change import DayInput
from students.forms.edit import WRITE_A_DATE, EditForm
from students.models import DueDate, MeetingKind, Student

COLUMNS = ("kind", "due_on", "counted_from_on", "note")
MOST_YEARS = 4


class DueForm(EditForm):
    """Without a due date it is counted, where the kind has a clock, and shown before anything is saved."""

    layout = (("", (("kind",), ("counted_from_on", "due_on"), ("note",))),)
    hide_optional = True  # One of the two dates is needed, and the page says so.
    kind = forms.ChoiceField(label="What is due", choices=[("", "Choose a kind of meeting"), *MeetingKind.choices])
    counted_from_on = forms.DateField(
        label="Last meeting of this kind",
        required=False,
        widget=DayInput,
        help_text="An annual review and a reevaluation are counted from it.",
        error_messages={"invalid": WRITE_A_DATE},
    )
    due_on = forms.DateField(
        label="Due date",
        required=False,
        widget=DayInput,
        help_text="The last lawful day.",
        error_messages={"invalid": WRITE_A_DATE},
    )
    note = forms.CharField(label="Note", max_length=255, required=False)

    def __init__(self, *args: Any, student: Student, today: date, due: DueDate | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.student, self.today, self.due = student, today, due
        self.counted_on: date | None = None

    def clean_kind(self) -> str:
        kind: str = self.cleaned_data["kind"]
        others = DueDate.objects.open().filter(student=self.student, kind=kind)
        if other := (others.exclude(pk=self.due.pk) if self.due else others).first():
            label, day = MeetingKind(kind).label, other.due_on
            raise ValidationError(f"{label} is due already, by {day:%B} {day.day}, {day.year}. Edit or close that one.")
        return kind

    def clean_counted_from_on(self) -> date | None:
        day: date | None = self.cleaned_data["counted_from_on"]
        if day and day > self.today:
            raise ValidationError("That day has not come yet.")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        counted_from, due_on = cleaned.get("counted_from_on"), cleaned.get("due_on")
        if counted_from and cleaned.get("kind"):
            self.counted_on = next_due(cleaned["kind"], counted_from)
        if self.has_error("due_on"):
            return cleaned
        if due_on is None and self.counted_on is None:
            self.add_error("due_on", "Write the due date.")
        elif due_on and abs(due_on.year - self.today.year) > MOST_YEARS:
            self.add_error("due_on", "That is years away. Look at the year again.")
        elif due_on and self.counted_on and due_on > self.counted_on:
            self.add_error("due_on", self._too_late(self.counted_on))
        return cleaned

    @staticmethod
    def _too_late(day: date) -> str:
        last = f"{day:%B} {day.day}, {day.year}"
        return f"Counted from the last meeting it is {last} at the latest. Write that day or an earlier one."

    @property
    def is_to_be_counted(self) -> bool:
        """Whether the due date was left empty, and can be counted: then it is shown, and saved with the next press."""
        return self.counted_on is not None and self.cleaned_data.get("due_on") is None

    def fill_in(self) -> None:
        """Put the counted day into the field."""
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["due_on"] = self.counted_on.isoformat() if self.counted_on else ""  # type: ignore[index]

    def values(self) -> dict[str, Any]:
        return self.picked(*COLUMNS)


class CloseForm(forms.Form):
    prefix = "close"
    closed_why = forms.CharField(
        label="Why is it closed?",
        max_length=255,
        help_text="Such as: moved to another district, found not eligible, the parents withdrew their consent.",
        error_messages={"required": "Say why in a few words: it stays on record."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def initial_of(due: DueDate) -> dict[str, Any]:
    """Return what the form shows of a due date."""
    return {name: getattr(due, name) for name in COLUMNS}
