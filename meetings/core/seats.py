"""Who can fill which seat: an exact matching of people to seats.

A greedy choice fails on people who may fill several roles, so every answer here is an optimum. Among all ways to
fill the seats, `Matcher` takes the one with, in this order:

1. the fewest required seats left empty,
2. the fewest required seats to be asked (the holder is open, but not free for certain),
3. the most optional seats filled,
4. the most different people in the meeting who prefer it (a person in two seats counts once),
5. the earliest people by the order of the input: the first seat takes the first person of its `eligible` with whom
   the optimum of 1 to 4 is still reached, then the second seat, and so on; an empty seat counts as after everyone.

Rule 5 leaves exactly one answer.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from meetings.core.intervals import Span


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever can fill a seat and be in one place at a time: staff, a guardian, an interpreter, a room.

    The spans may overlap, touch and come in any order. `unknown` is time of which nobody knows yet.
    """

    id: str
    free: tuple[Span, ...] = ()
    busy: tuple[Span, ...] = ()
    unknown: tuple[Span, ...] = ()
    preferred: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Seat:
    """One role to be filled by one of the `eligible` people, in the order in which they are preferred."""

    id: str
    role: str
    eligible: tuple[str, ...]
    required: bool = True
    may_double: bool = False


@dataclass(frozen=True, slots=True)
class HeldSeat:
    """A seat of an existing meeting. `blocks` is further time it takes of whoever holds it: rest, travel."""

    id: str
    holder: str
    eligible: tuple[str, ...] = ()
    may_double: bool = False
    blocks: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Meeting:
    """An existing meeting. Nobody who holds a seat of a `locked` one may be swapped out of it."""

    id: str
    start: int
    end: int
    locked: bool = False
    seats: tuple[HeldSeat, ...] = ()

    @property
    def span(self) -> Span:
        """The meeting's own time."""
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Seating:
    """Who fills each seat, by seat id in the order of the input; None where nobody does.

    `to_ask` and `missing` name required seats, `preferring` the different people who prefer the time, by seat.
    """

    holders: dict[str, str | None]
    to_ask: tuple[str, ...]
    missing: tuple[str, ...]
    preferring: tuple[str, ...]
    optional_filled: int


# Who is free for certain, who is at least open, and who prefers the time: bit sets over `Matcher.people`.
State = tuple[int, int, int]


def seat_people(
    seats: Sequence[Seat],
    certain: AbstractSet[str],
    open_: AbstractSet[str],
    preferring: AbstractSet[str] = frozenset(),
) -> Seating:
    """Return the best way to fill the seats; it works only where nothing is `missing`.

    `certain` are the people free for certain, `open_` those who are at least open (so it holds `certain`),
    `preferring` those who prefer the time.
    """
    matcher = Matcher(seats)
    return matcher.seating((matcher.bits(certain), matcher.bits(open_), matcher.bits(preferring)))


