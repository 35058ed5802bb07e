from datetime import timedelta

import pytest

from meetings.feeds.times import TimeError, duration_of, later
from tests.meetings.feeds.written import START, WINDOW, busy, calendar, event, reading, times


def between(start, end):
    return calendar(event(f"DTSTART{start}", f"DTEND{end}"))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (":20261201T140000Z", ":20261201T150000Z"),
        (":20261201T140000z", ":20261201t150000Z "),
        (":2026-12-01T14:00:00Z", ":2026-12-01T15:00:00Z"),
        (":2026-12-01T09:00:00-05:00", ":2026-12-01T16:00:00+01:00"),
        (":20261201T1400Z", ":20261201T1500Z"),
        (";VALUE=DATE-TIME:20261201T140000Z", ";X-ODD=1:20261201T150000Z"),
        (":20261201T140000.000Z", ":20261201T145960Z"),
        (";TZID=America/New_York:20261201T090000", ";TZID=America/Los_Angeles:20261201T070000"),
    ],
)
def test_time_however_it_is_written(start, end):
    assert busy(between(start, end)) == ["12-01 14:00 60"]


def test_seconds_take_the_whole_minute():
    assert busy(between(":20261201T140059Z", ":20261201T145901Z")) == ["12-01 14:00 60"]


def test_end_of_a_day_as_hour_24():
    assert busy(between(":20261201T230000Z", ":20261201T240000Z")) == ["12-01 23:00 60"]


@pytest.mark.parametrize(
    "start",
    [
        "",
        ":",
        ":tomorrow",
        ":20261301T140000Z",
        ":20261201T250000Z2",
        ":00000000T000000Z",
        ":2026",
    ],
)
def test_event_that_does_not_say_when_it_begins_is_counted(start):
    broken = event(f"DTSTART{start}", "DTEND:20261201T150000Z")
    good = event("DTSTART:20261202T140000Z", "DURATION:PT1H", uid="two")

    found = reading(calendar(broken, good))

    assert (times(found.busy), found.skipped) == (["12-02 14:00 60"], 1)


def test_floating_time_is_in_the_schools_zone_and_flagged():
    found = reading(between(":20261201T090000", ":20261201T100000"))

    assert (times(found.busy), found.has_floating_times) == (["12-01 14:00 60"], True)


def test_floating_time_in_a_calendar_that_names_its_zone():
    text = between(":20261201T090000", ":20261201T100000").replace(
        "VERSION", "X-WR-TIMEZONE:America/Chicago\r\nVERSION"
    )
    found = reading(text)

    assert (times(found.busy), found.has_floating_times) == (["12-01 15:00 60"], False)


def test_zone_of_the_calendar_that_nobody_knows():
    text = between(":20261201T090000", ":20261201T100000").replace("VERSION", "X-WR-TIMEZONE:Mars/Olympus\r\nVERSION")

    assert reading(text).has_floating_times


def test_both_readings_of_the_hour_that_comes_twice():
    first = event("DTSTART;TZID=America/New_York:20261101T013000", "DTEND;TZID=America/New_York:20261101T020000")
    second = event("DTSTART:20261101T063000Z", "DTEND:20261101T070000Z", uid="two")

    # From 1:30 daylight time to 2:00 standard time it is an hour and a half.
    assert busy(calendar(first)) == ["11-01 05:30 90"]
    assert busy(calendar(second)) == ["11-01 06:30 30"]


def test_hour_that_the_clock_skips():
    assert busy(between(";TZID=America/New_York:20270314T023000", ";TZID=America/New_York:20270314T033000")) == []
    assert busy(between(";TZID=America/New_York:20270314T013000", ";TZID=America/New_York:20270314T033000")) == [
        "03-14 06:30 60"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT1H", timedelta(hours=1)),
        ("+P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("P2W", timedelta(weeks=2)),
        ("p1d", timedelta(days=1)),
        ("-PT15M", timedelta(minutes=-15)),
        ("P1H", timedelta(hours=1)),
        ("PT 90 M", timedelta(minutes=90)),
        ("P1W2D", timedelta(days=9)),
    ],
)
def test_duration(text, expected):
    assert duration_of(text) == expected


@pytest.mark.parametrize("text", ["", "P", "PT", "1H", "PT1", "P-1D", "PT999999999999S", "P1Y"])
def test_what_is_no_duration(text):
    with pytest.raises(TimeError):
        duration_of(text)


def test_duration_of_hours_over_the_clock_change_is_exact_and_of_a_day_follows_the_wall():
    night = ["DTSTART;TZID=America/New_York:20261031T220000"]

    assert busy(calendar(event(*night, "DURATION:PT8H"))) == ["11-01 02:00 480"]
    assert busy(calendar(event(*night, "DURATION:P1D"))) == ["11-01 02:00 1500"]


def test_end_beyond_all_calendars():
    with pytest.raises(TimeError):
        later(START.replace(year=9999, month=12, day=31), timedelta(days=9))


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("", []),
        ("DTEND:20261201T140000Z", []),
        ("DURATION:PT0S", []),
        ("DURATION:PT30M", ["12-01 14:00 30"]),
        ("DTEND:\r\nDURATION:PT30M", ["12-01 14:00 30"]),
    ],
)
def test_end_that_is_not_said_or_at_once(end, expected):
    assert busy(calendar(event("DTSTART:20261201T140000Z", *filter(None, [end])))) == expected


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("DTEND:20261201T130000Z", ["12-01 13:00 60"]),  # The two changed places.
        ("DURATION:-PT1H", ["12-01 13:00 60"]),
        ("DTEND:20251201T130000Z", []),
        ("DTEND:soon", []),
        ("DURATION:long", []),
    ],
)
def test_end_that_makes_no_sense_is_counted(end, expected):
    found = reading(calendar(event("DTSTART:20261201T140000Z", end)))

    assert (times(found.busy), found.skipped) == (expected, 1)


def test_event_over_the_edges_of_the_window_is_cut():
    found = reading(between(":20261001T000000Z", ":20271001T000000Z"))

    assert found.busy == (WINDOW,)
