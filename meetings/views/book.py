"""Book one time: what will be booked, and the booking."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from meetings.actions import book as actions
from meetings.actions import busy
from meetings.actions.seating import MeetingPlan, family_of
from meetings.alternatives import other_times
from meetings.core.intervals import instant_of
from meetings.core.proposals import Standing, explain
from meetings.core.schooldays import local_day
from meetings.forms.book import BookForm, Choice
from meetings.lengths import LEAST_MINUTES, MOST_MINUTES, minutes_for
from meetings.loaders import ROOM, LoadedCase, load_case
from meetings.models import Busy, Meeting
from meetings.offers import Offer, minute_at, offer_explained, reaches
from students.models import DueDate, MeetingKind, Person, PersonKind, Room, Student
from students.requests import StaffRequest

OTHER_TIMES = 3
CONFLICT = 409


@dataclass(frozen=True)
class Asked:
    """What the address of the page asks for."""

    kind: str
    due: DueDate | None
    minutes: int
    start: int

    @property
    def start_at(self) -> datetime:
        return instant_of(self.start)

    @property
    def end_at(self) -> datetime:
        return self.start_at + timedelta(minutes=self.minutes)

    @property
    def query(self) -> dict[str, str]:
        """The address without its time."""
        due = {"due": str(self.due.pk)} if self.due else {}
        return {"kind": self.kind, "minutes": str(self.minutes), **due}

    def plan(self, student: Student, form: BookForm) -> MeetingPlan:
        return MeetingPlan(
            kind=self.kind,
            due_date_id=self.due.pk if self.due else None,
            school_id=student.school_id,
            room_id=form.room_id(),
            start_at=self.start_at,
            end_at=self.end_at,
            seats=form.seats(),
        )


@dataclass(frozen=True)
class InTheWay:
    """Who, or what, cannot be had: between which instants where that is a meeting."""

    name: str
    start_at: datetime | None = None
    end_at: datetime | None = None


@require_http_methods(["GET", "HEAD", "POST"])
def book(request: StaffRequest, student: int) -> HttpResponse:
    row = get_object_or_404(
        Student.objects.visible_to(request.user).select_related("person", "school", "case_manager__person"), pk=student
    )
    now = timezone.now()
    asked = _asked(request, row)
    if asked is None:
        messages.warning(request, "Choose a time first.")
        return redirect("meetings:propose", row.pk)
    if found := actions.booked_already(row, asked.kind, asked.due.pk if asked.due else None, asked.start_at):
        return _already(request, found)
    if asked.start_at <= now:
        return _taken(request, row, asked, [], now=now, query={})
    loaded, offer, form = _offered(request, row, asked, now=now)
    if request.method == "POST" and form.is_valid():
        return _book(request, row, asked, form, now=now)
    return _page(request, row, asked, loaded, offer, form)


def _asked(request: StaffRequest, student: Student) -> Asked | None:
    """Return what the address asks for; None without a time. A due date that is not this student's is a 404."""
    start = minute_at(request.GET.get("at", ""))
    if start is None:
        return None
    kind, due_pk = request.GET.get("kind", ""), request.GET.get("due", "")
    open_dates = DueDate.objects.open().filter(student=student)
    due = get_object_or_404(open_dates, pk=int(due_pk)) if due_pk.isdecimal() else None
    if due is None:
        due = open_dates.filter(kind=kind).first() if kind else open_dates.first()
    kind = due.kind if due else kind
    if kind not in MeetingKind.values:
        return None
    return Asked(kind, due, _minutes(request.GET.get("minutes", ""), student), start)


def _minutes(text: str, student: Student) -> int:
    minutes = int(text) if text.isdecimal() else minutes_for(student)
    return min(max(minutes, LEAST_MINUTES), MOST_MINUTES)


def _already(request: StaffRequest, meeting: Meeting) -> HttpResponse:
    messages.info(request, "This meeting is booked already. Nothing was booked twice.")
    return redirect("meetings:meeting", meeting.pk)


def _offered(
    request: StaffRequest, student: Student, asked: Asked, *, now: datetime
) -> tuple[LoadedCase, Offer, BookForm]:
    day = local_day(student.school.time_zone, asked.start)
    loaded = load_case(
        student,
        asked.kind,
        window_start_on=day,
        window_end_on=day,
        duration=asked.minutes,
        step=1,
        now=now,
    )
    why = explain(loaded.case, asked.start)
    offer = offer_explained(loaded, why)
    reach = reaches(loaded, why)
    choices = [Choice(filled, reach[filled.wanted.key]) for filled in offer.seats]
    rooms = [
        (loaded.rooms[each.person], each.standing is Standing.FREE)
        for seat in why.seats
        if seat.id == ROOM
        for each in seat.eligible
    ]
    form = BookForm(request.POST or None, choices=choices, rooms=rooms, initial=_chosen_before(request, choices, rooms))
    return loaded, offer, form


