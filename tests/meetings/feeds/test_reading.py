import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetings.core.intervals import union
from meetings.feeds.readings import Reading, Trouble, UnreadableError
from tests.effort import tries
from tests.meetings.feeds.test_zones import OUTLOOK, definition
from tests.meetings.feeds.written import WINDOW, busy, calendar, event, reading, times

HOUR = ("DTSTART:20261201T140000Z", "DURATION:PT1H")
RICH = calendar(
    "X-WR-TIMEZONE:America/Chicago",
    definition("Customized Time Zone", *OUTLOOK),
    event(
        "DTSTART;TZID=Customized Time Zone:20261105T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=TU,TH", uid="a"
    ),
    event(
        "RECURRENCE-ID;TZID=Customized Time Zone:20261112T090000", "DTSTART:20261112T160000Z", "DURATION:PT1H", uid="a"
    ),
    event("DTSTART:20261203T100000", "DTEND:20261203T113000", "STATUS:TENTATIVE", uid="b"),
    event("DTSTART;VALUE=DATE:20261224", "X-MICROSOFT-CDO-BUSYSTATUS:OOF", "RDATE;VALUE=DATE:20261231", uid="c"),
    event(*HOUR, "EXDATE:20261208T140000Z", "RRULE:FREQ=MONTHLY;BYDAY=1TU;UNTIL=20270401", "SEQUENCE:2", uid="d"),
    "BEGIN:VFREEBUSY",
    "FREEBUSY;FBTYPE=BUSY:20261210T140000Z/PT2H",
    "END:VFREEBUSY",
)


def test_calendar_with_a_bit_of_everything():
    found = reading(RICH)

    assert found.skipped == 0
    assert times(found.tentative) == ["12-03 16:00 90"]
    assert times(found.busy)[:6] == [
        "11-05 14:00 60",
        "11-10 14:00 60",
        "11-12 16:00 60",
        "11-17 14:00 60",
        "11-19 14:00 60",
        "11-24 14:00 60",
    ]
    assert {"12-10 14:00 120", "12-24 06:00 1440"} <= set(times(found.busy))


def test_several_calendars_in_one_file_each_with_its_own_zone():
    local = event("DTSTART:20261201T090000", "DURATION:PT1H")
    text = calendar("X-WR-TIMEZONE:America/Chicago", local) + calendar("X-WR-TIMEZONE:America/Denver", local)

    assert busy(text) == ["12-01 15:00 120"]  # Nine in Chicago, then nine in Denver.


def test_several_calendars_share_the_bound_of_occurrences():
    one = calendar(event(*HOUR, "RRULE:FREQ=DAILY;COUNT=3"))

    assert len(busy(one, most_occurrences=3)) == 3
    with pytest.raises(UnreadableError) as error:
        reading(one + one, most_occurrences=5)
    assert error.value.trouble == Trouble.TOO_MANY_EVENTS


def test_one_broken_event_hides_no_other():
    broken = [
        event("DTSTART:nonsense!", uid="1"),
        event(uid="2"),
        event(*HOUR, "RECURRENCE-ID:nonsense", uid="3"),
        event("DTSTART;VALUE=PERIOD:20261201T140000Z/PT1H", uid="4"),
    ]

    found = reading(calendar(*broken, event(*HOUR, uid="good")))

    assert (times(found.busy), found.skipped) == (["12-01 14:00 60"], 4)


@settings(max_examples=tries(150, 5000), deadline=None)
@given(seed=st.integers(0, 2**32), cuts=st.integers(1, 30))
def test_calendar_with_bytes_lost_or_changed_is_read_or_refused_and_nothing_else(seed, cuts):
    chance = random.Random(seed)
    body = bytearray(RICH.encode())
    for _ in range(cuts):
        at = chance.randrange(len(body))
        if chance.random() < 0.5:
            del body[at : at + chance.randrange(1, 40)]
        else:
            body[at : at + 1] = bytes([chance.choice(b'\r\n:;=,T0129-/\0\xff"BEGIN')])

    try:
        found = reading(bytes(body))
    except UnreadableError as error:
        assert error.trouble in {Trouble.NOT_A_CALENDAR, Trouble.TOO_MANY_EVENTS}
        return

    assert isinstance(found, Reading)
    assert list(found.busy) == union(found.busy)
    assert list(found.tentative) == union(found.tentative)
    assert all(WINDOW.start <= start < end <= WINDOW.end for start, end in (*found.busy, *found.tentative))
