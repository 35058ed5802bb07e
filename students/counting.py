"""Counting days as rules count them, one by one, so that each result can be read by someone who doubts it.

Three kinds of day, 34 CFR 300.11: a calendar day; a business day (Monday to Friday but for federal and state
holidays); a school day (any day, a partial one too, on which children are taught). The day on which something
happens is day 0.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from students.profiles import LateStart, Pause, Rule, Then, Unit

DAY = timedelta(days=1)
SATURDAY, SUNDAY = 6, 7
MONDAY, THURSDAY = 1, 4
LONG_BREAK = 5
ABSENCES = 3
LONGEST = 3 * 366


class CannotBeCountedError(ValueError):
    """The days cannot be counted, and are not guessed: the rule is unset, or the school's calendar ends too early."""


class SchoolDays(Protocol):
    """What is asked of a school's calendar."""

    @property
    def first_day(self) -> date: ...

    @property
    def last_day(self) -> date: ...

    def is_school_day(self, day: date) -> bool: ...

    def school_days(self, first: date, last: date) -> list[date]: ...


@dataclass(frozen=True)
class SchoolYears:
    """A school's calendar, its years (first and last date of each), and the state's own holidays where known."""

    calendar: SchoolDays
    years: Sequence[tuple[date, date]] = ()
    state_holidays: Mapping[date, str] = field(default_factory=dict)


class Skip(StrEnum):
    """Why a day does not count."""

    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    NO_SCHOOL = "no_school"
    LONG_BREAK = "long_break"
    SUMMER = "summer"


@dataclass(frozen=True)
class Day:
    """One day of a count: its number, or why it has none."""

    on: date
    number: int | None = None
    skip: Skip | None = None
    holiday: str = ""


@dataclass(frozen=True)
class Counted:
    """A date with the whole way to it. `late` is set where the school year's end decided instead of the number."""

    on: date
    started_on: date
    days: tuple[Day, ...] = ()
    late: LateStart | None = None
    absences: int = 0


def count(
    rule: Rule,
    started_on: date,
    years: SchoolYears,
    *,
    absences: Collection[date] = (),
    late_from: date | None = None,
) -> Counted:
    """Return the last lawful day of a rule whose clock starts on `started_on`, with every day on the way.

    `absences` are the child's, for rules that are extended by them; `late_from` is the day that decides whether the
    clock starts late in the year, where it is another. Raises CannotBeCountedError.
    """
    number, unit = _number(rule)
    whole = _walk(rule, unit, number, started_on, years, DAY)
    missed = [day for day in absences if started_on < day <= whole.on and years.calendar.is_school_day(day)]
    extends = Pause.ABSENCES in rule.pauses and len(missed) >= ABSENCES
    if rule.late_start and not extends and (late := _late(rule.late_start, late_from or started_on, years)):
        return Counted(late, started_on, late=rule.late_start)
    if extends:
        longer = _walk(rule, unit, number + len(missed), started_on, years, DAY)
        return Counted(longer.on, started_on, longer.days, absences=len(missed))
    return whole


def soonest(rule: Rule, starts: Mapping[str, date], years: SchoolYears) -> Counted:
    """Return the earliest of a rule's days: its own, and those that it may not go past, such as 90 from consent.

    `starts` gives the date of what starts each clock; one that is missing is left out. Raises CannotBeCountedError
    where none is known.
    """
    numbers = {rule.starts_at: _number(rule)[0], **rule.or_sooner}
    unit = _number(rule)[1]
    found = [_walk(rule, unit, numbers[name], on, years, DAY) for name, on in starts.items() if name in numbers]
    if not found:
        raise CannotBeCountedError("Nothing is known of when its clock started.")
    return min(found, key=lambda one: one.on)


def count_back(rule: Rule, meeting_on: date, years: SchoolYears) -> Counted:
    """Return the last day on which what a meeting on `meeting_on` needs before it may still be given."""
    number, unit = _number(rule)
    return _walk(rule, unit, number, meeting_on, years, -DAY)


def earliest_meeting(rule: Rule, given_on: date, years: SchoolYears) -> Counted:
    """Return the first day on which a meeting may be where the notice or the paper is given on `given_on`."""
    number, unit = _number(rule)
    return _walk(rule, unit, number, given_on, years, DAY)


def federal_holidays(year: int) -> dict[date, str]:
    """Return the federal holidays that fall into a year on the days they are observed, 5 U.S.C. 6103.

    One on a Saturday is observed on the Friday before, one on a Sunday on the Monday after.
    """
    named = {
        date(year, 1, 1): "New Year’s Day",
        _nth(year, 1, MONDAY, 3): "Birthday of Martin Luther King, Jr.",
        _nth(year, 2, MONDAY, 3): "Washington’s Birthday",
        _nth(year, 6, MONDAY, 1) - 7 * DAY: "Memorial Day",
        date(year, 6, 19): "Juneteenth",
        date(year, 7, 4): "Independence Day",
        _nth(year, 9, MONDAY, 1): "Labor Day",
        _nth(year, 10, MONDAY, 2): "Columbus Day",
        date(year, 11, 11): "Veterans Day",
        _nth(year, 11, THURSDAY, 4): "Thanksgiving Day",
        date(year, 12, 25): "Christmas Day",
        date(year + 1, 1, 1): "New Year’s Day",
    }
    observed = {_observed(day): name for day, name in named.items()}
    return {day: name for day, name in observed.items() if day.year == year}


