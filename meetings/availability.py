"""When each person is here, taken, or not known to be either: rows become spans, for one school and one window."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from django.db.models import Q

from meetings.calendars import calendars_of, wall_minute
from meetings.core.intervals import Span, instant_of, subtract, union, whole_minutes
from meetings.core.schooldays import SchoolCalendar, WallSpan
from meetings.dayplans import SchoolWindow, Spans
from meetings.models import Busy, Commitment, FamilyAnswer, FamilyTime, HoursKind, Meeting, WeeklyHours
from meetings.owncalendars import OwnCalendar, own_calendars
from students.models import Assignment, Enrollment, EnrollmentRole, Person, PersonKind, Room, School, Student


class Taken(StrEnum):
    """What takes a person's time, in words that give nothing away: never a title, never another student."""

    TEACHING = "teaching"
    LUNCH = "lunch"
    DUTY = "duty"
    ELSEWHERE = "elsewhere"
    BOOKED = "booked"
    SEATED = "seated"  # As booked, in a seat that someone else could take.
    CALENDAR = "calendar"  # Their own one says so; of what, nobody here knows.
    CANNOT = "cannot"


@dataclass(frozen=True)
class Availability:
    """One person's or room's time in the window: `free` less what is `taken`; `prep` is free but has its price."""

    free: Spans = ()
    unknown: Spans = ()
    preferred: Spans = ()
    prep: Spans = ()
    taken: Mapping[Taken, Spans] = field(default_factory=dict)
    meetings: int = 0
    own: OwnCalendar | None = None

    @property
    def busy(self) -> Spans:
        return tuple(span for spans in self.taken.values() for span in spans)

    @property
    def busy_besides_seats(self) -> Spans:
        """What takes them for certain: not the seats that someone else could take."""
        return tuple(span for kind, spans in self.taken.items() if kind != Taken.SEATED for span in spans)

    @property
    def at_meetings(self) -> Spans:
        """What other meetings and commitments take, whether or not someone else could take those."""
        return self.taken.get(Taken.BOOKED, ()) + self.taken.get(Taken.SEATED, ())


class Period(NamedTuple):
    """Periods that a person teaches at a school, on the dates on which both the class and the enrollment run."""

    school_id: int
    names: tuple[str, ...]
    bounds: tuple[tuple[date | None, date | None], ...]

    def runs(self, on: date) -> bool:
        return all((begin is None or begin <= on) and (end is None or on <= end) for begin, end in self.bounds)


class Held(NamedTuple):
    """What could change hands: meetings, with those who hold a seat there, and commitments; all by id."""

    meetings: Mapping[int, set[int]] = {}
    commitments: frozenset[int] = frozenset()


class Question(NamedTuple):
    """Whose time is asked for: at which school, for which student, on which dates, leaving which meeting out."""

    student: Student
    calendar: SchoolCalendar
    people: Mapping[int, Person]
    rooms: Mapping[int, Room]
    first: date
    last: date
    rest_minutes: int
    without_meeting: Meeting | None
    now: datetime
    held: Held = Held()

    @property
    def school(self) -> School:
        return self.student.school


def availabilities(asked: Question) -> tuple[dict[int, Availability], dict[int, Availability]]:
    """Return when each person and each room is free, by id, in seven queries, four more where a school is another,
    two more where anyone has a calendar of their own.
    """
    rows = _Rows(asked)
    people = {pk: rows.of_person(person) for pk, person in asked.people.items()}
    return people, {pk: rows.of_room(pk) for pk in asked.rooms}


