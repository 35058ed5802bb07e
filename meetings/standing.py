"""How due dates stand: rows become the cases that `steps` judges, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Case as SqlCase
from django.db.models import DateTimeField, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from meetings.calendars import calendars_of
from meetings.core.schooldays import NoSchoolDayError, SchoolCalendar
from meetings.models import (
    Answer,
    Attempt,
    AttemptResult,
    Meeting,
    MeetingStatus,
    Requirement,
    Seat,
    with_losses,
)
from meetings.steps import LONGEST_BREAK, WORK_BEGINS_DAYS, Case, MeetingFact, Outlook, SeatFact, Try, outlook
from students.models import DueDate, Role, School, Student

TRIES_COUNT_FOR = timedelta(days=60)


@dataclass(frozen=True)
class Standing:
    """One due date, or one student without any, with what is known of it today in the school's time."""

    student: Student
    due: DueDate | None
    meeting: Meeting | None
    today: date
    outlook: Outlook


def today_at(school: School, now: datetime) -> date:
    """Return the school's own date."""
    return now.astimezone(ZoneInfo(school.time_zone)).date()


def standings(
    due_dates: Sequence[DueDate],
    without: Sequence[Student] = (),
    *,
    now: datetime,
    calendars: Mapping[int, SchoolCalendar] | None = None,
) -> list[Standing]:
    """Return how each due date, and each student without one, stands, in seven queries, or three with the calendars.

    The rows must come with their student, person and school: see `with_students`.
    """
    pairs: list[tuple[Student, DueDate | None]] = [(due.student, due) for due in due_dates]
    pairs += [(student, None) for student in without]
    if calendars is None:
        calendars = calendars_of({student.school_id for student, _ in pairs})
    meetings = _booked_meetings(due_dates, without)
    attempts = _attempts({student.pk for student, _ in pairs}, now)
    return [
        _standing(student, due, meetings.get((student.pk, due.pk if due else None)), attempts, calendars, now)
        for student, due in pairs
    ]


def with_students(due_dates: QuerySet[DueDate]) -> QuerySet[DueDate]:
    """Return the rows with everything that a line about them shows."""
    return due_dates.select_related("student__person", "student__school", "student__case_manager__person")


def with_state(due_dates: QuerySet[DueDate], now: datetime) -> QuerySet[DueDate]:
    """Return the rows with `meets_at` of the booked meeting, and `waiting_since` when the family owes an answer."""
    booked = Meeting.objects.filter(due_date=OuterRef("pk"), status=MeetingStatus.BOOKED)
    parents = Seat.objects.filter(
        role=Role.PARENT,
        meeting__due_date=OuterRef("pk"),
        meeting__status=MeetingStatus.BOOKED,
        meeting__end_at__gt=now,
        # Where one parent is needed, any of them may answer.
        meeting__seats__role=Role.PARENT,
        meeting__seats__requirement=Requirement.REQUIRED,
    ).order_by()
    unanswered = parents.filter(answer=Answer.NONE, holder__isnull=False)
    asked_at = unanswered.annotate(since=Coalesce("asked_at", "meeting__booked_at")).order_by("since").values("since")
    tries = Attempt.objects.filter(
        student=OuterRef("student"), meeting=None, happened_at__gte=now - TRIES_COUNT_FOR, happened_at__lte=now
    )
    works_on = (now + timedelta(days=WORK_BEGINS_DAYS)).date()
    return due_dates.annotate(
        meets_at=Subquery(booked.values("start_at")[:1]),
        last_result=Subquery(tries.values("result")[:1]),
        waiting_since=SqlCase(
            When(Q(meets_at__isnull=False) & Exists(parents.filter(answer=Answer.YES)), then=None),
            When(meets_at__isnull=False, then=Subquery(asked_at[:1])),
            When(Q(last_result=AttemptResult.REACHED) | Q(due_on__gt=works_on), then=None),
            default=Subquery(tries.order_by("happened_at").values("happened_at")[:1]),
            output_field=DateTimeField(),
        ),
    )


