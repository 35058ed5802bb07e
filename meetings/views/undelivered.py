"""Messages that did not arrive: whom they should have reached, why not, and what is done about each."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from meetings.actions import undelivered as actions
from meetings.actions.reasons import still_stands
from meetings.actions.seating import family_of
from meetings.forms.record import AttemptForm
from meetings.mail.wire import filled
from meetings.models import Message, MessageKind, MessageState, Settled
from students.access import administered_q
from students.models import Guardianship, PersonKind, School, Staff
from students.requests import StaffRequest
from students.views.edit_page import offer_undo, undone

PER_PAGE = 25
SETTLED_SHOWN = 10


@dataclass(frozen=True)
class Line:
    """One message, and what can be done about it here."""

    message: Message
    zone: str
    is_as_told: bool  # Its meeting is still what it says.
    can_print: bool
    edit_url: str  # Where the reader's address is corrected.


@require_safe
def undelivered(request: StaffRequest) -> HttpResponse:
    rows = reported(request.user).filter(state=MessageState.FAILED, settled="").order_by("-failed_at", "-pk")
    of_meeting = request.GET.get("meeting", "")
    if of_meeting.isdecimal():
        rows = rows.filter(meeting=int(of_meeting[:9]))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    zone = zone_of(request.user)
    lines = lines_of(list(page.object_list), request.user, zone, now=timezone.now())
    settled = reported(request.user).exclude(settled="").order_by("-settled_at")[:SETTLED_SHOWN]
    context = {"page": page, "lines": lines, "of_meeting": of_meeting, "settled": settled, "zone": zone}
    return render(request, "meetings/undelivered.html", context)


@require_POST
def undelivered_again(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(reported(request.user), pk=pk)
    now = timezone.now()
    became = actions.send_again(row, by=request.user, now=now)
    if became is None:
        return _too_late(request, row)
    if became == MessageState.WITHDRAWN:
        messages.info(request, "Its reason is gone since, so it was not sent. Nothing more needs to be done about it.")
        return redirect("meetings:undelivered")
    row.refresh_from_db()
    return _done(request, row, f"It goes out to {row.to_address} within the next two minutes.")


@require_safe
def undelivered_letter(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(reported(request.user), pk=pk)
    # A link that lets someone choose a password is for their own eyes.
    if row.kind == MessageKind.ACCOUNT or row.state != MessageState.FAILED:
        raise Http404
    text = filled(row)[0] if still_stands(row, now=timezone.now()) else ""
    context = {"message": row, "text": text, "zone": _zone(row, zone_of(request.user))}
    return render(request, "meetings/undelivered_letter.html", context)


@require_POST
def undelivered_printed(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(reported(request.user).exclude(kind=MessageKind.ACCOUNT), pk=pk)
    if not actions.mark_printed(row, by=request.user, now=timezone.now()):
        return _too_late(request, row)
    is_notice = row.recipient.kind == PersonKind.GUARDIAN
    return _done(request, row, "Marked as sent on paper." + (" The attempt is entered." if is_notice else ""))


@require_http_methods(["GET", "HEAD", "POST"])
def undelivered_call(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(reported(request.user), pk=pk)
    now = timezone.now()
    form = _form(request, row, now=now)
    if request.method != "POST" or (form is not None and not form.is_valid()):
        said = row.text.split(Message.LINK_PLACEHOLDER)
        context = {"message": row, "attempt_form": form, "said": said, "zone": _zone(row, zone_of(request.user))}
        return render(request, "meetings/undelivered_call.html", context)
    call = {name: form.cleaned_data[name] for name in ("way", "result", "note", "happened_at")} if form else {}
    if not actions.mark_called(row, by=request.user, now=now, **{"happened_at": now} | call):
        return _too_late(request, row)
    return _done(request, row, "Logged. The message is off the list.")


@require_POST
def undelivered_dismiss(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(reported(request.user), pk=pk)
    if not actions.dismiss(row, by=request.user, now=timezone.now()):
        return _too_late(request, row)
    return _done(request, row, "It is off the list.")


@require_POST
def undelivered_restore(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(reported(request.user), pk=pk)
    kept = undone(request)
    if kept is not None:
        if actions.take_back(row, by=request.user, settled_at=datetime.fromisoformat(kept["settled_at"])):
            messages.success(request, "It is on the list again.")
        else:
            messages.warning(request, "It cannot be taken back any more: it went out, or someone settled it.")
    return redirect("meetings:undelivered")


def reported(user: Staff) -> QuerySet[Message]:
    """Return the messages whose failing concerns the user."""
    rows = Message.objects.reported_to(user)
    return rows.select_related(
        "recipient__staff", "recipient__guardian", "meeting__school", "meeting__student__person", "link", "swap",
        "settled_by__person",
    )  # fmt: skip


def zone_of(user: Staff) -> str:
    school = School.objects.filter(assignments__staff=user).first() or School.objects.first()
    return school.time_zone if school else settings.TIME_ZONE


def lines_of(rows: list[Message], user: Staff, zone: str, *, now: datetime) -> list[Line]:
    """Return one line for each message, in two queries more however many there are."""
    bonds = Guardianship.objects.filter(guardian__in=[row.recipient_id for row in rows])
    bond_of = {(bond.guardian_id, bond.student_id): bond.pk for bond in bonds}
    keeps_staff = user.is_district_wide or School.objects.filter(administered_q(user)).exists()

    def edit_url(row: Message) -> str:
        bond = bond_of.get((row.recipient_id, row.meeting.student_id)) if row.meeting else None
        if bond:
            return reverse("students:guardian_edit", args=[bond])
        is_staff = row.recipient.kind == PersonKind.STAFF
        return reverse("students:staff_edit", args=[row.recipient_id]) if is_staff and keeps_staff else ""

    def line(row: Message) -> Line:
        is_as_told = actions.is_as_told(row, now)
        can_print = is_as_told and row.kind != MessageKind.ACCOUNT
        return Line(row, _zone(row, zone), is_as_told, can_print, edit_url(row))

    return [line(row) for row in rows]


def _zone(row: Message, zone: str) -> str:
    return row.meeting.school.time_zone if row.meeting else zone


def _form(request: StaffRequest, row: Message, *, now: datetime) -> AttemptForm | None:
    """Return the form of one try to reach a guardian; whoever else was called needs none."""
    if row.recipient.kind != PersonKind.GUARDIAN or row.meeting is None:
        return None
    family = [person for person in family_of(row.meeting.student) if person.pk == row.recipient_id] or [row.recipient]
    return AttemptForm(request.POST or None, family=family, zone=row.meeting.school.time_zone, now=now)


def _done(request: StaffRequest, row: Message, text: str) -> HttpResponse:
    row.refresh_from_db()
    url = reverse("meetings:undelivered_restore", args=[row.pk])
    if row.settled_at is not None:
        offer_undo(request, text, url, {"settled_at": row.settled_at.isoformat()})
    return redirect("meetings:undelivered")


def _too_late(request: StaffRequest, row: Message) -> HttpResponse:
    row.refresh_from_db()
    if row.settled and row.settled_by is not None:
        what = Settled(row.settled).label.lower()
        messages.warning(request, f"Settled already: {what}, by {row.settled_by.person.full_name}.")
    else:
        messages.warning(request, "It is not among the undelivered messages any more.")
    return redirect("meetings:undelivered")
