"""Find someone for a seat, remind whoever holds it, or keep everyone where they are."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from meetings.actions.busy import Taken
from meetings.actions.seat import give_seat, keep_people, remind
from meetings.actions.seating import Barred
from meetings.core.proposals import Standing
from meetings.forms.change import SeatForm
from meetings.models import Meeting, Seat
from meetings.offers import Reach
from meetings.repairs import others_for
from meetings.views.rights import kept_by
from students.models import Person
from students.requests import StaffRequest

CONFLICT = 409
SORTED = (Standing.FREE, Standing.TO_ASK)
WORDS = {Standing.FREE: "free", Standing.TO_ASK: "to be asked"}


@require_http_methods(["GET", "HEAD", "POST"])
def seat(request: StaffRequest, pk: int, seat_pk: int) -> HttpResponse:
    row = get_object_or_404(kept_by(request.user), pk=pk)
    held = get_object_or_404(row.seats.select_related("holder"), pk=seat_pk)
    held.meeting = row
    now = timezone.now()
    if row.start_at <= now:
        messages.warning(request, "This meeting has begun: its seats are as they are.")
        return redirect("meetings:meeting", row.pk)
    found = others_for(held, now=now)
    people = [(reach.person, WORDS[reach.standing]) for reach in found if reach.standing in SORTED]
    form = SeatForm(request.POST or None, people=people, initial={"version": row.version})
    if request.method == "POST" and form.is_valid():
        return _give(request, held, form, found, now=now)
    return _page(request, held, form, found)


def _give(request: StaffRequest, held: Seat, form: SeatForm, found: list[Reach], *, now: datetime) -> HttpResponse:
    holder = next(each.person for each in found if str(each.person.pk) == form.cleaned_data["holder"])
    try:
        given = give_seat(held, holder, by=request.user, version=form.cleaned_data["version"], now=now)
    except Taken:
        form.add_error("holder", f"{holder.full_name} was just booked elsewhere at this time. Choose someone else.")
        return _page(request, held, form, found, status=CONFLICT)
    except Barred:
        form.add_error("holder", f"{holder.full_name} can no longer take a seat. Choose someone else.")
        return _page(request, held, form, found, status=CONFLICT)
    if given:
        messages.success(request, f"{holder.full_name} has the seat now, and is invited.")
    else:
        messages.warning(request, "Someone changed this meeting first. Look again, then choose.")
    return redirect("meetings:meeting", held.meeting_id)


def _page(request: StaffRequest, held: Seat, form: SeatForm, found: list[Reach], *, status: int = 200) -> HttpResponse:
    row: Meeting = held.meeting
    busy: list[Person] = [reach.person for reach in found if reach.standing not in SORTED]
    context = {"meeting": row, "seat": held, "form": form, "busy": busy, "zone": row.school.time_zone}
    return render(request, "meetings/seat.html", context, status=status)


@require_POST
def remind_holder(request: StaffRequest, pk: int, seat_pk: int) -> HttpResponse:
    row = get_object_or_404(kept_by(request.user), pk=pk)
    held = get_object_or_404(row.seats.select_related("holder").filter(holder__isnull=False), pk=seat_pk)
    held.meeting = row
    name = held.holder.full_name if held.holder else ""
    if remind(held, now=timezone.now()):
        messages.success(request, f"A reminder to {name} is on its way.")
    else:
        messages.info(request, f"No reminder was sent: {name} has answered, was reminded today, or has no address.")
    return redirect("meetings:meeting", row.pk)


@require_POST
def keep_these_people(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(kept_by(request.user), pk=pk)
    keeps = request.POST.get("keeps") == "1"
    if not keep_people(row, keeps=keeps, now=timezone.now()):
        messages.info(request, "Nothing was changed: see below how it stands.")
    elif keeps:
        messages.success(request, "These people stay: nobody here is asked to swap.")
    else:
        messages.success(request, "These people may be asked to swap again.")
    return redirect("meetings:meeting", row.pk)