def to_be_held_by(on: Mapping[int, date], calendars: Mapping[int, SchoolCalendar], field: str = "student__school") -> Q:
    """Return the condition that a due date's last school day is not after its school's date in `on`.

    The last school day never goes down as due dates go up, so that one cut for each school says the same in SQL.
    """
    schools: dict[date, list[int]] = defaultdict(list)
    for school_id, day in on.items():
        schools[_last_due_on(calendars[school_id], day)].append(school_id)
    condition = Q(pk__in=[])
    for cut, ids in schools.items():
        condition |= Q(**{f"{field}__in": ids}, due_on__lte=cut)
    return condition


def missing_seats(meetings: QuerySet[Meeting]) -> QuerySet[Seat]:
    """Return the required seats that nobody fills, soonest first, with the cause of a flag in `lost_by`.

    "One or both of the child's parents", 34 CFR 300.322(a): any parent who can come fills the parents' seat.
    """
    other_parent = Seat.objects.filter(meeting=OuterRef("meeting"), role=Role.PARENT, holder__isnull=False).exclude(
        answer=Answer.NO
    )
    nobody = Q(holder=None) | Q(answer=Answer.NO) | ~Q(lost_by="")
    return (
        with_losses(Seat.objects.all())
        .filter(nobody, meeting__in=meetings, requirement=Requirement.REQUIRED)
        .exclude(Q(role=Role.PARENT) & Exists(other_parent))
        .order_by("meeting__start_at", "meeting", "pk")
    )


def _last_due_on(calendar: SchoolCalendar, day: date) -> date:
    try:
        return calendar.add_school_days(day, 1) - timedelta(days=1)
    except NoSchoolDayError:
        return max(day, calendar.last_day + LONGEST_BREAK)


def _booked_meetings(due_dates: Sequence[DueDate], without: Sequence[Student]) -> dict[tuple[int, int | None], Meeting]:
    seats = Prefetch("seats", with_losses(Seat.objects.select_related("holder")))
    rows = (
        Meeting.objects.booked()
        .filter(Q(due_date__in=due_dates) | Q(due_date=None, student__in=without))
        .prefetch_related(seats)
        .order_by("-start_at")
    )
    return {(row.student_id, row.due_date_id): row for row in rows}


def _attempts(student_ids: Iterable[int], now: datetime) -> dict[int, list[Attempt]]:
    found: dict[int, list[Attempt]] = defaultdict(list)
    recent = Q(meeting=None, happened_at__gte=now - TRIES_COUNT_FOR, happened_at__lte=now)
    rows = Attempt.objects.filter(recent | Q(meeting__status=MeetingStatus.BOOKED), student__in=student_ids)
    for row in rows.only("student", "meeting", "happened_at", "result"):
        found[row.student_id].append(row)
    return found


def _standing(
    student: Student,
    due: DueDate | None,
    meeting: Meeting | None,
    attempts: Mapping[int, list[Attempt]],
    calendars: Mapping[int, SchoolCalendar],
    now: datetime,
) -> Standing:
    zone = ZoneInfo(student.school.time_zone)
    today = now.astimezone(zone).date()
    calendar = calendars[student.school_id]
    tries = [row for row in attempts.get(student.pk, ()) if _is_about(row, meeting)]
    case = Case(
        today=today,
        due_on=due.due_on if due else None,
        calendar=calendar if calendar.day_types else None,
        meeting=_fact(meeting, zone, now) if meeting else None,
        tries=tuple(Try(row.happened_at.astimezone(zone).date(), row.result) for row in tries),
    )
    return Standing(student, due, meeting, today, outlook(case))


def _is_about(attempt: Attempt, meeting: Meeting | None) -> bool:
    if meeting is None:
        return attempt.meeting_id is None
    return attempt.meeting_id == meeting.pk or (attempt.meeting_id is None and attempt.happened_at >= meeting.booked_at)


def _fact(meeting: Meeting, zone: ZoneInfo, now: datetime) -> MeetingFact:
    rows = meeting.seats.all()
    required = [seat for seat in rows if seat.requirement == Requirement.REQUIRED]
    if any(seat.role == Role.PARENT for seat in required):
        # Where one parent is needed, any of them fills the place.
        required += [seat for seat in rows if seat.role == Role.PARENT and seat not in required]
    seats = [
        SeatFact(
            seat.role,
            seat.holder.full_name if seat.holder else "",
            seat.mark,
            (seat.asked_at or meeting.booked_at).astimezone(zone).date(),
        )
        for seat in required
    ]
    return MeetingFact(meeting.start_at.astimezone(zone), meeting.end_at <= now, tuple(seats))
