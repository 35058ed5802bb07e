"""What starts the clocks of the law for one student, and how each due date was counted."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from meetings.calendars import years_of
from meetings.standing import today_at
from students.clockwork import Reading, read_clock
from students.counting import Day
from students.editing.clock import StartedAlready, start_clock, withdraw_clock
from students.forms.rule import ClockForm
from students.models import ClockEvent, ClockStart, Student
from students.requests import StaffRequest
from students.rules import rules_in_force
from students.views.rights import edited_by, may_edit


@dataclass(frozen=True)
class Line:
    """One thing that happened, with what follows from it by the rules of that day."""

    start: ClockStart
    reading: Reading


@dataclass(frozen=True)
class Month:
    """The days of one month of a count."""

    first: date
    days: list[Day]


@require_safe
def clocks(request: StaffRequest, student: int) -> HttpResponse:
    seen = Student.objects.visible_to(request.user).select_related("person", "school")
    row = get_object_or_404(seen, pk=student)
    return _page(request, row, _form(row))


@require_POST
def clock_start(request: StaffRequest, student: int) -> HttpResponse:
    row = get_object_or_404(edited_by(request.user), pk=student)
    form = _form(row, request.POST)
    if not form.is_valid():
        return _page(request, row, form)
    event, on = ClockEvent(form.cleaned_data["event"]), form.cleaned_data["on"]
    reading = _reading(row, event, on)
    due = (reading.kind.value, reading.counted.on) if reading.counted else None
    try:
        start_clock(row, event, on, note=form.cleaned_data["note"], due=due, by=request.user, now=timezone.now())
    except StartedAlready:
        form.add_error("on", "This is on record for that day already.")
        return _page(request, row, form)
    messages.success(request, _said(reading))
    return redirect("students:clocks", row.pk)


@require_POST
def clock_withdraw(request: StaffRequest, pk: int) -> HttpResponse:
    start = get_object_or_404(ClockStart, pk=pk, student__in=edited_by(request.user).values("pk"))
    if withdraw_clock(start, by=request.user, now=timezone.now()):
        messages.success(request, "It is withdrawn, and the due date that came from it is closed.")
    else:
        messages.warning(request, "It was withdrawn already.")
    return redirect("students:clocks", start.student_id)


@require_safe
def counted(request: StaffRequest, pk: int) -> HttpResponse:
    """Show how a day was counted, one day after the other, with the rule and its source."""
    students = Student.objects.visible_to(request.user)
    rows = ClockStart.objects.filter(student__in=students.values("pk"))
    start = get_object_or_404(rows.select_related("student__person", "student__school", "due_date"), pk=pk)
    reading = _reading(start.student, ClockEvent(start.event), start.on)
    context = {
        "start": start,
        "student": start.student,
        "reading": reading,
        "months": _months(reading.counted.days) if reading.counted else [],
    }
    return render(request, "students/counted.html", context)


def _form(student: Student, posted: QueryDict | None = None) -> ClockForm:
    today = today_at(student.school, timezone.now())
    return ClockForm(posted, events=list(ClockEvent.choices), today=today)


def _reading(student: Student, event: ClockEvent, on: date) -> Reading:
    before = {
        start.event: start.on for start in ClockStart.objects.filter(student=student, withdrawn_at=None).order_by("on")
    }
    return read_clock(event, on, rules_in_force(on), years_of(student.school), before=before)


def _page(request: StaffRequest, student: Student, form: ClockForm, **extra: Any) -> HttpResponse:
    starts = ClockStart.objects.filter(student=student).select_related("due_date", "entered_by__person")
    lines = [
        Line(start, _reading(student, ClockEvent(start.event), start.on)) for start in starts if not start.withdrawn_at
    ]
    context = {
        "student": student,
        "form": form,
        "lines": lines,
        "withdrawn": [start for start in starts if start.withdrawn_at],
        "may_edit": may_edit(request.user, student),
    }
    return render(request, "students/clocks.html", context | extra)


def _months(days: tuple[Day, ...]) -> list[Month]:
    months: dict[date, list[Day]] = {}
    for day in days:
        months.setdefault(day.on.replace(day=1), []).append(day)
    return [Month(first, of) for first, of in months.items()]


def _said(reading: Reading) -> str:
    if reading.counted:
        on = reading.counted.on
        return f"Recorded. The {reading.kind.label.lower()} is due by {on:%B} {on.day}, {on.year}."
    return "Recorded. No due date follows from it by itself: the page says why."
