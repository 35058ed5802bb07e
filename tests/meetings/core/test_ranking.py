from meetings.core.proposals import Proposal, Reason, Reseating, Term, rank, spread, weighted
from tests.meetings.core.times import minute

NEW_YORK = "America/New_York"


def proposal(text, *, empty=0, to_ask=0, preferring=(), reseatings=0):
    start = minute(text)
    return Proposal(
        start,
        start + 60,
        {f"s{index}": None for index in range(empty)},
        tuple(f"s{index}" for index in range(to_ask)),
        (Reseating("m", "chair", "vp", "principal"),) * reseatings,
        (Reason("notice"), Reason("preferred", preferring)) if preferring else (Reason("notice"),),
    )


def test_rank_by_the_standard_terms():
    ordered = [
        proposal("2026-11-24T09:00Z", preferring=("a", "b")),
        proposal("2026-11-24T09:00Z", preferring=("a",), empty=1),
        proposal("2026-11-24T08:00Z"),
        proposal("2026-11-24T09:00Z"),
        proposal("2026-11-24T07:00Z", empty=1),
        proposal("2026-11-24T07:00Z", to_ask=1, preferring=("a",)),
        proposal("2026-11-24T07:00Z", reseatings=1),
    ]
    assert rank(ordered[::-1]) == ordered


def test_rank_by_own_terms_is_stable():
    later = Term("later", lambda each: -each.start)
    first, second, third = (proposal("2026-11-24T09:00Z", empty=each) for each in range(3))
    fourth = proposal("2026-11-25T09:00Z")
    assert rank([second, third, first, fourth], [later]) == [fourth, second, third, first]


def test_weighted_terms_trade_against_each_other():
    empty = Term("empty", lambda each: len(each.seating))
    asked = Term("asked", lambda each: len(each.to_ask))
    lone = proposal("2026-11-24T09:00Z", empty=3)
    asking = proposal("2026-11-24T09:00Z", to_ask=1)
    both = weighted("effort", [(empty, 1), (asked, 2.5)])
    assert (both.name, both.key(lone), both.key(asking)) == ("effort", 3, 2.5)
    assert rank([lone, asking], [both]) == [asking, lone]


def test_spread_takes_other_days_before_neighbours():
    texts = [
        "2026-11-24T09:00-05:00",
        "2026-11-24T09:05-05:00",
        "2026-11-24T10:00-05:00",
        "2026-11-24T13:00-05:00",
        "2026-11-25T09:00-05:00",
        "2026-11-25T09:05-05:00",
    ]
    ranked = [proposal(text) for text in texts]

    def chosen(count):
        return [texts[ranked.index(each)][8:16] for each in spread(ranked, count, NEW_YORK)]

    assert chosen(0) == []
    assert chosen(1) == ["24T09:00"]
    assert chosen(2) == ["24T09:00", "25T09:00"]
    assert chosen(3) == ["24T09:00", "24T13:00", "25T09:00"]
    assert chosen(4) == ["24T09:00", "24T10:00", "24T13:00", "25T09:00"]
    assert chosen(5) == ["24T09:00", "24T09:05", "24T10:00", "24T13:00", "25T09:00"]
    assert chosen(9) == [text[8:16] for text in texts]
