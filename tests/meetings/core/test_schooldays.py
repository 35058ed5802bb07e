import json
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetings.core.intervals import Span
from meetings.core.schooldays import (
    NoSchoolDayError,
    SchoolCalendar,
    WallSpan,
    days_between,
    grid_starts,
    instant_at,
    local_day,
    local_iso,
    local_minute,
    offset_at,
    spans_of_day,
    weekly_spans,
)
from tests.effort import tries
from tests.meetings.core import slow
from tests.meetings.core.times import minute, span

CASES = json.loads((Path(__file__).parent / "cases" / "weekly_hours_dst.json").read_text())["cases"]
ZONES = ("America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Phoenix", "Asia/Kathmandu")
NEW_YORK = "America/New_York"


def wall_span(texts):
    return WallSpan(*(int(hour) * 60 + int(minutes) for hour, minutes in (text.split(":") for text in texts)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_weekly_spans_of_a_published_case(case):
    weekly = {
        weekday: [wall_span(rule["span"]) for rule in case["weekly"] if weekday in rule["iso_weekdays"]]
        for weekday in range(1, 8)
    }
    overrides = {date.fromisoformat(day): [] for day in case["blocked_dates"]} | {
        date.fromisoformat(day): [wall_span(each) for each in spans] for day, spans in case["overrides"].items()
    }
    first, last = map(date.fromisoformat, case["local_dates"])

    found = weekly_spans(case["timezone"], first, last, weekly, overrides)

    assert found == [span(*each) for each in case["expected_utc_ranges"]]


# Three days around each clock change of 2026, and around a day that Samoa left out of its calendar.
CHANGES = (
    ("America/New_York", "2026-03-07T00:00Z"),
    ("America/New_York", "2026-10-31T00:00Z"),
    ("Australia/Lord_Howe", "2026-04-03T00:00Z"),
    ("Australia/Lord_Howe", "2026-10-02T00:00Z"),
    ("Pacific/Apia", "2011-12-29T00:00Z"),
    ("Asia/Kathmandu", "2026-11-23T00:00Z"),
)


@given(
    st.sampled_from(CHANGES),
    st.integers(0, 4000),
    st.integers(0, 1500),
    st.sampled_from([1, 5, 15, 20, 30, 60, 90, 120, 720, 1440]),
)
def test_grid_starts_are_those_of_a_walk_through_the_minutes(change, offset, length, step):
    zone, text = change
    window = Span(minute(text) + offset, minute(text) + offset + length)
    assert grid_starts(zone, window, step) == slow.starts(zone, window, step)


@pytest.mark.parametrize("step", [0, -5, 7, 1441])
def test_grid_starts_refuses_a_step_that_does_not_divide_a_day(step):
    with pytest.raises(ValueError) as error:
        grid_starts(NEW_YORK, Span(0, 10), step)
    assert str(error.value) == f"a step of {step} minutes does not divide a day"


@given(st.sampled_from(CHANGES), st.integers(0, 5759))
def test_local_clock_is_that_of_the_zone(change, after):
    zone, moment = change[0], minute(change[1]) + after
    clock = slow.local(zone, moment)
    assert local_day(zone, moment) == clock.date()
    assert local_minute(zone, moment) == clock.hour * 60 + clock.minute
    assert offset_at(zone, moment) == clock.utcoffset() // timedelta(minutes=1)


@given(st.sampled_from(CHANGES), st.integers(0, 3), st.integers(0, 1439), st.booleans())
@settings(max_examples=tries(40, 500))
def test_instant_at_is_found_by_a_walk(change, days, wall_minute, last):
    zone, text = change
    day = date.fromisoformat(text[:10]) + timedelta(days=days)
    first = minute(text) + days * 1440
    clocks = {}
    for moment in range(first - 1600, first + 3000, 1):
        clock = slow.local(zone, moment)
        clocks[moment] = (clock.date(), clock.hour * 60 + clock.minute)
    readings = [moment for moment, clock in clocks.items() if clock == (day, wall_minute)]
    later = [moment for moment, clock in clocks.items() if clock > (day, wall_minute)]
    expected = (readings[-1] if last else readings[0]) if readings else later[0]
    assert instant_at(ZoneInfo(zone), day, wall_minute, last=last) == expected


def test_instant_at_midnight_ending_the_day():
    assert instant_at(NEW_YORK, date(2026, 11, 23), 1440) == minute("2026-11-24T00:00-05:00")


def test_spans_of_day_when_the_hour_is_repeated():
    found = spans_of_day(NEW_YORK, date(2026, 11, 1), [WallSpan(60, 90), WallSpan(600, 600)])
    assert found == [span("2026-11-01T05:00Z", "2026-11-01T06:30Z")]


def test_spans_of_day_when_the_hour_is_skipped():
    found = spans_of_day(NEW_YORK, date(2026, 3, 8), [WallSpan(125, 170), WallSpan(90, 150)])
    assert found == [span("2026-03-08T06:30Z", "2026-03-08T07:00Z")]


def test_spans_of_day_that_the_zone_left_out():
    assert spans_of_day("Pacific/Apia", date(2011, 12, 30), [WallSpan(480, 900)]) == []


def test_local_iso_has_the_offset_of_the_day():
    assert local_iso(NEW_YORK, minute("2026-11-01T05:30Z")) == "2026-11-01T01:30-04:00"
    assert local_iso(NEW_YORK, minute("2026-11-01T06:30Z")) == "2026-11-01T01:30-05:00"


def test_days_between_holds_both_ends():
    assert list(days_between(date(2026, 2, 28), date(2026, 3, 1))) == [date(2026, 2, 28), date(2026, 3, 1)]
    assert list(days_between(date(2026, 3, 1), date(2026, 2, 28))) == []


# A week in November: Thanksgiving closes Thursday and Friday, Wednesday ends early; the next week's Monday is open.
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, NEXT_MONDAY = (date(2026, 11, day) for day in (23, 24, 25, 26, 30))
CALENDAR = SchoolCalendar(
    zone=NEW_YORK,
    first_day=MONDAY,
    last_day=date(2026, 12, 1),
    day_types={
        MONDAY: "regular",
        TUESDAY: "regular",
        WEDNESDAY: "early",
        NEXT_MONDAY: "assembly",
        date(2026, 12, 2): "regular",
    },
    bells={
        "regular": {"1": WallSpan(480, 540), "2": WallSpan(545, 605)},
        "early": {"2": WallSpan(520, 560), "1": WallSpan(480, 515)},
    },
)


def test_calendar_knows_its_school_days():
    assert CALENDAR.school_days(TUESDAY, date(2026, 12, 31)) == [TUESDAY, WEDNESDAY, NEXT_MONDAY]
    assert [CALENDAR.is_school_day(day) for day in (MONDAY, THURSDAY, date(2026, 12, 2))] == [True, False, False]


def test_calendar_last_school_day_on_or_before():
    assert CALENDAR.last_school_day_on_or_before(WEDNESDAY) == WEDNESDAY
    assert CALENDAR.last_school_day_on_or_before(date(2026, 11, 29)) == WEDNESDAY
    with pytest.raises(NoSchoolDayError) as error:
        CALENDAR.last_school_day_on_or_before(date(2026, 11, 22))
    assert str(error.value) == "no such school day from 2026-11-22 between 2026-11-23 and 2026-12-01"


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        (MONDAY, 2, WEDNESDAY),
        (WEDNESDAY, 1, NEXT_MONDAY),
        (THURSDAY, 1, NEXT_MONDAY),
        (THURSDAY, -1, WEDNESDAY),
        (NEXT_MONDAY, -2, TUESDAY),
        (THURSDAY, 0, THURSDAY),
    ],
)
def test_calendar_add_school_days(day, n, expected):
    assert CALENDAR.add_school_days(day, n) == expected


@pytest.mark.parametrize(("day", "n"), [(NEXT_MONDAY, 1), (MONDAY, -1), (MONDAY, 4), (date(2027, 1, 1), 1)])
def test_calendar_add_school_days_beyond_its_ends(day, n):
    with pytest.raises(NoSchoolDayError):
        CALENDAR.add_school_days(day, n)


def test_calendar_periods_and_hours_by_day_type():
    assert CALENDAR.periods(MONDAY) == {"1": WallSpan(480, 540), "2": WallSpan(545, 605)}
    assert CALENDAR.school_hours(MONDAY) == WallSpan(480, 605)
    assert CALENDAR.school_hours(WEDNESDAY) == WallSpan(480, 560)


def test_calendar_periods_when_closed_or_without_bells():
    assert (CALENDAR.periods(THURSDAY), CALENDAR.school_hours(THURSDAY)) == ({}, None)
    assert (CALENDAR.periods(NEXT_MONDAY), CALENDAR.school_hours(NEXT_MONDAY)) == ({}, None)
