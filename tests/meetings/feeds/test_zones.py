import pytest

from tests.meetings.feeds.written import busy, calendar, event, reading, times


def at_nine(zone, *definitions):
    return reading(
        calendar(*definitions, event(f"DTSTART;TZID={zone}:20261201T090000", "DURATION:PT1H")), zone="Asia/Tokyo"
    )


def definition(name, *rules):
    return "\r\n".join(["BEGIN:VTIMEZONE", f"TZID:{name}", *rules, "END:VTIMEZONE"])


def observance(kind, start, before, after, *lines):
    return "\r\n".join(
        [f"BEGIN:{kind}", f"DTSTART:{start}", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}", *lines, f"END:{kind}"]
    )


OUTLOOK = (
    observance("STANDARD", "16010101T020000", "-0400", "-0500", "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11"),
    observance("DAYLIGHT", "16010101T020000", "-0500", "-0400", "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3"),
)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("America/New_York", "14:00"),
        ("america/new_york", "14:00"),
        ('"America/New_York"', "14:00"),
        ("US/Eastern", "14:00"),
        ("UTC", "09:00"),
        ("Etc/GMT+5", "14:00"),
        ("Eastern Standard Time", "14:00"),
        ('"Eastern Standard Time"', "14:00"),
        ("Pacific Standard Time (Mexico)", "17:00"),
        ("W. Europe Standard Time", "08:00"),
        ("Central America Standard Time", "15:00"),
        ('"(UTC-05:00) Eastern Time (US & Canada)"', "14:00"),
        ("(UTC-05:00) Eastern Time (US and Canada)", "14:00"),
        ("(GMT-08.00) Pacific Time (US & Canada)", "17:00"),
        ("Eastern Time (US & Canada)", "14:00"),
        ("/freeassociation.sourceforge.net/America/Chicago", "15:00"),
        ("/softwarestudio.org/Olson_20011030_5/America/Indiana/Knox", "15:00"),
        ("GMT-0500", "14:00"),
        ("UTC+01:00", "08:00"),
    ],
)
def test_zone_by_its_name(zone, expected):
    found = at_nine(zone)

    assert times(found.busy) == [f"12-01 {expected} 60"]
    assert not found.has_floating_times


@pytest.mark.parametrize(
    "zone",
    ["Mars/Olympus", "Customized Time Zone", "tzone://Microsoft/Custom", "GMT+9999", "../../etc/passwd", "posixrules"],
)
def test_zone_that_nobody_knows_is_the_schools_and_flagged(zone):
    found = at_nine(zone)

    assert times(found.busy) == ["12-01 00:00 60"]  # Nine in Tokyo.
    assert found.has_floating_times


@pytest.mark.parametrize("is_before", [True, False])
def test_zone_that_the_calendar_defines_before_or_after_the_event(is_before):
    parts = [
        definition("Customized Time Zone", *OUTLOOK),
        event("DTSTART;TZID=Customized Time Zone:20261030T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3"),
    ]

    assert busy(calendar(*(parts if is_before else parts[::-1]))) == ["11-06 14:00 60", "11-13 14:00 60"]


def test_series_in_a_zone_of_its_own_keeps_its_hour_over_the_clock_change():
    series = event("DTSTART;TZID=Own:20270310T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=2")

    assert busy(calendar(definition("Own", *OUTLOOK), series)) == ["03-10 14:00 60", "03-17 13:00 60"]


def test_known_name_counts_more_than_a_definition_that_says_otherwise():
    assert times(
        at_nine(
            "America/New_York",
            definition("America/New_York", observance("STANDARD", "19700101T000000", "+0000", "+0000")),
        ).busy
    ) == ["12-01 14:00 60"]


@pytest.mark.parametrize(
    "rules",
    [
        (),
        ("BEGIN:STANDARD", "END:STANDARD"),
        (observance("STANDARD", "not a time", "-0400", "-0500"),),
        (observance("STANDARD", "20260101T000000", "west", "-0500"),),
        (observance("STANDARD", "16010101T000000", "-0400", ""),),
        (observance("STANDARD", "16010101T000000", "-9900", "-9900"),),
        (observance("STANDARD", "16010101T000000", "-0400", "-0500", "RRULE:FREQ=YEARLY;BYDAY=1XX"),),
        (observance("STANDARD", "16010101T000000", "-0400", "-0500", "RRULE:FREQ=YEARLY;BYMONTH="),),
    ],
)
def test_definition_that_makes_no_sense_hides_no_event(rules):
    found = at_nine("Own", definition("Own", *rules))

    assert times(found.busy) == ["12-01 00:00 60"]
    assert found.has_floating_times


@pytest.mark.parametrize(
    "rule", ["FREQ=SECONDLY", "FREQ=YEARLY;INTERVAL=0", "FREQ=MINUTELY;INTERVAL=1", "FREQ=DAILY;BYHOUR=1"]
)
def test_definition_whose_clock_changes_without_end(rule):
    found = at_nine(
        "Own", definition("Own", observance("STANDARD", "16010101T020000", "-0400", "-0500", f"RRULE:{rule}"))
    )

    assert len(found.busy) == 1


def test_definition_with_hours_in_its_rule_two_names_and_the_year_one():
    rule = "RRULE:FREQ=YEARLY;BYMINUTE=0;BYHOUR=2;BYDAY=1SU;BYMONTH=11"
    odd = definition("Lotus", "TZID:Notes", observance("STANDARD", "00010101T020000", "-0500", "-0500", rule))

    assert times(at_nine("Lotus", odd).busy) == ["12-01 14:00 60"]
    assert times(at_nine("Notes", odd).busy) == ["12-01 14:00 60"]


def test_name_with_escaped_commas():
    odd = definition(
        r"(UTC+07:00) Bangkok\, Hanoi\, Jakarta", observance("STANDARD", "16010101T000000", "+0700", "+0700")
    )

    assert times(at_nine('"(UTC+07:00) Bangkok, Hanoi, Jakarta"', odd).busy) == ["12-01 02:00 60"]
