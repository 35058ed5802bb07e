"""What an administrator watches over: counts, missing roles, waiting families, load; each in a few queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncWeek

from meetings.calendars import calendars_of
from meetings.core.schooldays import SchoolCalendar
from meetings.models import Answer, Attempt, Busy, Meeting, MeetingStatus, Seat, Weekday
from meetings.standing import TRIES_COUNT_FOR, missing_seats, to_be_held_by, today_at, with_state, with_students
from students.access import administered_q
from students.models import Assignment, DueDate, Guardianship, PersonKind, Role, School, Staff

SOON_DAYS = 30
MISSING_SHOWN = 8
FAMILIES_SHOWN = 5
WEEKS_SHOWN = 8
PEOPLE_SHOWN = 12


@dataclass(frozen=True)
class Scope:
    """The schools that someone administers, or one of them, at one moment."""

    viewer: Staff
    schools: tuple[School, ...]
    now: datetime

    @cached_property
    def calendars(self) -> dict[int, SchoolCalendar]:
        return calendars_of(school.pk for school in self.schools)

    @cached_property
    def today(self) -> dict[int, date]:
        return {school.pk: today_at(school, self.now) for school in self.schools}

    @property
    def due_dates(self) -> QuerySet[Any]:
        """Open due dates of students who are here."""
        seen = DueDate.objects.visible_to(self.viewer).open()
        here = seen.filter(student__school__in=self.schools, student__person__gone_at=None, student__has_iep=True)
        # Counted by their ids: the joins that decide who sees what would count a student once for each team member.
        return with_state(DueDate.objects.filter(pk__in=here.order_by().values("pk")), self.now)

    @property
    def meetings(self) -> QuerySet[Meeting]:
        """Booked meetings that are still to come."""
        seen = Meeting.objects.visible_to(self.viewer).filter(school__in=self.schools)
        return Meeting.objects.filter(
            pk__in=seen.order_by().values("pk"), status=MeetingStatus.BOOKED, start_at__gt=self.now
        )

    @property
    def overdue(self) -> Q:
        schools: dict[date, list[int]] = defaultdict(list)
        for school_id, today in self.today.items():
            schools[today].append(school_id)
        condition = Q(pk__in=[])
        for today, ids in schools.items():
            condition |= Q(student__school__in=ids, due_on__lt=today)
        return condition

    def due_within(self, days: int) -> Q:
        """Return the condition that a due date, not overdue, must be met within so many calendar days."""
        last = {school_id: today + timedelta(days=days) for school_id, today in self.today.items()}
        return to_be_held_by(last, self.calendars) & ~self.overdue


def scope_of(viewer: Staff, now: datetime, school_id: int | None = None) -> tuple[Scope, tuple[School, ...]]:
    """Return the scope, narrowed to one school where asked, and every school that the viewer administers."""
    schools = tuple(School.objects.visible_to(viewer).filter(administered_q(viewer), gone_at=None).distinct())
    chosen = tuple(school for school in schools if school.pk == school_id)
    return Scope(viewer, chosen or schools, now), schools


class Counts(NamedTuple):
    overdue: int
    due_soon: int
    due_soon_not_booked: int
    waiting: int
    lack_a_role: int


def counts(scope: Scope) -> Counts:
    """Return the numbers at the top, in two queries."""
    soon = scope.due_within(SOON_DAYS)
    found = scope.due_dates.aggregate(
        overdue=Count("pk", filter=scope.overdue),
        soon=Count("pk", filter=soon),
        open=Count("pk", filter=soon & Q(meets_at=None)),
        waiting=Count("pk", filter=Q(waiting_since__isnull=False)),
    )
    lacking = missing_seats(scope.meetings).order_by().aggregate(meetings=Count("meeting", distinct=True))
    return Counts(found["overdue"], found["soon"], found["open"], found["waiting"], lacking["meetings"])


def most_overdue(scope: Scope) -> DueDate | None:
    return with_students(scope.due_dates.filter(scope.overdue)).order_by("due_on", "pk").first()


@dataclass(frozen=True)
class Lack:
    """A required seat that nobody fills; whether the viewer could take it; and how soon it is."""

    seat: Seat
    can_cover: bool
    is_pressing: bool


def lacks(scope: Scope) -> list[Lack]:
    """Return the missing seats of the soonest meetings, in three queries."""
    rows = missing_seats(scope.meetings).select_related(
        "holder", "meeting__student__person", "meeting__school", "meeting__due_date"
    )
    seats = list(rows[:MISSING_SHOWN])
    represents = set(
        Assignment.objects.filter(staff=scope.viewer, is_representative=True).values_list("school", flat=True)
    )
    taken = _taken(scope.viewer, seats)
    near = scope.now + timedelta(days=3)
    return [
        Lack(
            seat,
            seat.role == Role.LEA_REPRESENTATIVE
            and seat.holder_id != scope.viewer.pk
            and seat.meeting.school_id in represents
            and not any(start < seat.meeting.end_at and seat.meeting.start_at < end for start, end in taken),
            seat.meeting.start_at < near,
        )
        for seat in seats
    ]


class Waiting(NamedTuple):
    """A family that owes an answer. `tries` are counted by way; `share` is a percent of the longest wait."""

    due: DueDate
    days: int
    share: float
    family: str
    tries: dict[str, int]


def waiting_longest(scope: Scope) -> list[Waiting]:
    """Return the families that were asked longest ago, in three queries."""
    rows = scope.due_dates.filter(waiting_since__isnull=False).order_by("waiting_since", "pk")
    dues = list(with_students(rows)[:FAMILIES_SHOWN])
    students = [due.student_id for due in dues]
    families, tries = _family_names(students), _tries_by_way(students, scope.now)
    days = [_days_since(due, scope) for due in dues]
    longest = max([*days, 1])
    return [
        Waiting(due, n, 100 * n / longest, families.get(due.student_id, ""), tries.get(due.student_id, {}))
        for due, n in zip(dues, days, strict=True)
    ]


@dataclass(frozen=True)
class PersonLoad:
    name: str
    note: str
    cells: list[int]

    @property
    def total(self) -> int:
        return sum(self.cells)


@dataclass(frozen=True)
class Load:
    """Meetings of the coming weeks: for each person, and how many are due and not yet booked."""

    weeks: list[date]
    people: list[PersonLoad]
    people_count: int
    due: list[int]
    not_booked: list[int]


def load_by_week(scope: Scope) -> Load:
    """Return the load of the coming weeks that have school, in four queries."""
    weeks = _school_weeks(scope)
    zone = ZoneInfo(scope.schools[0].time_zone)
    seats = Seat.objects.filter(
        meeting__in=scope.meetings, holder__kind=PersonKind.STAFF, meeting__start_at__lt=_end_of(weeks, zone)
    ).exclude(answer=Answer.NO)
    rows = (
        seats.order_by()
        .annotate(week=TruncWeek("meeting__start_at", tzinfo=zone))
        .values_list("holder", "week")
        .annotate(n=Count("meeting", distinct=True))
    )
    by_person: dict[int, dict[date, int]] = defaultdict(dict)
    for holder, week, n in rows:
        by_person[holder][week.date()] = n
    due, not_booked = _due_by_week(scope, weeks)
    return Load(weeks, _people(by_person, weeks), len(by_person), due, not_booked)


def _taken(viewer: Staff, seats: list[Seat]) -> list[tuple[datetime, datetime]]:
    if not seats:
        return []
    whole = (min(seat.meeting.start_at for seat in seats), max(seat.meeting.end_at for seat in seats))
    rows = Busy.objects.filter(person=viewer.pk, during__overlap=whole).values_list("during", flat=True)
    return [(during.lower, during.upper) for during in rows]


def _family_names(student_ids: Iterable[int]) -> dict[int, str]:
    names: dict[int, dict[str, None]] = defaultdict(dict)
    rows = Guardianship.objects.filter(
        student__in=student_ids, has_education_rights=True, is_no_contact=False, guardian__person__gone_at=None
    )
    for student_id, family_name in rows.values_list("student", "guardian__person__family_name"):
        names[student_id][family_name] = None
    return {student_id: ", ".join(found) for student_id, found in names.items()}


def _tries_by_way(student_ids: Iterable[int], now: datetime) -> dict[int, dict[str, int]]:
    rows = Attempt.objects.filter(student__in=student_ids, happened_at__gte=now - TRIES_COUNT_FOR, happened_at__lte=now)
    tries: dict[int, dict[str, int]] = defaultdict(dict)
    for student_id, way, n in rows.order_by().values_list("student", "way").annotate(n=Count("pk")).order_by("way"):
        tries[student_id][way] = n
    return tries


def _days_since(due: Any, scope: Scope) -> int:
    zone = ZoneInfo(due.student.school.time_zone)
    since: date = due.waiting_since.astimezone(zone).date()
    return (scope.today[due.student.school_id] - since).days


def _school_weeks(scope: Scope) -> list[date]:
    """Return the Mondays of the next weeks in which any of the schools has a school day."""
    today = min(scope.today.values())
    # On a weekend the week that counts is the next one.
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=int(today.isoweekday() > Weekday.FRIDAY))
    weeks = [monday + timedelta(weeks=n) for n in range(2 * WEEKS_SHOWN)]
    found = [week for week in weeks if any(_has_school(calendar, week) for calendar in scope.calendars.values())]
    return (found or weeks)[:WEEKS_SHOWN]


def _has_school(calendar: SchoolCalendar, monday: date) -> bool:
    return bool(calendar.school_days(monday, monday + timedelta(days=6)))


def _end_of(weeks: list[date], zone: ZoneInfo) -> datetime:
    return datetime.combine(weeks[-1] + timedelta(days=7), datetime.min.time(), zone)


def _people(by_person: Mapping[int, Mapping[date, int]], weeks: list[date]) -> list[PersonLoad]:
    ranked = sorted(by_person, key=lambda pk: (-sum(by_person[pk].values()), pk))[:PEOPLE_SHOWN]
    staff = {row.pk: row for row in Staff.objects.filter(pk__in=ranked)}
    return [
        PersonLoad(
            staff[pk].get_full_name(), staff[pk].get_position_display(), [by_person[pk].get(week, 0) for week in weeks]
        )
        for pk in ranked
        if pk in staff
    ]


def _due_by_week(scope: Scope, weeks: list[date]) -> tuple[list[int], list[int]]:
    booked = Meeting.objects.booked().filter(due_date=OuterRef("pk"))
    rows = (
        scope.due_dates.filter(~scope.overdue)
        .order_by()
        .annotate(week=TruncWeek("due_on"), is_booked=Exists(booked))
        .values_list("week")
        .annotate(n=Count("pk"), open=Count("pk", filter=Q(is_booked=False)))
    )
    found = {week: (n, still_open) for week, n, still_open in rows}
    pairs = [found.get(week, (0, 0)) for week in weeks]
    return [n for n, _ in pairs], [still_open for _, still_open in pairs]
