"""Forms of one's own time: weekly hours, and other commitments."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from meetings.actions.commit import CommitmentPlan
from meetings.core.intervals import instant_of
from meetings.core.schooldays import MINUTES_PER_DAY, instant_at, local_minute
from meetings.forms.change import TIME_FORMATS, ClockInput, DayInput
from meetings.models import Commitment, CommitmentKind, HoursKind, Weekday, WeeklyHours
from students.forms.edit import WRITE_A_DATE, EditForm
from students.models import Person, School

WRITE_A_TIME = "Write a time such as 1:30 PM."
BY_TYPE = "type:"
MOST_DAYS = 366


def _clock(label: str, **kwargs: Any) -> forms.TimeField:
    errors = {"invalid": WRITE_A_TIME}
    return forms.TimeField(label=label, widget=ClockInput, input_formats=TIME_FORMATS, error_messages=errors, **kwargs)


class HoursForm(EditForm):
    layout = (("", (("kind",), ("when", "school"), ("start", "end"))),)
    kind = forms.ChoiceField(label="What", choices=HoursKind.choices)
    when = forms.ChoiceField(label="When")
    school = forms.TypedChoiceField(label="School", coerce=int)
    start = _clock("From")
    end = _clock("To")

    def __init__(self, *args: Any, schools: Sequence[School], day_types: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_type = [(BY_TYPE + name, f"Each {name.replace('_', ' ')} day") for name in day_types]
        self.fields["when"].choices = [*((str(n), f"{label}s") for n, label in Weekday.choices), *by_type]  # type: ignore[attr-defined]
        self.fields["school"].choices = [(school.pk, school.name) for school in schools]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        start, end = cleaned.get("start"), cleaned.get("end")
        if start and end and end <= start:
            self.add_error("end", "Choose an end after the start.")
        return cleaned

    def columns(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        by_type = cleaned["when"].startswith(BY_TYPE)
        return {
            "kind": cleaned["kind"],
            "weekday": None if by_type else int(cleaned["when"]),
            "day_type": cleaned["when"].removeprefix(BY_TYPE) if by_type else "",
            "school_id": cleaned["school"],
            "start": cleaned["start"],
            "end": cleaned["end"],
        }


def initial_of_hours(row: WeeklyHours, schools: Sequence[School]) -> dict[str, Any]:
    """Return what the form shows of weekly hours."""
    when = str(row.weekday) if row.weekday else BY_TYPE + row.day_type
    school = row.school_id or (schools[0].pk if schools else None)
    return {"kind": row.kind, "when": when, "school": school, "start": row.start, "end": row.end}


class CommitmentForm(EditForm):
    """Times typed here are times at the school. Its answer is a span of UTC instants."""

    layout = (
        ("", (("kind", "title"), ("day", "start", "end"), ("last_day",))),
        ("Could someone else take it?", (("is_transferable",), ("takers",))),
    )
    hide_optional = True  # Times are needed for all but leave, and the page says so.
    kind = forms.ChoiceField(label="What", choices=CommitmentKind.choices)
    title = forms.CharField(label="Title", max_length=120, required=False, help_text="Seen by you alone.")
    day = forms.DateField(label="Day", widget=DayInput, error_messages={"invalid": WRITE_A_DATE})
    start = _clock("From", required=False)
    end = _clock("To", required=False)
    last_day = forms.DateField(
        label="Last day of leave",
        widget=DayInput,
        required=False,
        help_text="For leave of several days. Leave without times takes the whole day.",
        error_messages={"invalid": WRITE_A_DATE},
    )
    is_transferable = forms.BooleanField(label="Someone else could take this", required=False)
    takers = forms.TypedMultipleChoiceField(
        label="Who could take it",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Nobody else is ever asked. It stays yours until one of them says yes.",
    )

    def __init__(
        self, *args: Any, zone: str, people: Sequence[Person], now: datetime, was_over: bool = False, **kwargs: Any
    ) -> None:
        """`was_over` lets a commitment that is over already be corrected."""
        super().__init__(*args, **kwargs)
        self.zone, self.now, self.was_over = zone, now, was_over
        self.fields["takers"].choices = [(person.pk, person.full_name) for person in people]  # type: ignore[attr-defined]
        if not people:
            del self.fields["takers"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self._check_shape(cleaned)
        if not self.errors:
            cleaned["start_at"], cleaned["end_at"] = self._bounds(cleaned)
        if not self.errors and cleaned["end_at"] <= self.now and not self.was_over:
            self.add_error("day", "That time has passed.")
        return cleaned

    def _check_shape(self, cleaned: dict[str, Any]) -> None:
        is_leave = cleaned.get("kind") == CommitmentKind.LEAVE
        first, last = cleaned.get("day"), cleaned.get("last_day")
        start, end = cleaned.get("start"), cleaned.get("end")
        if not is_leave and last:
            self.add_error("last_day", "Only leave goes over several days. Enter each day of it for itself.")
        if first and last and not 0 <= (last - first).days <= MOST_DAYS:
            self.add_error("last_day", "Choose a day after the first, within a year.")
        for name in ("start", "end"):
            if cleaned.get(name) is None and not self.has_error(name) and not (is_leave and not (start or end)):
                self.add_error(name, "Write the time.")
        if start and end and end <= start and (not last or last == first):
            self.add_error("end", "Choose an end after the start.")

    def _bounds(self, cleaned: dict[str, Any]) -> tuple[datetime, datetime]:
        first, last = cleaned["day"], cleaned.get("last_day") or cleaned["day"]
        return self._instant("start", first, cleaned["start"]), self._instant("end", last, cleaned["end"])

    def _instant(self, name: str, day: date, at: time | None) -> datetime:
        is_end = name == "end"
        wall = at.hour * 60 + at.minute if at else MINUTES_PER_DAY if is_end else 0
        minute = instant_at(self.zone, day, wall, last=is_end)
        if local_minute(self.zone, minute) != wall % MINUTES_PER_DAY:
            self.add_error(name, "The clocks change that night and skip this time. Choose another one.")
        return instant_of(minute)

    def plan(self) -> CommitmentPlan:
        cleaned = self.cleaned_data
        takers = cleaned.get("takers", []) if cleaned["is_transferable"] else []
        return CommitmentPlan(
            cleaned["kind"],
            cleaned["title"],
            cleaned["start_at"],
            cleaned["end_at"],
            cleaned["is_transferable"],
            frozenset(takers),
        )

    def clean_takers(self) -> list[int]:
        takers: list[int] = self.cleaned_data["takers"]
        if takers and not self.cleaned_data.get("is_transferable"):
            raise ValidationError("Tick above that someone else could take it, or choose nobody here.")
        return takers


def initial_of_commitment(row: Commitment, takers: Sequence[int], zone: Any) -> dict[str, Any]:
    """Return what the form shows of a commitment: whole days as days, else times at the school."""
    start, end = row.start_at.astimezone(zone), row.end_at.astimezone(zone)
    shown = {"kind": row.kind, "title": row.title, "is_transferable": row.is_transferable, "takers": list(takers)}
    last = end.date() if end.time() != time() else date.fromordinal(end.date().toordinal() - 1)
    is_whole_days = row.kind == CommitmentKind.LEAVE and start.time() == end.time() == time()
    return shown | {
        "day": start.date(),
        "start": None if is_whole_days else start.time(),
        "end": None if is_whole_days else end.time(),
        "last_day": last if last != start.date() else None,
    }
