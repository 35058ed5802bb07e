"""What must hold of every count, against slow and obvious versions of it."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from students.counting import (
    CannotBeCountedError,
    SchoolYears,
    Skip,
    count,
    count_back,
    earliest_meeting,
    federal_holidays,
)
from students.profiles import Pause, Rule, RuleKey, Unit
from tests.students.counting.written import written_years

YEARS = written_years()
DAYS = st.dates(date(2026, 8, 24), date(2027, 12, 31))
NUMBERS = st.integers(1, 90)
UNITS = st.sampled_from(list(Unit))
PAUSES = st.sets(st.sampled_from([Pause.SUMMER, Pause.LONG_BREAKS])).map(tuple)
DAY = timedelta(days=1)


def rule_of(number, unit, pauses=()):
    return Rule(RuleKey.INITIAL_EVALUATION, "XX", days=number, unit=unit, pauses=pauses)


def obviously_counts(unit, day):
    if unit is Unit.CALENDAR:
        return True
    if unit is Unit.SCHOOL:
        return YEARS.calendar.is_school_day(day)
    return day.isoweekday() <= 5 and day not in federal_holidays(day.year)


@given(start=DAYS, number=NUMBERS, unit=UNITS)
def test_count_agrees_with_a_walk_from_day_to_day(start, number, unit):
    day, left = start, number
    while left:
        day += DAY
        left -= obviously_counts(unit, day)

    assert count(rule_of(number, unit), start, YEARS).on == day


@given(start=DAYS, number=NUMBERS, unit=UNITS, pauses=PAUSES, later=st.integers(0, 60))
def test_clock_that_starts_later_ends_no_earlier(start, number, unit, pauses, later):
    rule = rule_of(number, unit, pauses)

    assert count(rule, start, YEARS).on <= count(rule, start + later * DAY, YEARS).on


@given(start=DAYS, number=NUMBERS, unit=UNITS, pauses=PAUSES)
def test_more_days_end_later_and_pauses_never_end_earlier(start, number, unit, pauses):
    plain = count(rule_of(number, unit), start, YEARS).on

    assert plain < count(rule_of(number + 1, unit), start, YEARS).on
    assert plain <= count(rule_of(number, unit, pauses), start, YEARS).on


@given(start=DAYS, number=NUMBERS, unit=UNITS, pauses=PAUSES)
def test_way_names_each_day_once_and_numbers_those_that_count(start, number, unit, pauses):
    counted = count(rule_of(number, unit, pauses), start, YEARS)

    assert [day.on for day in counted.days] == [start + n * DAY for n in range(1, (counted.on - start).days + 1)]
    assert [day.number for day in counted.days if day.number] == list(range(1, number + 1))
    assert all((day.number is None) == (day.skip is not None) for day in counted.days)


@given(meeting=st.dates(date(2026, 12, 1), date(2028, 5, 1)), number=st.integers(1, 30), unit=UNITS)
def test_notice_given_on_its_last_day_is_early_enough_and_a_day_later_is_not(meeting, number, unit):
    rule = rule_of(number, unit)
    assume(obviously_counts(unit, meeting))
    last = count_back(rule, meeting, YEARS).on

    assert earliest_meeting(rule, last, YEARS).on == meeting
    following = last + DAY
    while not obviously_counts(unit, following):
        following += DAY
    assert earliest_meeting(rule, following, YEARS).on > meeting


def test_days_beyond_the_calendar_cannot_be_counted():
    with pytest.raises(CannotBeCountedError, match="calendar ends before 45 days"):
        count(rule_of(45, Unit.SCHOOL), date(2028, 5, 1), YEARS)


def test_calendar_days_need_no_calendar():
    assert count(rule_of(60, Unit.CALENDAR), date(2030, 1, 1), YEARS).on == date(2030, 3, 2)


def test_unset_rule_cannot_be_counted():
    with pytest.raises(CannotBeCountedError, match="No number of days is set"):
        count(Rule(RuleKey.INITIAL_EVALUATION, "XX"), date(2026, 9, 1), YEARS)


def test_state_holiday_is_no_business_day_and_is_named():
    cesar_chavez = date(2027, 3, 31)
    years = SchoolYears(YEARS.calendar, YEARS.years, {cesar_chavez: "Cesar Chavez Day"})
    counted = count(rule_of(1, Unit.BUSINESS), date(2027, 3, 30), years)

    assert counted.on == date(2027, 4, 1)
    assert (counted.days[0].skip, counted.days[0].holiday) == (Skip.HOLIDAY, "Cesar Chavez Day")


def test_federal_holidays_of_2027_are_those_observed():
    assert sorted(federal_holidays(2027)) == [
        date(2027, 1, 1),
        date(2027, 1, 18),
        date(2027, 2, 15),
        date(2027, 5, 31),
        date(2027, 6, 18),
        date(2027, 7, 5),
        date(2027, 9, 6),
        date(2027, 10, 11),
        date(2027, 11, 11),
        date(2027, 11, 25),
        date(2027, 12, 24),
        date(2027, 12, 31),
    ]
