"""Add and edit a guardian, end a guardianship, and take that back."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from students.editing.guardian import add_guardian, bind, edit_guardian, end_guardianship, version_of_guardian
from students.forms.guardian import BOND, GuardianForm, initial_of
from students.history import history_of_guardian
from students.models import Guardian, Guardianship, Student
from students.requests import StaffRequest
from students.views.edit_page import conflict, offer_undo, undone
from students.views.rights import edited_by

SIBLINGS_SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
def guardian_add(request: StaffRequest, student: int) -> HttpResponse:
    row = get_object_or_404(edited_by(request.user), pk=student)
    form = GuardianForm(request.POST or None, siblings=siblings_of(request, row))
    if request.method == "POST" and form.is_valid():
        existing = form.chosen()
        values = form.values()
        bond = bind(row, existing, values.bond) if existing else add_guardian(row, values)
        messages.success(request, f"{bond.guardian.person.full_name} is on the family's list.")
        return redirect("students:student", row.pk)
    return render(request, "students/edit_guardian.html", {"student": row, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def guardian_edit(request: StaffRequest, pk: int) -> HttpResponse:
    bond = get_object_or_404(bonds_of(request), pk=pk)
    initial = initial_of(bond) | {"version": version_of_guardian(bond)}
    form = GuardianForm(request.POST or None, bond=bond, initial=initial)
    if request.method != "POST" or not form.is_valid():
        return page(request, bond, form)
    version = form.cleaned_data["version"]
    if edit_guardian(bond, form.values(), version=version, now=timezone.now()):
        messages.success(request, "Saved.")
        return redirect("students:student", bond.student_id)
    fresh = get_object_or_404(bonds_of(request), pk=pk)
    return page(request, fresh, form, **conflict(form, initial_of(fresh), version_of_guardian(fresh)))


@require_POST
def guardian_end(request: StaffRequest, pk: int) -> HttpResponse:
    bond = get_object_or_404(bonds_of(request), pk=pk)
    name = bond.guardian.person.full_name
    kept = {"guardian": bond.guardian_id, **{column: getattr(bond, column) for column in BOND}}
    if end_guardianship(bond, now=timezone.now()):
        url = reverse("students:guardian_restore", args=[bond.student_id])
        offer_undo(request, f"{name} is off the family's list.", url, kept)
    return redirect("students:student", bond.student_id)


@require_POST
def guardian_restore(request: StaffRequest, student: int) -> HttpResponse:
    row = get_object_or_404(edited_by(request.user), pk=student)
    kept = undone(request)
    if kept is None:
        return redirect("students:student", row.pk)
    guardian = get_object_or_404(Guardian, pk=kept.pop("guardian"))
    bind(row, guardian, kept)
    messages.success(request, f"{guardian.person.full_name} is on the family's list again. Their seats are not.")
    return redirect("students:student", row.pk)


def page(
    request: StaffRequest, bond: Guardianship, form: GuardianForm, *, status: int = 200, **extra: Any
) -> HttpResponse:
    context = {
        "student": bond.student,
        "bond": bond,
        "form": form,
        "history": history_of_guardian(bond),
        "others": others_of(request, bond),
        **extra,
    }
    return render(request, "students/edit_guardian.html", context, status=status)


def bonds_of(request: StaffRequest) -> Any:
    rows = Guardianship.objects.filter(student__in=edited_by(request.user).values("pk"))
    return rows.select_related("guardian__person", "student__person", "student__school")


def others_of(request: StaffRequest, bond: Guardianship) -> list[Student]:
    """Return the other students of this guardian whom the user may see: name, address and language are theirs too."""
    rows = Student.objects.visible_to(request.user).filter(guardians=bond.guardian_id).exclude(pk=bond.student_id)
    return list(rows.select_related("person"))


def siblings_of(request: StaffRequest, student: Student) -> list[Guardianship]:
    """Return the guardians of students with the same family name at this school whom the user may see, each once."""
    seen = Student.objects.visible_to(request.user).filter(
        person__family_name__iexact=student.person.family_name, school=student.school_id
    )
    rows = Guardianship.objects.filter(student__in=seen.values("pk"), is_no_contact=False)
    rows = rows.filter(guardian__person__gone_at=None).exclude(guardian__students=student)
    found = rows.select_related("guardian__person").order_by("guardian__person__search_name", "pk")
    return list({row.guardian_id: row for row in found}.values())[:SIBLINGS_SHOWN]
