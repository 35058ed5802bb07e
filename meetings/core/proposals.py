"""Every time that can work for one meeting: seated, ranked, with reasons, and with who stands in the way."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from heapq import heappop, heappush
from itertools import chain, islice

from meetings.core.bits import by_count, ones
from meetings.core.boards import Board
from meetings.core.cases import Case, Proposal, Proposals, Reason, Reseating
from meetings.core.explanations import Coverage, Eligible, Explanation, SeatExplained, Standing, coverage, explain
from meetings.core.fillings import Filling
from meetings.core.intervals import Span
from meetings.core.openings import Elsewhere, Openings
from meetings.core.ranking import STANDARD_TERMS, Term, rank, spread, weighted
from meetings.core.reseating import Opening
from meetings.core.seats import HeldSeat, Meeting, Person, Seat, Seating
from meetings.core.settling import Settling

__all__ = [
    "STANDARD_TERMS",
    "Case",
    "Coverage",
    "Eligible",
    "Explanation",
    "HeldSeat",
    "Meeting",
    "Person",
    "Proposal",
    "Proposals",
    "Reason",
    "Reseating",
    "Seat",
    "SeatExplained",
    "Standing",
    "Term",
    "coverage",
    "explain",
    "propose",
    "propose_at",
    "rank",
    "spread",
    "weighted",
]

Rank = tuple[int, int, int, int]


def propose(case: Case, *, with_blockers: bool = True) -> Proposals:
    """Return every start that can work, best first, up to the case's limit, and the blockers of the others.

    Ranked by fewer reseatings, fewer seats to be asked, more people who prefer it, more optional seats filled,
    earlier. Without `with_blockers` they come back empty, and sooner. A start that does not work as things stand
    opens by up to `max_reseatings` changes elsewhere, by as few as can be. Raises KeyError for a person who is
    eligible but not in the case; where reseatings are allowed, also for one of an existing seat.
    """
    if not case.max_reseatings:
        filling = Filling(Board(case))
        return _answer(filling, filling.possible, iter(()), filling.blockers() if with_blockers else {})
    elsewhere = Elsewhere(case)
    filling = Filling(elsewhere.board)
    openings = Openings(elsewhere, filling)
    possible = filling.possible | openings.possible
    return _answer(filling, possible, openings.ranked(), openings.blockers() if with_blockers else {})


def propose_at(case: Case, start: int) -> Proposal | None:
    """Return the best proposal that starts at exactly this minute, which need not be on the grid.

    It is seated, and opened by up to `max_reseatings` changes elsewhere, as `propose` would; the case's step and limit
    do not matter. None where the meeting would not lie inside the window, and where nothing works. Raises KeyError as
    `propose` does.
    """
    span = Span(start, start + case.duration)
    if start < case.window.start or span.end > case.window.end:
        return None
    found = propose(replace(case, window=span, step=1, limit=1), with_blockers=False)
    return next(iter(found.proposals), None)


def _answer(
    filling: Filling, possible: int, opened: Iterator[tuple[int, Opening]], counts: Mapping[int, int]
) -> Proposals:
    board = filling.board
    ranked = chain(_ranked(board, filling.possible), opened)
    return Proposals(
        searched=board.starts.bit_count(),
        possible=possible.bit_count(),
        proposals=tuple(_proposal(board, each, opening) for each, opening in islice(ranked, board.case.limit)),
        blockers={seat.id: counts[index] for index, seat in enumerate(board.case.seats) if counts.get(index)},
    )


def _ranked(board: Board, possible: int) -> Iterator[tuple[int, Opening]]:
    """Yield the possible starts with their seatings, best first.

    The starts come in the order of their bounds. One whose seating turns out worse than its bound waits until
    nothing better can follow, so that only as many are matched exactly as the caller takes.
    """
    settling = Settling(board, possible)
    waiting: list[tuple[Rank, Seating]] = []
    for bound in _by_bound(settling, possible):
        while waiting and waiting[0][0] < bound:
            yield _place(heappop(waiting))
        position = bound[-1]
        if settling.settled >> position & 1:
            yield position, Opening(settling.at(position))
        else:
            seating = board.matcher.seating(board.state(position))
            heappush(waiting, (_rank(position, seating), seating))
    while waiting:
        yield _place(heappop(waiting))


def _by_bound(settling: Settling, possible: int) -> Iterator[Rank]:
    for to_ask, asked in by_count(possible, settling.to_ask):
        for preferring, preferred in by_count(asked, settling.preferring, most_first=True):
            for optional, starts in by_count(preferred, settling.optional, most_first=True):
                for position in ones(starts):
                    yield to_ask, -preferring, -optional, position


def _rank(position: int, seating: Seating) -> Rank:
    return len(seating.to_ask), -len(seating.preferring), -seating.optional_filled, position


def _place(waiting: tuple[Rank, Seating]) -> tuple[int, Opening]:
    (*_, position), seating = waiting
    return position, Opening(seating)


def _proposal(board: Board, position: int, opening: Opening) -> Proposal:
    seating, reseatings = opening
    start = board.slots.minute(position)
    reasons = (Reason("preferred", seating.preferring),) if seating.preferring else ()
    return Proposal(start, start + board.case.duration, seating.holders, seating.to_ask, reseatings, reasons)
