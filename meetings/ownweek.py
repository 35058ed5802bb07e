"""One week of one member of the staff: what bells, classes and hours say, what is booked, and what their own calendar
says, in twelve queries, or fourteen where they have one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from meetings.availability import Period
from meetings.calendars import calendars_of, wall_minute
from meetings.core.intervals import Span, instant_of, intersect, minute_of, subtract, union
from meetings.core.schooldays import WallSpan, instant_at
from meetings.dayplans import SchoolWindow
from meetings.models import Busy, Commitment, HoursKind, Meeting, WeeklyHours
from meetings.owncalendars import own_calendars
from students.models import Enrollment, EnrollmentRole, Person, School

DAYS = 5
SHORTEST_MEETING = timedelta(minutes=15)


class What(StrEnum):
    FREE = "free"
    PREP = "prep"
    TEACHING = "teaching"
    LUNCH = "lunch"
    DUTY = "duty"
    MEETING = "meeting"
    COMMITMENT = "commitment"
    CALENDAR = "calendar"
    UNSURE = "unsure"  # Free but for their own calendar, which does not tell of this time.


TAKEN = frozenset(What) - {What.FREE, What.PREP, What.UNSURE}


@dataclass(frozen=True)
class Block:
    """A part of one day. `words` name a class; a meeting and a commitment come with their rows."""

    start_at: datetime
    end_at: datetime
    what: What
    words: str = ""
    school: School | None = None
    meeting: Meeting | None = None
    commitment: Commitment | None = None

    @property
    def is_passing_time(self) -> bool:
        """Free, but too short for any meeting, such as between two bells."""
        return self.what in {What.FREE, What.UNSURE} and self.end_at - self.start_at < SHORTEST_MEETING


@dataclass(frozen=True)
class Day:
    on: date
    is_school_day: bool
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Week:
    """From Monday to Friday, in the time of the first of the person's schools."""

    zone: str
    monday: date
    days: tuple[Day, ...]


class _Piece(NamedTuple):
    span: Span
    what: What
    words: str = ""
    school: School | None = None
    meeting: Meeting | None = None
    commitment: Commitment | None = None


def monday_of(day: date) -> date:
    """Return the Monday of the week; of a weekend, the one that comes."""
    weekday = day.isoweekday()
    return day + timedelta(days=8 - weekday) if weekday > DAYS else day - timedelta(days=weekday - 1)


def week_of(person: Person, schools: Sequence[School], zone: str, monday: date, *, now: datetime) -> Week:
    """Return the week from `monday` of someone who works at these schools; times in `zone`."""
    friday = monday + timedelta(days=DAYS - 1)
    week = Span(instant_at(zone, monday, 0), instant_at(zone, friday, 24 * 60, last=True))
    here = _Here(person, schools, monday, friday)
    own = own_calendars([person.pk], week, now).get(person.pk)
    booked = [*_meetings(person, week), *_commitments(person, week)]
    # Their evenings are nobody's business here.
    calendar = [_Piece(span, What.CALENDAR) for span in (intersect(own.busy, here.present()) if own else ())]
    pieces = [*here.work(), *booked, *calendar]
    taken = union(piece.span for piece in pieces if piece.what in TAKEN)
    free = tuple(subtract(here.present(), union([*taken, *here.prep()])))
    pieces += [_Piece(span, What.FREE) for span in (own.certain(free) if own else free)]
    pieces += [_Piece(span, What.UNSURE) for span in (own.uncertain(free) if own else ())]
    return Week(zone, monday, tuple(_day(zone, monday + timedelta(days=n), here, pieces) for n in range(DAYS)))


