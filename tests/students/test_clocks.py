from datetime import date

import pytest

from students.clocks import AnnualRule, annual_due, last_day_to_hold, reevaluation_due


@pytest.mark.parametrize(
    ("held_on", "rule", "due_on"),
    [
        (date(2025, 12, 20), AnnualRule.DAY_BEFORE_ANNIVERSARY, date(2026, 12, 19)),
        (date(2025, 12, 20), AnnualRule.DAYS_365, date(2026, 12, 20)),
        (date(2025, 12, 20), AnnualRule.ANNIVERSARY, date(2026, 12, 20)),
        # February 29, 2028 lies between: 365 days end a day before the anniversary.
        (date(2027, 3, 1), AnnualRule.DAYS_365, date(2028, 2, 29)),
        (date(2027, 3, 1), AnnualRule.ANNIVERSARY, date(2028, 3, 1)),
        (date(2028, 2, 29), AnnualRule.ANNIVERSARY, date(2029, 2, 28)),
        (date(2028, 2, 29), AnnualRule.DAY_BEFORE_ANNIVERSARY, date(2029, 2, 27)),
        (date(2028, 2, 29), AnnualRule.DAYS_365, date(2029, 2, 28)),
        (date(2026, 1, 1), AnnualRule.DAY_BEFORE_ANNIVERSARY, date(2026, 12, 31)),
    ],
)
def test_annual_due_by_rule(held_on, rule, due_on):
    assert annual_due(held_on, rule) == due_on


@pytest.mark.parametrize(
    ("held_on", "due_on"),
    [
        (date(2026, 12, 3), date(2029, 12, 2)),
        (date(2026, 1, 1), date(2028, 12, 31)),
        (date(2028, 2, 29), date(2031, 2, 27)),
    ],
)
def test_reevaluation_due(held_on, due_on):
    assert reevaluation_due(held_on) == due_on


class WrittenOutCalendar:
    """School days listed by hand: the last week of June 2027 and the first of September."""

    days = (date(2027, 6, 10), date(2027, 6, 11), date(2027, 9, 1), date(2027, 9, 2))

    def last_school_day_on_or_before(self, day):
        return max(on for on in self.days if on <= day)


@pytest.mark.parametrize(
    ("due_on", "hold_by"),
    [
        (date(2027, 7, 20), date(2027, 6, 11)),
        (date(2027, 6, 11), date(2027, 6, 11)),
        (date(2027, 9, 1), date(2027, 9, 1)),
        (date(2027, 9, 5), date(2027, 9, 2)),
    ],
)
def test_last_day_to_hold_is_a_school_day(due_on, hold_by):
    assert last_day_to_hold(due_on, WrittenOutCalendar()) == hold_by
