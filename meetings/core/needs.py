"""Which required seats of a meeting nobody can fill at one time, and who could help."""

from collections.abc import Sequence

from meetings.core.seats import Seat


class Needs:
    """The required seats of one meeting. `people` is the set of all who are eligible for any."""

    def __init__(self, seats: Sequence[Seat], options: Sequence[Sequence[int]]) -> None:
        """Take the seats and, for each, who is eligible."""
        self.people = 0
        self._single: dict[int, int] = {}
        self._double: dict[int, int] = {}
        for index, seat in enumerate(seats):
            if seat.required:
                people = sum(1 << person for person in options[index])
                (self._double if seat.may_double else self._single)[index] = people
                self.people |= people
        self._answers: dict[tuple[int, int | None], tuple[int, int]] = {}

    def lacking(self, open_: int, spared: int | None = None) -> tuple[int, int]:
        """Return a set of people of whom at least one more must be open, and how many more must be at the least.

        The number is 0 where the open people can fill every required seat, or every one but the seat that is spared.
        """
        question = (open_ & self.people, spared)
        if question not in self._answers:
            self._answers[question] = self._lacking(*question)
        return self._answers[question]

    def _lacking(self, open_: int, spared: int | None) -> tuple[int, int]:
        double = [people for seat, people in self._double.items() if seat != spared and not people & open_]
        placed: dict[int, int] = {}
        tried = [self._place(seat, open_, placed) for seat in self._single if seat != spared]
        single = [wanted for wanted in tried if wanted is not None]
        # One more person can fill any number of the seats that may double, but only one of the others.
        return (double or single or [0])[0], max(len(single), min(len(double), 1))

    def _place(self, root: int, open_: int, placed: dict[int, int]) -> int | None:
        """Fill a seat, moving others between their seats where that helps.

        Where nothing does, return who is eligible for it or for those it could be traded with.
        """
        came: dict[int, int] = {}
        seats, wanted, seen = [root], 0, 0
        for seat in seats:
            wanted |= self._single[seat]
            people = self._single[seat] & open_ & ~seen
            seen |= people
            while people:
                person = people & -people
                people ^= person
                came[person] = seat
                if person not in placed:
                    _move(root, person, came, placed)
                    return None
                seats.append(placed[person])
        return wanted


def _move(root: int, person: int, came: dict[int, int], placed: dict[int, int]) -> None:
    """Let a person without a seat take the one they came for, its holder the one they came for, and so on."""
    while came[person] != root:
        seat = came[person]
        holder = next(other for other, held in placed.items() if held == seat)
        placed[person] = seat
        person = holder
    placed[person] = root