def _chosen_before(
    request: StaffRequest, choices: Iterable[Choice], rooms: Iterable[tuple[Room, bool]]
) -> dict[str, str]:
    """Return what was chosen for another time, where it can be had at this one too."""
    can_be_had = {choice.name: set(choice.open) for choice in choices}
    can_be_had["room"] = {str(room.pk) for room, is_free in rooms if is_free}
    return {name: request.GET[name] for name, values in can_be_had.items() if request.GET.get(name) in values}


def _book(request: StaffRequest, student: Student, asked: Asked, form: BookForm, *, now: datetime) -> HttpResponse:
    plan = asked.plan(student, form)
    if not_open := form.not_open():
        rows = busy.in_the_way([person.pk for person in not_open], None, plan.start_at, plan.end_at)
        return _taken(request, student, asked, _in_the_way(rows, not_open), now=now, query=form.query())
    try:
        meeting = actions.book(student, plan, by=request.user, now=now)
    except actions.AlreadyBooked as booked:
        return _already(request, booked.meeting)
    except actions.Taken as taken:
        return _taken(request, student, asked, _in_the_way(taken.busy), now=now, query=form.query())
    except actions.Barred as barred:
        return _taken(request, student, asked, _in_the_way([], barred.people), now=now, query=form.query())
    messages.success(request, "Booked. The invites are on their way.")
    return redirect("meetings:meeting", meeting.pk)


def _in_the_way(rows: Iterable[Busy], people: Iterable[Person] = ()) -> list[InTheWay]:
    found = [
        InTheWay(row.person.full_name if row.person else str(row.room), row.during.lower, row.during.upper)
        for row in rows
    ]
    named = {each.name for each in found}
    return [*found, *(InTheWay(person.full_name) for person in people if person.full_name not in named)]


def _taken(
    request: StaffRequest,
    student: Student,
    asked: Asked,
    in_the_way: list[InTheWay],
    *,
    now: datetime,
    query: dict[str, str],
) -> HttpResponse:
    """Answer that this time cannot be had any more, with the next best ones, for which the same people are kept."""
    due_on = asked.due.due_on if asked.due else None
    found = other_times(student, asked.kind, due_on=due_on, minutes=asked.minutes, now=now, count=OTHER_TIMES)
    page = reverse("meetings:book", args=[student.pk])
    context = {
        "student": student,
        "asked": asked,
        "zone": student.school.time_zone,
        "in_the_way": in_the_way,
        "has_passed": asked.start_at <= now,
        "times": [(each, f"{page}?{urlencode(asked.query | query | {'at': each.at})}") for each in found],
        "all_times_url": f"{reverse('meetings:propose', args=[student.pk])}?{urlencode(asked.query)}",
    }
    return render(request, "meetings/taken.html", context, status=CONFLICT)


def _page(
    request: StaffRequest, student: Student, asked: Asked, loaded: LoadedCase, offer: Offer, form: BookForm
) -> HttpResponse:
    context = {
        "student": student,
        "asked": asked,
        "kind": MeetingKind(asked.kind).label,
        "zone": student.school.time_zone,
        "offer": offer,
        "form": form,
        "lines": form.lines(),
        "is_after_due": asked.due is not None and local_day(student.school.time_zone, asked.start) > asked.due.due_on,
        "all_times_url": f"{reverse('meetings:propose', args=[student.pk])}?{urlencode(asked.query)}",
        **_mails(student, offer),
    }
    return render(request, "meetings/book.html", context)


def _mails(student: Student, offer: Offer) -> dict[str, Any]:
    """Return who will be written to, and who cannot be."""
    family = family_of(student)
    seated = {seat.person.pk: seat.person for seat in offer.seats if seat.person}
    invited = [each for each in seated.values() if each.kind in {PersonKind.STAFF, PersonKind.OUTSIDE}]
    return {
        "invited": [person for person in invited if person.email or person.kind == PersonKind.STAFF],
        "notified": [person for person in family if person.email],
        "without_address": [
            person for person in (*family, *invited) if not person.email and person.kind != PersonKind.STAFF
        ],
    }
