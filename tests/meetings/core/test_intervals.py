from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.core.intervals import Span, covers, instant_of, intersect, minute_of, overlaps, subtract, union
from tests.meetings.core.slow import minutes
from tests.meetings.core.strategies import spans
from tests.meetings.core.times import at


def runs(found):
    """The sorted, disjoint spans of a set of minutes, touching ones merged."""
    starts = sorted(minute for minute in found if minute - 1 not in found)
    ends = sorted(minute + 1 for minute in found if minute + 1 not in found)
    return [Span(*pair) for pair in zip(starts, ends, strict=True)]


@given(spans())
def test_union_is_that_of_the_minutes(some):
    assert union(some) == runs(minutes(some))


@given(spans(), spans())
def test_intersect_is_that_of_the_minutes(left, right):
    assert intersect(union(left), union(right)) == runs(minutes(left) & minutes(right))


@given(spans(), spans())
def test_subtract_is_that_of_the_minutes(left, right):
    assert subtract(union(left), union(right)) == runs(minutes(left) - minutes(right))


@given(spans(), spans().filter(len))
def test_covers_and_overlaps_are_those_of_the_minutes(some, others):
    held, one = minutes(some), others[0]
    assert covers(some, one) == (minutes([one]) <= held)
    assert overlaps(some, one) == bool(minutes([one]) & held)


@given(st.integers(-30_000_000, 100_000_000), st.integers(-840, 840))
def test_minute_of_comes_back_from_any_offset(minute, offset):
    instant = instant_of(minute)
    assert instant.utcoffset() == timedelta(0)
    assert minute_of(instant.astimezone(timezone(timedelta(minutes=offset)))) == minute


def test_minute_of_the_epoch_is_zero():
    assert minute_of(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert instant_of(29_800_000) == datetime(2026, 8, 29, 10, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "message"),
    [
        (at("2026-11-23T15:00"), "an instant needs an offset from UTC"),
        (datetime(2026, 11, 23, 15, 0, 1, tzinfo=UTC), "an instant lies on a whole minute"),
        (datetime(2026, 11, 23, 15, 0, 0, 1, tzinfo=UTC), "an instant lies on a whole minute"),
    ],
)
def test_minute_of_refuses(instant, message):
    with pytest.raises(ValueError) as error:
        minute_of(instant)
    assert str(error.value) == message
