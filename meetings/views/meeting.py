"""One meeting: who comes, what is next, what was tried, said, sent and changed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from meetings.actions.seating import family_of
from meetings.answers import Answers, answers_of, seconds_after_mail
from meetings.forms.record import AttemptForm
from meetings.lengths import minutes_of
from meetings.models import (
    Answer,
    Attempt,
    BouncedAddress,
    CameBy,
    FamilyTime,
    Gathered,
    IncomingMail,
    Mark,
    Meeting,
    MeetingStatus,
    Message,
    MessageKind,
    MessageState,
    ParentLink,
    Reply,
    Seat,
    with_losses,
)
from meetings.repairs import Mending, mendings
from meetings.views.bounced import bounced_of
from meetings.views.rights import may_keep, seen_by
from meetings.wallclock import shift_of
from students.models import Person, PersonKind, Role
from students.requests import StaffRequest

ATTEMPTS_SHOWN = 20
MESSAGES_SHOWN = 50
INCOMING_SHOWN = 10
TRIED_BEFORE = timedelta(days=60)


class Stop(StrEnum):
    """The line of what happens next."""

    INVITES = "invites"
    ANSWERS = "answers"
    REMINDER = "reminder"
    MEETING = "meeting"
    RECORD = "record"


@dataclass(frozen=True)
class Next:
    stop: Stop
    on: date
    is_done: bool
    is_now: bool


@dataclass(frozen=True)
class PersonLine:
    """One line of the people's table, with what can be done about it."""

    seat: Seat
    is_you: bool
    reply: Reply | None
    link: ParentLink | None
    can_record: bool
    can_remind: bool
    can_give: bool
    seconds_after_mail: int | None = None
    wants_minutes: int | None = None  # A longer meeting than this one.
    bounced: BouncedAddress | None = None  # Mail to their address came back.

    @property
    def is_from_calendar(self) -> bool:
        reply = self.reply
        return reply is not None and reply.came_by == CameBy.CALENDAR and reply.at == self.seat.answered_at

    @property
    def answered_by(self) -> str:
        """Who answered, where they gave another name than that of the seat's holder, on this very answer."""
        if self.reply is None or self.seat.holder is None or self.reply.at != self.seat.answered_at:
            return ""
        return "" if self.reply.answered_by == self.seat.holder.full_name[:120] else self.reply.answered_by


