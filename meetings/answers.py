"""How the answers of one meeting stand: three marks, never mixed."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from meetings.models import Mark, Requirement, Seat
from students.models import Role

BEST_FIRST = (Mark.CONFIRMED, Mark.TO_ASK, Mark.MISSING)


@dataclass(frozen=True)
class Place:
    """One required place at the table: a seat, or the parents together, of whom one is enough."""

    role: str
    role_name: str
    mark: Mark
    names: tuple[str, ...]


@dataclass(frozen=True)
class Answers:
    """The required places of a meeting, by mark."""

    places: tuple[Place, ...]

    @cached_property
    def confirmed(self) -> list[Place]:
        return self._marked(Mark.CONFIRMED)

    @cached_property
    def to_ask(self) -> list[Place]:
        return self._marked(Mark.TO_ASK)

    @cached_property
    def missing(self) -> list[Place]:
        return self._marked(Mark.MISSING)

    @property
    def waiting_for(self) -> list[str]:
        return list(dict.fromkeys(name for place in self.to_ask for name in place.names))

    def _marked(self, mark: Mark) -> list[Place]:
        return [place for place in self.places if place.mark is mark]


def answers_of(seats: Iterable[Seat]) -> Answers:
    """Return the required places. The seats must come with their holders, or one query is made for each."""
    rows = list(seats)
    parents = [seat for seat in rows if seat.role == Role.PARENT]
    places = [_place([seat]) for seat in rows if seat.requirement == Requirement.REQUIRED and seat not in parents]
    if any(seat.requirement == Requirement.REQUIRED for seat in parents):
        places.insert(0, _place(parents))
    return Answers(tuple(places))


def _place(seats: list[Seat]) -> Place:
    marks = [seat.mark for seat in seats]
    mark = next(mark for mark in BEST_FIRST if mark in marks)
    names = tuple(seat.holder.full_name for seat in seats if seat.mark is mark and seat.holder)
    return Place(seats[0].role, seats[0].get_role_display(), mark, names)
