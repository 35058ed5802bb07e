"""Mend a meeting that lacks someone, with one press: somebody else in the seat, or another time."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from meetings import mail
from meetings.actions import swap as swaps
from meetings.actions import watch
from meetings.actions.busy import Taken
from meetings.actions.handover import Gone
from meetings.actions.reschedule import reschedule
from meetings.actions.seat import give_seat
from meetings.actions.seating import Barred, MeetingPlan
from meetings.alternatives import same_people
from meetings.core.intervals import instant_of
from meetings.forms.change import RepairForm
from meetings.models import Meeting, MeetingStatus, Seat, Swap, SwapState
from meetings.repairs import Repair, reseating_for, substitutes, suits
from meetings.templatetags.meeting_words import lower_role
from meetings.views.change import plan_of
from meetings.views.rights import kept_by
from students.models import Person, Role, Room
from students.requests import StaffRequest
from students.templatetags.look import clock, day

NOTHING = "Nothing was changed."


@require_POST
def repair(request: StaffRequest, pk: int, seat_pk: int) -> HttpResponse:
    row = get_object_or_404(kept_by(request.user), pk=pk)
    held = get_object_or_404(row.seats.select_related("holder"), pk=seat_pk)
    held.meeting = row
    now = timezone.now()
    form = RepairForm(request.POST)
    if row.status != MeetingStatus.BOOKED or row.start_at <= now:
        messages.warning(request, f"{NOTHING} This meeting has begun, or is not on any more.")
    elif not form.is_valid():
        messages.warning(request, f"{NOTHING} Choose one of the ways that stand here.")
    elif form.cleaned_data["version"] != row.version:
        messages.warning(request, first_words(row))
    elif form.cleaned_data["swap"]:
        _swap(request, held, form, now=now)
    elif form.cleaned_data["holder"] is not None:
        _substitute(request, held, form.cleaned_data["holder"], now=now)
    else:
        _move(request, held, instant_of(form.cleaned_data["at"]), now=now)
    return redirect("meetings:meeting", row.pk)


def _substitute(request: StaffRequest, held: Seat, holder_id: int, *, now: datetime) -> None:
    row, was = held.meeting, held.holder
    holder = next((each.person for each in substitutes(held, now=now) if each.person.pk == holder_id), None)
    if holder is None:
        messages.warning(request, f"{NOTHING} They can no longer take this seat. See who else could.")
        return
    try:
        given = give_seat(held, holder, by=request.user, version=row.version, now=now)
    except Taken:
        messages.warning(request, f"{NOTHING} {holder.full_name} was just booked elsewhere at this time.")
        return
    except Barred:
        messages.warning(request, f"{NOTHING} {holder.full_name} can no longer take a seat.")
        return
    if not given:
        messages.warning(request, first_words(row))
        return
    watch.review(row.pk, by=request.user.pk, is_new=True, now=now)
    messages.success(request, seated_words(held, holder, was))


def _swap(request: StaffRequest, held: Seat, form: RepairForm, *, now: datetime) -> None:
    """Ask for the swap that the page offered, where it is still the one."""
    found = reseating_for(held.meeting, held, now=now)
    if found is None or found.key != form.cleaned_data["swap"] or found.person is None:
        messages.warning(request, f"{NOTHING} That swap is no longer possible. See what else could be done.")
        return
    plan = swap_plan(held, found)
    try:
        asked = swaps.ask(
            held.meeting.student, plan, by=request.user, in_person=form.cleaned_data["in_person"], now=now
        )
    except swaps.AlreadyAsked:
        messages.info(request, f"{NOTHING} Somebody is being asked for this seat already.")
        return
    except (Gone, Taken, Barred):
        messages.warning(request, f"{NOTHING} Somebody was taken meanwhile. See what else could be done.")
        return
    if Swap.objects.filter(pk=asked.pk, state=SwapState.DONE).exists():
        watch.review(held.meeting_id, by=request.user.pk, is_new=True, now=now)
        messages.success(request, seated_words(held, found.person, held.holder))
        return
    names = " and ".join(move.taker.full_name for move in found.moves)
    messages.success(request, f"{names} is asked. Once they say yes, {found.person.full_name} has the seat.")


def swap_plan(held: Seat, found: Repair) -> swaps.SwapPlan:
    """Return the ask that frees somebody for a seat of a booked meeting."""
    row = held.meeting
    meeting = MeetingPlan(row.kind, row.due_date_id, row.school_id, None, row.start_at, row.end_at, seats=())
    return swaps.SwapPlan(
        meeting, swaps.planned(found.moves), repairs=held, repairer_id=found.person.pk if found.person else None
    )


def _move(request: StaffRequest, held: Seat, start_at: datetime, *, now: datetime) -> None:
    row = held.meeting
    seats = list(row.seats.select_related("holder"))
    minutes = (row.end_at - row.start_at) // timedelta(minutes=1)
    on = start_at.astimezone(ZoneInfo(row.school.time_zone)).date()
    search = same_people(row, seats, first=on, last=on, minutes=minutes, now=now)
    rooms = search.free_rooms(start_at)
    if start_at <= now or not suits(search, seats, start_at) or (row.room and not rooms):
        messages.warning(request, f"{NOTHING} That time no longer works for everyone. See which others do.")
        return
    cleaned = {"room": _room(row, rooms), "start_at": start_at, "end_at": start_at + timedelta(minutes=minutes)}
    try:
        moved = reschedule(
            row,
            plan_of(row, seats, cleaned),
            by=request.user,
            why=why_words(held),
            version=row.version,
            now=now,
        )
    except Taken as taken:
        names = ", ".join(person.full_name for person in taken.people) or "The room"
        messages.warning(request, f"{NOTHING} {names} was just booked elsewhere at that time.")
        return
    except Barred as barred:
        names = ", ".join(person.full_name for person in barred.people)
        messages.warning(request, f"{NOTHING} {names} may no longer hold a seat. Give it to someone else first.")
        return
    if not moved:
        messages.warning(request, first_words(row))
        return
    watch.review(row.pk, by=request.user.pk, is_new=True, now=now)
    zone = row.school.time_zone
    when = f"{day(start_at, zone)}, {clock(start_at, zone)}"
    messages.success(request, f"Moved to {when}. Everyone gets the new time and is asked again, the family too.")


def _room(row: Meeting, rooms: list[Room]) -> Room | None:
    """Return the meeting's own room where that is free, else the best one; `free_rooms` has it first."""
    return rooms[0] if rooms else None


def why_words(held: Seat) -> str:
    """Return the reason that everyone at the table reads: a role, and nobody's absence."""
    return f"So that {_of_role(held)} can come."


def seated_words(held: Seat, holder: Person, was: Person | None) -> str:
    told = f"{holder.full_name} has the seat of {_of_role(held)} now, and is invited."
    if was is None:
        return told
    is_told = mail.may_call_off(was, held.meeting.student_id)
    return f"{told} {was.full_name} is told." if is_told else told


def first_words(row: Meeting) -> str:
    """Return who changed the meeting first."""
    change = row.changes.select_related("by__person", "person").first()
    person = (change.by.person if change.by else change.person) if change else None
    who = person.full_name if person else "Someone"
    return f"{NOTHING} {who} changed this meeting first: this is how it stands now."


def _of_role(held: Seat) -> str:
    return "a parent" if held.role == Role.PARENT else f"the {lower_role(held.get_role_display())}"
