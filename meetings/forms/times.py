"""Forms of the search for a time: what to look for, and one time to check."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError

from meetings.core.intervals import minute_of
from meetings.core.schooldays import NoSchoolDayError, SchoolCalendar, instant_at, local_day, local_minute
from meetings.forms.change import TIME_FORMATS, ClockInput, DayInput
from meetings.lengths import USUAL_MINUTES, with_own
from meetings.offers import minute_at
from students.clocks import last_day_to_hold
from students.models import DueDate, MeetingKind

USUAL_DAYS = 28
MOST_DAYS = 120
# An annual review long before its due date would bring the next one forward.
DAYS_BEFORE_DUE = 42


@dataclass(frozen=True)
class Search:
    """What is looked for: one kind of meeting of so many minutes, from one date to another, both included."""

    kind: str
    due: DueDate | None
    minutes: int
    first: date
    last: date

    def fields(self) -> dict[str, object]:
        """Return the search as the fields of a form say it."""
        due = {} if self.due is None else {"due": self.due.pk}
        return {"kind": self.kind, **due, "minutes": self.minutes, "first": self.first, "last": self.last}

    def query(self, **more: object) -> str:
        """Return the search as an address says it, with more of the address."""
        return urlencode(self.fields() | more)

    def around(self, on: date, days: int) -> "Search":
        """Return the same search over other dates."""
        return Search(self.kind, self.due, self.minutes, on, on + timedelta(days=days))


class SearchForm(forms.Form):
    """The controls of the search. Whatever the address leaves out has its usual value."""

    kind = forms.ChoiceField(label="Meeting", choices=MeetingKind.choices)
    minutes = forms.TypedChoiceField(label="Length", coerce=int)
    first = forms.DateField(label="From", widget=DayInput)
    last = forms.DateField(label="To", widget=DayInput)

    def __init__(
        self,
        said: Mapping[str, str],
        *,
        dues: Sequence[DueDate],
        calendar: SchoolCalendar,
        today: date,
        minutes: int = USUAL_MINUTES,
    ) -> None:
        """`minutes` is the usual length of this student's meetings."""
        self.due = _due(said, dues)
        self.usual = _usual(self.due, calendar, today) | {"minutes": minutes}
        super().__init__({**self.usual, **{name: said[name] for name in self.usual if said.get(name)}})
        self.fields["minutes"].choices = [(each, f"{each} minutes") for each in with_own(minutes)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        first, last = found.get("first"), found.get("last")
        if first and last and last < first:
            self.add_error("last", ValidationError("This is before the first date."))
        elif first and last and last - first > timedelta(days=MOST_DAYS):
            self.add_error("last", ValidationError(f"Choose at most {MOST_DAYS} days."))
        return found

    def search(self) -> Search:
        """Return what is looked for, with the usual value in place of a wrong one."""
        found = self.usual | self.right()
        return Search(str(found["kind"]), self.due, int(found["minutes"]), found["first"], found["last"])

    def right(self) -> dict[str, Any]:
        """Return what was said and is right. Dates go together: one of them alone would turn the window around."""
        wrong = set(self.errors)
        if wrong & {"first", "last"}:
            wrong |= {"first", "last"}
        return {name: value for name, value in self.cleaned_data.items() if name not in wrong}


def _due(said: Mapping[str, str], dues: Sequence[DueDate]) -> DueDate | None:
    """Return the due date that is asked for by its number, else by its kind, else the first to come."""
    if (kind := said.get("kind")) in MeetingKind.values:
        return next((due for due in dues if due.kind == kind), None)
    asked = said.get("due", "")
    return next((due for due in dues if str(due.pk) == asked), dues[0] if dues else None)


def _usual(due: DueDate | None, calendar: SchoolCalendar, today: date) -> dict[str, Any]:
    last = _last_day(due, calendar)
    if last is None or last < today:
        first, last = today, today + timedelta(days=USUAL_DAYS)
    else:
        first = max(today, last - timedelta(days=DAYS_BEFORE_DUE))
    kind = due.kind if due else MeetingKind.ANNUAL_REVIEW.value
    return {"kind": kind, "first": first, "last": last}


def _last_day(due: DueDate | None, calendar: SchoolCalendar) -> date | None:
    if due is None:
        return None
    try:
        return last_day_to_hold(due.due_on, calendar)
    except NoSchoolDayError:
        return due.due_on


class CheckForm(forms.Form):
    """One time that somebody names: "my mom can come today at 3:00"."""

    on = forms.DateField(label="Date", widget=DayInput)
    time = forms.TimeField(label="Time", widget=ClockInput, input_formats=TIME_FORMATS)

    def __init__(
        self, data: Mapping[str, Any] | None, *, search: Search, calendar: SchoolCalendar, now: datetime
    ) -> None:
        super().__init__(data, label_suffix="")
        self.search = search
        self.calendar = calendar
        self.now = now

    @property
    def minute(self) -> int:
        """The UTC minute that was named; where the clock shows it twice, the first."""
        at: time = self.cleaned_data["time"]
        return instant_at(self.calendar.zone, self.cleaned_data["on"], at.hour * 60 + at.minute)

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on < local_day(self.calendar.zone, minute_of(self.now.replace(second=0, microsecond=0))):
            raise ValidationError("This day is past.")
        if not self.search.first <= on <= self.search.last:
            raise ValidationError("This day is outside the dates of the search. Change them under Propose times.")
        if not self.calendar.is_school_day(on):
            raise ValidationError("School is closed on this day.")
        return on

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if "on" not in found or "time" not in found:
            return found
        at: time = found["time"]
        if local_minute(self.calendar.zone, self.minute) != at.hour * 60 + at.minute:
            self.add_error("time", ValidationError("The clock skips this time on that day."))
        elif self.minute <= minute_of(self.now.replace(second=0, microsecond=0)):
            self.add_error("time", ValidationError("This time is past."))
        return found


def named_time(said: Mapping[str, str], zone: str) -> dict[str, str] | None:
    """Return the date and time that an address names, by `at` or by the form's fields; None where it names none."""
    minute = minute_at(said.get("at", ""))
    if minute is not None:
        at = local_minute(zone, minute)
        return {"on": local_day(zone, minute).isoformat(), "time": f"{at // 60:02}:{at % 60:02}"}
    return {name: said.get(name, "") for name in ("on", "time")} if "on" in said or "time" in said else None
