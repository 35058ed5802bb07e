"""What staff do for a family: write down what a parent said, send the link again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from meetings.actions.busy import Taken
from meetings.actions.link import send_link_again
from meetings.actions.reply import reply_for_guardian
from meetings.actions.seating import family_of
from meetings.forms.record import SaidForm
from meetings.models import Seat
from meetings.views.rights import kept_by
from students.requests import StaffRequest

CONFLICT = 409


@require_http_methods(["GET", "HEAD", "POST"])
def said(request: StaffRequest, pk: int, seat_pk: int) -> HttpResponse:
    row = get_object_or_404(kept_by(request.user), pk=pk)
    seats = row.seats.select_related("holder").filter(holder__in=family_of(row.student))
    held = get_object_or_404(seats, pk=seat_pk)
    form = SaidForm(request.POST or None, initial={"version": row.version, "joins": held.joins})
    if request.method != "POST" or not form.is_valid():
        return _page(request, held, form)
    try:
        kept = reply_for_guardian(held, by=request.user, now=timezone.now(), **form.cleaned_data)
    except Taken as taken:
        return _page(request, held, form, taken=taken)
    if not kept:
        messages.warning(request, "Someone changed this meeting first, or it has begun. Nothing was written down.")
        held = get_object_or_404(seats, pk=seat_pk)
        data = form.data.copy() | {"version": str(held.meeting.version)}  # type: ignore[attr-defined]
        return _page(request, held, SaidForm(data), status=CONFLICT)
    messages.success(request, "Written down, marked as recorded by you. The family gets it in writing.")
    return redirect("meetings:meeting", row.pk)


def _page(
    request: StaffRequest, held: Seat, form: SaidForm, *, taken: Taken | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "meeting": held.meeting,
        "seat": held,
        "form": form,
        "taken": taken.busy if taken else (),
        "zone": held.meeting.school.time_zone,
    }
    return render(request, "meetings/said.html", context, status=CONFLICT if taken else status)


@require_POST
def renew_link(request: StaffRequest, pk: int, link_pk: int) -> HttpResponse:
    row = get_object_or_404(kept_by(request.user), pk=pk)
    link = get_object_or_404(row.parent_links.select_related("guardian", "meeting"), pk=link_pk)
    if send_link_again(link, by=request.user, now=timezone.now()):
        messages.success(request, f"A new link to {link.guardian.full_name} is on its way. The old one has ended.")
    else:
        messages.warning(request, f"No link was sent: {link.guardian.full_name} cannot be written to by email.")
    return redirect("meetings:meeting", row.pk)
