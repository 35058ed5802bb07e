"""Find someone for a seat, remind whoever holds it, or keep everyone where they are."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from meetings.actions.busy import Taken
from meetings.actions.seat import give_seat, keep_people, remind
from meetings.actions.seating import Barred
from meetings.core.intervals import minute_of
from meetings.core.proposals import Standing, explain
from meetings.forms.change import SeatForm
from meetings.loaders import load_case
from meetings.models import Meeting, Seat
from meetings.offers import Reach, reaches
from meetings.quorum import doubled_roles
from meetings.views.rights import kept_by
from students.models import Person, Role
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
    found = people_for(held, now=now)
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


def people_for(held: Seat, *, now: datetime) -> list[Reach]:
    """Return everyone else who may fill this role for this student, and how each stands to the meeting's time."""
    row = held.meeting
    day = row.start_at.astimezone(ZoneInfo(row.school.time_zone)).date()
    loaded = load_case(
        row.student,
        row.kind,
        window_start_on=day,
        window_end_on=day,
        duration=(row.end_at - row.start_at) // timedelta(minutes=1),
        step=1,
        now=now,
        without_meeting=row,
    )
    by_seat = reaches(loaded, explain(loaded.case, minute_of(row.start_at)))
    found: dict[int, Reach] = {}
    for wanted in loaded.wanted:
        if wanted.role == held.role:
            found |= {reach.person.pk: reach for reach in by_seat[wanted.key]}
    left_out = {held.holder_id, *_seated_once(held, doubled_roles(loaded.district))}
    rest = [reach for pk, reach in found.items() if pk not in left_out]
    return sorted(rest, key=lambda reach: list(Standing).index(reach.standing))


def _seated_once(held: Seat, doubled: frozenset[Role]) -> set[int | None]:
    """Return who holds another seat here that is not one to be held beside this one."""
    if held.role in doubled:
        return set()
    others = held.meeting.seats.exclude(pk=held.pk).exclude(role__in=doubled)
    return set(others.values_list("holder", flat=True))


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
