from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from meetings.core.intervals import Span
from meetings.core.proposals import (
    Case,
    Coverage,
    Eligible,
    Explanation,
    HeldSeat,
    Meeting,
    Person,
    Seat,
    SeatExplained,
    Standing,
    coverage,
    explain,
)
from tests.effort import tries
from tests.meetings.core import slow
from tests.meetings.core.strategies import cases
from tests.meetings.core.times import minute

NINE = minute("2026-11-23T09:00-05:00")


@given(cases())
@settings(max_examples=tries(40, 1000))
def test_coverage_counts_what_the_slow_search_fills(case):
    required = tuple(seat for seat in case.seats if seat.required)
    plain = replace(case, seats=required, people=tuple(replace(each, preferred=()) for each in case.people))
    expected = {}
    for start in slow.starts(case.zone, case.window, case.step):
        if start + case.duration <= case.window.end:
            seating = slow.seating_at(plain, start)
            expected[start] = Coverage(len(required) - len(seating.missing), len(seating.to_ask))

    found = coverage(case)

    assert list(found.items()) == list(expected.items())


@given(cases(), st.integers(0, 60))
@settings(max_examples=tries(40, 1000))
def test_explain_tells_the_best_partial_seating_and_who_is_where(case, after):
    start = case.window.start + after * 5
    seating = slow.seating_at(case, start)
    certain, open_, _ = slow.people_at(case, start)
    required = sum(seat.required for seat in case.seats)

    found = explain(case, start)

    assert (found.possible, found.filled, found.required) == (
        not seating.missing,
        required - len(seating.missing),
        required,
    )
    assert {seat.id: seat.holder for seat in found.seats} == seating.holders
    assert tuple(seat.id for seat in found.seats if seat.to_ask) == seating.to_ask
    for seat in found.seats:
        for each in seat.eligible:
            assert (each.standing is Standing.FREE) == (each.person in certain)
            assert (each.standing is Standing.TO_ASK) == (each.person in open_ - certain)
            assert each.until == (None if each.person in open_ else next_free(case, each.person, start))


def next_free(case, name, start):
    later = range(start, case.window.end - case.duration + 1)
    person = next(each for each in case.people if each.id == name)
    busy = slow.minutes(person.busy)
    for meeting in case.meetings:
        for seat in meeting.seats:
            busy |= slow.minutes([meeting.span, *seat.blocks]) if seat.holder == name else set()
    free = slow.minutes(person.free) - busy
    return next((first for first in later if set(range(first, first + case.duration)) <= free), None)


def test_explain_an_impossible_time():
    day = (Span(NINE, NINE + 300),)
    case = Case(
        zone="America/New_York",
        window=Span(NINE, NINE + 300),
        duration=60,
        step=30,
        people=(
            Person("mother", unknown=day),
            Person("vp", free=day, busy=(Span(NINE + 30, NINE + 50),)),
            Person("teacher", free=(Span(NINE, NINE + 30),)),
        ),
        seats=(
            Seat("parent", "parent", ("mother",)),
            Seat("lea", "LEA representative", ("vp",)),
            Seat("gened", "general education teacher", ("teacher", "vp"), required=False),
        ),
        meetings=(Meeting("504-17", NINE + 70, NINE + 80, seats=(HeldSeat("chair", "vp"),)),),
    )
    vp = Eligible("vp", Standing.BUSY, NINE + 80)
    assert explain(case, NINE) == Explanation(
        start=NINE,
        end=NINE + 60,
        possible=False,
        filled=1,
        required=2,
        to_ask=1,
        seats=(
            SeatExplained("parent", "parent", True, "mother", True, (Eligible("mother", Standing.TO_ASK),)),
            SeatExplained("lea", "LEA representative", True, None, False, (vp,)),
            SeatExplained(
                "gened",
                "general education teacher",
                False,
                None,
                False,
                (Eligible("teacher", Standing.OUTSIDE_HOURS), vp),
            ),
        ),
    )