class _Rows:
    """The rows that decide, read at once for everyone, and the spans that they come to for each."""

    def __init__(self, asked: Question) -> None:
        self.asked = asked
        ids = list(asked.people)
        self.hours = _hours(ids)
        self.teaching = _teaching(ids)
        self.schools = _schools(ids)
        self.family = _family(ids, asked.student)
        self.windows = self._windows()
        self.here = self.windows[asked.school.pk]
        self.contract = self.here.contract(asked.school.minutes_before_bell, asked.school.minutes_after_bell)
        self.commitments = _commitments(asked, self._bounds())
        self.meetings, self.busy_rooms = _busy(asked, self._bounds())
        self.own = own_calendars(ids, self._bounds(), asked.now)

    def _windows(self) -> dict[int, SchoolWindow]:
        calendars = {self.asked.school.pk: self.asked.calendar}
        elsewhere = {row.school_id for rows in self.hours.values() for row in rows if row.school_id is not None}
        elsewhere |= {period.school_id for periods in self.teaching.values() for period in periods}
        if elsewhere - calendars.keys():
            calendars |= calendars_of(elsewhere - calendars.keys())
        return {pk: SchoolWindow(calendar, self.asked.first, self.asked.last) for pk, calendar in calendars.items()}

    def _bounds(self) -> Span:
        days = self.here.whole_days()
        return Span(days[0].start, days[-1].end) if days else Span(0, 0)

    def of_person(self, person: Person) -> Availability:
        if person.kind == PersonKind.GUARDIAN:
            return self._of_guardian(person.pk)
        if person.kind == PersonKind.STUDENT:
            return Availability(free=self.contract, taken=self._taken(person.pk, rest=0))
        if person.kind == PersonKind.OUTSIDE:
            return self._of_outside(person.pk)
        return self._of_staff(person.pk)

    def of_room(self, pk: int) -> Availability:
        return Availability(free=self.here.whole_days(), taken=_kept({Taken.BOOKED: self.busy_rooms[pk]}))

    def _of_staff(self, pk: int) -> Availability:
        available = self._available(pk)
        is_here = self.asked.school.pk in self.schools[pk]
        known = Availability(
            free=available if self._says_available(pk) else self.contract if is_here else (),
            # Someone of the team who does not work at this school comes by arrangement: nobody knows before asking.
            unknown=() if self._says_available(pk) or is_here else self.contract,
            prep=tuple(union(self._of_kind(pk, HoursKind.PREP))),
            taken=self._work(pk) | self._taken(pk, rest=self.asked.rest_minutes),
            meetings=sum(len(spans) for spans in self.meetings[pk].values()),
        )
        return _with_own(known, self.own[pk]) if pk in self.own else known

    def _of_outside(self, pk: int) -> Availability:
        says = self._says_available(pk)
        return Availability(
            free=self._available(pk) if says else (),
            unknown=() if says else self.contract,
            taken=self._taken(pk, rest=self.asked.rest_minutes),
        )

    def _of_guardian(self, pk: int) -> Availability:
        works, cannot = self._said(pk, FamilyAnswer.WORKS), self._said(pk, FamilyAnswer.CANNOT)
        # What was said of a date stands against what was said of its weekday.
        no = union([*subtract(cannot.weekly, works.dated), *cannot.dated])
        yes = tuple(subtract(union([*works.weekly, *works.dated]), no))
        taken = _kept({Taken.CANNOT: no}) | self._taken(pk, rest=0)
        return Availability(free=yes, unknown=self.contract, preferred=yes, taken=taken)

    def _said(self, pk: int, says: FamilyAnswer) -> "_Said":
        weekly: list[Span] = []
        dated: list[Span] = []
        for row in self.family[pk]:
            wall = WallSpan(wall_minute(row.start), wall_minute(row.end))
            if row.says != says:
                continue
            if row.on is None:
                weekly += self.here.weekly(row.weekday, "", wall)
            else:
                dated += self.here.on(row.on, wall)
        return _Said(union(weekly), union(dated))

    def _says_available(self, pk: int) -> bool:
        return any(row.kind == HoursKind.AVAILABLE for row in self.hours[pk])

    def _available(self, pk: int, *, here: bool = True) -> Spans:
        """Return the hours that a person keeps at this school, or at all others."""
        own = (None, self.asked.school.pk)
        rows = (row for row in self.hours[pk] if row.kind == HoursKind.AVAILABLE and (row.school_id in own) == here)
        return tuple(union(self._spans(rows)))

    def _of_kind(self, pk: int, kind: HoursKind) -> list[Span]:
        return self._spans(row for row in self.hours[pk] if row.kind == kind)

    def _spans(self, rows: Iterable[WeeklyHours]) -> list[Span]:
        spans: list[Span] = []
        for row in rows:
            window = self.windows[row.school_id or self.asked.school.pk]
            spans += window.weekly(row.weekday, row.day_type, WallSpan(wall_minute(row.start), wall_minute(row.end)))
        return spans

    def _work(self, pk: int) -> dict[Taken, Spans]:
        classes = [
            span
            for period in self.teaching[pk]
            for span in self.windows[period.school_id].periods(period.names, period.runs)
        ]
        # A class of a whole day has its specials: then the teacher's own row says planning period or lunch.
        own = union(self._of_kind(pk, HoursKind.PREP) + self._of_kind(pk, HoursKind.LUNCH))
        teaching = [*subtract(union(classes), own), *self._of_kind(pk, HoursKind.TEACHING)]
        elsewhere = subtract(self._available(pk, here=False), self._available(pk))
        lunch, duty = self._of_kind(pk, HoursKind.LUNCH), self._of_kind(pk, HoursKind.DUTY)
        return _kept({Taken.TEACHING: teaching, Taken.LUNCH: lunch, Taken.DUTY: duty, Taken.ELSEWHERE: elsewhere})

    def _taken(self, pk: int, *, rest: int) -> dict[Taken, Spans]:
        return _kept(
            {
                kind: [Span(start - rest, end + rest) for start, end in self.meetings[pk][kind]]
                + self.commitments[pk][kind]
                for kind in (Taken.BOOKED, Taken.SEATED)
            }
        )


