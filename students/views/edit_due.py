"""Add, edit, close and open again a due date."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from meetings.models import Meeting
from meetings.standing import today_at
from students.clocks import AnnualRule
from students.editing.due import OpenAlready, add_due_date, close_due_date, edit_due_date, reopen_due_date
from students.editing.rows import version_of
from students.forms.due import CloseForm, DueForm, initial_of
from students.history import history_of_due_date
from students.models import District, DueDate, Student
from students.requests import StaffRequest
from students.views.edit_page import conflict, offer_undo
from students.views.rights import edited_by

ALREADY = "Someone opened a due date of this kind meanwhile. Edit or close that one."


@require_http_methods(["GET", "HEAD", "POST"])
def due_add(request: StaffRequest, student: int) -> HttpResponse:
    row = get_object_or_404(edited_by(request.user), pk=student)
    kind = {"kind": request.GET.get("kind", "")}
    form = DueForm(request.POST or None, student=row, today=today_of(row), initial=kind)
    if request.method != "POST" or not form.is_valid():
        return page(request, row, form)
    if form.is_to_be_counted:
        form.fill_in()
        return page(request, row, form, is_counted=True)
    try:
        due = add_due_date(row, form.values(), by=request.user)
    except OpenAlready:
        form.add_error("kind", ALREADY)
        return page(request, row, form)
    messages.success(request, f"{due.get_kind_display()} is due by {said(due.due_on)}.")
    return redirect("students:student", row.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def due_edit(request: StaffRequest, pk: int) -> HttpResponse:
    due = get_object_or_404(dues_of(request).open(), pk=pk)
    initial = initial_of(due) | {"version": version_of(due)}
    form = DueForm(request.POST or None, student=due.student, today=today_of(due.student), due=due, initial=initial)
    if request.method != "POST" or not form.is_valid():
        return page(request, due.student, form, due)
    if form.is_to_be_counted:
        form.fill_in()
        return page(request, due.student, form, due, is_counted=True)
    try:
        is_saved = edit_due_date(due, form.values(), version=form.cleaned_data["version"])
    except OpenAlready:
        form.add_error("kind", ALREADY)
        return page(request, due.student, form, due)
    if is_saved:
        messages.success(request, "Saved.")
        return redirect("students:student", due.student_id)
    fresh = get_object_or_404(dues_of(request).open(), pk=pk)
    return page(request, fresh.student, form, fresh, **conflict(form, initial_of(fresh), version_of(fresh)))


@require_POST
def due_close(request: StaffRequest, pk: int) -> HttpResponse:
    due = get_object_or_404(dues_of(request), pk=pk)
    closing = CloseForm(request.POST)
    if not closing.is_valid():
        initial = initial_of(due) | {"version": version_of(due)}
        form = DueForm(student=due.student, today=today_of(due.student), due=due, initial=initial)
        return page(request, due.student, form, due, closing=closing)
    if close_due_date(due, why=closing.cleaned_data["closed_why"], now=timezone.now()):
        url = reverse("students:due_reopen", args=[due.pk])
        offer_undo(request, f"The due date of the {due.get_kind_display().lower()} is closed.", url, {})
    else:
        messages.warning(request, "It was closed already.")
    return redirect("students:student", due.student_id)


@require_POST
def due_reopen(request: StaffRequest, pk: int) -> HttpResponse:
    due = get_object_or_404(dues_of(request), pk=pk)
    try:
        if reopen_due_date(due):
            messages.success(request, f"{due.get_kind_display()} is due by {said(due.due_on)} again.")
    except OpenAlready:
        messages.warning(request, "Another due date of this kind is open by now. This one stays closed.")
    return redirect("students:student", due.student_id)


def page(
    request: StaffRequest,
    student: Student,
    form: DueForm,
    due: DueDate | None = None,
    *,
    status: int = 200,
    closing: CloseForm | None = None,
    **extra: Any,
) -> HttpResponse:
    district = District.objects.first() or District()
    context = {
        "student": student,
        "due": due,
        "form": form,
        "closing": closing or CloseForm(),
        "is_closing": closing is not None,
        "rule": AnnualRule(district.annual_rule).value,
        "history": history_of_due_date(due) if due else None,
        "booked": Meeting.objects.booked().filter(due_date=due).first() if due else None,
        **extra,
    }
    return render(request, "students/edit_due.html", context, status=status)


def dues_of(request: StaffRequest) -> Any:
    rows: QuerySet[DueDate] = DueDate.objects.filter(student__in=edited_by(request.user).values("pk"))
    return rows.select_related("student__person", "student__school")


def today_of(student: Student) -> date:
    return today_at(student.school, timezone.now())


def said(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"
