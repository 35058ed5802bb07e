"""Quiet hours by the clock of whoever reads: New York is UTC-5 in winter and UTC-4 in summer."""

from datetime import UTC, datetime, time

import pytest

from meetings.quiet import Quiet, quiet_hours, zone_of
from students.models import District, Person

NEW_YORK, LOS_ANGELES = "America/New_York", "America/Los_Angeles"
NIGHT = Quiet(20 * 60, 7 * 60)
NOON = Quiet(12 * 60, 13 * 60)


def utc(month, day, hour, minute=0, year=2026):
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("quiet", "now", "opens_at"),
    [
        # 7:59 PM, 8:00 PM, 3:00 AM, 6:59 AM, 7:00 AM, in winter.
        (NIGHT, utc(12, 3, 0, 59), utc(12, 2, 12)),
        (NIGHT, utc(12, 3, 1), utc(12, 3, 12)),
        (NIGHT, utc(12, 3, 8), utc(12, 3, 12)),
        (NIGHT, utc(12, 3, 11, 59), utc(12, 3, 12)),
        (NIGHT, utc(12, 3, 12), utc(12, 3, 12)),
        # 11:59 AM, noon, 12:59 PM, 1:00 PM: not over midnight.
        (NOON, utc(12, 3, 16, 59), utc(12, 2, 18)),
        (NOON, utc(12, 3, 17), utc(12, 3, 18)),
        (NOON, utc(12, 3, 17, 59), utc(12, 3, 18)),
        (NOON, utc(12, 3, 18), utc(12, 3, 18)),
        # From midnight on, and up to it.
        (Quiet(0, 7 * 60), utc(12, 3, 5), utc(12, 3, 12)),
        (Quiet(22 * 60, 0), utc(12, 3, 4, 59), utc(12, 3, 5)),
        (Quiet(22 * 60, 0), utc(12, 3, 5), utc(12, 3, 5)),
    ],
)
def test_something_due_goes_out_when_the_quiet_hours_are_over(quiet, now, opens_at):
    assert quiet.opens_at(NEW_YORK, now) == opens_at


def test_each_reads_by_their_own_clock():
    # 8 AM in New York is 5 AM in Los Angeles.
    assert NIGHT.opens_at(NEW_YORK, utc(12, 3, 13)) == utc(12, 3, 12)
    assert NIGHT.opens_at(LOS_ANGELES, utc(12, 3, 13)) == utc(12, 3, 15)


@pytest.mark.parametrize(
    ("now", "opens_at"),
    [
        # Saturday evening before the clock goes back (November 1), and before it goes forward (March 14).
        (utc(11, 1, 2), utc(11, 1, 12)),
        (utc(3, 14, 3, year=2027), utc(3, 14, 11, year=2027)),
    ],
)
def test_morning_is_at_seven_after_a_clock_change(now, opens_at):
    assert NIGHT.opens_at(NEW_YORK, now) == opens_at


def test_quiet_hours_that_end_in_the_skipped_hour_end_with_it():
    # At 2:30 AM of March 14 there is no clock: 3:00 AM comes after 1:59 AM.
    assert Quiet(20 * 60, 150).opens_at(NEW_YORK, utc(3, 14, 6, year=2027)) == utc(3, 14, 7, year=2027)
    assert Quiet(20 * 60, 150).opens_at(NEW_YORK, utc(3, 14, 7, year=2027)) == utc(3, 14, 7, year=2027)


def test_the_same_time_in_both_means_no_quiet_hours():
    none = Quiet(7 * 60, 7 * 60)

    assert not any(none.holds_at(minute) for minute in range(1440))
    assert none.opens_at(NEW_YORK, utc(12, 3, 8)) <= utc(12, 3, 8)


@pytest.mark.parametrize("quiet", [NIGHT, NOON, Quiet(0, 60), Quiet(1380, 0), Quiet(5, 5)])
def test_nothing_by_day_is_quiet(quiet):
    assert not any(quiet.holds_at(quiet.by_day(minute)) for minute in range(1440))
    assert all(quiet.by_day(minute) == minute for minute in range(1440) if not quiet.holds_at(minute))


def test_quiet_hours_are_the_districts():
    assert quiet_hours(District(quiet_from=time(21, 30), quiet_until=time(6))) == Quiet(1290, 360)
    assert quiet_hours(None) == NIGHT


@pytest.mark.parametrize(
    ("kept", "zone"), [("", NEW_YORK), (LOS_ANGELES, LOS_ANGELES), ("Mars/Olympus", NEW_YORK), ("../etc", NEW_YORK)]
)
def test_zone_is_a_persons_own_where_it_is_kept_and_known(kept, zone):
    assert zone_of(Person(time_zone=kept), NEW_YORK) == zone
