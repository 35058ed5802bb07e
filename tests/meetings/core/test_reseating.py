"""The fewest changes elsewhere that open a time.

The laws here compare the search with one that tries every change of hands (`slow`): five hundred generated cases with
every change, twenty thousand of each kind once a night. What the cases met comes out with

    TESTS=nightly ./run test tests/meetings/core -k slow_search --hypothesis-show-statistics
"""

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetings.core.cases_propose import answer_line
from meetings.core.intervals import Span
from meetings.core.proposals import (
    STANDARD_TERMS,
    Case,
    HeldSeat,
    Meeting,
    Person,
    Proposal,
    Proposals,
    Reseating,
    Seat,
    propose,
    propose_at,
    rank,
)
from tests.effort import tries
from tests.meetings.core import slow
from tests.meetings.core.strategies import packed_case, packed_cases, packed_cases_at, reseating_cases
from tests.meetings.core.times import minute
from tests.meetings.core.traits import TRAITS, count, traits

THREE = minute("2026-11-23T15:00-05:00")
DAY = (Span(THREE - 420, THREE + 180),)
WEEK = 7 * 1440
# Zones that keep their offset for more than a week from here.
STEADY = (
    ("Asia/Kolkata", minute("2026-11-23T03:30Z")),
    ("Australia/Lord_Howe", minute("2026-06-01T00:30Z")),
    ("America/New_York", minute("2026-11-23T15:00Z")),
)

any_cases = reseating_cases() | packed_cases

STORY = {
    "schema": "scheduling-case/1",
    "time_zone": "America/New_York",
    "window": {"start": "2026-11-23T15:00-05:00", "end": "2026-11-23T16:00-05:00"},
    "duration_minutes": 60,
    "step_minutes": 15,
    "people": [
        {"id": "mother", "free": [["2026-11-23T15:00-05:00", "2026-11-23T16:00-05:00"]]},
        {"id": "case manager", "free": [["2026-11-23T07:30-05:00", "2026-11-23T16:00-05:00"]]},
        {
            "id": "first inclusion teacher",
            "free": [["2026-11-23T07:30-05:00", "2026-11-23T16:00-05:00"]],
            "busy": [["2026-11-23T15:00-05:00", "2026-11-23T15:45-05:00"]],
        },
        {"id": "second inclusion teacher", "free": [["2026-11-23T07:30-05:00", "2026-11-23T16:00-05:00"]]},
        {"id": "vp", "free": [["2026-11-23T07:30-05:00", "2026-11-23T16:00-05:00"]]},
        {"id": "principal", "free": [["2026-11-23T07:30-05:00", "2026-11-23T16:00-05:00"]]},
    ],
    "seats": [
        {"id": "parent", "role": "parent", "eligible": ["mother"]},
        {"id": "sped", "role": "special education teacher", "eligible": ["case manager"]},
        {
            "id": "gened",
            "role": "general education teacher",
            "eligible": ["first inclusion teacher", "second inclusion teacher"],
        },
        {"id": "lea", "role": "LEA representative", "eligible": ["vp"]},
    ],
    "meetings": [
        {
            "id": "504-17",
            "start": "2026-11-23T15:00-05:00",
            "end": "2026-11-23T16:00-05:00",
            "seats": [{"id": "chair", "holder": "vp", "eligible": ["vp", "principal"]}],
        }
    ],
    "max_reseatings": 1,
    "limit": None,
}


def test_propose_makes_the_move_of_the_principal():
    """The mother can come at 3:00 PM, the vice principal chairs a 504 meeting then, the principal may chair it too."""
    text, good = answer_line(json.dumps(STORY))
    assert good
    assert json.loads(text) == {
        "schema": "proposals/1",
        "starts_searched": 1,
        "starts_possible": 1,
        "proposals": [
            {
                "start": "2026-11-23T15:00-05:00",
                "end": "2026-11-23T16:00-05:00",
                "seating": {
                    "parent": "mother",
                    "sped": "case manager",
                    "gened": "second inclusion teacher",
                    "lea": "vp",
                },
                "to_ask": [],
                "reseatings": [{"meeting": "504-17", "seat": "chair", "from": "vp", "to": "principal"}],
                "reasons": [],
            }
        ],
        "blockers": {},
    }


