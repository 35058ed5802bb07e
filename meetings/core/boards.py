"""Who is free at every start of a case at once: one big integer per person."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from functools import cached_property

from meetings.core.bits import Slots, without
from meetings.core.cases import Case
from meetings.core.intervals import Span
from meetings.core.schooldays import grid_ranges
from meetings.core.seats import Matcher, Meeting, State


class Board:
    """The starts of a case and, for each person of `matcher.people`, the starts at which they are free.

    `certain[p]` are the starts at which person p is free for certain, `open[p]` those at which they are at least
    open, `prefers[p]` those they prefer. Each is a set of positions on `slots`.
    """

    def __init__(self, case: Case) -> None:
        """Lay out the grid and set the bits. Raises KeyError for a person who is eligible but not in the case."""
        self.case = case
        latest = Span(case.window.start, case.window.end - case.duration + 1)
        self.slots = Slots(tuple(grid_ranges(case.zone, latest, case.step)), case.duration)
        self.starts = self.slots.grid
        self.matcher = Matcher(case.seats)
        self.certain: list[int] = []
        self.open: list[int] = []
        self.prefers: list[int] = []
        self._held: dict[tuple[Span, ...], int] = {(): 0}
        self._set_bits()

    def _set_bits(self) -> None:
        people = {person.id: person for person in self.case.people}
        taken = taken_by_meetings(self.case.meetings)
        for name in self.matcher.people:
            person = people[name]
            met = self.slots.met((*person.busy, *taken[name]))
            self.certain.append(without(self._held_by(person.free), met))
            unknown = without(self._held_by(person.free + person.unknown), met) if person.unknown else self.certain[-1]
            self.open.append(unknown)
            self.prefers.append(self._held_by(person.preferred))

    def _held_by(self, spans: tuple[Span, ...]) -> int:
        # Many people keep the same hours, so each list of spans is worked out once.
        if spans not in self._held:
            self._held[spans] = self.slots.held(spans) & self.starts
        return self._held[spans]

    def without(self, taken: Sequence[int]) -> "Board":
        """Return this board with each person taken at some starts."""
        board = copy(self)
        board.__dict__.pop("_bytes", None)
        board.certain = [without(free, met) for free, met in zip(self.certain, taken, strict=True)]
        board.open = [without(free, met) for free, met in zip(self.open, taken, strict=True)]
        return board

    @cached_property
    def options(self) -> list[list[int]]:
        """For each seat the eligible people, in the order of the input."""
        position = {person: index for index, person in enumerate(self.matcher.people)}
        return [[position[person] for person in dict.fromkeys(seat.eligible)] for seat in self.case.seats]

    def state(self, position: int, people: Iterable[int] | None = None) -> State:
        """Return who is free for certain, open, and preferring at one start, among all or only the people given."""
        byte, bit = position >> 3, position & 7
        certain = open_ = prefers = 0
        for person in range(len(self.open)) if people is None else people:
            at_certain, at_open, at_prefers = self._bytes.get(person) or self._bytes_of(person)
            if at_open[byte] >> bit & 1:
                open_ |= 1 << person
                certain |= (at_certain[byte] >> bit & 1) << person
                prefers |= (at_prefers[byte] >> bit & 1) << person
        return certain, open_, prefers

    def columns(self, masks: Iterable[int]) -> list[bytes]:
        """Return masks as bytes, where one bit is much faster to look up."""
        size = self.slots.count // 8 + 1
        return [mask.to_bytes(size, "little") for mask in masks]

    @cached_property
    def _bytes(self) -> dict[int, tuple[bytes, ...]]:
        # The best few starts seat few of all people, so that each is turned into bytes when first asked for.
        return {}

    def _bytes_of(self, person: int) -> tuple[bytes, ...]:
        self._bytes[person] = tuple(self.columns([self.certain[person], self.open[person], self.prefers[person]]))
        return self._bytes[person]


def taken_by_meetings(meetings: Sequence[Meeting]) -> defaultdict[str, list[Span]]:
    """Return, for each holder of a seat, the time their existing meetings take: the meetings and their blocks."""
    taken: defaultdict[str, list[Span]] = defaultdict(list)
    for meeting in meetings:
        for seat in meeting.seats:
            taken[seat.holder] += [meeting.span, *seat.blocks]
    return taken
