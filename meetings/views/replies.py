"""Mail that came in and was not entered by itself: what it says, and what can be done with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from meetings.actions import incoming
from meetings.actions.busy import Taken
from meetings.actions.enter_reply import enter_reply
from meetings.actions.returned import clear_address
from meetings.forms.record import EnterForm
from meetings.models import Answer, BouncedAddress, IncomingMail, IncomingState, Meeting, MeetingStatus, Seat
from students.models import Guardianship, PersonKind, Student
from students.requests import StaffRequest
from students.views.edit_page import offer_undo
from students.views.rights import administered_by, kept_staff

PER_PAGE = 25
MINUTE = timedelta(minutes=1)


class Show(StrEnum):
    WAITING = "waiting"
    LOOKED_AT = "looked_at"
    REST = "rest"


STATES = {
    Show.WAITING: (IncomingState.NEW,),
    Show.LOOKED_AT: (IncomingState.HANDLED,),
    Show.REST: (IncomingState.APPLIED, IncomingState.KEPT),
}


@dataclass(frozen=True)
class Line:
    """One mail, with whether its writer's answer can be entered, and where a time that it proposes leads."""

    row: IncomingMail
    can_enter: bool
    propose_url: str

    @property
    def zone(self) -> str:
        return self.row.meeting.school.time_zone if self.row.meeting else timezone.get_default_timezone_name()


@require_safe
def replies(request: StaffRequest) -> HttpResponse:
    seen = IncomingMail.objects.visible_to(request.user)
    now = timezone.now()
    asked = request.GET.get("show", "")
    show = Show(asked) if asked in set(Show) else Show.WAITING
    page = Paginator(with_parts(_shown(seen, show)), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "show": show,
        "counts": {each: _shown(seen, each).count() for each in Show},
        "page": page,
        "lines": lines_of(page, now=now),
        "is_district_wide": request.user.is_district_wide,
    }
    return render(request, "meetings/replies.html", context)


@require_POST
def enter(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(with_parts(IncomingMail.objects.visible_to(request.user)), pk=pk)
    form = EnterForm(request.POST)
    if not form.is_valid():
        messages.warning(request, "Press one of the two: they will come, or they can't come.")
        return redirect("meetings:replies")
    try:
        kept = enter_reply(row, by=request.user, now=timezone.now(), **form.cleaned_data)
    except Taken:
        messages.warning(request, "They are booked in another meeting at that time. Nothing was entered.")
        return redirect("meetings:replies")
    if not kept:
        messages.warning(request, "The meeting changed meanwhile, or someone was quicker. Nothing was entered.")
        return redirect("meetings:replies")
    comes = form.cleaned_data["answer"] == Answer.YES
    messages.success(request, f"Entered: {'they will come' if comes else 'they can’t come'}.")
    return redirect("meetings:meeting", row.meeting_id or 0)


@require_POST
def done(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(IncomingMail.objects.visible_to(request.user), pk=pk)
    if incoming.set_aside(row, by=request.user, now=timezone.now()):
        offer_undo(request, "Set aside.", reverse("meetings:reply_back", args=[row.pk]), {})
    else:
        messages.warning(request, "Someone was quicker.")
    return redirect("meetings:replies")


@require_POST
def put_back(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(IncomingMail.objects.visible_to(request.user), pk=pk)
    if incoming.put_back(row):
        messages.success(request, "It waits for a look again. What was entered stays.")
    return redirect("meetings:replies")


@require_POST
def address_right(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(BouncedAddress.objects.visible_to(request.user), pk=pk)
    if clear_address(row, by=request.user, now=timezone.now()):
        messages.success(request, "Mail goes to this address again. Send again what came back.")
    return _back(request)


def _back(request: StaffRequest) -> HttpResponse:
    """Return to the page that the button stood on, by what it is about: an address could lead anywhere."""
    meeting, student, staff = (request.POST.get(name, "") for name in ("meeting", "student", "staff"))
    if meeting.isdecimal() and Meeting.objects.visible_to(request.user).filter(pk=int(meeting)).exists():
        return redirect("meetings:meeting", int(meeting))
    if student.isdecimal() and Student.objects.visible_to(request.user).filter(pk=int(student)).exists():
        return redirect("students:student", int(student))
    if staff.isdecimal() and kept_staff(request.user, administered_by(request.user)).filter(pk=int(staff)).exists():
        return redirect("students:staff_edit", int(staff))
    return redirect("meetings:replies")


# What the page shows


def with_parts(rows: QuerySet[IncomingMail]) -> QuerySet[IncomingMail]:
    return rows.select_related("meeting__school", "meeting__student__person", "person", "message", "handled_by__person")


def lines_of(rows: Iterable[IncomingMail], *, now: datetime) -> list[Line]:
    """Return a line for each mail, in two queries."""
    rows = list(rows)
    seats = Seat.objects.filter(meeting__in={row.meeting_id for row in rows if row.meeting_id})
    seated: set[tuple[int, int | None]] = set(seats.values_list("meeting", "holder"))
    bonds = Guardianship.objects.filter(guardian__in={row.person_id for row in rows if row.person_id})
    may_be_asked = set(bonds.filter(has_education_rights=True, is_no_contact=False).values_list("guardian", "student"))
    return [_line(row, seated, may_be_asked, now) for row in rows]


def _line(
    row: IncomingMail, seated: set[tuple[int, int | None]], may_be_asked: set[tuple[int, int]], now: datetime
) -> Line:
    meeting, person = row.meeting, row.person
    if meeting is None or person is None or not _is_open(row, meeting, now):
        return Line(row, can_enter=False, propose_url="")
    is_theirs = (meeting.pk, person.pk) in seated
    if person.kind == PersonKind.GUARDIAN:
        is_theirs = is_theirs and (person.pk, meeting.student_id) in may_be_asked
    return Line(row, can_enter=is_theirs, propose_url=_propose_url(row, meeting, now))


def _is_open(row: IncomingMail, meeting: Meeting, now: datetime) -> bool:
    return row.state == IncomingState.NEW and meeting.status == MeetingStatus.BOOKED and meeting.start_at > now


def _propose_url(row: IncomingMail, meeting: Meeting, now: datetime) -> str:
    """Return the page that would move the meeting to the proposed time, filled in."""
    start, end = row.proposed_start_at, row.proposed_end_at
    if start is None or start <= now:
        return ""
    query = {"at": f"{start.astimezone(UTC):%Y-%m-%dT%H:%MZ}"}
    if end is not None and end > start:
        query["minutes"] = str((end - start) // MINUTE)
    return reverse("meetings:reschedule", args=[meeting.pk], query=query)


def _shown(rows: QuerySet[IncomingMail], show: Show) -> QuerySet[IncomingMail]:
    return rows.filter(state__in=STATES[show])