def test_propose_without_the_move_says_who_blocks():
    assert json.loads(answer_line(json.dumps(STORY | {"max_reseatings": 0}))[0]) == {
        "schema": "proposals/1",
        "starts_searched": 1,
        "starts_possible": 0,
        "proposals": [],
        "blockers": {"lea": 1},
    }


@given(packed_cases)
@settings(max_examples=tries(300, 20_000))
def test_propose_of_a_packed_day_is_the_slow_search(case):
    found = propose(case)
    count(case, found)
    assert found == slow.propose(case)


@given(reseating_cases())
@settings(max_examples=tries(200, 20_000))
def test_propose_with_reseatings_is_the_slow_search(case):
    found = propose(case)
    count(case, found)
    assert found == slow.propose(case)


def test_cases_meet_all_that_is_hard():
    """A law shows nothing of what its cases never meet."""
    cases = [packed_case(seed) for seed in range(1000)]
    met = Counter(trait for case in cases for trait in traits(case, propose(case)))
    assert [name for name in TRAITS if met[name] < 3] == []


@given(any_cases)
@settings(max_examples=tries(50, 2000))
def test_propose_with_reseatings_ranks_by_the_standard_terms(case):
    case = replace(case, limit=None)
    found = propose(case).proposals
    assert list(found) == rank(reversed(found), STANDARD_TERMS)
    assert propose(case, with_blockers=False) == replace(propose(case), blockers={})
    assert propose(replace(case, limit=2)).proposals == found[:2]


def standings(case):
    """For each start that works, how well it does by all that comes before the order of the input: less is better."""
    return {
        each.start: (
            len(each.reseatings),
            len(each.to_ask),
            -sum(each.seating[seat.id] is not None for seat in case.seats if not seat.required),
            -sum(len(reason.people) for reason in each.reasons),
        )
        for each in propose(replace(case, limit=None)).proposals
    }


def assert_none_is_lost(case, more):
    before, after = standings(case), standings(more)
    assert [start for start in before if start not in after or after[start] > before[start]] == []


@given(any_cases, st.lists(st.booleans(), min_size=30, max_size=30))
@settings(max_examples=tries(100, 2000))
def test_propose_never_loses_a_start_to_one_more_free_person(case, joins):
    """No start is lost, and none works less well than before."""
    always = (Span(case.window.start - 1440, case.window.end + 1440),)
    joining = iter(joins)

    def joined(seat):
        return replace(seat, eligible=(*seat.eligible, "newcomer")) if next(joining) else seat

    more = replace(
        case,
        people=(*case.people, Person("newcomer", always)),
        seats=tuple(map(joined, case.seats)),
        meetings=tuple(replace(each, seats=tuple(map(joined, each.seats))) for each in case.meetings),
    )
    assert_none_is_lost(case, more)


@given(any_cases, st.integers(0, 6))
@settings(max_examples=tries(100, 2000))
def test_propose_never_loses_a_start_when_someone_has_more_time(case, number):
    always = (Span(case.window.start - 1440, case.window.end + 1440),)
    freed = case.people[number % len(case.people)]
    people = tuple(replace(each, free=always, busy=()) if each is freed else each for each in case.people)
    assert_none_is_lost(case, replace(case, people=people))


@given(any_cases)
@settings(max_examples=tries(100, 2000))
def test_propose_does_not_look_at_strangers_nor_at_the_order_of_people(case):
    everyone = (*reversed(case.people), Person("stranger", (Span(case.window.start, case.window.end),)))
    assert propose(replace(case, people=everyone)) == propose(case)


@given(any_cases)
@settings(max_examples=tries(100, 2000))
def test_propose_after_renaming_changes_only_names(case):
    """The people swap their names, so that no order of names can stay as it was; seats and meetings get new ones."""
    ids = [person.id for person in case.people]
    names = dict(zip(ids, reversed(ids), strict=True)) | {None: None}
    found = propose(case)
    assert propose(renamed(case, names)) == replace(
        found,
        proposals=tuple(renamed_proposal(each, names) for each in found.proposals),
        blockers={fresh(seat): number for seat, number in found.blockers.items()},
    )


