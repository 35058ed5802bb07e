"""Sets of starts as big integers: one bit per place on the grid, set from exact spans."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import gcd

from meetings.core.intervals import Span, union

# Two days of a 5-minute grid: in a window that begins at night few spans reach over the end of a chunk.
CHUNK = 576
CHUNK_MASK = (1 << CHUNK) - 1
SMALL = 256
BITS_OF_BYTE = [tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256)]


def ones(mask: int) -> Iterator[int]:
    """Yield the positions of the bits that are set, lowest first."""
    # Small sets, such as people and seats, come by the thousand.
    if mask.bit_length() <= SMALL:
        while mask:
            lowest = mask & -mask
            yield lowest.bit_length() - 1
            mask ^= lowest
        return
    # A meeting's bits stand close together, far up in a long mask.
    skipped = ((mask & -mask).bit_length() - 1) // 8
    mask >>= skipped * 8
    for index, byte in enumerate(mask.to_bytes(mask.bit_length() // 8 + 1, "little"), skipped):
        if byte:
            for bit in BITS_OF_BYTE[byte]:
                yield index * 8 + bit


def without(mask: int, other: int) -> int:
    """Return the bits of `mask` that `other` lacks. On big integers this is faster than `mask & ~other`."""
    return mask ^ (mask & other)


def count_bits(masks: Iterable[int]) -> list[int]:
    """Return how many of the masks hold each bit, as the binary digits of that number: one mask each, lowest first."""
    digits: list[int] = []
    for carry in masks:
        for index, digit in enumerate(digits):
            digits[index], carry = digit ^ carry, digit & carry
        if carry:
            digits.append(carry)
    return digits


def lesser(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """Return, bit by bit, the lesser of two numbers given as by `count_bits`."""
    size = max(len(one), len(other))
    pairs = list(zip((*one, *[0] * (size - len(one))), (*other, *[0] * (size - len(other))), strict=True))
    less = more = 0
    for left, right in reversed(pairs):
        less |= without(without(right, left), more)
        more |= without(without(left, right), less)
    return [left & less | without(right, less) for left, right in pairs]


def by_count(mask: int, digits: Sequence[int], *, most_first: bool = False) -> Iterator[tuple[int, int]]:
    """Yield (number, the bits of `mask` counted that often), in order of the number, leaving out empty ones."""
    if not mask:
        return
    if not digits:
        yield 0, mask
        return
    lower, worth = digits[:-1], 1 << len(digits) - 1
    high = mask & digits[-1]
    halves = [(0, mask ^ high), (worth, high)]
    for value, half in reversed(halves) if most_first else halves:
        for number, part in by_count(half, lower, most_first=most_first):
            yield value + number, part


@dataclass(frozen=True)
class Slots:
    """The grid of starts as bit positions: position k is the minute `first + k * unit`.

    The unit divides every distance between two starts, so that after a clock change by half an hour an hourly grid
    still fits; positions between the starts are simply never in `grid`.
    """

    ranges: tuple[range, ...]
    duration: int

    @property
    def first(self) -> int:
        """The minute of position 0."""
        return self.ranges[0].start if self.ranges else 0

    @cached_property
    def unit(self) -> int:
        """Minutes between two positions."""
        return gcd(*(each.step for each in self.ranges), *(each.start - self.first for each in self.ranges)) or 1

    @cached_property
    def count(self) -> int:
        """The number of positions."""
        return (self.ranges[-1][-1] - self.first) // self.unit + 1 if self.ranges else 0

    @cached_property
    def grid(self) -> int:
        """The positions that are starts."""
        mask = 0
        for each in self.ranges:
            stride = each.step // self.unit
            every = ((1 << stride * len(each)) - 1) // ((1 << stride) - 1)
            mask |= every << (each.start - self.first) // self.unit
        return mask

    def minute(self, position: int) -> int:
        """Return the minute of a position."""
        return self.first + position * self.unit

    def held(self, spans: Iterable[Span]) -> int:
        """Return the positions from which the whole meeting lies inside the union of the spans."""
        return self._set(self._places_held, union(spans))

    def met(self, spans: Iterable[Span]) -> int:
        """Return the positions from which the meeting shares a minute with any of the spans."""
        return self._set(self._places_met, spans)

    @cached_property
    def _places_held(self) -> "Places":
        return Places(self, self.first - self.unit + 1, self.first + self.duration - self.unit)

    @cached_property
    def _places_met(self) -> "Places":
        return Places(self, self.first + self.duration - self.unit, self.first - self.unit + 1)

    def _set(self, places: "Places", spans: Iterable[Span]) -> int:
        # This loop runs for every span of every person and is most of the work of a search. Setting bits in one big
        # integer would copy all of it each time, so they are set in chunks that are joined at the end.
        chunks = [0] * (self.count // CHUNK + 1)
        for chunk, bits in map(places.__getitem__, spans):
            chunks[chunk] |= bits
        try:
            return _joined(chunks)
        except OverflowError:
            return _joined(_carried(chunks))


def _joined(chunks: Iterable[int]) -> int:
    return int.from_bytes(b"".join([chunk.to_bytes(CHUNK // 8, "little") for chunk in chunks]), "little")


def _carried(chunks: Iterable[int]) -> Iterator[int]:
    """Yield the chunks with the bits of spans that reach over their ends handed on to the next."""
    carry = 0
    for chunk in chunks:
        carry |= chunk
        yield carry & CHUNK_MASK
        carry >>= CHUNK


class Places(dict[Span, tuple[int, int]]):
    """For each span the chunk its first position is in, and the bits of its positions, counted from that chunk on.

    A school runs by its bells: most spans are those of many people, so each is worked out once.
    """

    def __init__(self, slots: Slots, low_from: int, high_from: int) -> None:
        """Take what is to be subtracted from a span's start and end to count in units."""
        super().__init__()
        self.unit, self.count = slots.unit, slots.count
        self.low_from, self.high_from = low_from, high_from

    def __missing__(self, span: Span) -> tuple[int, int]:
        """Work out the places of a span that is new."""
        start, end = span
        low = max((start - self.low_from) // self.unit, 0)
        high = min((end - self.high_from) // self.unit, self.count)
        found = (0, 0)
        if start < end and low < high:
            found = (low // CHUNK, ((1 << high - low) - 1) << low % CHUNK)
        self[span] = found
        return found
