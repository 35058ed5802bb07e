"""Other commitments of one's own: add, edit, delete, and take that back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from meetings.actions.busy import Taken
from meetings.actions.commit import CommitmentPlan, commit, recommit, touched, uncommit
from meetings.forms.hours import CommitmentForm, initial_of_commitment
from meetings.models import Busy, Commitment
from meetings.views.hours import Desk, desk_of
from students.editing.rows import version_of
from students.models import Person, Staff
from students.requests import StaffRequest
from students.views.edit_page import CONFLICT, conflict, offer_undo, undone

TEMPLATE = "meetings/commitment_edit.html"


@require_http_methods(["GET", "HEAD", "POST"])
def commitment_add(request: StaffRequest) -> HttpResponse:
    desk = desk_of(request.user)
    form = CommitmentForm(request.POST or None, zone=desk.zone, people=people_of(desk), now=desk.now)
    if request.method != "POST" or not form.is_valid():
        return page(request, desk, form)
    try:
        row = commit(request.user.person, form.plan(), by=request.user)
    except Taken as taken:
        return page(request, desk, form, taken=taken.busy)
    return saved(request, row)


@require_http_methods(["GET", "HEAD", "POST"])
def commitment_edit(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(own(request.user), pk=pk)
    desk = desk_of(request.user)
    initial = shown_of(row, desk)
    form = CommitmentForm(
        request.POST or None,
        zone=desk.zone,
        people=people_of(desk, row),
        now=desk.now,
        was_over=row.end_at <= desk.now,
        initial=initial | {"version": version_of(row)},
    )
    if request.method != "POST" or not form.is_valid():
        return page(request, desk, form, row)
    if form.cleaned_data["version"] != version_of(row):
        return page(request, desk, form, row, **conflict(form, initial, version_of(row)))
    try:
        is_saved = recommit(row, form.plan())
    except Taken as taken:
        return page(request, desk, form, row, taken=taken.busy)
    if is_saved:
        return saved(request, row)
    messages.warning(request, "This commitment was deleted meanwhile.")
    return redirect("meetings:hours")


@require_POST
def commitment_delete(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(own(request.user), pk=pk)
    kept = {
        "kind": row.kind,
        "title": row.title,
        "start_at": row.start_at.isoformat(),
        "end_at": row.end_at.isoformat(),
        "is_transferable": row.is_transferable,
        "taker_ids": list(row.takers.values_list("pk", flat=True)),
        "person": row.person_id,
    }
    if uncommit(row):
        offer_undo(request, "The commitment is deleted.", reverse("meetings:commitment_restore"), kept)
    return redirect("meetings:hours")


@require_POST
def commitment_restore(request: StaffRequest) -> HttpResponse:
    kept = undone(request)
    if kept is None or kept.pop("person") != request.user.pk:
        return redirect("meetings:hours")
    for name in ("start_at", "end_at"):
        kept[name] = datetime.fromisoformat(kept[name])
    kept["taker_ids"] = frozenset(kept["taker_ids"])
    try:
        commit(request.user.person, CommitmentPlan(**kept), by=request.user)
    except Taken:
        messages.warning(request, "That time was taken by a meeting meanwhile. The commitment stays deleted.")
    else:
        messages.success(request, "The commitment is back.")
    return redirect("meetings:hours")


def saved(request: StaffRequest, row: Commitment) -> HttpResponse:
    """Say so; where it lies over booked meetings, stay on its page, which names them."""
    row.refresh_from_db()
    if touched(request.user.person, row.start_at, row.end_at):
        messages.success(request, "Saved. It lies over a meeting that you are booked for: see below.")
        return redirect("meetings:commitment_edit", row.pk)
    messages.success(request, "Saved. Others see that you are busy, not why.")
    return redirect("meetings:hours")


def own(user: Staff) -> QuerySet[Commitment]:
    return Commitment.objects.visible_to(user).filter(person=user.pk).select_related("person")


def shown_of(row: Commitment, desk: Desk) -> dict[str, Any]:
    takers = list(row.takers.order_by("search_name", "pk").values_list("pk", flat=True))
    return initial_of_commitment(row, takers, ZoneInfo(desk.zone))


def people_of(desk: Desk, row: Commitment | None = None) -> list[Person]:
    """Return the colleagues who could take something: active staff of one's schools, and whoever was named before."""
    here = Q(gone_at=None, staff__is_active=True, staff__assignments__school__in=desk.schools)
    named = Q(could_take=row) if row else Q(pk=None)
    return list(Person.objects.filter(here | named).exclude(pk=desk.staff.pk).distinct())


def page(
    request: StaffRequest,
    desk: Desk,
    form: CommitmentForm,
    row: Commitment | None = None,
    *,
    taken: Sequence[Busy] = (),
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    meetings = touched(desk.staff.person, row.start_at, row.end_at) if row else []
    context = {"form": form, "row": row, "taken": taken, "meetings": meetings, "zone": desk.zone, **extra}
    return render(request, TEMPLATE, context, status=CONFLICT if taken else status)