def fresh(name):
    """Names in the opposite order of the old ones: s0 becomes new9, s1 new8."""
    return f"{name[:-1]} new{9 - int(name[-1])}"


def renamed(case, names):
    def of(people):
        return tuple(names[person] for person in people)

    def held(seat):
        return replace(seat, id=fresh(seat.id), holder=names[seat.holder], eligible=of(seat.eligible))

    return replace(
        case,
        people=tuple(replace(person, id=names[person.id]) for person in case.people),
        seats=tuple(replace(seat, id=fresh(seat.id), eligible=of(seat.eligible)) for seat in case.seats),
        meetings=tuple(replace(each, id=fresh(each.id), seats=tuple(map(held, each.seats))) for each in case.meetings),
    )


def renamed_proposal(proposal, names):
    return replace(
        proposal,
        seating={fresh(seat): names[person] for seat, person in proposal.seating.items()},
        to_ask=tuple(map(fresh, proposal.to_ask)),
        reseatings=tuple(
            Reseating(fresh(each.meeting), fresh(each.seat), names[each.from_], names[each.to])
            for each in proposal.reseatings
        ),
        reasons=tuple(
            replace(reason, people=tuple(names[person] for person in reason.people)) for reason in proposal.reasons
        ),
    )


@given(reseating_cases(STEADY) | packed_cases_at(STEADY))
@settings(max_examples=tries(100, 2000))
def test_propose_a_week_later_inside_one_offset_changes_nothing_else(case):
    def later(spans):
        return tuple(Span(start + WEEK, end + WEEK) for start, end in spans)

    shifted = replace(
        case,
        window=Span(case.window.start + WEEK, case.window.end + WEEK),
        people=tuple(
            Person(each.id, *map(later, (each.free, each.busy, each.unknown, each.preferred))) for each in case.people
        ),
        meetings=tuple(
            replace(
                each,
                start=each.start + WEEK,
                end=each.end + WEEK,
                seats=tuple(replace(seat, blocks=later(seat.blocks)) for seat in each.seats),
            )
            for each in case.meetings
        ),
    )
    found = propose(case)
    assert propose(shifted) == replace(
        found,
        proposals=tuple(replace(each, start=each.start + WEEK, end=each.end + WEEK) for each in found.proposals),
    )


def reseat(*meetings, people=("vp", "principal", "dean"), most=3, seats=None, busy=None):
    """An hour at 3:00 PM that needs the vice principal; everyone is free all day but for their meetings."""
    persons = tuple(Person(name, DAY, (busy or {}).get(name, ())) for name in people)
    needed = seats or (Seat("lea", "LEA representative", ("vp",)),)
    case = Case("America/New_York", Span(THREE, THREE + 60), 60, 60, persons, needed, meetings, most)
    found = propose(case)
    assert found == slow.propose(case)
    return [
        [(each.meeting, each.seat, each.from_, each.to) for each in proposal.reseatings] for proposal in found.proposals
    ]


def held(name, holder, *eligible, **options):
    return HeldSeat(name, holder, eligible, **options)


def meeting(name, *seats, start=0, minutes=60, locked=False):
    return Meeting(name, THREE + start, THREE + start + minutes, locked, seats)


def test_reseating_takes_the_first_who_is_eligible_and_free():
    five_o_four = meeting("504", held("chair", "vp", "vp", "dean", "principal"))
    assert reseat(five_o_four) == [[("504", "chair", "vp", "dean")]]
    assert reseat(five_o_four, busy={"dean": DAY}) == [[("504", "chair", "vp", "principal")]]
    assert reseat(five_o_four, busy={"dean": DAY, "principal": (Span(THREE + 59, THREE + 90),)}) == []


def test_reseating_never_touches_a_locked_meeting():
    assert reseat(meeting("504", held("chair", "vp", "principal"), locked=True)) == []


def test_reseating_needs_the_new_holder_free_for_certain():
    five_o_four = meeting("504", held("chair", "vp", "parent"))
    case = Case(
        "America/New_York",
        Span(THREE, THREE + 60),
        60,
        60,
        (Person("vp", DAY), Person("parent", unknown=DAY)),
        (Seat("lea", "LEA representative", ("vp",)),),
        (five_o_four,),
        1,
    )
    assert propose(case) == Proposals(1, 0, (), {"lea": 1})


