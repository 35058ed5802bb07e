"""Add and edit a student."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from meetings.models import Meeting
from students.editing.student import add_student, edit_student, mark_left, take_back, version_of_student
from students.forms.student import StudentForm, initial_of
from students.history import history_of_student_alone
from students.models import Assignment, School, Staff, Student
from students.requests import StaffRequest
from students.views.edit_page import back_to, conflict
from students.views.rights import administered_by, edited_by


@require_http_methods(["GET", "HEAD", "POST"])
def student_add(request: StaffRequest) -> HttpResponse:
    schools = list(School.objects.visible_to(request.user).filter(gone_at=None))
    chosen = school_of(schools, request.POST.get("school") or request.GET.get("school"))
    if chosen is None:
        return render(request, "students/edit_student.html", {"schools": [], "form": None})
    may_choose = administered_by(request.user).filter(pk=chosen.pk).exists()
    initial = {"school": chosen.pk, "case_manager": None if may_choose else request.user.pk}
    managers = managers_of([chosen]) if may_choose else {chosen.pk: [request.user]}
    form = StudentForm(
        request.POST or None, schools=schools, managers=managers, today=timezone.now().date(), initial=initial
    )
    if not may_choose:
        # A student whom they could not see again would be lost to them.
        form.fields["case_manager"].required = True
    if request.method == "POST" and form.is_valid():
        student = add_student(form.names(), form.record())
        messages.success(request, f"{student.person.full_name} is on record. Add the family and the due date next.")
        return back_to(request, student)
    return render(request, "students/edit_student.html", {"form": form, "schools": schools, "chosen": chosen})


@require_http_methods(["GET", "HEAD", "POST"])
def student_edit(request: StaffRequest, pk: int) -> HttpResponse:
    student = get_object_or_404(edited_by(request.user), pk=pk)
    form = form_of(request, student)
    if request.method != "POST" or not form.is_valid():
        return page(request, student, form)
    if edit_student(student, form.names(), form.record(), version=form.cleaned_data["version"]):
        messages.success(request, "Saved.")
        return back_to(request, student)
    fresh = get_object_or_404(edited_by(request.user), pk=pk)
    return page(request, fresh, form, **conflict(form, initial_of(fresh), version_of_student(fresh)))


@require_POST
def student_left(request: StaffRequest, pk: int) -> HttpResponse:
    student = get_object_or_404(edited_by(request.user), pk=pk)
    now = timezone.now()
    if "back" in request.POST:
        if take_back(student):
            messages.success(request, f"{student.person.full_name} is here again.")
    elif mark_left(student, now=now):
        messages.success(request, f"{student.person.full_name} has left, and is on no list any more.")
        if Meeting.objects.booked().filter(student=student, end_at__gt=now).exists():
            messages.warning(request, "A meeting is still booked. Cancel it if it is not to be held.")
    return redirect("students:student", student.pk)


def form_of(request: StaffRequest, student: Student) -> StudentForm:
    seen = School.objects.visible_to(request.user).filter(gone_at=None)
    schools = list(dict.fromkeys([student.school, *seen]))
    chosen = school_of(schools, request.POST.get("school")) or student.school
    managers = managers_of({student.school, chosen})
    named = {staff.pk for there in managers.values() for staff in there}
    if student.case_manager and student.case_manager.pk not in named:
        # Who left still manages the case until someone else does.
        managers[student.school_id].append(student.case_manager)
    return StudentForm(
        request.POST or None,
        schools=schools,
        managers=managers,
        today=timezone.now().date(),
        initial=initial_of(student) | {"version": version_of_student(student)},
    )


def page(
    request: StaffRequest, student: Student, form: StudentForm, *, status: int = 200, **extra: Any
) -> HttpResponse:
    context = {"student": student, "form": form, "history": history_of_student_alone(student), **extra}
    return render(request, "students/edit_student.html", context, status=status)


def school_of(schools: Iterable[School], text: str | None) -> School | None:
    """Return the school with this pk, else the first."""
    found = list(schools)
    return next((school for school in found if str(school.pk) == text), found[0] if found else None)


def managers_of(schools: Iterable[School]) -> dict[int, list[Staff]]:
    """Return who may manage a case at each of these schools, by name, in one query."""
    managers: dict[int, list[Staff]] = {school.pk: [] for school in sorted(schools, key=lambda school: school.name)}
    posts = Assignment.objects.filter(school__in=managers, staff__is_active=True, staff__person__gone_at=None)
    for post in posts.select_related("staff__person").order_by("staff__person__search_name"):
        managers[post.school_id].append(post.staff)
    return managers
