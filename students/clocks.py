"""The law's clocks, in plain Python: dates in, dates out. No state's number stands here."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol


class AnnualRule(StrEnum):
    """How "periodically, but not less than annually" (34 CFR 300.324(b)(1)) is counted in days."""

    DAY_BEFORE_ANNIVERSARY = "day_before_anniversary"
    DAYS_365 = "days_365"
    ANNIVERSARY = "anniversary"


class SchoolDays(Protocol):
    """The one question that these clocks ask of a school's calendar."""

    def last_school_day_on_or_before(self, day: date) -> date: ...


def annual_due(last_on: date, rule: AnnualRule) -> date:
    """Return the last lawful day of the annual review after one held on `last_on`, 34 CFR 300.324(b)(1).

    The regulation names no number of days, so the district's rule decides. A review held on February 29 has its
    anniversary on February 28, the stricter of the two readings.
    """
    if rule is AnnualRule.DAYS_365:
        return last_on + timedelta(days=365)
    anniversary = _years_after(last_on, 1)
    return anniversary if rule is AnnualRule.ANNIVERSARY else anniversary - timedelta(days=1)


def reevaluation_due(last_on: date) -> date:
    """Return the last lawful day of the reevaluation after one of `last_on`, 34 CFR 300.303(b)(2).

    "At least once every 3 years": the day before the third anniversary, the stricter of the two readings.
    """
    return _years_after(last_on, 3) - timedelta(days=1)


def last_day_to_hold(due_on: date, calendar: SchoolDays) -> date:
    """Return the last school day on which a meeting due on `due_on` can still be held, itself included.

    A due date in the summer is worked on in spring: July 20 becomes the last day of school before it. Raises the
    calendar's own error where it knows no school day so early: the day cannot be counted, and is not guessed.
    """
    return calendar.last_school_day_on_or_before(due_on)


def _years_after(day: date, years: int) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year + years, 2, 28)
    return day.replace(year=day.year + years)
