"""Mails to everyone at the table but the family: staff, people from outside, the student."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from meetings.mail import facts
from meetings.mail.outgoing import Letter, may_call_off, may_write_to, write
from meetings.mail.reminders import reminder_letter
from meetings.models import Answer, Meeting, Message, MessageKind, Reply, Seat
from meetings.repairs import Mending
from meetings.wallclock import Shift
from students.models import Person


def invite(seat: Seat, *, now: datetime) -> Message | None:
    """Invite a seat's holder. One who holds two seats of a meeting gets one invite."""
    return _write(seat, "invite", MessageKind.INVITE, "invite", now, ics_method="REQUEST")


def update(seat: Seat, *, now: datetime) -> Message | None:
    """Tell a seat's holder that the meeting moved. The meeting's sequence must have risen by now."""
    return _write(seat, "update", MessageKind.UPDATE, "update", now, ics_method="REQUEST")


def cancellation(seat: Seat, why: str, *, now: datetime) -> Message | None:
    """Tell a seat's holder that the meeting is off, or goes on without them; whose account is closed, no more."""
    may_know = seat.holder is not None and may_write_to(seat.holder, seat.meeting.student_id)
    words = {"why": why, "may_know": may_know}
    return _write(seat, "cancellation", MessageKind.CANCEL, "cancel", now, ics_method="CANCEL", **words)


def member_reminder(seat: Seat, days: int, *, now: datetime, not_before_at: datetime | None = None) -> Message | None:
    """Remind a seat's holder; `days` names which of the reminders it is."""
    if seat.holder is None or not may_write_to(seat.holder, seat.meeting.student_id):
        return None
    return write(reminder_letter(seat, f"member-{days}d", not_before_at=not_before_at), now=now)


def seat_declined(seat: Seat, *, now: datetime) -> Message | None:
    """Tell the organizer that a seat's holder cannot come."""
    meeting = seat.meeting
    to = meeting.organizer.person
    if seat.holder is None or not may_write_to(to):
        return None
    letter = Letter(
        to=to,
        about=facts.about(meeting, f"seat-{seat.pk}-of-{seat.holder_id}-declined", each_version=True),
        kind=MessageKind.SEAT_DECLINED,
        template="seat_declined",
        zone=meeting.school.time_zone,
        words=lambda: facts.words_for(seat) | {"meeting_url": facts.page("meetings:meeting", meeting.pk)},
        meeting=meeting,
        expires_at=meeting.end_at,
    )
    return write(letter, now=now)


def family_answered(reply: Reply, to: Person, *, is_elsewhere: bool, now: datetime) -> Message | None:
    """Tell whoever calls or keeps the meeting what a guardian said on their page: no, a question, an interpreter.

    `is_elsewhere`: they said yes, and are booked at another child's meeting at that time.
    """
    seat = reply.seat
    meeting = seat.meeting
    if not may_write_to(to):
        return None
    letter = Letter(
        to=to,
        about=facts.about(meeting, f"reply-{reply.pk}-told"),
        kind=MessageKind.FAMILY_ANSWERED,
        template="family_answered",
        zone=meeting.school.time_zone,
        words=lambda: (
            facts.words_for(seat)
            | {
                "reply": reply,
                "comes": reply.answer == Answer.YES,
                "is_elsewhere": is_elsewhere,
                "times": [] if reply.answer == Answer.YES else facts.times_that_work(seat),
                "meeting_url": facts.page("meetings:meeting", meeting.pk),
            }
        ),
        meeting=meeting,
        expires_at=meeting.end_at,
    )
    return write(letter, now=now)


def quorum_lost(meeting: Meeting, mendings: Sequence[Mending], to: Person, *, now: datetime) -> Message | None:
    """Tell whoever keeps a meeting which required seats lost their holders, with what would mend each."""
    if not may_write_to(to):
        return None
    letter = Letter(
        to=to,
        about=facts.about(meeting, f"flag-{mendings[0].flag.pk}"),
        kind=MessageKind.QUORUM_LOST,
        template="quorum_lost",
        zone=meeting.school.time_zone,
        words=lambda: (
            facts.words_of(meeting)
            | {
                "mendings": mendings,
                "has_repairs": any(mending.repairs for mending in mendings),
                "zone": meeting.school.time_zone,
                "meeting_url": facts.page("meetings:meeting", meeting.pk),
            }
        ),
        meeting=meeting,
        expires_at=meeting.start_at,
    )
    return write(letter, now=now)


def clock_moved(meeting: Meeting, shift: Shift, to: Person, *, now: datetime) -> Message | None:
    """Tell whoever keeps a meeting that at its start the school's clock will show another time than was agreed."""
    if not may_write_to(to):
        return None
    letter = Letter(
        to=to,
        about=facts.about(meeting, f"clock-{shift.at}"),
        kind=MessageKind.CLOCK_MOVED,
        template="clock_moved",
        zone=meeting.school.time_zone,
        words=lambda: (
            facts.words_of(meeting) | {"shift": shift, "meeting_url": facts.page("meetings:meeting", meeting.pk)}
        ),
        meeting=meeting,
        expires_at=meeting.start_at,
    )
    return write(letter, now=now)


def _write(
    seat: Seat, template: str, kind: MessageKind, what: str, now: datetime, *, ics_method: str, **words: Any
) -> Message | None:
    meeting = seat.meeting
    may = may_call_off if kind == MessageKind.CANCEL else may_write_to
    if seat.holder is None or not may(seat.holder, meeting.student_id):
        return None
    letter = Letter(
        to=seat.holder,
        about=facts.about(meeting, what, each_version=True),
        kind=kind,
        template=template,
        zone=meeting.school.time_zone,
        words=lambda: facts.words_for(seat) | words,
        reply_to=facts.reply_address(meeting, seat.holder),
        meeting=meeting,
        seat=seat,
        ics_method=ics_method,
        expires_at=meeting.end_at,
    )
    return write(letter, now=now)
