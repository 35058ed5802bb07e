import pytest

from meetings.feeds.lines import calendars
from meetings.feeds.readings import Trouble, UnreadableError
from tests.meetings.feeds.written import busy, calendar, event, reading

ONE = calendar(event("DTSTART:20261201T140000Z", "DTEND:20261201T150000Z", "SUMMARY:Café"))
HOUR = ["12-01 14:00 60"]


@pytest.mark.parametrize(
    "body",
    [
        ONE.encode(),
        ONE.encode("utf-8-sig"),
        ONE.encode("utf-16"),
        ONE.encode("utf-16-le"),
        ONE.encode("utf-16-be"),
        ONE.encode("latin-1"),
        ONE.replace("\r\n", "\n").encode(),
        ONE.replace("\r\n", "\r").encode(),
        ONE.replace("\r\n", "\r\n\r\n").encode(),
        ONE.replace("Café", "Ca\0f\x08é").encode(),
        ONE.replace("SUMMARY", "\ufeffSUMMARY").encode(),
        ONE.lower().encode(),
        ONE.replace("20261201T140000Z", "20261201\r\n T1400\r\n\t00Z").encode(),
        b"junk before\r\n" + ONE.encode() + b"junk after\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + ONE.encode(),
        ONE.replace("SUMMARY", "this line says nothing\r\nNOR;THIS\r\n:\r\n;=\r\nSUMMARY").encode(),
        (ONE + ONE).encode(),
        event("DTSTART:20261201T140000Z", "DTEND:20261201T150000Z").encode(),
    ],
)
def test_calendar_however_it_is_written(body):
    assert busy(body) == HOUR


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0",
        b"\xff\xfe",
        b"<!DOCTYPE html><html><body>Sign in</body></html>",
        b'{"error": "not found"}',
        b"BEGIN:VCARD\r\nEND:VCARD\r\n",
        b"END:VCALENDAR\r\n",
        ONE[:-20].encode(),
        (ONE + ONE[:-20]).encode(),
        (ONE[:-20] + "\r\n" + ONE).encode(),
        bytes(range(256)) * 100,
    ],
)
def test_what_is_no_calendar_or_breaks_off(body):
    with pytest.raises(UnreadableError) as error:
        reading(body)

    assert error.value.trouble == Trouble.NOT_A_CALENDAR


def test_empty_calendar_is_one():
    assert busy(calendar()) == []


def test_event_without_an_end_is_counted_and_the_next_one_stands():
    text = calendar("BEGIN:VEVENT", "DTSTART:20261201T100000Z", event("DTSTART:20261201T140000Z", "DURATION:PT1H"))

    found = reading(text)

    assert (len(found.busy), found.skipped) == (1, 1)


def test_alarms_inside_an_event_say_nothing_of_its_time():
    alarm = ["BEGIN:VALARM", "DURATION:PT9H", "TRIGGER:-PT15M", "END:VALARM"]

    assert busy(calendar(event(*alarm, "DTSTART:20261201T140000Z", "DURATION:PT1H"))) == HOUR


def test_tasks_and_notes_take_no_time():
    task = ["BEGIN:VTODO", "DTSTART:20261201T140000Z", "DUE:20261201T150000Z", "END:VTODO"]

    assert busy(calendar(*task)) == []


def test_five_thousand_levels_deep():
    assert busy(calendar(*["BEGIN:X-LEVEL"] * 5000, *["END:X-LEVEL"] * 5000)) == []


def test_line_with_a_zone_that_holds_colons_and_quotes():
    (found,) = calendars(
        calendar(
            'DTSTART;X-A="a;b:c";TZID=(UTC-05:00) Eastern Time (US & Canada):20261201T090000',
            'attendee;cn="O\'Brien; Núñez: 李";partstat=accepted:mailto:a@b.example',
        ).encode()
    )

    assert list(found.lines({"DTSTART", "ATTENDEE"})) == [
        ("DTSTART", {"X-A": "a;b:c", "TZID": "(UTC-05:00) Eastern Time (US & Canada)"}, "20261201T090000"),
        ("ATTENDEE", {"CN": "O'Brien; Núñez: 李", "PARTSTAT": "accepted"}, "mailto:a@b.example"),
    ]
