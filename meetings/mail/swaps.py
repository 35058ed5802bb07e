"""Mails about a swap: to whoever is asked, whoever asked, and everyone whose meeting has another person in it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from meetings.mail import facts
from meetings.mail.outgoing import Letter, language_of, may_write_to, write
from meetings.models import (
    Answer,
    Commitment,
    Meeting,
    Message,
    MessageKind,
    ParentLink,
    Seat,
    Swap,
    SwapMove,
    SwapState,
)
from students.models import Person, PersonKind, School

# The role in words, who held it, who holds it now.
Change = tuple[str, Person, Person]


def swap_ask(move: SwapMove, *, now: datetime) -> Message | None:
    """Ask whether someone would take over. No student is named: whoever says yes is invited, and told then."""
    swap = move.swap
    if not may_write_to(move.taker):
        return None
    letter = Letter(
        to=move.taker,
        about=f"swap:{swap.pk}:ask",
        kind=MessageKind.SWAP_ASK,
        template="swap_ask",
        zone=swap.school.time_zone,
        words=lambda: _words(swap) | _of(move),
        reply_to=swap.asked_by.login,
        swap=swap,
        expires_at=swap.expires_at,
    )
    return write(letter, now=now)


def swap_closed(swap: Swap, *, now: datetime) -> None:
    """Tell who asked what became of it; and whoever has not answered, that they need not."""
    moves = list(swap.moves.select_related("giver", "taker", "seat__meeting", "commitment"))
    _close(swap, swap.asked_by.person, "swap_closed", moves, now=now)
    if swap.state in {SwapState.WITHDRAWN, SwapState.DECLINED, SwapState.OVERTAKEN}:
        for move in moves:
            if move.answer == Answer.NONE and move.taker_id != swap.asked_by_id:
                _close(swap, move.taker, "swap_off", [move], now=now)


def _close(swap: Swap, to: Person, template: str, moves: Sequence[SwapMove], *, now: datetime) -> Message | None:
    if not may_write_to(to):
        return None
    letter = Letter(
        to=to,
        about=f"swap:{swap.pk}:{template}",
        kind=MessageKind.SWAP_CLOSED,
        template=template,
        zone=swap.school.time_zone,
        words=lambda: _words(swap) | {"moves": moves, "declined": [m for m in moves if m.answer == Answer.NO]},
        swap=swap,
        expires_at=swap.end_at,
    )
    return write(letter, now=now)


def people_changed(seat: Seat, changes: Sequence[Change], *, now: datetime) -> Message | None:
    """Tell another member who sits there now, with the invite as it is; time and place stay."""
    meeting = seat.meeting
    if seat.holder is None or not may_write_to(seat.holder, meeting.student_id):
        return None
    letter = Letter(
        to=seat.holder,
        about=facts.about(meeting, "people-changed", each_version=True),
        kind=MessageKind.UPDATE,
        template="people_changed",
        zone=meeting.school.time_zone,
        words=lambda: facts.words_for(seat) | {"changes": changes},
        reply_to=facts.reply_address(meeting, seat.holder),
        meeting=meeting,
        seat=seat,
        ics_method="REQUEST",
        expires_at=meeting.end_at,
    )
    return write(letter, now=now)


def seats_changed(meeting: Meeting, to: Person, changes: Sequence[Change], *, now: datetime) -> Message | None:
    """Tell whoever keeps the meeting and does not sit in it."""
    if not may_write_to(to, meeting.student_id):
        return None
    letter = Letter(
        to=to,
        about=facts.about(meeting, "seats-changed", each_version=True),
        kind=MessageKind.SWAP_DONE,
        template="seats_changed",
        zone=meeting.school.time_zone,
        words=lambda: (
            facts.words_of(meeting) | {"changes": changes, "meeting_url": facts.page("meetings:meeting", meeting.pk)}
        ),
        meeting=meeting,
        expires_at=meeting.end_at,
    )
    return write(letter, now=now)


def parent_people_changed(link: ParentLink, changes: Sequence[Change], *, now: datetime) -> Message | None:
    """Send a guardian the updated notice: who will be there, 34 CFR 300.322(b)(1)(i), and nothing of another child."""
    meeting, guardian = link.meeting, link.guardian
    if not may_write_to(guardian, meeting.student_id):
        return None
    letter = Letter(
        to=guardian,
        about=facts.about(meeting, "parent-people-changed", each_version=True),
        kind=MessageKind.PARENT_UPDATE,
        template="parent_people_changed",
        zone=meeting.school.time_zone,
        words=lambda: facts.words_of(meeting) | {"changes": changes},
        language=language_of(guardian),
        reply_to=facts.reply_address(meeting, guardian),
        meeting=meeting,
        link=link,
        expires_at=meeting.end_at,
    )
    return write(letter, now=now)


def commitment_moved(
    to: Person, commitment: Commitment, giver: Person, taker: Person, *, now: datetime
) -> Message | None:
    """Tell both that a commitment has changed hands. What it is called is its owner's: the kind is enough."""
    school = School.objects.filter(assignments__staff=to.pk).first()
    if not may_write_to(to) or school is None:
        return None
    letter = Letter(
        to=to,
        about=f"commitment:{commitment.pk}:to-{taker.pk}:{now:%Y%m%d%H%M}",
        kind=MessageKind.SWAP_DONE,
        template="commitment_moved",
        zone=school.time_zone,
        words=lambda: {
            "commitment": commitment,
            "giver": giver,
            "taker": taker,
            "takes": to.pk == taker.pk,
            "day": facts.day_of(commitment.start_at),
            "short_day": facts.short_day_of(commitment.start_at),
            "hours_url": facts.page("meetings:hours"),
        },
        expires_at=commitment.end_at,
    )
    return write(letter, now=now)


def _words(swap: Swap) -> dict[str, Any]:
    return {
        "swap": swap,
        "day": facts.day_of(swap.start_at),
        "short_day": facts.short_day_of(swap.start_at),
        "swap_url": facts.page("meetings:swap", swap.pk),
        "meeting_url": facts.page("meetings:meeting", swap.meeting_id) if swap.meeting_id else "",
    }


def _of(move: SwapMove) -> dict[str, Any]:
    what: Meeting | Commitment | None = move.seat.meeting if move.seat else move.commitment
    assert what is not None  # noqa: S101 - a constraint of the table
    return {
        "move": move,
        "what": what,
        "their_day": facts.day_of(what.start_at),
        "place": facts.place_of(move.seat.meeting) if move.seat else "",
        "is_staff": move.taker.kind == PersonKind.STAFF,
    }