def test_reseating_chains_where_the_new_holder_is_taken_too():
    first = meeting("504", held("chair", "vp", "principal"))
    second = meeting("walk", held("guide", "principal", "dean"), start=30)
    assert reseat(first, second) == [[("504", "chair", "vp", "principal"), ("walk", "guide", "principal", "dean")]]
    assert reseat(first, second, most=1) == []


def test_reseating_chains_inside_one_meeting():
    talk = meeting("504", held("chair", "vp", "principal"), held("notes", "principal", "dean"))
    assert reseat(talk) == [[("504", "chair", "vp", "principal"), ("504", "notes", "principal", "dean")]]
    assert reseat(talk, most=1) == []


def test_reseating_lets_a_new_holder_double_where_the_seat_may():
    talk = meeting("504", held("chair", "vp", "principal"), held("results", "principal", "dean", may_double=True))
    assert reseat(talk) == [[("504", "chair", "vp", "principal")]]


def test_reseating_frees_a_person_of_both_seats_of_a_meeting():
    talk = meeting("504", held("chair", "vp", "principal"), held("results", "vp", "principal", may_double=True))
    assert reseat(talk) == [[("504", "chair", "vp", "principal"), ("504", "results", "vp", "principal")]]


def test_reseating_ends_a_clash_that_its_new_holder_has_in_that_meeting():
    """They hold two seats there that may not double: by whichever they hand over, they can take one that may."""
    talk = meeting(
        "504",
        held("results", "vp", "principal", may_double=True),
        held("chair", "principal"),
        held("notes", "principal", "dean"),
    )
    assert reseat(talk) == [[("504", "results", "vp", "principal"), ("504", "notes", "principal", "dean")]]


def test_reseating_takes_the_clashes_of_others_as_given():
    first = meeting("504", held("chair", "vp", "principal"))
    others = [meeting(f"m{number}", held("guide", "dean"), start=10 * number) for number in range(3)]
    assert reseat(first, *others) == [[("504", "chair", "vp", "principal")]]


def test_reseating_keeps_the_time_that_seats_block():
    rest = (Span(THREE + 60, THREE + 75),)
    first = meeting("504", held("chair", "vp", "principal", blocks=rest))
    after = meeting("duty", held("guard", "principal"), start=65)
    assert reseat(first, after) == []
    assert reseat(first, meeting("duty", held("guard", "principal"), start=75)) == [
        [("504", "chair", "vp", "principal")]
    ]
    before = meeting("duty", held("guard", "principal", blocks=(Span(THREE - 5, THREE + 1),)), start=-30, minutes=20)
    assert reseat(meeting("504", held("chair", "vp", "principal")), before) == []


def test_reseating_may_seat_the_new_holder_in_the_meeting_itself_at_another_time():
    """The two trade: the vice principal leaves the 504 for the meeting, and takes what keeps the principal from it."""
    first = meeting("504", held("chair", "vp", "principal"), start=30)
    second = meeting("walk", held("guide", "principal", "vp"), start=-40, minutes=75)
    third = meeting("bus", held("duty", "principal", "vp"), start=80, minutes=30)
    assert reseat(first, second) == []
    assert reseat(first, third, people=("vp", "principal")) == [
        [("504", "chair", "vp", "principal"), ("bus", "duty", "principal", "vp")]
    ]


def test_reseating_frees_two_people_of_two_meetings():
    seats = (Seat("lea", "LEA representative", ("vp",)), Seat("teacher", "teacher", ("dean",)))
    first = meeting("504", held("chair", "vp", "principal"))
    second = meeting("walk", held("guide", "dean", "coach"))
    people = ("vp", "principal", "dean", "coach")
    assert reseat(second, first, seats=seats, people=people) == [
        [("walk", "guide", "dean", "coach"), ("504", "chair", "vp", "principal")]
    ]
    assert reseat(second, first, seats=seats, people=people, most=1) == []


