"""Each school's year, from its rows: terms, named dates and bells."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, time

from meetings.core.schooldays import SchoolCalendar, WallSpan, days_between
from meetings.models import Weekday
from students.counting import SchoolYears
from students.models import BellPeriod, CalendarDay, School, Term

Bells = dict[str, dict[str, WallSpan]]

SCHOOL_YEAR = "schoolyear"
NO_DAY = date(1970, 1, 1)


def calendars_of(
    school_ids: Iterable[int], first: date | None = None, last: date | None = None
) -> dict[int, SchoolCalendar]:
    """Return the calendar of each school by its id, in four queries, from `first` to `last` where given.

    Weekdays inside a school year are school days of the school's default day type, unless the calendar names another
    type or `closed`; what the calendar names counts on any date, a Saturday or one outside of the year too.
    Without a school year in the rows, all terms count as it; without any term, the weekdays between the first and
    the last date that the calendar names. A school with neither has no school days: none are guessed.
    """
    return _calendars(list(School.objects.filter(pk__in=set(school_ids))), first, last)


def calendar_of(school: School, first: date | None = None, last: date | None = None) -> SchoolCalendar:
    """Return one school's calendar, in three queries. See `calendars_of`."""
    return _calendars([school], first, last)[school.pk]


def years_of(school: School) -> SchoolYears:
    """Return one school's calendar with its years, for counting the law's days, in four queries."""
    years = sorted(_school_years())
    return SchoolYears(calendar_of(school), years)


def wall_minute(at: time) -> int:
    """Return the minutes since midnight of a time on the wall."""
    return at.hour * 60 + at.minute


def _calendars(schools: list[School], first: date | None, last: date | None) -> dict[int, SchoolCalendar]:
    years = _school_years()
    named = _named_days(schools)
    bells = _bells(schools)
    return {
        school.pk: _calendar(
            school, _day_types(school, years, named[school.pk], bells[school.pk]), bells[school.pk], first, last
        )
        for school in schools
    }


def _school_years() -> list[tuple[date, date]]:
    terms = [(_kind(kind), start, end) for kind, start, end in Term.objects.values_list("kind", "start_on", "end_on")]
    years = [(start, end) for kind, start, end in terms if kind == SCHOOL_YEAR]
    return years or [(start, end) for _, start, end in terms]


def _kind(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalpha())


def _named_days(schools: list[School]) -> dict[int, dict[date, str]]:
    named: dict[int, dict[date, str]] = defaultdict(dict)
    rows = CalendarDay.objects.filter(school__in=schools).order_by()
    for school_id, on, day_type in rows.values_list("school", "on", "day_type"):
        named[school_id][on] = day_type
    return named


def _bells(schools: list[School]) -> dict[int, Bells]:
    bells: dict[int, Bells] = defaultdict(lambda: defaultdict(dict))
    rows = BellPeriod.objects.filter(school__in=schools).order_by("start", "period")
    for school_id, day_type, period, start, end in rows.values_list("school", "day_type", "period", "start", "end"):
        bells[school_id][day_type][period] = WallSpan(wall_minute(start), wall_minute(end))
    return bells


def _day_types(
    school: School, years: list[tuple[date, date]], named: Mapping[date, str], bells: Bells
) -> dict[date, str]:
    usual = school.default_day_type or (next(iter(bells)) if len(bells) == 1 else "")
    if not years and named:
        years = [(min(named), max(named))]
    day_types = {
        day: usual for start, end in years for day in days_between(start, end) if day.isoweekday() <= Weekday.FRIDAY
    }
    day_types.update(named)
    return {day: day_type for day, day_type in day_types.items() if day_type.casefold() != CalendarDay.CLOSED}


def _calendar(
    school: School, day_types: Mapping[date, str], bells: Bells, first: date | None, last: date | None
) -> SchoolCalendar:
    return SchoolCalendar(
        school.time_zone,
        first or min(day_types, default=NO_DAY),
        last or max(day_types, default=NO_DAY),
        day_types,
        {day_type: dict(periods) for day_type, periods in bells.items()},
    )
