"""A case manager's own students, most urgent first, each with the next step."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from meetings.made_up_day import prepared_day
from meetings.models import IncomingMail, Meeting, Message
from meetings.standing import Standing, standings, with_students
from meetings.steps import SOON_DAYS, TRACK
from meetings.views.swap import asks_of
from students.access import administered_q
from students.models import DueDate, School, Staff, Student, folded
from students.requests import StaffRequest

DUE_SOON_DAYS = 30
LINES_PER_PAGE = 100
TEAMS_SHOWN = 60


class Filter(StrEnum):
    ALL = "all"
    TODAY = "today"
    NOT_BOOKED = "not_booked"
    WAITING = "waiting"
    BOOKED = "booked"


@dataclass(frozen=True)
class Line:
    """One student: the due date that comes first, and others that something is to be done about."""

    first: Standing
    others: tuple[Standing, ...] = ()

    @property
    def all(self) -> tuple[Standing, ...]:
        return (self.first, *self.others)


@dataclass(frozen=True)
class Pill:
    filter: Filter
    count: int
    is_current: bool


@require_safe
def mine(request: StaffRequest) -> HttpResponse:
    caseload = caseload_of(request.user)
    now = timezone.now()
    lines = lines_of(caseload, now)
    if not lines and School.objects.filter(administered_q(request.user)).exists():
        return redirect("meetings:due")
    page = page_of(request, lines, now=now)
    if not lines and not page["team_students"] and is_asked(request.user, now):
        return redirect("meetings:list")
    return render(request, "students/mine.html", page)


def page_of(request: StaffRequest, lines: list[Line], *, now: datetime) -> dict[str, object]:
    words, chosen = request.GET.get("q", "").strip(), chosen_filter(request.GET.get("show", ""))
    found = matching(lines, words)
    shown = [line for line in found if fits(line, chosen)]
    return {
        "q": words,
        "chosen": chosen,
        "pills": [Pill(kind, sum(fits(line, kind) for line in found), kind == chosen) for kind in Filter],
        "is_printed": bool(request.GET.get("print")),
        "page": Paginator(shown, LINES_PER_PAGE).get_page(request.GET.get("page")),
        "count": len(lines),
        "overdue": sum(any(is_overdue(one) for one in line.all) for line in lines),
        "due_soon": sum(any(is_due_soon(one) for one in line.all) for line in lines),
        "waiting": sum(fits(line, Filter.WAITING) for line in lines),
        "today": lines[0].first.today if lines else now.astimezone(zone_of(request.user)).date(),
        "track_steps": TRACK,
        "team_students": on_the_team(request.user),
        "students": sorted((line.first.student for line in lines), key=lambda student: student.person.search_name),
        "prepared_at": prepared_day(now),
        "asks": asks_of(request.user, now),
        "undelivered": Message.objects.visible_to(request.user).undelivered().count(),
        "replies_waiting": IncomingMail.objects.visible_to(request.user).waiting().count(),
    }


def caseload_of(user: Staff) -> QuerySet[Student]:
    return Student.objects.visible_to(user).filter(case_manager=user, has_iep=True, person__gone_at=None)


def is_asked(user: Staff, now: datetime) -> bool:
    """Return whether a meeting is to come in which the user has a seat."""
    return Meeting.objects.visible_to(user).booked().filter(seats__holder=user.pk, end_at__gt=now).exists()


def on_the_team(user: Staff) -> list[Student]:
    others = Student.objects.visible_to(user).filter(team__person=user.pk, has_iep=True, person__gone_at=None)
    return list(others.exclude(case_manager=user).select_related("person", "case_manager__person")[:TEAMS_SHOWN])


def zone_of(user: Staff) -> ZoneInfo:
    school = user.schools.first()
    return ZoneInfo(school.time_zone) if school else timezone.get_current_timezone()


def lines_of(caseload: QuerySet[Student], now: datetime) -> list[Line]:
    """Return one line for each student, most urgent first, in ten queries."""
    students = list(caseload.select_related("person", "school", "case_manager__person"))
    dues = list(with_students(DueDate.objects.open().filter(student__in=students)))
    dated = {due.student_id for due in dues}
    by_student: dict[int, list[Standing]] = defaultdict(list)
    for standing in standings(dues, [student for student in students if student.pk not in dated], now=now):
        by_student[standing.student.pk].append(standing)
    return sorted((line_of(group) for group in by_student.values()), key=lambda line: urgency(line.first))


def line_of(group: list[Standing]) -> Line:
    first, *others = sorted(group, key=urgency)
    return Line(first, tuple(one for one in others if not one.outlook.step.is_nothing or urgency(one) <= SOON_DAYS))


def urgency(standing: Standing) -> int:
    # A student without any due date is nobody's to forget: among those that are soon.
    return standing.outlook.deadline.days if standing.outlook.deadline else SOON_DAYS


def is_overdue(standing: Standing) -> bool:
    return standing.outlook.deadline is not None and standing.outlook.deadline.is_overdue


def is_due_soon(standing: Standing) -> bool:
    left = standing.outlook.deadline
    return left is not None and not standing.outlook.is_booked and 0 <= left.days <= DUE_SOON_DAYS


def chosen_filter(text: str) -> Filter:
    return Filter(text) if text in set(Filter) else Filter.ALL


def fits(line: Line, kind: Filter) -> bool:
    match kind:
        case Filter.TODAY:
            return any(one.outlook.step.is_pressing for one in line.all)
        case Filter.NOT_BOOKED:
            return not line.first.outlook.is_booked
        case Filter.WAITING:
            return any(one.outlook.waits_for_family for one in line.all)
        case Filter.BOOKED:
            return line.first.outlook.is_booked
        case _:
            return True


def matching(lines: Iterable[Line], words: str) -> list[Line]:
    wanted = folded(words).split()
    return [line for line in lines if all(word in line.first.student.person.search_name for word in wanted)]
