from datetime import date

import pytest

from meetings.feeds.events import Lines, Owner, may_matter
from meetings.feeds.lines import calendars
from tests.meetings.feeds.written import busy, calendar, event, reading, times

HOUR = ("DTSTART:20261201T140000Z", "DTEND:20261201T150000Z")
DAY = ("DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261202")
OUTLOOK_DAY = (
    "DTSTART;TZID=Eastern Standard Time:20261201T000000",
    "DTEND;TZID=Eastern Standard Time:20261202T000000",
    "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
)
BUSY, SOFT, FREE = "busy", "tentative", "free"
DANA = Owner(frozenset({"dana@schools.example"}), "iep.schools.example")
OUR_UID = "0b7f3c1e-6a52-4a6c-9d55-1f2f6e9b7a10@iep.schools.example"


def standing(*lines, owner=DANA, **extra):
    found = reading(calendar(event(*lines, **extra)), owner=owner)
    assert found.skipped == 0
    return BUSY if found.busy else SOFT if found.tentative else FREE


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), BUSY),
        (("TRANSP:OPAQUE", "STATUS:CONFIRMED"), BUSY),
        (("TRANSP:TRANSPARENT",), FREE),
        (("STATUS:CANCELLED",), FREE),
        (("STATUS:TENTATIVE",), SOFT),
        (("X-MICROSOFT-CDO-BUSYSTATUS:BUSY",), BUSY),
        (("X-MICROSOFT-CDO-BUSYSTATUS:OOF",), BUSY),
        (("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE",), SOFT),
        (("X-MICROSOFT-CDO-BUSYSTATUS:FREE", "TRANSP:OPAQUE"), FREE),
        (("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",), FREE),
        (("ATTENDEE;PARTSTAT=DECLINED:mailto:dana@schools.example",), FREE),
        (("ATTENDEE;PARTSTAT=declined:MAILTO:Dana@Schools.example",), FREE),
        (("ATTENDEE;PARTSTAT=DECLINED;EMAIL=dana@schools.example:urn:uuid:1",), FREE),
        (("ATTENDEE;PARTSTAT=TENTATIVE:mailto:dana@schools.example",), SOFT),
        (("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:dana@schools.example",), BUSY),
        (("ATTENDEE;PARTSTAT=DECLINED:mailto:raj@schools.example",), BUSY),
    ],
)
def test_standing_of_an_event(lines, expected):
    assert standing(*HOUR, *lines) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((*DAY, "TRANSP:OPAQUE"), FREE),
        (DAY, FREE),
        ((*DAY, "X-MICROSOFT-CDO-BUSYSTATUS:OOF"), BUSY),
        ((*DAY, "X-MICROSOFT-CDO-BUSYSTATUS:BUSY"), BUSY),
        ((*DAY, "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE"), FREE),
        ((*DAY, "X-MICROSOFT-CDO-BUSYSTATUS:FREE"), FREE),
        (OUTLOOK_DAY, FREE),
        ((*OUTLOOK_DAY, "X-MICROSOFT-CDO-BUSYSTATUS:OOF"), BUSY),
        (("DTSTART:20261201", "X-MICROSOFT-CDO-BUSYSTATUS:OOF"), BUSY),
    ],
)
def test_standing_of_a_whole_day(lines, expected):
    assert standing(*lines) == expected


@pytest.mark.parametrize("end", [(), ("DTEND;VALUE=DATE:20261201",), ("DTEND;VALUE=DATE:20261202",), ("DURATION:P1D",)])
def test_whole_day_is_one_in_the_owners_zone(end):
    day = event("DTSTART;VALUE=DATE:20261201", "X-MICROSOFT-CDO-BUSYSTATUS:OOF", *end)

    assert busy(calendar(day)) == ["12-01 05:00 1440"]
    assert busy(calendar("X-WR-TIMEZONE:Europe/Berlin", day)) == ["11-30 23:00 1440"]


def test_owner_by_the_name_of_a_google_calendar():
    declined = event(*HOUR, "ATTENDEE;PARTSTAT=DECLINED:mailto:d.k@gmail.example")

    assert busy(calendar("X-WR-CALNAME:d.k@gmail.example", declined)) == []
    assert busy(calendar("X-WR-CALNAME:Work", declined)) == ["12-01 14:00 60"]


@pytest.mark.parametrize(
    ("uid", "expected"),
    [
        (OUR_UID, FREE),
        (OUR_UID.upper(), FREE),
        (OUR_UID.replace("iep", "other"), BUSY),
        ("a-party@iep.schools.example", BUSY),
        (f"{OUR_UID}.evil.example", BUSY),
    ],
)
def test_own_invite_that_comes_back_is_known_already(uid, expected):
    assert standing(*HOUR, uid=uid) == expected


