"""Move a meeting, cancel it, record it as held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from meetings.actions import cancel as cancel_action
from meetings.actions import hold as hold_action
from meetings.actions import reschedule as reschedule_action
from meetings.actions.busy import Taken
from meetings.actions.seating import Barred, MeetingPlan, SeatPlan, family_of
from meetings.alternatives import last_day, same_people
from meetings.calendars import calendar_of
from meetings.core.intervals import instant_of
from meetings.forms.change import CancelForm, HeldForm, RescheduleForm
from meetings.lengths import LEAST_MINUTES, MOST_MINUTES, minutes_of
from meetings.models import Busy, FamilyTime, Meeting, Requirement, Seat
from meetings.offers import minute_at
from meetings.views.rights import kept_by
from students.models import Person, Role, Room
from students.requests import StaffRequest

CONFLICT = 409
TIMES_SHOWN = 6
FIRST = "Someone changed this meeting first. This is how it stands now; what you typed is kept below."


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(kept_by(request.user), pk=pk)
    form = CancelForm(request.POST or None, initial={"version": row.version})
    if request.method != "POST" or not form.is_valid():
        return _page(request, "meetings/cancel.html", row, form)
    if not cancel_action.cancel(row, by=request.user, now=timezone.now(), **form.cleaned_data):
        fresh = _fresh(request, row)
        form = CancelForm(initial={"version": fresh.version, "why": form.cleaned_data["why"]})
        return _page(request, "meetings/cancel.html", fresh, form, first=True)
    messages.success(request, "Cancelled. Everyone who was asked is told, the family too.")
    return redirect("meetings:meeting", row.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def held(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(kept_by(request.user), pk=pk)
    now = timezone.now()
    zone = ZoneInfo(row.school.time_zone)
    today, met_on = now.astimezone(zone).date(), row.start_at.astimezone(zone).date()
    form = HeldForm(request.POST or None, today=today, initial={"version": row.version, "held_on": min(met_on, today)})
    has_begun = row.start_at <= now
    if request.method != "POST" or not has_begun or not form.is_valid():
        return _page(request, "meetings/held.html", row, form, has_begun=has_begun)
    if not hold_action.record_held(row, by=request.user, now=now, **form.cleaned_data):
        fresh = _fresh(request, row)
        form = HeldForm(today=today, initial={"version": fresh.version, "held_on": form.cleaned_data["held_on"]})
        return _page(request, "meetings/held.html", fresh, form, first=True, has_begun=has_begun)
    messages.success(request, "Recorded. The due date is closed.")
    return redirect("meetings:meeting", row.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def reschedule(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(kept_by(request.user), pk=pk)
    now = timezone.now()
    minute = minute_at(request.GET.get("at", ""))
    at = None if minute is None else instant_of(minute)
    minutes = _asked_minutes(request, row)
    seats = list(row.seats.select_related("holder"))
    form = RescheduleForm(
        request.POST or None, meeting=row, calendar=calendar_of(row.school), now=now, at=at, minutes=minutes
    )
    if request.method == "POST" and form.is_valid():
        return _reschedule(request, row, seats, form, now=now)
    if at is not None and not form.is_bound:
        form.initial["room"] = _room_at(row, seats, at, minutes, now=now)
    return _reschedule_page(request, row, seats, form, Trouble(), now=now)


def _asked_minutes(request: StaffRequest, row: Meeting) -> int:
    """Return the length that the address asks for, else the meeting's own."""
    asked = request.GET.get("minutes", "")
    if asked.isdecimal() and LEAST_MINUTES <= int(asked) <= MOST_MINUTES:
        return int(asked)
    return minutes_of(row)


def _reschedule(
    request: StaffRequest, row: Meeting, seats: Sequence[Seat], form: RescheduleForm, *, now: datetime
) -> HttpResponse:
    plan = plan_of(row, seats, form.cleaned_data)
    not_free = _not_free(row, seats, plan, now=now)
    if not_free and "despite" not in request.POST:
        return _reschedule_page(request, row, seats, form, Trouble(not_free=not_free), now=now)
    why, version = form.cleaned_data["why"], form.cleaned_data["version"]
    try:
        moved = reschedule_action.reschedule(row, plan, by=request.user, why=why, version=version, now=now)
    except Taken as taken:
        return _reschedule_page(request, row, seats, form, Trouble(taken=taken.busy), now=now)
    except Barred as barred:
        return _reschedule_page(request, row, seats, form, Trouble(barred=barred.people), now=now)
    if not moved:
        fresh = _fresh(request, row)
        # The fields keep what was typed; the version is the one that is on the page now.
        form.data = form.data.copy() | {"version": str(fresh.version)}  # type: ignore[attr-defined]
        return _reschedule_page(request, fresh, seats, form, Trouble(first=True), now=now)
    messages.success(request, "Moved. Everyone is asked again.")
    return redirect("meetings:meeting", row.pk)


