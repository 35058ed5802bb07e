from datetime import UTC, datetime, timedelta

import pytest

from meetings import incoming
from meetings.incoming import Attendee, CalendarMail, Event, Unread, Written
from tests.booking import HOUR, START
from tests.incoming import UID, apple, calendar, exchange, google, mail, stub

TO = "replies@iep.example.org"
ELENA = "elena.rainwater@family.example"


def said(raw):
    return incoming.read(raw).said


def event(partstat="ACCEPTED", attendee=ELENA, **extra):
    fields = {"uid": f"{UID}@iep.example.org", "sequence": 0, "start": START, "end": START + HOUR}
    return Event(**fields | {"attendees": (Attendee(attendee, partstat),)} | extra)


@pytest.mark.parametrize("shape", [google, apple, stub])
@pytest.mark.parametrize("partstat", ["ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED"])
def test_answer_in_the_shape_of_each(shape, partstat):
    assert said(shape(TO, partstat=partstat)) == CalendarMail("REPLY", (event(partstat),))


def test_answer_of_exchange_without_organizer_and_in_a_windows_zone():
    found = said(exchange(TO, comment="Field trip"))

    assert found == CalendarMail("REPLY", (event(attendee="raj.patel@schools.example", comment="Field trip"),))
    assert found.events[0].start.astimezone(UTC) == START


@pytest.mark.parametrize("shape", [google, stub])
def test_answer_without_organizer(shape):
    assert said(shape(TO, organizer=False)) == CalendarMail("REPLY", (event(),))


def test_answer_without_sequence():
    assert said(stub(TO, sequence=None)).events[0].sequence is None


@pytest.mark.parametrize("sequence", ["-1", "x", "99999999999999999999"])
def test_a_sequence_that_is_none(sequence):
    found = said(stub(TO, sequence=sequence))

    assert isinstance(found, Unread) or found.events[0].sequence is None


@pytest.mark.parametrize("shape", [google, exchange, stub])
def test_counter_proposes_a_time(shape):
    later = START + timedelta(days=1)

    found = said(shape(TO, method="COUNTER", partstat="TENTATIVE", start=later))

    assert (found.method, found.events[0].start.astimezone(UTC)) == ("COUNTER", later)
    assert found.events[0].end.astimezone(UTC) == later + HOUR


def test_counter_in_floating_time_and_with_a_duration():
    times = "DTSTART:20261204T133000\nDURATION:PT45M"
    own = [f"BEGIN:VEVENT\nUID:{UID}\n{times}\nATTENDEE;PARTSTAT=TENTATIVE:mailto:{ELENA}\nEND:VEVENT\n"]

    (found,) = said(stub(TO, method="COUNTER", events=own)).events

    wall = datetime.fromisoformat("2026-12-04T13:30")
    assert (found.start, found.end) == (wall, wall + timedelta(minutes=45))


def test_a_whole_day_has_no_time():
    own = [f"BEGIN:VEVENT\nUID:{UID}\nDTSTART;VALUE=DATE:20261204\nATTENDEE:mailto:{ELENA}\nEND:VEVENT\n"]

    (found,) = said(stub(TO, method="COUNTER", events=own)).events

    assert (found.start, found.end) == (None, None)


def test_method_in_the_header_alone():
    text = calendar().replace("METHOD:REPLY\n", "")

    found = said(mail(TO, f"Content-Type: text/calendar; method=reply; charset=UTF-8\n\n{text}"))

    assert found == CalendarMail("REPLY", (event(),))


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "PUBLISH", "REFRESH", "ADD", "DECLINECOUNTER", ""])
def test_any_other_method_is_no_answer(method):
    assert said(stub(TO, method=method)) == Written("")


@pytest.mark.parametrize("rule", ["RRULE:FREQ=DAILY", "RRULE:FREQ=SECONDLY;INTERVAL=0", "RDATE:20261204T183000Z"])
def test_what_repeats_is_no_answer(rule):
    assert said(stub(TO, extra=rule)) == Unread("calendar_repeats")