def test_without_a_host_of_ours_nothing_is_ours():
    assert standing(*HOUR, uid=OUR_UID, owner=Owner()) == BUSY


def test_busy_time_hides_the_tentative_under_it():
    text = calendar(
        event(*HOUR), event("DTSTART:20261201T143000Z", "DTEND:20261201T160000Z", "STATUS:TENTATIVE", uid="two")
    )

    found = reading(text)

    assert (times(found.busy), times(found.tentative)) == (["12-01 14:00 60"], ["12-01 15:00 60"])


def version(sequence, hour, stamp="20261001T000000Z", **extra):
    lines = (f"SEQUENCE:{sequence}", f"LAST-MODIFIED:{stamp}", f"DTSTART:20261201T{hour}0000Z", "DURATION:PT1H")
    return event(*lines, **extra)


@pytest.mark.parametrize("is_first", [True, False])
def test_newest_version_of_an_event_that_came_twice_wins(is_first):
    parts = [version(3, 15), version(2, 14, "20261009T000000Z")]

    assert busy(calendar(*(parts if is_first else parts[::-1]))) == ["12-01 15:00 60"]


def test_later_stamp_wins_where_the_sequence_is_the_same():
    assert busy(calendar(version(1, 14), version(1, 15, "20261009T000000Z"))) == ["12-01 15:00 60"]


def test_two_events_of_one_name_and_version_both_take_time():
    assert busy(calendar(version(0, 14), version(0, 16), version(0, 14))) == ["12-01 14:00 60", "12-01 16:00 60"]


def test_events_without_a_name_are_not_one_another():
    parts = [
        version(0, 14).replace("UID:one@calendar.example\r\n", ""),
        version(0, 16).replace("UID:one@calendar.example\r\n", ""),
    ]

    assert busy(calendar(*parts)) == ["12-01 14:00 60", "12-01 16:00 60"]


@pytest.mark.parametrize("method", ["CANCEL", "REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH"])
def test_calendar_of_cancellations_or_answers(method):
    assert busy(calendar(f"METHOD:{method}", event(*HOUR))) == []


def test_broken_event_that_takes_no_time_is_not_counted():
    assert busy(calendar(event("DTSTART:nonsense", "TRANSP:TRANSPARENT"))) == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("DTSTART:20261201T140000Z",), True),
        (("DTSTART:20250101T140000Z", "DTEND:20250101T150000Z"), False),
        (("DTSTART;VALUE=DATE:20250101", "DTEND;VALUE=DATE:20250102"), False),
        (("DTSTART:20280101T140000Z",), False),
        (("DTSTART:20250101T140000Z", "DTEND:20280101T150000Z"), True),
        (("DTSTART:20250101T140000Z", "DURATION:P900D"), True),
        (("DTSTART:20250101T140000Z", "DTEND:20250101T150000Z", "RRULE:FREQ=DAILY"), True),
        (("DTSTART:20250101T140000Z", "DTEND:20250101T150000Z", "RDATE:20261201T140000Z"), True),
        (("DTSTART:20250101T140000Z", "DTEND:20250101T150000Z", "RECURRENCE-ID:20261201T140000Z"), True),
        (("DTSTART:20250101T140000Z",), False),
        (("DTSTART:20260201T140000Z", "DTEND:20250101T150000Z"), False),
        (("DTSTART:20261201T140000Z", "DTEND:20250101T150000Z"), True),
        (("DTSTART:nonsense",), True),
    ],
)
def test_events_well_outside_of_the_window_are_not_looked_at(lines, expected):
    ((found,),) = (calendar_.parts for calendar_ in calendars(calendar(event(*lines)).encode()))

    assert may_matter(Lines(found), (date(2026, 11, 1), date(2027, 4, 30))) is expected


def test_calendar_of_busy_times_alone():
    text = calendar(
        "BEGIN:VFREEBUSY",
        "FREEBUSY:20261201T140000Z/20261201T150000Z,20261201T160000Z/PT30M",
        "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261202T140000Z/PT1H",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261203T140000Z/PT1H",
        "FREEBUSY;FBTYPE=FREE:20261204T140000Z/PT1H",
        "FREEBUSY;FBTYPE=X-ODD:20261205T140000Z/PT1H,nonsense",
        "FREEBUSY;FBTYPE=FREE:nonsense",
        "FREEBUSY:",
        "END:VFREEBUSY",
    )

    found = reading(text)

    assert times(found.busy) == ["12-01 14:00 60", "12-01 16:00 30", "12-02 14:00 60", "12-05 14:00 60"]
    assert times(found.tentative) == ["12-03 14:00 60"]
    assert found.skipped == 1