def plan_of(row: Meeting, seats: Sequence[Seat], cleaned: dict[str, Any]) -> MeetingPlan:
    """Return the same meeting with the same people at the time and in the room of the form."""
    room: Room | None = cleaned["room"]
    return MeetingPlan(
        kind=row.kind,
        due_date_id=row.due_date_id,
        school_id=row.school_id,
        room_id=room.pk if room else None,
        start_at=cleaned["start_at"],
        end_at=cleaned["end_at"],
        seats=(*_parents(row, seats), *_others(seats)),
    )


def _parents(row: Meeting, seats: Sequence[Seat]) -> list[SeatPlan]:
    """Return the parents' seats for those who may still be asked; required ones first."""
    may_be_asked = {person.pk for person in family_of(row.student)}
    parents = [seat for seat in seats if seat.role == Role.PARENT]
    held = [seat.holder_id for seat in parents if seat.holder_id in may_be_asked]
    needed = sorted((seat.requirement for seat in parents), key=lambda requirement: requirement != Requirement.REQUIRED)
    holders = [*held, *[None] * len(parents)]
    planned = [SeatPlan(Role.PARENT, *pair) for pair in zip(needed, holders, strict=False)]
    return [seat for seat in planned if seat.holder_id is not None or seat.requirement == Requirement.REQUIRED]


def _others(seats: Sequence[Seat]) -> list[SeatPlan]:
    return [SeatPlan(seat.role, seat.requirement, seat.holder_id) for seat in seats if seat.role != Role.PARENT]


def _not_free(row: Meeting, seats: Sequence[Seat], plan: MeetingPlan, *, now: datetime) -> list[Person]:
    day = plan.start_at.astimezone(ZoneInfo(row.school.time_zone)).date()
    minutes = (plan.end_at - plan.start_at) // timedelta(minutes=1)
    found = same_people(row, seats, first=day, last=day, minutes=minutes, now=now)
    return found.not_free(plan.start_at)


def _room_at(row: Meeting, seats: Sequence[Seat], at: datetime, minutes: int, *, now: datetime) -> int | None:
    day = at.astimezone(ZoneInfo(row.school.time_zone)).date()
    rooms = same_people(row, seats, first=day, last=day, minutes=minutes, now=now).free_rooms(at)
    return rooms[0].pk if rooms else None


@dataclass(frozen=True)
class Trouble:
    """Why a meeting could not be moved."""

    not_free: Sequence[Person] = ()
    taken: Sequence[Busy] = ()
    barred: Sequence[Person] = ()
    first: bool = False

    @property
    def is_conflict(self) -> bool:
        return bool(self.taken or self.barred)


def _reschedule_page(
    request: StaffRequest,
    row: Meeting,
    seats: Sequence[Seat],
    form: RescheduleForm,
    trouble: Trouble,
    *,
    now: datetime,
) -> HttpResponse:
    minutes = _asked_minutes(request, row)
    today = now.astimezone(ZoneInfo(row.school.time_zone)).date()
    search = same_people(row, seats, first=today, last=last_day(row, today), minutes=minutes, now=now)
    # Where it is now it may stay, if it only ends later.
    now_at = (row.start_at, row.end_at)
    times = [each for each in search.best(TIMES_SHOWN + 1) if (each.start_at, each.end_at) != now_at][:TIMES_SHOWN]
    said = FamilyTime.objects.filter(student=row.student_id).select_related("guardian")
    other = minutes if minutes != minutes_of(row) else None
    extra = {"times": times, "trouble": trouble, "family_times": said, "other_minutes": other}
    first, conflict = trouble.first, trouble.is_conflict
    return _page(request, "meetings/reschedule.html", row, form, first=first, conflict=conflict, **extra)


def _fresh(request: StaffRequest, row: Meeting) -> Meeting:
    return get_object_or_404(kept_by(request.user), pk=row.pk)


def _page(
    request: StaffRequest,
    template: str,
    row: Meeting,
    form: object,
    *,
    first: bool = False,
    conflict: bool = False,
    **extra: object,
) -> HttpResponse:
    if first:
        messages.warning(request, FIRST)
    context = {"meeting": row, "form": form, "zone": row.school.time_zone, **extra}
    return render(request, template, context, status=CONFLICT if first or conflict else 200)
