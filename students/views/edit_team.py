"""Add, edit and remove a member of a student's team."""

from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from students.editing.team import add_member, add_outside_member, edit_member, remove_member, version_of_member
from students.forms.team import AddMemberForm, EditMemberForm, initial_of
from students.history import history_of_member
from students.models import OutsideKind, Person, Student, TeamMember
from students.requests import StaffRequest
from students.views.edit_page import conflict, offer_undo, undone
from students.views.rights import edited_by

ALREADY = "They are on the team in this role already."


@require_http_methods(["GET", "HEAD", "POST"])
def team_add(request: StaffRequest, student: int) -> HttpResponse:
    row = get_object_or_404(edited_by(request.user), pk=student)
    form = AddMemberForm(request.POST or None, people=people_for(request, row))
    if request.method == "POST" and form.is_valid():
        member = added(row, form)
        if member is not None:
            messages.success(request, f"{member.person.full_name} is on the team.")
            return redirect("students:student", row.pk)
        form.add_error("role", ALREADY)
    return render(request, "students/edit_team.html", {"student": row, "form": form})


def added(student: Student, form: AddMemberForm) -> TeamMember | None:
    person = form.person_row()
    place = form.picked("role", "is_required")
    if person is None:
        return add_outside_member(student, form.names(), form.details(), **place)
    return add_member(student, person, **place)


@require_http_methods(["GET", "HEAD", "POST"])
def team_edit(request: StaffRequest, pk: int) -> HttpResponse:
    member = get_object_or_404(members_of(request), pk=pk)
    initial = initial_of(member) | {"version": version_of_member(member)}
    form = EditMemberForm(request.POST or None, member=member, initial=initial)
    if request.method != "POST" or not form.is_valid():
        return page(request, member, form)
    try:
        place, version = form.picked("role", "is_required"), form.cleaned_data["version"]
        is_saved = edit_member(member, place, form.names(), form.details(), version=version)
    except IntegrityError:
        form.add_error("role", ALREADY)
        return page(request, member, form)
    if is_saved:
        messages.success(request, "Saved.")
        return redirect("students:student", member.student_id)
    fresh = get_object_or_404(members_of(request), pk=pk)
    return page(request, fresh, form, **conflict(form, initial_of(fresh), version_of_member(fresh)))


@require_POST
def team_remove(request: StaffRequest, pk: int) -> HttpResponse:
    member = get_object_or_404(members_of(request), pk=pk)
    if remove_member(member):
        kept = {"person": member.person_id, "role": member.role, "is_required": member.is_required}
        url = reverse("students:team_restore", args=[member.student_id])
        offer_undo(request, f"{member.person.full_name} is off the team.", url, kept)
    return redirect("students:student", member.student_id)


@require_POST
def team_restore(request: StaffRequest, student: int) -> HttpResponse:
    row = get_object_or_404(edited_by(request.user), pk=student)
    kept = undone(request)
    if kept is not None:
        person = get_object_or_404(Person, pk=kept.pop("person"))
        add_member(row, person, **kept)
        messages.success(request, f"{person.full_name} is on the team again.")
    return redirect("students:student", row.pk)


def page(
    request: StaffRequest, member: TeamMember, form: EditMemberForm, *, status: int = 200, **extra: Any
) -> HttpResponse:
    context = {"student": member.student, "member": member, "form": form, "history": history_of_member(member), **extra}
    return render(request, "students/edit_team.html", context, status=status)


def members_of(request: StaffRequest) -> QuerySet[TeamMember]:
    rows = TeamMember.objects.filter(student__in=edited_by(request.user).values("pk"))
    return rows.select_related("person__outside", "student__person", "student__school")


def people_for(request: StaffRequest, student: Student) -> list[Person]:
    """Return whom one may choose: staff of the school, and people from outside who are known to the user.

    Known are the family's interpreters, and whoever is on the team of a student whom the user may see.
    """
    staff = Q(staff__is_active=True, staff__assignments__school=student.school_id)
    seen = Student.objects.visible_to(request.user).values("pk")
    outside = Q(outside__kind=OutsideKind.FAMILY_INTERPRETER) | Q(outside__isnull=False, teams__student__in=seen)
    known = Person.objects.filter(gone_at=None).filter(staff | outside)
    return list(known.distinct())
