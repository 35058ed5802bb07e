"""The school days of a window at one school, ready to turn wall minutes into spans."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from meetings.core.intervals import Span
from meetings.core.schooldays import MINUTES_PER_DAY, SchoolCalendar, WallSpan, instant_at, spans_of_day

Spans = tuple[Span, ...]


class Day(NamedTuple):
    """One school day: its midnight in UTC minutes, and whether its wall clock runs straight through."""

    on: date
    day_type: str
    midnight: int
    is_even: bool


class SchoolWindow:
    """The school days from `first` to `last`. Many people keep the same hours: each pattern is worked out once."""

    def __init__(self, calendar: SchoolCalendar, first: date, last: date) -> None:
        self.calendar = calendar
        self.days = [self._day(on) for on in calendar.school_days(first, last)]
        self._weekly: dict[tuple[int | None, str, WallSpan], Spans] = {}
        self._periods: dict[tuple[str, ...], list[tuple[date, Spans]]] = {}

    def _day(self, on: date) -> Day:
        midnight = instant_at(self.calendar.zone, on, 0)
        is_even = instant_at(self.calendar.zone, on, MINUTES_PER_DAY) - midnight == MINUTES_PER_DAY
        return Day(on, self.calendar.day_types[on], midnight, is_even)

    def spans(self, day: Day, wall: Iterable[WallSpan]) -> list[Span]:
        """Return the spans of one day, in the order given where its clock does not change."""
        if day.is_even:
            return [Span(day.midnight + start, day.midnight + end) for start, end in wall if start < end]
        return spans_of_day(self.calendar.zone, day.on, list(wall))

    def _where(self, condition: Callable[[Day], bool], wall: WallSpan) -> Spans:
        return tuple(span for day in self.days if condition(day) for span in self.spans(day, [wall]))

    def weekly(self, weekday: int | None, day_type: str, wall: WallSpan) -> Spans:
        """Return a part of each such weekday, or of each day of such a type."""
        key = (weekday, day_type, wall)
        if key not in self._weekly:
            self._weekly[key] = self._where(
                lambda day: day.day_type == day_type if weekday is None else day.on.isoweekday() == weekday, wall
            )
        return self._weekly[key]

    def on(self, date_: date, wall: WallSpan) -> Spans:
        """Return a part of one date, if school is open."""
        return self._where(lambda day: day.on == date_, wall)

    def contract(self, before: int, after: int) -> Spans:
        """Return the staff's day: from so many minutes before the first bell to so many after the last."""
        spans: list[Span] = []
        for day in self.days:
            hours = self.calendar.school_hours(day.on)
            if hours is not None:
                wall = WallSpan(max(hours.start - before, 0), min(hours.end + after, MINUTES_PER_DAY))
                spans += self.spans(day, [wall])
        return tuple(spans)

    def whole_days(self) -> Spans:
        """Return each school day from midnight to midnight."""
        return self._where(lambda _: True, WallSpan(0, MINUTES_PER_DAY))

    def periods(self, names: tuple[str, ...], runs: Callable[[date], bool]) -> list[Span]:
        """Return the time of these periods by each day's own bells, on the dates on which they run."""
        if names not in self._periods:
            self._periods[names] = [(day.on, self._bells(day, names)) for day in self.days]
        return [span for on, spans in self._periods[names] if runs(on) for span in spans]

    def _bells(self, day: Day, names: tuple[str, ...]) -> Spans:
        bells = self.calendar.periods(day.on)
        return tuple(self.spans(day, [bells[name] for name in names if name in bells]))
