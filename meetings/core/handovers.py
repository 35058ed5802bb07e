"""Which seats of existing meetings can change hands together.

After all changes each new holder

- is eligible for the seat they take, and free for certain during its meeting by their own hours;
- holds at most one seat there that may not double;
- holds no seat of another meeting whose blocks meet this one, and the blocks of the seat they take meet no other
  meeting in which they hold a seat. A meeting's own time always counts among the blocks of its seats.

Holders who do not change are not looked at: clashes that are there already are taken as given. Nothing here depends
on the meeting that is to be placed; whoever holds a seat that blocks its time simply cannot sit in it.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from meetings.core.bits import ones
from meetings.core.cases import Case, Reseating
from meetings.core.intervals import Span, overlaps, union


class Change(NamedTuple):
    """A seat of an existing meeting goes to the person who comes at `place` among those eligible for it.

    Seats count through all meetings in the order of the input, and so do the changes sort.
    """

    seat: int
    place: int
    person: int


Way = tuple[Change, ...]
# The union of the free spans; the busy spans in order, and how far those up to each one reach.
Hours = tuple[list[Span], list[Span], list[int]]


class Handovers:
    """The seats of the existing meetings by number: `holders`, and `held`, the set of seats that a person holds."""

    def __init__(self, case: Case, people: Sequence[str]) -> None:
        """Number the people: first those given, then the others. Raises KeyError for one who is not in the case."""
        names = dict.fromkeys((*people, *(person.id for person in case.people)))
        number = {name: index for index, name in enumerate(names)}
        persons = {person.id: person for person in case.people}
        self._people = [persons[name] for name in names]
        self.seats = [(meeting, seat) for meeting in case.meetings for seat in meeting.seats]
        self.holders = [number[seat.holder] for _, seat in self.seats]
        self.held: dict[int, int] = defaultdict(int)
        for seat, holder in enumerate(self.holders):
            self.held[holder] |= 1 << seat
        self._eligible = [[number[name] for name in dict.fromkeys(seat.eligible)] for _, seat in self.seats]
        self._hours_of: dict[int, Hours] = {}
        self._unions: dict[tuple[Span, ...], list[Span]] = {}
        self._takers: dict[int, list[Change]] = {}
        self._clashes: dict[tuple[int, int], bool] = {}

    @cached_property
    def fixed(self) -> int:
        """The seats that can never change hands: those of locked meetings, and where nobody else is eligible."""
        return sum(
            1 << seat
            for seat, (meeting, _) in enumerate(self.seats)
            if meeting.locked or not set(self._eligible[seat]) - {self.holders[seat]}
        )

    def blocks(self, seats: Iterable[int]) -> list[Span]:
        """Return the time that the seats take of whoever holds them."""
        return [span for seat in seats for span in (self.seats[seat][0].span, *self.seats[seat][1].blocks)]

    def taken(self, way: Way, seats: int) -> int:
        """Return the set of people who hold any of the seats after the changes."""
        new = {change.seat: change.person for change in way}
        people = 0
        for seat in ones(seats):
            people |= 1 << new.get(seat, self.holders[seat])
        return people

    def ways(self, way: Way, seats: int, most: int, barred: tuple[int, int]) -> Iterator[Way]:
        """Yield each way that hands over these seats too, and whatever else must then change hands.

        Up to `most` changes in all. `barred` are people, and the seats that none of them may take.
        """
        return self._ways(way, seats, self.changed(way) | seats, most, barred)

    def changed(self, way: Way) -> int:
        """Return the set of seats that a way hands over."""
        return sum(1 << change.seat for change in way)

    def reseatings(self, way: Way) -> tuple[Reseating, ...]:
        """Return the changes by name, in the order of the input."""
        found = []
        for change in sorted(way):
            meeting, seat = self.seats[change.seat]
            found.append(Reseating(meeting.id, seat.id, seat.holder, self._people[change.person].id))
        return tuple(found)

    def _ways(self, way: Way, pending: int, changed: int, most: int, barred: tuple[int, int]) -> Iterator[Way]:
        """Hand over the pending seats, lowest first; `changed` are these and all that the way hands over already."""
        if changed & self.fixed or changed.bit_count() > most:
            return
        if not pending:
            yield way
            return
        bit = pending & -pending
        seat = bit.bit_length() - 1
        people, seats = barred
        for change in self._takers_of(seat):
            if seats & bit and people >> change.person & 1:
                continue
            if any(each.person == change.person and self._clash(seat, each.seat) for each in way):
                continue
            for given_up in self._given_up(change, way, changed):
                yield from self._ways((*way, change), pending ^ bit | given_up, changed | given_up, most, barred)

    def _takers_of(self, seat: int) -> list[Change]:
        if seat not in self._takers:
            self._takers[seat] = [
                Change(seat, place, person)
                for place, person in enumerate(self._eligible[seat])
                if person != self.holders[seat] and self._is_free(person, self.seats[seat][0].span)
            ]
        return self._takers[seat]

    def _is_free(self, person: int, span: Span) -> bool:
        """Return whether a person is free for certain. Each person's hours are put in order once, for many meetings."""
        free, busy, ends = self._hours(person)
        begun = _before(free, span.start + 1)
        if not begun or free[begun - 1].end < span.end:
            return False
        begun = _before(busy, span.end)
        return not begun or ends[begun - 1] <= span.start

    def _hours(self, person: int) -> Hours:
        if person not in self._hours_of:
            free = self._people[person].free
            if free not in self._unions:
                self._unions[free] = union(free)
            busy = sorted(span for span in self._people[person].busy if span[0] < span[1])
            self._hours_of[person] = self._unions[free], busy, list(accumulate([end for _, end in busy], max))
        return self._hours_of[person]

    def _given_up(self, change: Change, way: Way, changed: int) -> Iterator[int]:
        """Yield the sets of seats, of those not changed yet, that the new holder must hand over in turn.

        There is a choice only where someone holds two seats of the meeting that may not double, and takes one that may:
        they can keep either.
        """
        meeting, seat = self.seats[change.seat]
        clashing, single = 0, []
        for other in ones(self.held[change.person] & ~changed if change.person in self.held else 0):
            if self._clash(change.seat, other):
                clashing |= 1 << other
            elif self.seats[other][0] is meeting and not self.seats[other][1].may_double:
                single.append(other)
        if not seat.may_double or len(single) < 2:  # noqa: PLR2004
            yield clashing
            return
        everything = sum(1 << other for other in single)
        for kept in single:
            yield clashing | everything ^ 1 << kept

    def _clash(self, one: int, other: int) -> bool:
        """Return whether nobody who newly takes one of the seats can hold the other."""
        pair = (one, other)
        if pair not in self._clashes:
            (meeting, seat), (second, another) = self.seats[one], self.seats[other]
            if meeting is second:
                self._clashes[pair] = not seat.may_double and not another.may_double
            else:
                self._clashes[pair] = overlaps((meeting.span, *seat.blocks), second.span) or overlaps(
                    another.blocks, meeting.span
                )
        return self._clashes[pair]


def _before(spans: list[Span], minute: int) -> int:
    """Return how many of the sorted spans, of which none is empty, start before a minute."""
    return bisect_left(spans, Span(minute, minute))