def test_reseating_keeps_those_it_frees_out_of_the_meetings_in_the_way():
    """Each could take the other's chair, and then neither could come."""
    seats = (Seat("lea", "LEA representative", ("vp",)), Seat("teacher", "teacher", ("dean",)))
    first = meeting("504", held("chair", "vp", "dean"))
    second = meeting("walk", held("guide", "dean", "vp"))
    assert reseat(first, second, seats=seats) == []


def test_reseating_prefers_the_better_seating_before_the_order_of_the_input():
    preferred = Person("dean", DAY, preferred=DAY)
    case = Case(
        "America/New_York",
        Span(THREE, THREE + 60),
        60,
        60,
        (Person("vp", DAY), preferred, Person("principal", DAY)),
        (Seat("lea", "LEA representative", ("vp", "dean")),),
        (meeting("504", held("chair", "vp", "principal")), meeting("walk", held("guide", "dean", "principal"))),
        1,
    )
    (only,) = propose(case).proposals
    assert (only.seating, only.reseatings) == ({"lea": "dean"}, (Reseating("walk", "guide", "dean", "principal"),))
    (only,) = propose(
        replace(case, people=(Person("vp", DAY), Person("dean", DAY), Person("principal", DAY)))
    ).proposals
    assert only == Proposal(THREE, THREE + 60, {"lea": "vp"}, (), (Reseating("504", "chair", "vp", "principal"),), ())


def test_reseating_fills_an_optional_seat_before_it_pleases_someone():
    """The dean prefers the time, but the coach, who would take their walk, can then not fill the optional seat."""
    seats = (
        Seat("lea", "LEA representative", ("dean", "vp")),
        Seat("speech", "related service provider", ("coach",), required=False),
    )
    names = ("vp", "principal", "coach")
    people = (*(Person(name, DAY) for name in names), Person("dean", DAY, preferred=DAY))
    meetings = (meeting("walk", held("guide", "dean", "coach")), meeting("504", held("chair", "vp", "principal")))
    case = Case("America/New_York", Span(THREE, THREE + 60), 60, 60, people, seats, meetings, 1)
    reseating = Reseating("504", "chair", "vp", "principal")
    proposal = Proposal(THREE, THREE + 60, {"lea": "vp", "speech": "coach"}, (), (reseating,))
    assert propose(case) == Proposals(1, 1, (proposal,), {})


def test_blockers_count_what_would_open_with_reseatings_too():
    """Without the parent, who is away, the time opens by one change: so the parent blocks, and the chair does not."""
    seats = (Seat("parent", "parent", ("mother",)), Seat("lea", "LEA representative", ("vp",)))
    people = (Person("mother"), Person("vp", DAY), Person("principal", DAY))
    case = Case(
        "America/New_York",
        Span(THREE, THREE + 60),
        60,
        60,
        people,
        seats,
        (meeting("504", held("chair", "vp", "principal")),),
        1,
    )
    assert propose(case) == Proposals(1, 0, (), {"parent": 1})
    assert propose(replace(case, max_reseatings=0)) == Proposals(1, 0, (), {})


def test_propose_at_a_minute_off_the_grid_makes_the_move_too():
    people = (Person("vp", DAY), Person("principal", DAY))
    seats = (Seat("lea", "LEA representative", ("vp",)),)
    meetings = (meeting("504", held("chair", "vp", "principal")),)
    case = Case("America/New_York", Span(THREE, THREE + 90), 60, 60, people, seats, meetings, 1)
    move = Reseating("504", "chair", "vp", "principal")
    assert propose_at(case, THREE + 5) == Proposal(THREE + 5, THREE + 65, {"lea": "vp"}, (), (move,))
    assert propose_at(replace(case, max_reseatings=0), THREE + 5) is None


def test_propose_with_reseatings_where_nothing_is_booked():
    case = Case(
        "UTC", Span(THREE, THREE + 60), 60, 60, (Person("vp"),), (Seat("lea", "LEA representative", ("vp",)),), (), 3
    )
    assert propose(case) == Proposals(1, 0, (), {"lea": 1})
    assert propose(replace(case, window=Span(THREE, THREE + 59))) == Proposals(0, 0, (), {})


def test_propose_with_reseatings_refuses_a_stranger_in_an_existing_seat():
    with pytest.raises(KeyError, match="stranger"):
        reseat(meeting("504", held("chair", "vp", "stranger")))
