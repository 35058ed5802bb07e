"""What a district keeps of its weights, and what is made of anything else that stands there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.weights import MOST_WEIGHT, USUAL, WEIGHTS, Weighs, is_weight, own_weights, weights_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text() | st.sampled_from(list(Weighs)), each),
    max_leaves=8,
)


def test_every_term_has_one_weight_and_words():
    assert [weight.term for weight in WEIGHTS] == list(Weighs)
    assert all(weight.label and weight.unit and is_weight(weight.usual) for weight in WEIGHTS)


def test_usual_weights_outweigh_all_below_them():
    usual = [weight.usual for weight in WEIGHTS]

    assert [above > sum(usual[index + 1 :]) for index, above in enumerate(usual[:-1])] == [True] * (len(usual) - 1)


@pytest.mark.parametrize(
    "wrong", [None, True, "5", [5], {}, -1, MOST_WEIGHT + 1, float("nan"), float("inf"), 10**400, -0.5]
)
def test_wrong_weight_counts_as_usual(wrong):
    assert weights_of({"to_ask": wrong, "rest": 7}) == {**USUAL, Weighs.REST: 7}


@pytest.mark.parametrize("right", [0, 1, 2.5, MOST_WEIGHT])
def test_own_weight_takes_the_place_of_the_usual(right):
    assert weights_of({"to_ask": right, "unheard_of": 3}) == {**USUAL, Weighs.TO_ASK: right}


def test_what_is_usual_is_not_kept():
    assert own_weights(weights_of({"to_ask": 3, "rest": USUAL[Weighs.REST]})) == {"to_ask": 3}


@given(JSON)
def test_anything_at_all_gives_every_term_a_weight(own):
    found = weights_of(own)

    assert list(found) == list(Weighs)
    assert all(is_weight(weight) for weight in found.values())
    assert weights_of(own_weights(found)) == found
