"""What is said for and against one time: reasons as values, for which the page finds the words."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from meetings.core.schooldays import local_day
from meetings.frames import Frame
from meetings.offers import FilledSeat, Move, NoteKind, Offer
from meetings.weights import Weighs
from students.models import Person, PersonKind, Role

LITTLE_ROOM = 2  # As a frame counts the lack of room: its last step.


class Why(StrEnum):
    """A reason for or against a time; the page finds its words."""

    ALL_FREE = "all_free"
    SWAP = "swap"
    TO_ASK = "to_ask"
    NO_SUBSTITUTE = "no_substitute"
    PREP = "prep"
    NOTICE = "notice"
    SHORT_NOTICE = "short_notice"
    BEFORE_DUE = "before_due"
    AFTER_DUE = "after_due"
    LITTLE_ROOM = "little_room"
    LITTLE_REST = "little_rest"
    TRAVELS = "travels"
    CAN_COME = "can_come"
    CANNOT_COME = "cannot_come"


@dataclass(frozen=True)
class Reason:
    """One reason with what it speaks of: a number of people or days, one seat, one person, or swaps."""

    why: Why
    count: int = 0
    seat: FilledSeat | None = None
    person: Person | None = None
    moves: tuple[Move, ...] = ()

    @property
    def is_warning(self) -> bool:
        return self.why in {Why.SWAP, Why.TO_ASK, Why.SHORT_NOTICE, Why.AFTER_DUE}


def reasons_of(frame: Frame, offer: Offer) -> list[Reason]:
    """Return why this time, and what speaks against it: warnings first. What weighs nothing here is not said."""
    reasons = [*_of_quorum(offer), *_of_dates(frame, offer), *_of_comfort(frame, offer), *_of_people(offer)]
    return sorted(reasons, key=lambda reason: not reason.is_warning)


def _of_quorum(offer: Offer) -> Iterator[Reason]:
    if offer.moves:
        yield Reason(Why.SWAP, count=len(offer.moves), moves=offer.moves)
    for seat in offer.to_ask:
        # Whoever a swap frees is asked for with the swap.
        if seat.note.kind != NoteKind.WITH_SWAP:
            yield Reason(Why.TO_ASK, seat=seat)
    if offer.is_possible and not offer.to_ask:
        yield Reason(Why.ALL_FREE, count=len(offer.required))


def _of_dates(frame: Frame, offer: Offer) -> Iterator[Reason]:
    on = local_day(frame.loaded.case.zone, offer.start)
    short = frame.is_short_of_notice(offer.start)
    yield Reason(Why.SHORT_NOTICE if short else Why.NOTICE, count=(on - frame.today).days)
    if frame.due_on is None:
        return
    left = (frame.due_on - on).days
    if left < 0:
        yield Reason(Why.AFTER_DUE, count=-left)
    else:
        yield Reason(Why.BEFORE_DUE, count=left)
        if frame.weights[Weighs.ROOM_BEFORE_DUE] and frame.lack_of_room(offer.start) == LITTLE_ROOM:
            yield Reason(Why.LITTLE_ROOM)


def _of_comfort(frame: Frame, offer: Offer) -> Iterator[Reason]:
    holders = {str(seat.person.pk) for seat in offer.seats if seat.person is not None}
    if frame.weights[Weighs.REST]:
        for key in frame.with_little_rest(offer.start, holders):
            yield Reason(Why.LITTLE_REST, person=frame.loaded.people[key])
    if frame.weights[Weighs.ONE_BUILDING]:
        for key in frame.travelling(offer.start, holders):
            yield Reason(Why.TRAVELS, person=frame.loaded.people[key])


def _of_people(offer: Offer) -> Iterator[Reason]:
    staff = [seat for seat in offer.seats if seat.person is not None and seat.person.kind == PersonKind.STAFF]
    if prep := {seat.person for seat in staff if seat.note.kind == NoteKind.PREP}:
        yield Reason(Why.PREP, count=len(prep))
    if staff:
        yield Reason(Why.NO_SUBSTITUTE)
    for seat in offer.optional:
        if seat.wanted.eligible and seat.wanted.role not in {Role.PARENT, Role.STUDENT}:
            yield Reason(Why.CANNOT_COME if seat.person is None else Why.CAN_COME, seat=seat)