def _with_own(known: Availability, own: OwnCalendar) -> Availability:
    """Return someone's time less what their own calendar says. What it does not tell of is to be asked."""
    return replace(
        known,
        free=own.certain(known.free),
        unknown=(*known.unknown, *own.uncertain(known.free)),
        taken={**known.taken, **_kept({Taken.CALENDAR: own.busy})},
        own=own,
    )


class _Said(NamedTuple):
    weekly: list[Span]
    dated: list[Span]


def _kept(taken: Mapping[Taken, Iterable[Span]]) -> dict[Taken, Spans]:
    return {kind: merged for kind, spans in taken.items() if (merged := tuple(union(spans)))}


def _hours(ids: list[int]) -> dict[int, list[WeeklyHours]]:
    found: dict[int, list[WeeklyHours]] = defaultdict(list)
    for row in WeeklyHours.objects.filter(person__in=ids).order_by("pk"):
        found[row.person_id].append(row)
    return found


def _teaching(ids: list[int]) -> dict[int, list[Period]]:
    columns = ("person", "school_class__school", "school_class__periods", "begin_on", "end_on")
    rows = (
        Enrollment.objects.filter(person__in=ids, school_class__gone_at=None)
        .exclude(role=EnrollmentRole.STUDENT)
        .exclude(school_class__periods=[])
    )
    found: dict[int, list[Period]] = defaultdict(list)
    for person, school, names, begin, end, start_on, end_on in rows.values_list(
        *columns, "school_class__terms__start_on", "school_class__terms__end_on"
    ):
        found[person].append(Period(school, tuple(names), ((begin, end), (start_on, end_on))))
    return found


def _schools(ids: list[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for staff, school in Assignment.objects.filter(staff__in=ids).values_list("staff", "school"):
        found[staff].add(school)
    return found


def _family(ids: list[int], student: Student) -> dict[int, list[FamilyTime]]:
    found: dict[int, list[FamilyTime]] = defaultdict(list)
    for row in FamilyTime.objects.filter(guardian__in=ids, student=student).order_by("pk"):
        found[row.guardian_id].append(row)
    return found


def _by_kind() -> defaultdict[int, defaultdict[Taken, list[Span]]]:
    return defaultdict(lambda: defaultdict(list))


def _commitments(asked: Question, bounds: Span) -> defaultdict[int, defaultdict[Taken, list[Span]]]:
    found = _by_kind()
    rows = Commitment.objects.filter(
        person__in=list(asked.people), start_at__lt=instant_of(bounds.end), end_at__gt=instant_of(bounds.start)
    )
    for pk, person, start_at, end_at in rows.values_list("pk", "person", "start_at", "end_at"):
        kind = Taken.SEATED if pk in asked.held.commitments else Taken.BOOKED
        found[person][kind].append(whole_minutes(start_at, end_at))
    return found


def _busy(
    asked: Question, bounds: Span
) -> tuple[defaultdict[int, defaultdict[Taken, list[Span]]], dict[int, list[Span]]]:
    """Return what meetings take of each person and each room. Commitments count from their own rows."""
    people = _by_kind()
    rooms: dict[int, list[Span]] = defaultdict(list)
    rest = asked.rest_minutes
    rows = Busy.objects.filter(
        Q(person__in=list(asked.people)) | Q(room__in=list(asked.rooms)),
        during__overlap=(instant_of(bounds.start - rest), instant_of(bounds.end + rest)),
        meeting__isnull=False,
    )
    if asked.without_meeting is not None:
        rows = rows.exclude(meeting=asked.without_meeting)
    for row in rows:
        span = whole_minutes(row.during.lower, row.during.upper)
        if row.person_id is not None:
            is_held = row.person_id in asked.held.meetings.get(row.meeting_id or 0, ())
            people[row.person_id][Taken.SEATED if is_held else Taken.BOOKED].append(span)
        elif row.room_id is not None:
            rooms[row.room_id].append(span)
    return people, rooms
