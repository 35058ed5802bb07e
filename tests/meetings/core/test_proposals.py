from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetings.core.intervals import Span
from meetings.core.proposals import (
    STANDARD_TERMS,
    Case,
    Coverage,
    HeldSeat,
    Meeting,
    Person,
    Proposal,
    Proposals,
    Reason,
    Seat,
    coverage,
    propose,
    propose_at,
    rank,
)
from meetings.core.seats import Matcher
from tests.effort import tries
from tests.meetings.core import slow
from tests.meetings.core.strategies import cases, packed_cases, reseating_cases
from tests.meetings.core.times import minute, span
from tests.meetings.core.traits import count

NINE = minute("2026-11-23T09:00-05:00")
NEW_YORK = "America/New_York"


@given(cases())
@settings(max_examples=tries(100, 20_000))
def test_propose_is_the_slow_search(case):
    found = propose(case)
    count(case, found)
    assert found == slow.propose(case)


@given(cases())
@settings(max_examples=tries(30, 500))
def test_propose_ranks_by_the_standard_terms(case):
    found = propose(replace(case, limit=None)).proposals
    assert list(found) == rank(reversed(found), STANDARD_TERMS)


@given(cases())
@settings(max_examples=tries(20, 500))
def test_propose_without_blockers_finds_the_same(case):
    assert propose(case, with_blockers=False) == replace(propose(case), blockers={})


@given(st.one_of(cases(), packed_cases, reseating_cases()))
@settings(max_examples=tries(100, 2000))
def test_propose_at_every_start_is_what_the_slow_search_proposes_there(case):
    fitting = [
        start for start in slow.starts(case.zone, case.window, case.step) if start + case.duration <= case.window.end
    ]
    proposed = {each.start: each for each in slow.propose(replace(case, limit=None)).proposals}
    assert {start: propose_at(case, start) for start in fitting} == {start: proposed.get(start) for start in fitting}


@given(st.one_of(cases(), packed_cases, reseating_cases()))
@settings(max_examples=tries(30, 500))
def test_propose_at_every_minute_is_what_a_grid_of_minutes_proposes_there(case):
    minutes = range(case.window.start - 70, case.window.end + 70)
    proposed = {each.start: each for each in propose(replace(case, step=1, limit=None)).proposals}
    assert {start: propose_at(case, start) for start in minutes} == {start: proposed.get(start) for start in minutes}


@pytest.mark.parametrize("seed", range(60))
def test_propose_of_a_crowded_meeting_agrees_with_the_matching_at_each_start(seed):
    """Too many people for the slow search: here the search of all starts at once meets the matching of one."""
    chance = Random(seed)
    names = [f"p{number}" for number in range(chance.choice([6, 9, 14]))]
    people = tuple(crowded(chance, name) for name in names)
    seats = tuple(
        Seat(
            id=f"s{number}",
            role="role",
            eligible=tuple(chance.sample(names, chance.randrange(1, 5))),
            required=chance.random() < 0.8,
            may_double=chance.random() < 0.15,
        )
        for number in range(chance.randrange(4, 9))
    )
    case = Case(NEW_YORK, Span(NINE, NINE + 1000), 30, 5, people, seats)
    matcher = Matcher(seats)
    seatings = {
        start: matcher.seating(tuple(map(matcher.bits, slow.people_at(case, start))))
        for start in range(NINE, NINE + 971, 5)
    }

    found = propose(case)

    assert {each.start: each.seating for each in found.proposals} == {
        start: seating.holders for start, seating in seatings.items() if not seating.missing
    }
    assert list(found.proposals) == rank(found.proposals, STANDARD_TERMS)
    assert coverage(replace(case, seats=tuple(seat for seat in seats if seat.required))) == {
        start: Coverage(sum(seat.required for seat in seats) - len(seating.missing), len(seating.to_ask))
        for start, seating in seatings.items()
    }
    assert found.blockers == {
        seat.id: count for index, seat in enumerate(seats) if (count := opened(case, seatings, index))
    }


def crowded(chance, name):
    def some(count, longest):
        starts = [NINE + chance.randrange(0, 1000) for _ in range(count)]
        return tuple(Span(start, start + chance.randrange(longest)) for start in starts)

    return Person(name, some(4, 500), some(3, 60), some(1, 400), some(chance.randrange(3), 400))


