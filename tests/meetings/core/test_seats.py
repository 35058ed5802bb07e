import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from meetings.core.intervals import Span
from meetings.core.proposals import Case, Meeting, Person, Seat, propose
from meetings.core.seats import Matcher, Seating, seat_people
from tests.effort import tries
from tests.meetings.core import slow
from tests.meetings.core.strategies import seats, states
from tests.meetings.core.times import minute, span

CASES = json.loads((Path(__file__).parent / "cases" / "role_cover.json").read_text())["cases"]
CHECKS = [(case, check) for case in CASES for check in case["checks"]]


@pytest.mark.parametrize(("case", "check"), CHECKS, ids=lambda each: each.get("id", each.get("start")))
def test_propose_covers_the_roles_of_a_published_case(case, check):
    people = tuple(Person(each["id"], tuple(span(*free) for free in each["free"])) for each in case["people"])
    named = [Seat(name, name, (name,)) for name in case["named_required"]]
    roles = [
        Seat(f"{role}-{number}", role, tuple(each["id"] for each in case["people"] if role in each["roles"]))
        for role, count in case["roles_needed"].items()
        for number in range(count)
    ]
    window = span(check["start"], check["end"])

    found = propose(Case("UTC", window, window.end - window.start, 5, people, (*named, *roles)))

    assert (found.searched, found.possible) == (1, int(check["covered"]))


@given(seats(), states())
@hypothesis_settings(max_examples=tries(150, 5000))
def test_seat_people_is_the_best_of_all_ways(some, state):
    assert seat_people(some, *state) == slow.seat_people(some, *state)


@given(seats(most=3), states(), states())
def test_matcher_answers_the_same_twice(some, first, second):
    matcher = Matcher(some)
    for state in (first, second, first):
        bits = tuple(map(matcher.bits, state))
        assert matcher.seating(bits) == slow.seat_people(some, *state)


def test_seat_people_moves_others_where_a_greedy_choice_fails():
    some = [
        Seat("lea", "LEA representative", ("principal", "psychologist")),
        Seat("sped", "special education teacher", ("case manager", "principal")),
        Seat("results", "interpreter of evaluation results", ("psychologist",)),
    ]
    everyone = frozenset({"principal", "psychologist"})

    found = seat_people(some, everyone, everyone | {"case manager"})

    assert found == Seating(
        holders={"lea": "principal", "sped": "case manager", "results": "psychologist"},
        to_ask=("sped",),
        missing=(),
        preferring=(),
        optional_filled=0,
    )


def test_seat_people_counts_a_person_in_two_seats_once():
    some = [
        Seat("results", "interpreter of evaluation results", ("psychologist", "therapist"), may_double=True),
        Seat("related", "related service provider", ("psychologist",)),
    ]
    both = frozenset({"psychologist", "therapist"})

    found = seat_people(some, both, both, both)

    assert found.holders == {"results": "therapist", "related": "psychologist"}
    assert found.preferring == ("therapist", "psychologist")


def test_meeting_span_is_its_own_time():
    assert Meeting("m", 10, 20).span == Span(10, 20)


def test_propose_with_the_vice_principal_taken():
    """The example that the product is named for, before anyone may be reseated: 3:00 PM does not work."""
    three = minute("2026-11-23T15:00-05:00")
    day = (Span(three - 420, three + 120),)
    people = (Person("mother", day), Person("vp", day, (Span(three, three + 60),)))
    some = (Seat("parent", "parent", ("mother",)), Seat("lea", "LEA representative", ("vp",)))
    case = Case("America/New_York", Span(three, three + 60), 60, 5, people, some)

    found = propose(case)

    assert (found.possible, found.blockers) == (0, {"lea": 1})
