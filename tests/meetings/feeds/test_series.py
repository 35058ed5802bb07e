from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetings.core.intervals import Span, minute_of, union
from meetings.feeds.readings import Trouble, UnreadableError
from tests.effort import tries
from tests.meetings.feeds.written import WINDOW, busy, calendar, event, reading, times

NINE = ("DTSTART;TZID=America/New_York:20261201T090000", "DTEND;TZID=America/New_York:20261201T100000")
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"


def changed(instead, *lines):
    return event(f"RECURRENCE-ID{instead}", *lines)


def at(day, hour=14):
    return f"12-{day:02} {hour}:00 60"


def test_series_and_what_is_left_out_of_it():
    left_out = ["EXDATE;TZID=America/New_York:20261208T090000,20270105T090000", "EXDATE:20261222T140000Z"]

    assert busy(calendar(event(*NINE, WEEKLY, *left_out))) == [at(1), at(15)]


def test_day_is_left_out_by_its_date():
    assert busy(calendar(event(*NINE, WEEKLY, "EXDATE;VALUE=DATE:20261208"))) == [at(1), at(15), at(22)]


@pytest.mark.parametrize(
    "broken", ["EXDATE:", "EXDATE:nonsense", "EXDATE;VALUE=DATE:2026", "EXDATE;TZID=Mars:20261299T000000"]
)
def test_broken_exdate_leaves_nothing_out(broken):
    assert busy(calendar(event(*NINE, WEEKLY, broken, "EXDATE:20261208T140000Z"))) == [at(1), at(15), at(22)]


def test_extra_dates_times_and_periods():
    extra = [
        "RDATE:20261203T140000Z",
        "RDATE;VALUE=DATE:20261204",
        "RDATE;VALUE=PERIOD:20261205T140000Z/PT2H,20261206T140000Z/20261206T143000Z,nonsense/PT1H",
    ]

    assert busy(calendar(event(*NINE, *extra))) == [at(1), at(3), at(4), "12-05 14:00 120", "12-06 14:00 30"]


def test_occurrence_that_moved_inside_the_window():
    moved = changed(":20261208T140000Z", "DTSTART:20261209T180000Z", "DURATION:PT30M")

    assert busy(calendar(event(*NINE, WEEKLY), moved)) == [at(1), "12-09 18:00 30", at(15), at(22)]


def test_occurrence_that_moved_out_of_the_window():
    moved = changed(":20261208T140000Z", "DTSTART:20280109T180000Z", "DURATION:PT30M")

    assert busy(calendar(moved, event(*NINE, WEEKLY))) == [at(1), at(15), at(22)]


def test_occurrence_that_moved_into_the_window():
    series = event("DTSTART:20250107T140000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3")
    moved = changed(":20250114T140000Z", "DTSTART:20261202T140000Z", "DURATION:PT1H")

    assert busy(calendar(series, moved)) == [at(2)]


def test_occurrence_that_is_cancelled_or_free():
    cancelled = changed(":20261208T140000Z", "DTSTART:20261208T140000Z", "DURATION:PT1H", "STATUS:CANCELLED")
    free = changed(":20261215T140000Z", "DTSTART:20261215T140000Z", "DURATION:PT1H", "TRANSP:TRANSPARENT")

    assert busy(calendar(event(*NINE, WEEKLY), cancelled, free)) == [at(1), at(22)]


def test_occurrence_that_is_busy_of_a_series_that_is_free():
    taken = changed(":20261208T140000Z", "DTSTART:20261208T140000Z", "DURATION:PT1H")

    assert busy(calendar(event(*NINE, WEEKLY, "TRANSP:TRANSPARENT"), taken)) == [at(8)]


def test_occurrence_that_is_tentative():
    soft = changed(":20261208T140000Z", "DTSTART:20261208T140000Z", "DURATION:PT1H", "STATUS:TENTATIVE")

    found = reading(calendar(event(*NINE, WEEKLY), soft))

    assert (times(found.busy), times(found.tentative)) == ([at(1), at(15), at(22)], [at(8)])


