from hypothesis import given
from hypothesis import strategies as st

from meetings.core.bits import Slots, by_count, count_bits, lesser, ones, without
from meetings.core.intervals import Span
from tests.meetings.core.slow import minutes
from tests.meetings.core.strategies import spans

masks = st.integers(0, 2**40 - 1)


def bits_of(mask):
    return [bit for bit in range(mask.bit_length()) if mask >> bit & 1]


# Sets of people and seats are small, sets of starts are long.
wide = st.builds(lambda high, low, shift: high << shift | low, masks, masks, st.integers(0, 700))


@given(wide, wide)
def test_ones_and_without_are_those_of_the_bits(mask, other):
    assert list(ones(mask)) == bits_of(mask)
    assert bits_of(without(mask, other)) == [bit for bit in bits_of(mask) if bit not in bits_of(other)]


@given(masks, st.lists(masks, max_size=9), st.booleans())
def test_by_count_sorts_the_bits_by_how_many_masks_hold_them(mask, counted, most_first):
    held = {bit: sum(each >> bit & 1 for each in counted) for bit in bits_of(mask)}
    numbers = sorted(set(held.values()), reverse=most_first)

    found = list(by_count(mask, count_bits(counted), most_first=most_first))

    assert [(number, bits_of(part)) for number, part in found] == [
        (number, [bit for bit in held if held[bit] == number]) for number in numbers
    ]


@given(masks, st.lists(masks, max_size=9), st.lists(masks, max_size=9))
def test_lesser_is_the_lesser_number_of_each_bit(mask, some, others):
    numbers = {bit: min(sum(each >> bit & 1 for each in masks) for masks in (some, others)) for bit in bits_of(mask)}

    found = by_count(mask, lesser(count_bits(some), count_bits(others)))

    assert {bit: number for number, part in found for bit in bits_of(part)} == numbers


@given(
    st.sampled_from([1, 5, 15]),
    st.integers(1, 9),
    st.integers(0, 40),
    st.integers(0, 9),
    st.integers(1, 40),
    spans(-40, 300, 7),
)
def test_slots_hold_the_whole_meeting(step, length, gap, second, duration, some):
    # The second range is off the first one's grid, as after a clock change by half an hour.
    ranges = [range(20, 20 + length * step, step), range(20 + length * step + gap, 20 + length * step + gap + second)]
    slots = Slots(tuple(each for each in ranges if each), duration)
    starts = [start for each in ranges for start in each]
    held, busy = minutes(some), minutes(some)

    whole, met = slots.held(some) & slots.grid, slots.met(some) & slots.grid

    assert [slots.minute(position) for position in ones(slots.grid)] == starts
    assert [slots.minute(position) for position in ones(whole)] == [
        start for start in starts if set(range(start, start + duration)) <= held
    ]
    assert [slots.minute(position) for position in ones(met)] == [
        start for start in starts if set(range(start, start + duration)) & busy
    ]


def test_slots_without_any_start():
    slots = Slots((), 60)
    assert (slots.first, slots.unit, slots.count, slots.grid) == (0, 1, 0, 0)
    assert slots.held([Span(0, 100)]) == 0


def test_slots_longer_than_a_chunk():
    slots = Slots((range(5000),), 10)
    assert slots.held([Span(100, 4900)]) == (1 << 4891) - (1 << 100)
