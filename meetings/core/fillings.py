"""Which required seats can be filled at once, worked out for every start in parallel.

This is the search for augmenting paths, with a set of starts in place of each yes or no: one pass of big-integer
operations answers for thousands of starts.
"""

from collections import defaultdict, deque

from meetings.core.bits import count_bits, without
from meetings.core.boards import Board


class Filling:
    """The largest number of required seats that open people can fill at once, at each start.

    `empty[seat]` are the starts at which the matching found leaves that required seat empty, `possible` the starts
    at which it leaves none. Seats go by their index in the case.
    """

    def __init__(self, board: Board) -> None:
        """Match the required seats of the board."""
        self.board = board
        seats = board.case.seats
        self.empty: dict[int, int] = {}
        self._held: list[dict[int, int]] = [defaultdict(int) for _ in seats]
        self._seats_of: dict[int, list[int]] = defaultdict(list)
        self._placed: dict[int, int] = defaultdict(int)
        for index, seat in enumerate(seats):
            if seat.required and seat.may_double:
                self.empty[index] = self._nobody(index)
            elif seat.required:
                for person in board.options[index]:
                    self._seats_of[person].append(index)
                # Where nobody at all is open there is nothing to search.
                nobody = self._nobody(index)
                self.empty[index] = nobody | self._search(index, board.starts ^ nobody)[0]
        self.missing = count_bits(self.empty.values())
        self.possible = board.starts
        for digit in self.missing:
            self.possible = without(self.possible, digit)

    def openings(self) -> dict[int, int]:
        """Return, for each required seat, the impossible starts that open when it alone is made optional.

        Those are the starts at which only one seat stays empty, and it can be this one.
        """
        found: dict[int, int] = defaultdict(int)
        if not self.missing:
            return found
        single = self.missing[0]
        for digit in self.missing[1:]:
            single = without(single, digit)
        for index, empty in self.empty.items():
            alone = empty & single
            found[index] |= alone
            if alone and not self.board.case.seats[index].may_double:
                for seat, starts in self._search(index, alone)[1].items():
                    found[seat] |= starts
        return found

    def blockers(self) -> dict[int, int]:
        """Return, for each required seat, how many of the impossible starts open when it alone is made optional."""
        return {seat: starts.bit_count() for seat, starts in self.openings().items()}

    def _nobody(self, index: int) -> int:
        anyone = 0
        for person in self.board.options[index]:
            anyone |= self.board.open[person]
        return without(self.board.starts, anyone)

    def _search(self, root: int, wanted: int) -> tuple[int, dict[int, int]]:
        """Fill a seat at the wanted starts, moving others between their seats where that helps.

        Return the starts at which it cannot be filled and, for those, the other seats that could be empty instead.
        """
        seen: dict[int, int] = defaultdict(int)
        came: dict[int, list[tuple[int, int]]] = defaultdict(list)
        reached: dict[int, int] = defaultdict(int)
        frontier = deque([(root, wanted)])
        while frontier:
            seat, starts = frontier.popleft()
            starts &= wanted
            for person in self.board.options[seat] if starts else ():
                new = without(starts & self.board.open[person], seen[person])
                if not new:
                    continue
                seen[person] |= new
                came[person].append((seat, new))
                ends = without(new, self._placed[person])
                if ends:
                    self._move(root, person, ends, came)
                    starts, wanted, new = without(starts, ends), without(wanted, ends), new ^ ends
                for other in self._seats_of[person]:
                    hit = self._held[other].get(person, 0) & new
                    if hit:
                        reached[other] |= hit
                        frontier.append((other, hit))
        return wanted, {seat: starts & wanted for seat, starts in reached.items()}

    def _move(self, root: int, person: int, starts: int, came: dict[int, list[tuple[int, int]]]) -> None:
        """Let a person who has no seat at these starts take one, and everyone on the way back to the root move on."""
        self._placed[person] |= starts
        moves = [(person, starts)]
        while moves:
            person, starts = moves.pop()
            for seat, through in came[person]:
                moved = through & starts
                if not moved:
                    continue
                if seat != root:
                    for former, held in self._held[seat].items():
                        if held & moved:
                            self._held[seat][former] = without(held, moved)
                            moves.append((former, held & moved))
                self._held[seat][person] |= moved