def test_newest_change_of_one_occurrence_wins():
    older = changed(":20261208T140000Z", "SEQUENCE:1", "DTSTART:20261209T140000Z", "DURATION:PT1H")
    newer = changed(";TZID=America/New_York:20261208T090000", "SEQUENCE:2", "DTSTART:20261210T140000Z", "DURATION:PT1H")

    assert busy(calendar(newer, event(*NINE, WEEKLY), older)) == [at(1), at(10), at(15), at(22)]


def test_occurrence_named_by_its_date():
    moved = changed(";VALUE=DATE:20261208", "DTSTART:20261209T140000Z", "DURATION:PT1H")

    assert busy(calendar(event(*NINE, WEEKLY), moved)) == [at(1), at(9), at(15), at(22)]


def test_this_and_all_that_follow():
    later = changed(";RANGE=THISANDFUTURE:20261215T140000Z", "DTSTART:20261215T160000Z", "DURATION:PT1H")

    assert busy(calendar(event(*NINE, WEEKLY), later)) == [at(1), at(8), at(15, 16), at(22, 16)]


def test_change_whose_series_is_not_there():
    assert busy(calendar(changed(":20261208T140000Z", "DTSTART:20261209T140000Z", "DURATION:PT1H"))) == [at(9)]


def test_whole_days_that_repeat():
    days = ["DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261202", "X-MICROSOFT-CDO-BUSYSTATUS:OOF"]
    moved = changed(";VALUE=DATE:20261208", "DTSTART;VALUE=DATE:20261209", "X-MICROSOFT-CDO-BUSYSTATUS:OOF")
    text = calendar(event(*days, "RRULE:FREQ=WEEKLY;UNTIL=20261222", "EXDATE;VALUE=DATE:20261215"), moved)

    assert busy(text) == ["12-01 05:00 1440", "12-09 05:00 1440", "12-22 05:00 1440"]


def test_last_day_of_until_counts_however_it_is_written():
    for until in ("20261208", "20261208T090000", "20261208T140000Z"):
        assert busy(calendar(event(*NINE, f"RRULE:FREQ=WEEKLY;UNTIL={until}"))) == [at(1), at(8)]


@pytest.mark.parametrize(
    "rule", ["FREQ=FORTNIGHTLY", "nonsense", "FREQ=WEEKLY;UNTIL=later", "FREQ=WEEKLY;BYDAY=MONDAY"]
)
def test_broken_rule_keeps_what_is_sure_and_is_counted(rule):
    moved = changed(":20261208T140000Z", "DTSTART:20261209T140000Z", "DURATION:PT1H")

    found = reading(calendar(event(*NINE, f"RRULE:{rule}", "RDATE:20261203T140000Z"), moved))

    assert (times(found.busy), found.skipped) == ([at(1), at(3), at(9)], 1)


