"""The week as a grid: for each half hour of each day, how many required roles can be filled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from meetings.core.explanations import Coverage, coverage
from meetings.core.intervals import Span, instant_of, minute_of
from meetings.core.schooldays import (
    MINUTES_PER_DAY,
    WallSpan,
    instant_at,
    local_day,
    local_minute,
)
from meetings.loaders import ROOM, LoadedCase
from meetings.offers import Offer, address_of

ROW_MINUTES = 30
DAYS = 5


class Closed(StrEnum):
    """Why no meeting starts inside a half hour."""

    NO_SCHOOL = "no school"
    OUTSIDE_HOURS = "outside staff hours"
    PAST = "past"
    OUTSIDE_DATES = "outside these dates"


@dataclass(frozen=True)
class Cell:
    """The best start inside one half hour of one day, or why there is none."""

    start: int = 0
    known: int = 0
    to_ask: int = 0
    missing: int = 0
    rank: int | None = None
    closed: Closed | None = None

    @property
    def at(self) -> str:
        return address_of(self.start)

    @property
    def start_at(self) -> datetime:
        return instant_of(self.start)


@dataclass(frozen=True)
class Row:
    """One half hour, by the clock on the wall, over the days of the week."""

    time: time
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Week:
    """One week of one search. Weeks without any start to look at are not offered as neighbours."""

    monday: date
    days: tuple[date, ...]
    rows: tuple[Row, ...]
    total: int
    previous: date | None
    following: date | None


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def week_of(loaded: LoadedCase, monday: date, offers: Sequence[Offer], now: datetime) -> Week:
    """Return the grid of a week. `offers` are numbered by their rank in it.

    A cell shows the best start inside its half hour, so that no time hides between two lines of the grid.
    """
    days = tuple(monday + timedelta(days=n) for n in range(DAYS))
    board = _Board(loaded, days, offers, minute_of(now.replace(second=0, microsecond=0)))
    return Week(
        monday=monday,
        days=days,
        rows=tuple(
            Row(time(*divmod(minute, 60)), tuple(board.cell(day, minute) for day in days)) for minute in board.minutes()
        ),
        total=len(loaded.required),
        previous=_neighbour(loaded, monday, -7),
        following=_neighbour(loaded, monday, 7),
    )


class _Board:
    """What is known of every start of one week."""

    def __init__(self, loaded: LoadedCase, days: Sequence[date], offers: Sequence[Offer], now: int) -> None:
        self.loaded = loaded
        self.zone = loaded.case.zone
        self.now = now
        self.starts = {day: starts for day in days if (starts := _starts(loaded, day)) is not None}
        self.cells: dict[tuple[date, int], Cell] = {}
        self._fill(self._window(days), {offer.start: rank for rank, offer in enumerate(offers, start=1)})

    def _window(self, days: Sequence[date]) -> Span:
        window = self.loaded.case.window
        end = instant_at(self.zone, days[-1], MINUTES_PER_DAY, last=True)
        return Span(max(window.start, instant_at(self.zone, days[0], 0)), min(window.end, end))

    def _fill(self, window: Span, ranks: Mapping[int, int]) -> None:
        case = replace(self.loaded.case, window=window)
        roles = tuple(seat for seat in case.seats if seat.id != ROOM)
        rooms = tuple(seat for seat in case.seats if seat.id == ROOM)
        has_room = coverage(replace(case, seats=rooms)) if rooms else {}
        for start, covered in coverage(replace(case, seats=roles)).items():
            self._offer(start, covered, ranks.get(start), is_roomless=bool(rooms) and not has_room[start].filled)

    def _offer(self, start: int, covered: Coverage, rank: int | None, *, is_roomless: bool) -> None:
        day, minute = local_day(self.zone, start), local_minute(self.zone, start)
        if day not in self.starts or not self.starts[day].start <= minute <= self.starts[day].end:
            return
        # A time without a room lacks something too, though no role.
        missing = len(self.loaded.required) - covered.filled + is_roomless
        cell = Cell(start, covered.filled - covered.to_ask, covered.to_ask, missing, rank)
        key = (day, minute - minute % ROW_MINUTES)
        if key not in self.cells or _order(cell) < _order(self.cells[key]):
            self.cells[key] = cell

    def minutes(self) -> range:
        """Return the lines of the grid: minutes since midnight."""
        if not self.starts:
            return range(0)
        first = min(start for start, _ in self.starts.values())
        return range(first - first % ROW_MINUTES, max(end for _, end in self.starts.values()) + 1, ROW_MINUTES)

    def cell(self, day: date, minute: int) -> Cell:
        return self.cells.get((day, minute)) or Cell(closed=self._closed(day, minute))

    def _closed(self, day: date, minute: int) -> Closed:
        if not self.loaded.calendar.is_school_day(day):
            return Closed.NO_SCHOOL
        starts = self.starts.get(day)
        if starts is None or not starts.start - ROW_MINUTES < minute <= starts.end:
            return Closed.OUTSIDE_HOURS
        is_over = instant_at(self.zone, day, minute) <= self.now
        return Closed.PAST if is_over else Closed.OUTSIDE_DATES


def _order(cell: Cell) -> tuple[bool, int, int, int]:
    return cell.rank is None, cell.missing, cell.to_ask, cell.start


def _starts(loaded: LoadedCase, day: date) -> WallSpan | None:
    """Return the first and the last minute of a day at which a meeting can start inside the staff's day."""
    hours, school = loaded.calendar.school_hours(day), loaded.student.school
    if hours is None:
        return None
    first = max(hours.start - school.minutes_before_bell, 0)
    last = min(hours.end + school.minutes_after_bell, MINUTES_PER_DAY) - loaded.case.duration
    return WallSpan(first, last) if first <= last else None


def _neighbour(loaded: LoadedCase, monday: date, days: int) -> date | None:
    """Return the Monday of the week before or after, where the search goes so far."""
    other = monday + timedelta(days=days)
    window, zone = loaded.case.window, loaded.case.zone
    first, last = local_day(zone, window.start), local_day(zone, max(window.start, window.end - 1))
    return other if monday_of(first) <= other <= monday_of(last) else None
