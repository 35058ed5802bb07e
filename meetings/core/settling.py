"""The best seating at many starts at once, wherever no two seats contend for it.

Each seat has its best level at a start: someone free for certain who prefers it, someone free for certain, someone
to be asked who prefers it, someone to be asked, nobody. Taking the seats in the order of the input, each takes the
earliest person of its best level whom no earlier seat took. Where every seat finds one, no seating can be better and
no better one comes earlier, so the start is settled: the answer is the one the exact matching gives. Elsewhere the
levels are still a bound that no seating can beat.
"""

from collections import defaultdict
from functools import cached_property

from meetings.core.bits import count_bits, lesser, without
from meetings.core.boards import Board
from meetings.core.seats import Seating


class Settling:
    """The seatings at `among`, a set of starts of the board.

    `settled` are the starts where the seating is known: `at` tells it. `to_ask`, `preferring` and `optional` count,
    as binary digits, what the levels promise: exact where settled, a bound elsewhere. A required seat for which
    nobody is open stays empty.
    """

    def __init__(self, board: Board, among: int) -> None:
        """Seat people at the starts of `among`."""
        self.board = board
        self.settled = among
        self._seated: dict[int, int] = defaultdict(int)
        self._placed: dict[int, int] = defaultdict(int)
        self._taken: list[list[tuple[int, int]]] = [[] for _ in board.case.seats]
        to_ask, preferring, optional = [], [], []
        for index, seat in enumerate(board.case.seats):
            levels = self._levels(index)
            self._seat(index, levels)
            best = [among & starts for starts, _ in levels]
            preferring += best[::2]
            if seat.required:
                to_ask += best[2:]
            else:
                optional += best
        people = [among & at & prefers for at, prefers in zip(board.open, board.prefers, strict=True) if prefers]
        # A person who prefers the time may be the best of several seats, and still counts once.
        self.preferring = lesser(count_bits(preferring), count_bits(people))
        self.to_ask, self.optional = count_bits(to_ask), count_bits(optional)

    def at(self, position: int) -> Seating:
        """Return the seating at a settled start."""
        byte, bit = position >> 3, position & 7
        holders = [
            next((person for person, starts in taken if starts[byte] >> bit & 1), None) for taken in self._columns
        ]
        seated = [holder for holder in holders if holder is not None]
        return self.board.matcher.describe(holders, self.board.state(position, seated))

    @cached_property
    def _columns(self) -> list[list[tuple[int, bytes]]]:
        return [
            [
                (person, column)
                for (person, _), column in zip(taken, self.board.columns(s for _, s in taken), strict=True)
            ]
            for taken in self._taken
        ]

    def _levels(self, index: int) -> list[tuple[int, list[tuple[int, int]]]]:
        """Return, best level first, the starts of which it is the best level and, by person, who reaches it."""
        board, options = self.board, self.board.options[index]
        levels = []
        better = 0
        for source in [board.certain, board.open] if board.case.seats[index].required else [board.certain]:
            eager = [(person, source[person] & board.prefers[person]) for person in options if board.prefers[person]]
            for people in (eager, [(person, source[person]) for person in options]):
                anyone = 0
                for _, starts in people:
                    anyone |= starts
                levels.append((without(anyone, better), people))
                better |= anyone
        return levels

    def _seat(self, index: int, levels: list[tuple[int, list[tuple[int, int]]]]) -> None:
        may_double = self.board.case.seats[index].may_double
        for number, (best, people) in enumerate(levels):
            wanted = self.settled & best
            prefers = number % 2 == 0
            # Two seats of one person count once, so to count, even a seat that may double wants someone new.
            other = self._seated if prefers else {} if may_double else self._placed
            for person, starts in people if wanted else ():
                take = wanted & starts
                if other and take:
                    take = without(take, other.get(person, 0))
                if take:
                    wanted ^= take
                    self._take(index, person, take, may_double)
            self.settled = without(self.settled, wanted)

    def _take(self, index: int, person: int, starts: int, may_double: bool) -> None:
        self._taken[index].append((person, starts))
        self._seated[person] |= starts
        if not may_double:
            self._placed[person] |= starts