class Matcher:
    """Fills the same seats again and again, for different people being free. Each question is worked out once."""

    def __init__(self, seats: Sequence[Seat]) -> None:
        """Take the seats; `people` are all who are eligible for any, in the order of the input."""
        self.seats = tuple(seats)
        self.people = tuple(dict.fromkeys(person for seat in seats for person in seat.eligible))
        position = {person: index for index, person in enumerate(self.people)}
        self._options = [[position[person] for person in dict.fromkeys(seat.eligible)] for seat in seats]
        self._answers: dict[State, Seating] = {}
        # The five criteria as digits of one number: each unit outweighs all that the smaller ones can add up to.
        ranks, count = 1 + max(map(len, self._options), default=0), len(self.seats)
        self._rank_units = [ranks ** (count - 1 - index) for index in range(count)]
        self._unpreferred: int = ranks**count
        self._unfilled: int = self._unpreferred * (count + 1)
        self._asked: int = self._unfilled * (count + 1)
        self._missing: int = self._asked * (count + 1)

    def bits(self, people: AbstractSet[str]) -> int:
        """Return the bit set of those of `people` who are eligible for any seat."""
        return sum(1 << index for index, person in enumerate(self.people) if person in people)

    def seating(self, state: State) -> Seating:
        """Return the best seating for a state."""
        if state not in self._answers:
            self._answers[state] = self._solve(state)
        return self._answers[state]

    def _solve(self, state: State) -> Seating:
        rows, own = [], []
        for index in range(len(self.seats)):
            row, cost, person = self._row(index, state)
            rows.append(row | {-1 - index: cost})
            own.append(person)
        columns = _assign(rows)
        return self.describe([own[row] if column < 0 else column for row, column in enumerate(columns)], state)

    def _row(self, index: int, state: State) -> tuple[dict[int, int], int, int | None]:
        """Return what each person costs in a seat, and the cheapest way, if any, to fill it beside all these.

        A column stands for the one place a person has, which also carries the mark "counts as preferring". A seat
        that may double needs the place only for that mark; so two seats of one person count once. The last column,
        the seat's own, stands for leaving it empty or for someone who takes it beside their place.
        """
        certain, open_, preferring = state
        seat, unit, options = self.seats[index], self._rank_units[index], self._options[index]
        cheapest = (self._missing if seat.required else self._unfilled) + self._unpreferred + len(options) * unit
        own: int | None = None
        usable = open_ if seat.required else certain
        places: dict[int, int] = {}
        for rank, person in enumerate(options):
            bit = 1 << person
            if not usable & bit:
                continue
            cost = rank * unit + (0 if certain & bit else self._asked)
            plain = cost + self._unpreferred
            if preferring & bit:
                places[person] = cost
            elif not seat.may_double:
                places[person] = plain
            if seat.may_double and plain < cheapest:
                cheapest, own = plain, person
        return places, cheapest, own

    def describe(self, holders: Sequence[int | None], state: State) -> Seating:
        """Return a seating in full, from the person in each seat and the state of those who hold one."""
        certain, _, preferring = state
        pairs = list(zip(self.seats, holders, strict=True))
        preferred = dict.fromkeys(person for person in holders if person is not None and preferring >> person & 1)
        return Seating(
            holders={seat.id: None if person is None else self.people[person] for seat, person in pairs},
            to_ask=tuple(seat.id for seat, person in pairs if person is not None and not certain >> person & 1),
            missing=tuple(seat.id for seat, person in pairs if person is None and seat.required),
            preferring=tuple(self.people[person] for person in preferred),
            optional_filled=sum(person is not None and not seat.required for seat, person in pairs),
        )


def _assign(rows: Sequence[Mapping[int, int]]) -> list[int]:
    """Return a column for each row, all different, with the least sum of costs, by shortest augmenting paths.

    Each row maps the columns it may take to their costs, none negative, and has one that no other row may take.
    """
    taken: dict[int, int] = {}
    column_of = [0] * len(rows)
    row_price = [0] * len(rows)
    column_price: dict[int, int] = defaultdict(int)
    contended = []
    for row, costs in enumerate(rows):
        # Most rows get the cheapest column they have; only the others need a path.
        column = min(costs, key=costs.__getitem__)
        if column in taken:
            contended.append(row)
        else:
            taken[column], column_of[row], row_price[row] = row, column, costs[column]
    for row in contended:
        column, via = _shortest_path(rows, row, taken, row_price, column_price)
        holder = -1
        while holder != row:
            holder = via[column]
            taken[column], column_of[holder], column = holder, column, column_of[holder]
    return column_of


def _shortest_path(
    rows: Sequence[Mapping[int, int]],
    row: int,
    taken: Mapping[int, int],
    row_price: list[int],
    column_price: dict[int, int],
) -> tuple[int, dict[int, int]]:
    """Return the free column nearest to `row` and, for each column reached, the row it was reached from.

    Keeps the prices such that no column looks cheaper than the one a row holds (Dijkstra's condition).
    """
    reached: dict[int, int] = {}
    done: dict[int, int] = {}
    via: dict[int, int] = {}
    at, distance = row, 0
    while True:
        for column, cost in rows[at].items():
            length = distance + cost - row_price[at] - column_price[column]
            if column not in done and (column not in reached or length < reached[column]):
                reached[column], via[column] = length, at
        column = min(reached, key=reached.__getitem__)
        distance = reached.pop(column)
        if column not in taken:
            break
        done[column], at = distance, taken[column]
    row_price[row] += distance
    for passed, length in done.items():
        column_price[passed] -= distance - length
        row_price[taken[passed]] += distance - length
    return column, via
