"""School days: bell times, closures and time zones turned into spans. The only room that knows a zone."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from meetings.core.intervals import Span, instant_of, union

MINUTES_PER_DAY = 1440
EPOCH_DAY = date(1970, 1, 1).toordinal()


class NoSchoolDayError(ValueError):
    """The calendar has no school day where one was asked for."""


class WallSpan(NamedTuple):
    """A part of one local day: minutes since local midnight by the clock on the wall, `end` up to 1440."""

    start: int
    end: int


class Stretch(NamedTuple):
    """The time from `start` up to `end` (UTC minutes) during which the zone keeps one offset (minutes east of UTC)."""

    start: int
    end: int
    offset: int


def instant_at(zone: str | ZoneInfo, day: date, wall_minute: int, *, last: bool = False) -> int:
    """Return the UTC minute at which the wall clock of `zone` shows `wall_minute` (0 to 1440) on `day`.

    Where the clock shows it twice, the first reading counts, or the last with `last` (for the end of a span).
    Where the clock skips it, the end of the gap counts.
    """
    local = (day.toordinal() - EPOCH_DAY) * MINUTES_PER_DAY + wall_minute
    stretches = _stretches_around(_zone(zone), day.toordinal() - EPOCH_DAY)
    readings = [local - offset for start, end, offset in stretches if start <= local - offset < end]
    if readings:
        return readings[-1 if last else 0]
    return next(start for start, _, offset in stretches if start + offset > local)


def spans_of_day(zone: str | ZoneInfo, day: date, wall_spans: Sequence[WallSpan]) -> list[Span]:
    """Return the UTC spans, sorted and disjoint, of parts of one local day."""
    return union(
        Span(instant_at(zone, day, start), instant_at(zone, day, end, last=True))
        for start, end in wall_spans
        if start < end
    )


def weekly_spans(
    zone: str | ZoneInfo,
    first_day: date,
    last_day: date,
    by_weekday: Mapping[int, Sequence[WallSpan]],
    overrides: Mapping[date, Sequence[WallSpan]],
) -> list[Span]:
    """Return the UTC spans, sorted and disjoint, of weekly hours from `first_day` to `last_day`, both included.

    `by_weekday` is keyed by ISO weekday (1 is Monday). An override replaces its whole day; an empty one closes it.
    """
    spans: list[Span] = []
    for day in days_between(first_day, last_day):
        wall_spans = overrides[day] if day in overrides else by_weekday.get(day.isoweekday(), ())
        spans += spans_of_day(zone, day, wall_spans)
    return union(spans)


def days_between(first: date, last: date) -> Iterator[date]:
    """Yield every date from `first` to `last`, both included."""
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def local_day(zone: str | ZoneInfo, minute: int) -> date:
    """Return the local date of a UTC minute."""
    return date.fromordinal(EPOCH_DAY + (minute + _offset(_zone(zone), minute)) // MINUTES_PER_DAY)


def local_minute(zone: str | ZoneInfo, minute: int) -> int:
    """Return what the wall clock shows at a UTC minute, as minutes since local midnight."""
    return (minute + _offset(_zone(zone), minute)) % MINUTES_PER_DAY


def offset_at(zone: str | ZoneInfo, minute: int) -> int:
    """Return the zone's offset at a UTC minute, in minutes east of UTC."""
    return _offset(_zone(zone), minute)


def local_iso(zone: str | ZoneInfo, minute: int) -> str:
    """Return a UTC minute as ISO 8601 in the zone, with its offset: 2026-11-23T15:00-05:00."""
    return instant_of(minute).astimezone(_zone(zone)).isoformat(timespec="minutes")


def grid_starts(zone: str | ZoneInfo, window: Span, step: int) -> list[int]:
    """Return the UTC minutes inside `window` whose local minutes since midnight are a multiple of `step`, in order.

    In a repeated hour both instants are on the grid; a skipped hour has none. Raises ValueError unless `step`
    divides a day.
    """
    return [start for starts in grid_ranges(zone, window, step) for start in starts]


def grid_ranges(zone: str | ZoneInfo, window: Span, step: int) -> list[range]:
    """Return the same starts as `grid_starts`, as one range for each stretch between two clock changes."""
    if step < 1 or MINUTES_PER_DAY % step:
        raise ValueError(f"a step of {step} minutes does not divide a day")
    ranges = []
    for start, end, offset in _stretches(_zone(zone), window):
        first = start + -(start + offset) % step
        if first < end:
            ranges.append(range(first, end, step))
    return ranges