@require_safe
def meeting(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(seen_by(request.user), pk=pk)
    now = timezone.now()
    return render(request, "meetings/meeting.html", page_of(request, row, now=now))


def page_of(
    request: StaffRequest, row: Meeting, *, now: datetime, attempt_form: AttemptForm | None = None
) -> dict[str, object]:
    """Return everything that the page shows, in a fixed number of queries."""
    keeps = may_keep(request.user, row)
    seats = sorted(with_losses(row.seats.select_related("holder")), key=lambda seat: Role.values.index(seat.role))
    answers = answers_of(seats)
    is_open = row.status == MeetingStatus.BOOKED and row.start_at > now
    context: dict[str, object] = {
        "meeting": row,
        "now": now,
        "zone": row.school.time_zone,
        "today": now.astimezone(ZoneInfo(row.school.time_zone)).date(),
        "may_keep": keeps,
        "answers": answers,
        "has_seat": any(seat.holder_id == request.user.pk for seat in seats),
        "owes_answer": any(seat.holder_id == request.user.pk and seat.answer == Answer.NONE for seat in seats),
        "is_open": is_open,
        "needs_another_time": is_open and any(place.role == Role.PARENT for place in answers.missing),
        "is_to_record": row.status == MeetingStatus.BOOKED and row.start_at <= now,
        "stops": _stops(row, answers, now=now),
        "people": _people(request, row, seats, keeps=keeps, is_open=is_open and keeps),
        "shift": shift_of(row) if is_open and keeps else None,
        "mendings": _mendings(row, now=now) if is_open and keeps else [],
    }
    return context | (_record(request, row, now=now, attempt_form=attempt_form) if keeps else {})


def _record(
    request: StaffRequest, row: Meeting, *, now: datetime, attempt_form: AttemptForm | None
) -> dict[str, object]:
    """Return what only those may read who may see the student's record."""
    family = family_of(row.student)
    alone = Message.objects.visible_to(request.user).filter(meeting=row)
    # A mail that gathers reminders speaks of other meetings too: its line says no more than that it went out.
    together = Gathered.objects.filter(meeting=row)
    rows = Message.objects.filter(Q(pk__in=alone.values("pk")) | Q(pk__in=together.values("message")))
    sent = list(rows.select_related("recipient")[:MESSAGES_SHOWN])
    return {
        "family": family,
        "family_times": FamilyTime.objects.filter(student=row.student_id).select_related("guardian"),
        "is_to_book_again": _is_to_book_again(row),
        "attempts": _attempts(row)[:ATTEMPTS_SHOWN],
        "attempt_form": attempt_form or AttemptForm(family=family, zone=row.school.time_zone, now=now),
        "sent": sent,
        "undelivered": sum(one.state == MessageState.FAILED and not one.settled for one in sent),
        "invites_sent": _invites(row),
        "incoming": _incoming(request, row),
        "changes": list(row.changes.select_related("by__person", "person")),
    }


def _incoming(request: StaffRequest, row: Meeting) -> list[IncomingMail]:
    seen = IncomingMail.objects.visible_to(request.user).filter(meeting=row)
    return list(seen.select_related("person", "handled_by__person")[:INCOMING_SHOWN])


def _mendings(row: Meeting, *, now: datetime) -> list[Mending]:
    """Return what is lost and what would mend it. Without a flag, which is most of the time, this is one query."""
    flags = list(row.flags.standing().select_related("seat__holder").order_by("seat"))
    return mendings(row, flags, now=now) if flags else []


def _is_to_book_again(row: Meeting) -> bool:
    """Return whether it was cancelled and nothing took its place."""
    due = row.due_date
    if row.status != MeetingStatus.CANCELLED or due is None or due.closed_at is not None:
        return False
    return not Meeting.objects.filter(due_date=due, status=MeetingStatus.BOOKED).exists()


def _attempts(row: Meeting) -> QuerySet[Attempt]:
    """Return the tries for this meeting, and those in the weeks before that led to it."""
    before = Q(meeting=None, happened_at__gte=row.booked_at - TRIED_BEFORE, happened_at__lte=row.booked_at)
    tries = Attempt.objects.filter(Q(meeting=row) | before, student=row.student_id)
    return tries.select_related("guardian", "by__person")


def _invites(row: Meeting) -> int:
    kinds = (MessageKind.INVITE, MessageKind.UPDATE, MessageKind.PARENT_LINK)
    return Message.objects.filter(meeting=row, kind__in=kinds).values("recipient").distinct().count()


def _stops(row: Meeting, answers: Answers, *, now: datetime) -> list[Next]:
    """Return what was done and what is to come, in order. One of them is now, while the meeting is on."""
    zone = ZoneInfo(row.school.time_zone)
    meets_on = row.start_at.astimezone(zone).date()
    begun, is_held = row.start_at <= now, row.status == MeetingStatus.HELD
    has_all = len(answers.confirmed) == len(answers.places)
    is_near = now.astimezone(zone).date() >= meets_on - timedelta(days=1)
    done = {
        Stop.INVITES: True,
        Stop.ANSWERS: has_all or begun,
        Stop.REMINDER: is_near,
        Stop.MEETING: row.end_at <= now or is_held,
        Stop.RECORD: is_held,
    }
    days = {
        Stop.INVITES: row.booked_at.astimezone(zone).date(),
        Stop.ANSWERS: now.astimezone(zone).date(),
        Stop.REMINDER: meets_on - timedelta(days=1),
        Stop.MEETING: meets_on,
        Stop.RECORD: (row.held_at or row.end_at).astimezone(zone).date(),
    }
    first = next((stop for stop in Stop if not done[stop]), None)
    return [Next(stop, days[stop], done[stop], stop is first) for stop in Stop]


def _people(request: StaffRequest, row: Meeting, seats: list[Seat], *, keeps: bool, is_open: bool) -> list[PersonLine]:
    replies = _newest_replies(row)
    scanned = seconds_after_mail(replies.values())
    links = {link.guardian_id: link for link in row.parent_links.all()}
    bounced = bounced_of(request.user, [seat.holder_id for seat in seats]) if keeps else {}
    return [
        PersonLine(
            seat=seat,
            is_you=seat.holder_id == request.user.pk,
            reply=replies.get(seat.pk),
            link=links.get(seat.holder_id or 0),
            can_record=is_open and _is(seat.holder, PersonKind.GUARDIAN),
            can_remind=is_open and seat.mark is Mark.TO_ASK and _is(seat.holder, PersonKind.STAFF, PersonKind.OUTSIDE),
            can_give=is_open and seat.role not in {Role.PARENT, Role.STUDENT},
            seconds_after_mail=_of_this_answer(seat, replies.get(seat.pk), scanned),
            wants_minutes=_longer(row, replies.get(seat.pk)),
            bounced=bounced.get(seat.holder_id or 0),
        )
        for seat in seats
    ]


def _of_this_answer(seat: Seat, reply: Reply | None, scanned: dict[int, int]) -> int | None:
    return scanned.get(reply.pk) if reply is not None and reply.at == seat.answered_at else None


def _longer(row: Meeting, reply: Reply | None) -> int | None:
    """Return the length that they asked for, where the meeting is not that long by now."""
    wanted = reply.wants_minutes if reply else None
    return wanted if wanted and wanted > minutes_of(row) else None


def _is(person: Person | None, *kinds: PersonKind) -> bool:
    return person is not None and person.kind in kinds


def _newest_replies(row: Meeting) -> dict[int, Reply]:
    replies = Reply.objects.filter(seat__meeting=row).select_related("recorded_by__person").order_by("at", "pk")
    return {reply.seat_id: reply for reply in replies}
