"""Log one try to reach a parent: in one line on the meeting's page, and for a student without a meeting."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from meetings.actions.attempt import log_attempt
from meetings.actions.seating import family_of
from meetings.forms.record import AttemptForm
from meetings.models import Attempt, Meeting
from meetings.views.meeting import page_of
from meetings.views.rights import kept_by
from students.models import Student
from students.requests import StaffRequest

SHOWN = 20


@require_POST
def attempt(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(kept_by(request.user), pk=pk)
    now = timezone.now()
    form = AttemptForm(request.POST, family=family_of(row.student), zone=row.school.time_zone, now=now)
    if not form.is_valid():
        return render(request, "meetings/meeting.html", page_of(request, row, now=now, attempt_form=form))
    _log(request, row.student, row, form, now=now)
    return redirect("meetings:meeting", row.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def student_attempt(request: StaffRequest, student: int) -> HttpResponse:
    row = get_object_or_404(Student.objects.visible_to(request.user).select_related("person", "school"), pk=student)
    now = timezone.now()
    form = AttemptForm(request.POST or None, family=family_of(row), zone=row.school.time_zone, now=now)
    if request.method == "POST" and form.is_valid():
        _log(request, row, None, form, now=now)
        return redirect("students:student", row.pk)
    tries = Attempt.objects.filter(student=row).select_related("guardian", "by__person")[:SHOWN]
    context = {"student": row, "attempt_form": form, "attempts": tries, "zone": row.school.time_zone}
    return render(request, "meetings/attempt.html", context)


def _log(request: StaffRequest, student: Student, row: Meeting | None, form: AttemptForm, *, now: datetime) -> None:
    log_attempt(
        student,
        meeting=row,
        guardian=form.guardian_row(),
        way=form.cleaned_data["way"],
        result=form.cleaned_data["result"],
        note=form.cleaned_data["note"],
        happened_at=form.cleaned_data["happened_at"],
        by=request.user,
        now=now,
    )
    messages.success(request, "Logged.")