@pytest.mark.parametrize("rule", ["FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "FREQ=MONTHLY;BYSETPOS=400;BYDAY=MO"])
def test_rule_that_the_library_does_not_take_keeps_the_first_time_and_what_was_changed(rule):
    moved = changed(":20261208T140000Z", "DTSTART:20261209T140000Z", "DURATION:PT1H")

    found = reading(calendar(event(*NINE, f"RRULE:{rule}"), moved))

    assert (times(found.busy), found.skipped) == ([at(1), at(9)], 1)


@pytest.mark.parametrize("rule", ["FREQ=DAILY;INTERVAL=0", "FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY;INTERVAL=24"])
def test_rule_without_end_costs_one_event_and_no_time(rule):
    good = event("DTSTART:20261202T140000Z", "DURATION:PT1H", uid="two")

    found = reading(calendar(event(*NINE, f"RRULE:{rule}"), good))

    assert (times(found.busy), found.skipped) == ([at(2)], 1)


def test_rule_that_is_never_true_ends_by_itself():
    found = reading(
        calendar(
            event(*NINE, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
            event("DTSTART:20261202T140000Z", "DURATION:PT1H", uid="two"),
        )
    )

    assert at(2) in times(found.busy)


def test_daily_since_1900_and_a_thousand_million_times():
    assert len(busy(calendar(event("DTSTART:19000101T140000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY")))) == 180
    assert (
        len(busy(calendar(event("DTSTART:20261101T140000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=1000000000"))))
        == 180
    )


def test_five_thousand_occurrences_and_not_one_more():
    text = calendar(event("DTSTART:20261101T000000Z", "DURATION:PT1M", "RRULE:FREQ=DAILY;BYHOUR=0,6,12"))
    assert len(busy(text, most_occurrences=540)) == 540

    for most in (539, 3):
        with pytest.raises(UnreadableError) as error:
            reading(text, most_occurrences=most)
        assert error.value.trouble == Trouble.TOO_MANY_EVENTS


def test_list_of_dates_beyond_all_bounds():
    dates = ",".join(["20261208T140000Z"] * 5001)

    with pytest.raises(UnreadableError) as error:
        reading(calendar(event(*NINE, f"EXDATE:{dates}", WEEKLY)))

    assert error.value.trouble == Trouble.TOO_MANY_EVENTS


def test_five_thousand_events_inside_the_window_and_any_number_outside():
    old = [event("DTSTART:20190101T140000Z", "DTEND:20190101T150000Z", uid=f"old {n}") for n in range(6000)]
    new = [event("DTSTART:20261202T140000Z", "DURATION:PT1H", uid=f"new {n}") for n in range(5)]
    assert busy(calendar(*old, *new), most_events=5) == [at(2)]

    with pytest.raises(UnreadableError) as error:
        reading(calendar(*old, *new), most_events=4)
    assert error.value.trouble == Trouble.TOO_MANY_EVENTS
    with pytest.raises(UnreadableError):
        reading(calendar(*new[:3]) + calendar(*new[3:]), most_events=4)


# Against a slow, obvious expansion: one day after the other.

ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Phoenix")
NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def slowly(zone, start_on, at_time, minutes, *, every, weekly_on, count, until_on):
    """The spans of a daily rule, or of a weekly one on some weekdays, day by day."""
    spans, found, day = [], 0, start_on
    monday = start_on - timedelta(days=start_on.weekday())
    while day < date(2027, 12, 31) and (count is None or found < count) and (until_on is None or day <= until_on):
        if weekly_on is None:
            takes_place = (day - start_on).days % every == 0
        else:
            takes_place = ((day - monday).days // 7) % every == 0 and day.weekday() in weekly_on
        if takes_place:
            found += 1
            start = datetime.combine(day, at_time, zone)
            end = (start + timedelta(minutes=minutes)).astimezone(UTC)
            span = Span(minute_of(start.astimezone(UTC)), minute_of(end))
            spans.append(Span(max(span.start, WINDOW.start), min(span.end, WINDOW.end)))
        day += timedelta(days=1)
    return union(spans)


@settings(max_examples=tries(60, 3000), deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    start_on=st.dates(date(2026, 9, 1), date(2027, 4, 1)),
    at_time=st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45])),
    minutes=st.integers(1, 600),
    every=st.integers(1, 4),
    weekdays=st.none() | st.sets(st.integers(0, 6), min_size=1),
    end=st.none() | st.integers(1, 40) | st.dates(date(2026, 9, 1), date(2027, 8, 1)),
)
def test_simple_rules_are_as_day_by_day_across_clock_changes(zone, start_on, at_time, minutes, every, weekdays, end):
    if weekdays is not None:
        weekdays = weekdays | {start_on.weekday()}
    count = end if isinstance(end, int) else None
    until_on = max(end, start_on) if isinstance(end, date) else None
    rule = f"FREQ={'DAILY' if weekdays is None else 'WEEKLY'};INTERVAL={every}"
    rule += f";BYDAY={','.join(NAMES[n] for n in sorted(weekdays))}" if weekdays is not None else ""
    rule += f";COUNT={count}" if count else f";UNTIL={until_on:%Y%m%d}" if until_on else ""
    ends = datetime.combine(start_on, at_time) + timedelta(minutes=minutes)
    text = calendar(
        event(
            f"DTSTART;TZID={zone}:{start_on:%Y%m%d}T{at_time:%H%M%S}",
            f"DTEND;TZID={zone}:{ends:%Y%m%dT%H%M%S}",
            f"RRULE:{rule}",
        )
    )

    found = reading(text)

    expected = slowly(
        ZoneInfo(zone), start_on, at_time, minutes, every=every, weekly_on=weekdays, count=count, until_on=until_on
    )
    assert (list(found.busy), found.skipped) == (expected, 0)
