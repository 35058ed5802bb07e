"""Why a time works or does not: seat by seat for one start, and as a count for every start."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from meetings.core.bits import by_count, ones
from meetings.core.boards import Board, taken_by_meetings
from meetings.core.cases import Case
from meetings.core.fillings import Filling
from meetings.core.intervals import Span, covers, overlaps, union
from meetings.core.seats import Person, Seat, Seating, seat_people
from meetings.core.settling import Settling


class Standing(StrEnum):
    """How one person stands to one time."""

    FREE = "free"
    TO_ASK = "to_ask"
    BUSY = "busy"
    OUTSIDE_HOURS = "outside_hours"


@dataclass(frozen=True, slots=True)
class Eligible:
    """One eligible person at one start. `until` is the minute from which a busy person, or one outside their hours,
    is next free for certain for the whole duration inside the window; None where that never comes.
    """

    person: str
    standing: Standing
    until: int | None = None


@dataclass(frozen=True, slots=True)
class SeatExplained:
    """One seat at one start: who would hold it, in a seating that fills as many required seats as can be."""

    id: str
    role: str
    required: bool
    holder: str | None
    to_ask: bool
    eligible: tuple[Eligible, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One start: whether every required seat can be filled at once, and how far it goes. `to_ask` are in `filled`."""

    start: int
    end: int
    possible: bool
    filled: int
    required: int
    to_ask: int
    seats: tuple[SeatExplained, ...]


class Coverage(NamedTuple):
    """How many required seats can be filled at once, and how many of these only by asking someone."""

    filled: int
    to_ask: int


def explain(case: Case, start: int) -> Explanation:
    """Return why the meeting can or cannot start at a minute, which need not be on the grid."""
    span = Span(start, start + case.duration)
    people = _with_meetings(case)
    standings = {person.id: _eligible(case, person, span) for person in people}
    certain = frozenset(name for name, each in standings.items() if each.standing is Standing.FREE)
    asked = frozenset(name for name, each in standings.items() if each.standing is Standing.TO_ASK)
    preferring = frozenset(person.id for person in people if covers(person.preferred, span))
    seating = seat_people(case.seats, certain, certain | asked, preferring)
    required = sum(seat.required for seat in case.seats)
    return Explanation(
        start=span.start,
        end=span.end,
        possible=not seating.missing,
        filled=required - len(seating.missing),
        required=required,
        to_ask=len(seating.to_ask),
        seats=tuple(_explained(seat, seating, standings) for seat in case.seats),
    )


def coverage(case: Case) -> dict[int, Coverage]:
    """Return, for every start on the grid in order, how many required seats can be filled at once, and of these,
    the fewest to be asked.
    """
    required = tuple(seat for seat in case.seats if seat.required)
    indifferent = tuple(replace(person, preferred=()) for person in case.people)
    board = Board(replace(case, seats=required, people=indifferent))
    found = dict(_coverage_by_position(board, len(required)))
    first, unit = board.slots.first, board.slots.unit
    return {first + position * unit: found[position] for position in sorted(found)}


def _coverage_by_position(board: Board, required: int) -> Iterator[tuple[int, Coverage]]:
    settling = Settling(board, board.starts)
    for missing, starts in by_count(settling.settled, Filling(board).missing):
        for to_ask, part in by_count(starts, settling.to_ask):
            covered = Coverage(required - missing, to_ask)
            for position in ones(part):
                yield position, covered
    for position in ones(board.starts ^ settling.settled):
        seating = board.matcher.seating(board.state(position))
        yield position, Coverage(required - len(seating.missing), len(seating.to_ask))


def _with_meetings(case: Case) -> list[Person]:
    """Return the eligible people, busy also where they hold seats of existing meetings."""
    taken = taken_by_meetings(case.meetings)
    named = {person for seat in case.seats for person in seat.eligible}
    return [replace(each, busy=(*each.busy, *taken[each.id])) for each in case.people if each.id in named]


def _eligible(case: Case, person: Person, span: Span) -> Eligible:
    if overlaps(person.busy, span):
        return Eligible(person.id, Standing.BUSY, _next_free(case, person, span))
    if covers(person.free, span):
        return Eligible(person.id, Standing.FREE)
    if covers((*person.free, *person.unknown), span):
        return Eligible(person.id, Standing.TO_ASK)
    return Eligible(person.id, Standing.OUTSIDE_HOURS, _next_free(case, person, span))


def _next_free(case: Case, person: Person, span: Span) -> int | None:
    free = union(each for each in person.free if each.end > span.start)
    busy = deque(sorted(each for each in person.busy if each.end > max(span.start, each.start)))
    earliest = span.start
    for start, end in free:
        earliest = max(earliest, start)
        while busy and busy[0].start < earliest + case.duration:
            earliest = max(earliest, busy.popleft().end)
        if earliest + case.duration <= min(end, case.window.end):
            return earliest
    return None


def _explained(seat: Seat, seating: Seating, standings: dict[str, Eligible]) -> SeatExplained:
    return SeatExplained(
        id=seat.id,
        role=seat.role,
        required=seat.required,
        holder=seating.holders[seat.id],
        to_ask=seat.id in seating.to_ask,
        eligible=tuple(standings[person] for person in dict.fromkeys(seat.eligible)),
    )