def opened(case, seatings, index):
    seat = case.seats[index]
    others = Matcher([*case.seats[:index], replace(seat, required=False), *case.seats[index + 1 :]])
    return sum(
        not others.seating(tuple(map(others.bits, slow.people_at(case, start)))).missing
        for start, seating in seatings.items()
        if seat.required and seating.missing
    )


def team(*people, seats, meetings=(), limit=None, minutes=120):
    return Case(NEW_YORK, Span(NINE, NINE + minutes), 60, 30, people, seats, meetings, 0, limit)


def test_propose_never_blocks_on_a_parent_who_has_not_answered():
    day = (Span(NINE, NINE + 120),)
    case = team(
        Person("mother", unknown=day, preferred=(Span(NINE + 30, NINE + 90),)),
        Person("vp", free=day),
        seats=(Seat("parent", "parent", ("mother",)), Seat("lea", "LEA representative", ("vp",))),
        limit=1,
    )
    assert propose(case) == Proposals(
        searched=3,
        possible=3,
        proposals=(
            Proposal(
                start=NINE + 30,
                end=NINE + 90,
                seating={"parent": "mother", "lea": "vp"},
                to_ask=("parent",),
                reseatings=(),
                reasons=(Reason("preferred", ("mother",)),),
            ),
        ),
        blockers={},
    )


def test_propose_leaves_an_optional_seat_empty_rather_than_ask():
    day = (Span(NINE, NINE + 60),)
    case = team(
        Person("mother", free=day),
        Person("therapist", unknown=day),
        seats=(
            Seat("parent", "parent", ("mother",)),
            Seat("speech", "related service provider", ("therapist",), required=False),
        ),
    )
    (only,) = propose(case).proposals
    assert only.seating == {"parent": "mother", "speech": None}


def test_propose_keeps_the_time_that_existing_seats_block():
    day = (Span(NINE - 60, NINE + 240),)
    chair = HeldSeat("chair", "vp", blocks=(Span(NINE + 60, NINE + 75),))
    case = team(
        Person("vp", free=day),
        seats=(Seat("lea", "LEA representative", ("vp",)),),
        meetings=(Meeting("504-17", NINE, NINE + 45, seats=(chair,)),),
        minutes=180,
    )
    found = propose(case)
    assert [each.start for each in found.proposals] == [NINE + 90, NINE + 120]
    assert found.blockers == {"lea": 3}


def test_propose_names_every_seat_that_could_give_way():
    """One person for two seats: either one alone, made optional, opens the time."""
    case = team(
        Person("psychologist", free=(Span(NINE, NINE + 60),)),
        seats=(
            Seat("lea", "LEA representative", ("psychologist",)),
            Seat("results", "interpreter of evaluation results", ("psychologist",)),
        ),
    )
    assert propose(case).blockers == {"lea": 1, "results": 1}


def test_propose_at_a_minute_off_the_grid_whatever_the_limit():
    case = team(
        Person("vp", free=(Span(NINE, NINE + 70),)),
        seats=(Seat("lea", "LEA representative", ("vp",)),),
        limit=0,
    )
    assert propose_at(case, NINE + 7) == Proposal(NINE + 7, NINE + 67, {"lea": "vp"})
    assert propose_at(case, NINE + 11) is None


def test_propose_at_keeps_the_window():
    case = team(Person("vp", free=(Span(NINE - 60, NINE + 300),)), seats=(Seat("lea", "LEA representative", ("vp",)),))
    inside = [NINE - 1, NINE, NINE + 60, NINE + 61]
    assert [propose_at(case, start) is not None for start in inside] == [False, True, True, False]


def test_propose_when_the_meeting_does_not_fit():
    case = team(Person("vp"), seats=(Seat("lea", "LEA representative", ("vp",)),), minutes=59)
    assert propose(case) == Proposals(0, 0, (), {})


def test_propose_in_a_repeated_hour_has_both_instants():
    window = span("2026-11-01T05:00Z", "2026-11-01T07:00Z")
    case = Case(NEW_YORK, window, 60, 60, (Person("vp", (window,)),), (Seat("lea", "role", ("vp",)),))
    assert [each.start for each in propose(case).proposals] == [window.start, window.start + 60]
