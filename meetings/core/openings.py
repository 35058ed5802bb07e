"""Every start that opens by changes elsewhere, looked for where the bits say that changes could help."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from itertools import groupby

from meetings.core.bits import ones, without
from meetings.core.boards import Board
from meetings.core.cases import Case
from meetings.core.fillings import Filling
from meetings.core.handovers import Handovers
from meetings.core.reseating import Opening, Search, Sight

Place = tuple[int, int, int, int]


class Elsewhere:
    """A case with its existing meetings apart: `bare` is its board without them, `board` its board as things stand."""

    def __init__(self, case: Case) -> None:
        """Set the bits. Raises KeyError for a person of any seat who is not in the case."""
        self.bare = Board(replace(case, meetings=()))
        self.handovers = Handovers(case, self.bare.matcher.people)
        self.board = self.bare.without(self.taken(-1))
        self.search = Search(case, self.bare, self.handovers)

    def taken(self, seats: int) -> list[int]:
        """Return, for each person, the starts at which they hold one of the seats."""
        held = [self.handovers.held.get(person, 0) & seats for person in range(len(self.bare.open))]
        return [self.bare.slots.met(self.handovers.blocks(ones(each))) if each else 0 for each in held]

    @cached_property
    def met(self) -> list[int]:
        """For each seat of an existing meeting the starts that it is in the way of."""
        return [self.bare.slots.met(self.handovers.blocks([seat])) for seat in range(len(self.handovers.seats))]

    @cached_property
    def edges(self) -> list[int]:
        """The positions at which anything differs from the position before."""
        found = 0
        for mask in (*self.bare.certain, *self.bare.open, *self.bare.prefers, *self.met):
            found |= mask ^ mask << 1
        return list(ones(found))

    def sights(self, among: int) -> Iterator[tuple[Sight, list[int]]]:
        """Yield what the starts look like, and which neighbours look like that."""
        runs = [list(run) for _, run in groupby(ones(among), key=lambda position: bisect_right(self.edges, position))]
        first = sum(1 << run[0] for run in runs)
        blocking: dict[int, int] = defaultdict(int)
        for seat, met in enumerate(self.met):
            for position in ones(met & first):
                blocking[position] |= 1 << seat
        for run in runs:
            yield Sight(self.bare.state(run[0]), blocking[run[0]]), run


class Openings:
    """The starts that do not work as things stand, but do by changes elsewhere: `possible`."""

    def __init__(self, elsewhere: Elsewhere, filling: Filling) -> None:
        """Find the starts that open; `filling` tells what can be filled as things stand."""
        self.elsewhere, self.filling = elsewhere, filling
        self._impossible = filling.board.starts ^ filling.possible
        self._found: dict[int, list[tuple[Sight, list[int]]]] = defaultdict(list)
        self.possible = 0
        for sight, run in elsewhere.sights(self._freed.possible):
            ways = elsewhere.search.fewest(sight)
            if ways:
                self._found[len(ways[0])].append((sight, run))
                self.possible |= sum(1 << position for position in run)

    def ranked(self) -> Iterator[tuple[int, Opening]]:
        """Yield the starts that open with how they do, best first."""
        for number in sorted(self._found):
            best = [(self.elsewhere.search.best(sight), run) for sight, run in self._found[number]]
            places = [(_place(position, opening), opening) for opening, run in best for position in run]
            for (*_, position), opening in sorted(places, key=lambda each: each[0]):
                yield position, opening

    def blockers(self) -> dict[int, int]:
        """Return, for each required seat, how many starts open only when it is made optional."""
        still = self._impossible ^ self.possible
        as_it_is, freed = self.filling.openings(), self._freed.openings()
        counts = {seat: (as_it_is[seat] & still).bit_count() for seat in self.filling.empty}
        unsure = {
            seat: without((self._freed.possible | freed[seat]) & still, as_it_is[seat]) for seat in self.filling.empty
        }
        anywhere = 0
        for starts in unsure.values():
            anywhere |= starts
        for sight, run in self.elsewhere.sights(anywhere):
            for seat, starts in unsure.items():
                if starts >> run[0] & 1 and self.elsewhere.search.opens(sight, seat):
                    counts[seat] += len(run)
        return counts

    @cached_property
    def _freed(self) -> Filling:
        """What could be filled if everyone were free of each seat that can change hands at all."""
        board = self.elsewhere.bare.without(self.elsewhere.taken(self.elsewhere.handovers.fixed))
        gain = 0
        for free, before in zip(board.open, self.filling.board.open, strict=True):
            if free != before:
                gain |= without(free, before)
        board.starts = gain & self._impossible
        return Filling(board)


def _place(position: int, opening: Opening) -> Place:
    seating = opening.seating
    return len(seating.to_ask), -len(seating.preferring), -seating.optional_filled, position
