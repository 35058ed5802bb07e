"""The list of due dates as a file for a spreadsheet."""

import csv
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from meetings.coverage import Scope, scope_of
from meetings.standing import Standing, standings, with_students
from meetings.steps import TRACK, Action
from meetings.views.due_list import DueFilter, due_filter
from students.models import DueDate
from students.requests import StaffRequest

AT_A_TIME = 500
BOM = "\ufeff"  # Without it Excel takes UTF-8 for something else.
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
HEADINGS = (
    "Student",
    "School",
    "Grade",
    "Case manager",
    "What is due",
    "Due date",
    "Last school day it can be held",
    "Days left",
    "State",
    "Meeting",
    "Waiting for the family since",
)


class Echo:
    """Gives each written line back to whoever wrote it."""

    def write(self, line: str) -> str:
        return line


@never_cache
@require_safe
def due_csv(request: StaffRequest) -> HttpResponseBase:
    asked = due_filter(request.GET.dict())
    scope, schools = scope_of(request.user, timezone.now(), asked.school)
    if not schools:
        raise Http404
    name = f"due-dates-{scope.today[scope.schools[0].pk]:%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        lines_of(scope, asked),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def lines_of(scope: Scope, asked: DueFilter) -> Iterator[str]:
    writer: Any = csv.writer(Echo())
    yield BOM + writer.writerow(HEADINGS)
    wanted = list(asked.chosen(scope).values_list("pk", flat=True))
    for start in range(0, len(wanted), AT_A_TIME):
        some = wanted[start : start + AT_A_TIME]
        rows = with_students(DueDate.objects.visible_to(scope.viewer).filter(pk__in=some)).in_bulk()
        for standing in standings([rows[pk] for pk in some if pk in rows], now=scope.now, calendars=scope.calendars):
            yield writer.writerow([safe(cell) for cell in cells_of(standing)])


def cells_of(standing: Standing) -> list[object]:
    student, left, due = standing.student, standing.outlook.deadline, standing.due
    manager, meeting = student.case_manager, standing.meeting
    return [
        student.person.full_name,
        student.school.name,
        student.grade,
        manager.get_full_name() if manager else "",
        due.get_kind_display() if due else "",
        due.due_on if due else "",
        left.last_day or "" if left else "",
        left.days if left else "",
        state_of(standing),
        f"{meeting.start_at.astimezone(ZoneInfo(student.school.time_zone)):%Y-%m-%d %I:%M %p}" if meeting else "",
        standing.outlook.family_asked_on or "",
    ]


def state_of(standing: Standing) -> str:
    outlook = standing.outlook
    if outlook.step.action is Action.RECORD_MEETING:
        return "Met, not recorded"
    if outlook.is_booked and outlook.done == len(TRACK) - 1:
        word = "Booked, confirmed"
    else:
        word = "Booked" if outlook.is_booked else "Not booked"
    if outlook.waits_for_family:
        word += ", waiting for the family"
    return f"{word}, overdue" if outlook.deadline and outlook.deadline.is_overdue else word


def safe(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: names are typed by people."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(STARTS_A_FORMULA) else cell
