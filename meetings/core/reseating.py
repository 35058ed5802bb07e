"""The fewest changes elsewhere that open a time: seats of existing meetings handed to other eligible people.

Exact, for every start that does not work as things stand. The search keeps to what is needed: it asks which required
seats the people who are there cannot fill, frees one person who could help from the existing meetings that take
them, finds a new holder for each seat they leave (who may have to leave other seats in turn), and asks again. Every
smallest set of changes that opens the time can be made in this order, so none is missed.

Among all ways with the fewest changes the seating is the best by the criteria of `seats`: the fewest to be asked, the
most optional seats filled, the most who prefer the time, the earliest people by the order of the input. Where several
sets of changes allow that seating, the first goes: each set is put in the order of the meetings and of their seats,
and two sets compare change by change, by the seat and then by the new holder's place among those eligible for it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from meetings.core.bits import ones
from meetings.core.boards import Board
from meetings.core.cases import Case, Reseating
from meetings.core.handovers import Handovers, Way
from meetings.core.needs import Needs
from meetings.core.seats import Seating, State

Key = tuple[int, int, int, list[int], Way]


class Sight(NamedTuple):
    """What one start looks like: who is free by their own hours, and which seats of meetings are in the way."""

    state: State
    blocking: int


class Opening(NamedTuple):
    """How a start opens: who sits in the meeting, and who changes seats elsewhere."""

    seating: Seating
    reseatings: tuple[Reseating, ...] = ()


class Question(NamedTuple):
    """Who is open by their own hours, which seats are in the way, how many may change, which seat may stay empty."""

    open: int
    blocking: int
    most: int
    spared: int | None = None


class Search:
    """What changes elsewhere could do for one meeting. Starts that look alike are worked out once."""

    def __init__(self, case: Case, bare: Board, handovers: Handovers) -> None:
        """Take the board of the case as if it had no meetings, and its meetings apart."""
        self.case, self.bare, self.handovers = case, bare, handovers
        self.needs = Needs(case.seats, bare.options)
        self._answers: dict[tuple[int, int], tuple[Way, ...]] = {}
        self._everyone = (1 << len(bare.matcher.people)) - 1

    def fewest(self, sight: Sight) -> tuple[Way, ...]:
        """Return the smallest ways that open a start, none where nothing does.

        Of those that leave the same people in the meetings in the way, or more, only the one that sorts first.
        """
        seen = (sight.state[1] & self.needs.people, sight.blocking)
        if seen not in self._answers:
            self._answers[seen] = self._fewest(*seen)
        return self._answers[seen]

    def opens(self, sight: Sight, spared: int) -> bool:
        """Return whether a start opens when one seat, by its index, is made optional."""
        question = Question(sight.state[1], sight.blocking, self.case.max_reseatings, spared)
        return any(True for _ in self._grow(question, (), 0, 0))

    def best(self, sight: Sight) -> Opening:
        """Return how a start opens, where it does."""
        way, seating = min(
            ((way, self._seating(sight, way)) for way in self.fewest(sight)), key=lambda found: self._key(*found)
        )
        return Opening(seating, self.handovers.reseatings(way))

    def _seating(self, sight: Sight, way: Way) -> Seating:
        there = ~self.handovers.taken(way, sight.blocking)
        certain, open_, prefers = sight.state
        return self.bare.matcher.seating((certain & there, open_ & there, prefers & there))

    def _key(self, way: Way, seating: Seating) -> Key:
        places = [[*dict.fromkeys(seat.eligible), None].index(seating.holders[seat.id]) for seat in self.case.seats]
        return len(seating.to_ask), -seating.optional_filled, -len(seating.preferring), places, way

    def _fewest(self, open_: int, blocking: int) -> tuple[Way, ...]:
        for most in range(1, self.case.max_reseatings + 1):
            ways = {tuple(sorted(way)) for way in self._grow(Question(open_, blocking, most), (), 0, 0)}
            if ways:
                return tuple(self._distinct(sorted(ways), blocking))
        return ()

    def _distinct(self, ways: list[Way], blocking: int) -> Iterator[Way]:
        known: list[int] = []
        for way in ways:
            taken = self.handovers.taken(way, blocking) & self._everyone
            if not any(each & taken == each for each in known):
                known.append(taken)
                yield way

    def _grow(self, question: Question, way: Way, freed: int, left: int) -> Iterator[Way]:
        """Yield the ways that begin with this one and open the start.

        `freed` are people brought out of the meetings in the way, `left` those whose freeing has been looked at.
        """
        sits = question.open & ~self.handovers.taken(way, question.blocking)
        wanted, count = self.needs.lacking(sits, question.spared)
        if not count:
            yield way
        if not count or len(way) + count > question.most:
            return
        for person in ones(wanted & question.open & ~(sits | freed | left)):
            for longer in self._free(question, way, person, freed | 1 << person):
                yield from self._grow(question, longer, freed | 1 << person, left)
            left |= 1 << person

    def _free(self, question: Question, way: Way, person: int, freed: int) -> Iterator[Way]:
        """Yield the ways that begin with this one and leave a person no seat in the way."""
        if any(change.person == person and question.blocking >> change.seat & 1 for change in way):
            return iter(())
        seats = self.handovers.held[person] & question.blocking & ~self.handovers.changed(way)
        return self.handovers.ways(way, seats, question.most, (freed, question.blocking))