class _Here:
    """What a person's schools, classes and weekly hours say of the days from `first` to `last`."""

    def __init__(self, person: Person, schools: Sequence[School], first: date, last: date) -> None:
        self.hours = list(WeeklyHours.objects.filter(person=person).select_related("school").order_by("pk"))
        self.classes = _classes(person)
        self.at = {school.pk: school for school in schools}
        named = {row.school.pk: row.school for row in self.hours if row.school}
        named |= {school.pk: school for school, _, _ in self.classes}
        self.schools = named | self.at
        calendars = calendars_of(self.schools)
        self.windows = {pk: SchoolWindow(calendar, first, last) for pk, calendar in calendars.items()}

    def is_open(self, day: date) -> bool:
        windows = [self.windows[pk] for pk in self.at] or list(self.windows.values())
        return any(window.calendar.is_school_day(day) for window in windows)

    def present(self) -> list[Span]:
        """Return when they are here: their own available hours, else the contract day of each of their schools."""
        own = [row for row in self.hours if row.kind == HoursKind.AVAILABLE]
        if own:
            return union(span for row in own for span, _ in self._spans(row))
        return union(
            span
            for pk, school in self.at.items()
            for span in self.windows[pk].contract(school.minutes_before_bell, school.minutes_after_bell)
        )

    def prep(self) -> list[Span]:
        return union(span for row in self.hours if row.kind == HoursKind.PREP for span, _ in self._spans(row))

    def work(self) -> Iterator[_Piece]:
        for row in self.hours:
            if row.kind != HoursKind.AVAILABLE:
                yield from (_Piece(span, What(row.kind), "", school) for span, school in self._spans(row))
        yield from self._taught()

    def _taught(self) -> Iterator[_Piece]:
        # A class of a whole day has its specials: then the teacher's own row says planning period or lunch.
        rows = [row for row in self.hours if row.kind in {HoursKind.PREP, HoursKind.LUNCH}]
        own = union(span for row in rows for span, _ in self._spans(row))
        for school, title, period in self.classes:
            spans = self.windows[school.pk].periods(period.names, period.runs)
            yield from (_Piece(span, What.TEACHING, title, school) for span in subtract(union(spans), own))

    def _spans(self, row: WeeklyHours) -> Iterator[tuple[Span, School]]:
        wall = WallSpan(wall_minute(row.start), wall_minute(row.end))
        schools = [row.school] if row.school else list(self.at.values())[:1]
        for school in schools:
            for span in self.windows[school.pk].weekly(row.weekday, row.day_type, wall):
                yield span, school


def _classes(person: Person) -> list[tuple[School, str, Period]]:
    """Return what the person teaches: where, its title, and its periods on the dates on which it runs."""
    rows = Enrollment.objects.filter(person=person, school_class__gone_at=None).exclude(role=EnrollmentRole.STUDENT)
    rows = rows.exclude(school_class__periods=[]).select_related("school_class__school")
    found = []
    for row in rows.prefetch_related("school_class__terms").order_by("pk"):
        taught = row.school_class
        for term in taught.terms.all() or [None]:
            dates = (term.start_on, term.end_on) if term else (None, None)
            period = Period(taught.school_id, tuple(taught.periods), ((row.begin_on, row.end_on), dates))
            found.append((taught.school, taught.title, period))
    return found


def _meetings(person: Person, week: Span) -> Iterator[_Piece]:
    rows = Busy.objects.filter(
        person=person, meeting__isnull=False, during__overlap=(instant_of(week.start), instant_of(week.end))
    )
    for row in rows.select_related("meeting__school", "meeting__student__person"):
        if row.meeting is not None:
            span = Span(minute_of(row.meeting.start_at), minute_of(row.meeting.end_at))
            yield _Piece(span, What.MEETING, school=row.meeting.school, meeting=row.meeting)


def _commitments(person: Person, week: Span) -> Iterator[_Piece]:
    rows = Commitment.objects.filter(
        person=person, start_at__lt=instant_of(week.end), end_at__gt=instant_of(week.start)
    )
    for row in rows:
        yield _Piece(Span(minute_of(row.start_at), minute_of(row.end_at)), What.COMMITMENT, commitment=row)


def _day(zone: str, on: date, here: _Here, pieces: Iterable[_Piece]) -> Day:
    start, end = instant_at(zone, on, 0), instant_at(zone, on, 24 * 60, last=True)
    cut = [
        piece._replace(span=Span(max(piece.span.start, start), min(piece.span.end, end)))
        for piece in pieces
        if piece.span.start < end and piece.span.end > start
    ]
    joined = _joined(sorted(cut, key=lambda piece: (piece.span, piece.what, piece.words)))
    return Day(on, here.is_open(on), tuple(_block(piece) for piece in joined))


def _joined(pieces: Iterable[_Piece]) -> list[_Piece]:
    """Join parts of the same thing that touch or overlap, such as one class in two periods."""
    groups: dict[tuple[object, ...], list[_Piece]] = defaultdict(list)
    for piece in pieces:
        groups[piece[1:]].append(piece)
    joined = [
        group[0]._replace(span=span) for group in groups.values() for span in union(piece.span for piece in group)
    ]
    return sorted(joined, key=lambda piece: (piece.span, piece.what, piece.words))


def _block(piece: _Piece) -> Block:
    start_at, end_at = instant_of(piece.span.start), instant_of(piece.span.end)
    return Block(start_at, end_at, piece.what, piece.words, piece.school, piece.meeting, piece.commitment)


def zone_of(schools: Sequence[School], fallback: ZoneInfo) -> str:
    """Return the zone of the first school, in which someone's times are shown and typed."""
    return schools[0].time_zone if schools else str(fallback)