def _walk(rule: Rule, unit: Unit, number: int, from_on: date, years: SchoolYears, step: timedelta) -> Counted:
    days: list[Day] = []
    counted, day = 0, from_on
    while counted < number:
        day += step
        if len(days) > LONGEST or (_asks_school(rule, unit) and not _is_known(day, years)):
            raise CannotBeCountedError(f"The school’s calendar ends before {number} days are counted.")
        skip, holiday = _skip(rule, unit, day, years)
        counted += skip is None
        days.append(Day(day, None if skip else counted, skip, holiday))
    return Counted(day, from_on, tuple(days))


def _number(rule: Rule) -> tuple[int, Unit]:
    if rule.days is None or rule.unit is None:
        raise CannotBeCountedError("No number of days is set.")
    return rule.days, rule.unit


def _asks_school(rule: Rule, unit: Unit) -> bool:
    return unit is Unit.SCHOOL or bool({Pause.SUMMER, Pause.LONG_BREAKS} & set(rule.pauses))


def _is_known(day: date, years: SchoolYears) -> bool:
    return years.calendar.first_day <= day <= years.calendar.last_day


def _skip(rule: Rule, unit: Unit, day: date, years: SchoolYears) -> tuple[Skip | None, str]:
    """Return why a day does not count, with the name of a holiday; None where it counts."""
    if Pause.SUMMER in rule.pauses and _is_summer(day, years):
        return Skip.SUMMER, ""
    if Pause.LONG_BREAKS in rule.pauses and _is_long_break(day, years):
        return Skip.LONG_BREAK, ""
    if unit is Unit.CALENDAR or (unit is Unit.SCHOOL and years.calendar.is_school_day(day)):
        return None, ""
    return _closed(unit, day, years)


def _closed(unit: Unit, day: date, years: SchoolYears) -> tuple[Skip | None, str]:
    holiday = years.state_holidays.get(day) or federal_holidays(day.year).get(day, "")
    if day.isoweekday() in {SATURDAY, SUNDAY}:
        return Skip.WEEKEND, ""
    if unit is Unit.SCHOOL:
        return Skip.NO_SCHOOL, holiday
    return (Skip.HOLIDAY, holiday) if holiday else (None, "")


def _is_summer(day: date, years: SchoolYears) -> bool:
    """Whether a day lies between the last school day of one year and the first of the next."""
    for first, last in years.years:
        taught = years.calendar.school_days(first, last)
        if taught and taught[0] <= day <= taught[-1]:
            return False
    return bool(years.years)


def _is_long_break(day: date, years: SchoolYears) -> bool:
    """Whether a day lies in a run without school of more than five weekdays."""
    if years.calendar.is_school_day(day):
        return False
    run = [day, *_until_school(day, years, -DAY), *_until_school(day, years, DAY)]
    return sum(one.isoweekday() < SATURDAY for one in run) > LONG_BREAK


def _until_school(day: date, years: SchoolYears, step: timedelta) -> Iterator[date]:
    day += step
    while _is_known(day, years) and not years.calendar.is_school_day(day):
        yield day
        day += step


def _late(late: LateStart, from_on: date, years: SchoolYears) -> date | None:
    """Return when a clock that starts late in the year ends; None where it does not start late."""
    for number, (first, last) in enumerate(years.years):
        taught = years.calendar.school_days(first, last)
        if not taught or not first <= from_on <= taught[-1]:
            continue
        if late.unit is Unit.SCHOOL:
            left = len(years.calendar.school_days(from_on + DAY, taught[-1]))
        else:
            left = (taught[-1] - from_on).days
        if not late.least <= left <= late.most:
            return None
        return _then(late, taught[-1], years, number)
    return None


def _then(late: LateStart, last_taught: date, years: SchoolYears, number: int) -> date:
    if late.then is Then.JUNE_30:
        return date(last_taught.year, 6, 30)
    if late.then is Then.AFTER_YEAR_ENDS:
        return last_taught + late.days * DAY
    following = years.years[number + 1 :]
    taught = years.calendar.school_days(*following[0]) if following else []
    if not taught:
        raise CannotBeCountedError("The next school year is not in the school’s calendar yet.")
    return taught[0] + late.days * DAY


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + ((weekday - first.isoweekday()) % 7 + 7 * (n - 1)) * DAY


def _observed(day: date) -> date:
    return {SATURDAY: day - DAY, SUNDAY: day + DAY}.get(day.isoweekday(), day)