@dataclass(frozen=True)
class SchoolCalendar:
    """One school's year: which days it teaches, and its bells.

    `day_types` names the type of each school day; a date that is absent is closed. `bells` gives each day type its
    periods; a day type without bells is a school day whose hours nobody entered.
    """

    zone: str
    first_day: date
    last_day: date
    day_types: Mapping[date, str]
    bells: Mapping[str, Mapping[str, WallSpan]]

    @cached_property
    def _days(self) -> list[date]:
        return sorted(day for day in self.day_types if self.first_day <= day <= self.last_day)

    def is_school_day(self, day: date) -> bool:
        """Return whether the school teaches on this day."""
        return day in self.day_types and self.first_day <= day <= self.last_day

    def school_days(self, first: date, last: date) -> list[date]:
        """Return the school days from `first` to `last`, both included, in order."""
        return self._days[bisect_left(self._days, first) : bisect_right(self._days, last)]

    def last_school_day_on_or_before(self, day: date) -> date:
        """Return `day` or the nearest school day before it. Raises NoSchoolDayError where there is none."""
        return self._day_at(bisect_right(self._days, day) - 1, day)

    def add_school_days(self, day: date, n: int) -> date:
        """Return the `n`th school day after `day`, or before it for a negative `n`.

        `day` does not count; for 0 it comes back as it is, open or closed. Raises NoSchoolDayError where the
        calendar ends first.
        """
        if n == 0:
            return day
        if n > 0:
            return self._day_at(bisect_right(self._days, day) + n - 1, day)
        return self._day_at(bisect_left(self._days, day) + n, day)

    def _day_at(self, index: int, asked: date) -> date:
        if not 0 <= index < len(self._days):
            raise NoSchoolDayError(f"no such school day from {asked} between {self.first_day} and {self.last_day}")
        return self._days[index]

    def periods(self, day: date) -> Mapping[str, WallSpan]:
        """Return the day's periods by name; none on a closed day."""
        if not self.is_school_day(day):
            return {}
        return self.bells.get(self.day_types[day], {})

    def school_hours(self, day: date) -> WallSpan | None:
        """Return the wall span from the first bell to the last, or None on a closed day or one without bells."""
        periods = self.periods(day).values()
        if not periods:
            return None
        return WallSpan(min(start for start, _ in periods), max(end for _, end in periods))


@lru_cache(maxsize=64)
def _zone(zone: str | ZoneInfo) -> ZoneInfo:
    return zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone)


def _offset(zone: ZoneInfo, minute: int) -> int:
    instant = instant_of(minute)
    return (instant.astimezone(zone).replace(tzinfo=UTC) - instant) // timedelta(minutes=1)


@lru_cache(maxsize=4096)
def _stretches_around(zone: ZoneInfo, day: int) -> tuple[Stretch, ...]:
    # No zone is more than a day from UTC, so these hold every reading of the local day and the end of its gaps.
    return tuple(_stretches(zone, Span((day - 2) * MINUTES_PER_DAY, (day + 4) * MINUTES_PER_DAY)))


def _stretches(zone: ZoneInfo, window: Span) -> list[Stretch]:
    """Return the window cut at the zone's clock changes."""
    found: list[Stretch] = []
    for day in range(window.start // MINUTES_PER_DAY, -(-window.end // MINUTES_PER_DAY)):
        for start, end, offset in _stretches_of_utc_day(zone, day):
            start, end = max(start, window.start), min(end, window.end)
            if found and found[-1].offset == offset:
                found[-1] = Stretch(found[-1].start, end, offset)
            elif start < end:
                found.append(Stretch(start, end, offset))
    return found


@lru_cache(maxsize=8192)
def _stretches_of_utc_day(zone: ZoneInfo, day: int) -> tuple[Stretch, ...]:
    start, end = day * MINUTES_PER_DAY, (day + 1) * MINUTES_PER_DAY
    before, after = _offset(zone, start), _offset(zone, end - 1)
    if before == after:
        return (Stretch(start, end, before),)
    change = start + bisect_right(range(start, end), 0, key=lambda minute: int(_offset(zone, minute) != before))
    return (Stretch(start, change, before), Stretch(change, end, after))
