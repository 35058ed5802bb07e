"""Who is written to when a meeting is booked, moved or cancelled: one row each, in the transaction of the change."""

from collections.abc import Callable, Iterable
from datetime import datetime

from meetings import tokens
from meetings.models import Meeting, Message, MessageKind, MessageState, ParentLink, Seat
from students.models import Person, PersonKind

WRITTEN_TO_BY_INVITE = {PersonKind.STAFF, PersonKind.OUTSIDE}
SAID = (MessageKind.FAMILY_ANSWERED, MessageKind.REPLY_CAME)


def seats_of(meeting: Meeting) -> list[Seat]:
    """Return the seats with their holders, each of them holding this very meeting."""
    seats = list(meeting.seats.select_related("holder__staff", "holder__guardian", "holder__outside"))
    for seat in seats:
        seat.meeting = meeting
    return seats


def one_each(seats: Iterable[Seat]) -> list[Seat]:
    """Return the first seat of each holder that gets calendar invites: whoever holds two seats gets one invite."""
    first: dict[int, Seat] = {}
    for seat in seats:
        if seat.holder is not None and seat.holder.kind in WRITTEN_TO_BY_INVITE:
            first.setdefault(seat.holder.pk, seat)
    return list(first.values())


def links_for(meeting: Meeting, family: Iterable[Person], *, now: datetime) -> list[ParentLink]:
    """Return each guardian's link to the meeting, made here if there is none, and open until after its end.

    One that was closed gets a new address: whoever had the old one keeps nothing.
    """
    links = []
    for guardian in family:
        link = tokens.make_link(meeting, guardian, expires_at=tokens.expiry_of(meeting), now=now)
        link.meeting, link.guardian = meeting, guardian
        if link.revoked_at is not None:
            tokens.renew(link, now)
            link.meeting, link.guardian = meeting, guardian
        links.append(link)
    return links


def write_seats(seats: Iterable[Seat], write: Callable[[Seat], Message | None]) -> set[int]:
    """Write to each and return who could be written to, by pk."""
    return {seat.holder_id for seat in seats if seat.holder_id is not None and write(seat) is not None}


def write_links(links: Iterable[ParentLink], write: Callable[[ParentLink], Message | None]) -> set[int]:
    """Write to each guardian and return who could be written to, by pk."""
    return {link.guardian_id for link in links if write(link) is not None}


def mark_asked(meeting: Meeting, asked: set[int], *, family_asked: bool, now: datetime) -> None:
    """Keep since when they have been asked. The student is invited through the family."""
    holders = asked | {meeting.student_id} if family_asked else asked
    meeting.seats.filter(holder__in=holders).update(asked_at=now)


def withdraw(meeting: Meeting, *, from_: int | None = None) -> None:
    """Take back what still waits and speaks of an older version of the meeting: for one person, or for all.

    What somebody said stays: a question is no less one when the meeting has moved.
    """
    waiting = meeting.messages.filter(state=MessageState.QUEUED, meeting_version__lt=meeting.version)
    waiting = waiting.exclude(kind__in=SAID)
    if from_ is not None:
        waiting = waiting.filter(recipient=from_)
    waiting.update(state=MessageState.WITHDRAWN)