def odd_zone(rule):
    half = "DTSTART:16010101T020000\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0500"
    zone = f"BEGIN:VTIMEZONE\nTZID:Odd\nBEGIN:STANDARD\n{half}\n{rule}\nEND:STANDARD\nEND:VTIMEZONE\n"
    times = "DTSTART;TZID=Odd:20261203T133000\nDTEND;TZID=Odd:20261203T143000\nSEQUENCE:0"
    own = f"BEGIN:VEVENT\nUID:{UID}@iep.example.org\n{times}\nATTENDEE;PARTSTAT=ACCEPTED:mailto:{ELENA}\nEND:VEVENT\n"
    return stub(TO, events=[zone, own])


@pytest.mark.parametrize(
    "rule",
    [
        "RRULE:FREQ=SECONDLY",
        "RRULE:FREQ=MINUTELY;INTERVAL=0",
        "RRULE:FREQ=YEARLY;INTERVAL=0",
        "RRULE:FREQ=YEARLY;BYSECOND=61",
        "RRULE:FREQ=YEARLY;BYMONTH=1;BYHOUR=0,1,2,3,4,5,6,7,8,9",
        "rrule:freq=SECONDLY",
        "RRULE;X=1:FREQ=SECONDLY",
        "RRU\n LE:FREQ=SECONDLY",
        "COMMENT:x\rRRULE:FREQ=SECONDLY",
        "RRULE:FREQ=YEARLY\nEXRULE:FREQ=YEARLY",
    ],
)
def test_zone_whose_clocks_change_without_end_is_not_followed(rule):
    assert said(odd_zone(rule)) == Unread("calendar_repeats")


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1d"])
def test_line_that_only_some_readers_end_hides_no_rule(end):
    assert said(odd_zone(f"COMMENT:x{end}RRULE:FREQ=SECONDLY")) == CalendarMail("REPLY", (event(),))


@pytest.mark.parametrize("rule", ["RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11", "RDATE:20251102T020000", ""])
def test_zone_of_ones_own_is_followed(rule):
    assert said(odd_zone(rule)) == CalendarMail("REPLY", (event(),))


def test_one_of_a_series_is_left_out_of_several_components():
    one = calendar().split("METHOD:REPLY\n")[1].removesuffix("END:VCALENDAR\n")
    other = one.replace("SEQUENCE:0", "RECURRENCE-ID:20261203T183000Z").replace("ACCEPTED", "DECLINED")

    assert said(stub(TO, events=[one, other])) == CalendarMail("REPLY", (event(),))


BROKEN = {
    "cut off": calendar()[:200],
    "no calendar": "<html>Sign in</html>",
    "no end": calendar().replace("END:VEVENT\n", ""),
    "a date that is none": calendar().replace("DTSTART:", "DTSTART:x"),
    "nested": "BEGIN:VCALENDAR\nMETHOD:REPLY\n" + "BEGIN:VEVENT\n" * 2_000,
    "long": calendar(extra="X:" + "a" * 150_000),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_calendar_is_unread(name):
    raw = mail(TO, f"Content-Type: text/calendar; method=REPLY; charset=UTF-8\n\n{BROKEN[name]}")

    assert said(raw) in {Unread("calendar"), Unread("calendar_too_large")}


def test_words_beside_a_broken_calendar_are_kept():
    raw = apple(TO).replace(b"DTSTART:", b"DTSTART:x")

    assert said(raw) == Unread("calendar", "Elena Rainwater accepted your invitation.")


def test_a_whole_copy_beside_a_broken_one_is_read():
    raw = google(TO).replace(b"DTSTART:", b"DTSTART:x", 1)

    assert said(raw) == CalendarMail("REPLY", (event(),))


def test_answer_of_the_one_who_was_asked_among_all():
    whole = event(attendees=(Attendee("other@x.example", "DECLINED"), Attendee(ELENA, "ACCEPTED")))

    assert whole.answer_of({ELENA}) == "ACCEPTED"


def test_answer_from_an_alias_is_theirs_where_it_is_the_only_one():
    assert event(attendee="elena@work.example").answer_of({ELENA}) == "ACCEPTED"


def test_answers_of_several_others_are_nobodys():
    others = (Attendee("a@x.example", "ACCEPTED"), Attendee("b@x.example", "ACCEPTED"))

    assert event(attendees=others).answer_of({ELENA}) == ""


def test_two_answers_of_one_are_none():
    both = (Attendee(ELENA, "ACCEPTED"), Attendee(ELENA, "DECLINED"))

    assert event(attendees=both).answer_of({ELENA}) == ""


def test_an_event_without_attendees_has_no_answer():
    assert event(attendees=()).answer_of({ELENA}) == ""
