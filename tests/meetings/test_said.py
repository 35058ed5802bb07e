"""What a tired teacher types after "Parent can come", read on Monday, November 23, 2026, at 2:12 PM in New York."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from meetings.core.intervals import EPOCH, instant_of, minute_of
from meetings.core.schooldays import SchoolCalendar, days_between, instant_at, local_day
from meetings.said import DAYS_AHEAD, LONGEST_TEXT, NotRead, Said, Unread, read_said
from tests.effort import tries

NEW_YORK = "America/New_York"
THANKSGIVING = {date(2026, 11, 26), date(2026, 11, 27)}
FIRST, LAST = date(2026, 8, 24), date(2027, 6, 11)
TODAY, TOMORROW, WEDNESDAY = (date(2026, 11, day) for day in (23, 24, 25))
MONDAY_AFTER, TUESDAY_AFTER, THURSDAY_AFTER = date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 3)


def school(zone=NEW_YORK, *, last=LAST, weekends=False):
    days = [day for day in days_between(FIRST, last) if (weekends or day.isoweekday() < 6) and day not in THANKSGIVING]
    return SchoolCalendar(zone, FIRST, last, dict.fromkeys(days, "regular"), {})


CALENDAR, NO_DAY_OFF = school(), school(weekends=True)
NOW = datetime(2026, 11, 23, 14, 12, tzinfo=ZoneInfo(NEW_YORK))


def read(text, calendar=CALENDAR, now=NOW):
    return read_said(text, calendar=calendar, now=now)


def said(text, on, hour, minute=0, *, minutes=None, joins="", is_now=False, zone=NEW_YORK):
    start = instant_at(zone, on, hour * 60 + minute)
    return Said(start, minutes, joins, is_now, text)


def not_read(text, why, on=None, next_on=None):
    return NotRead(why, on, next_on, text)


@pytest.mark.parametrize(
    ("text", "on", "hour", "minute"),
    [
        # A day and a time.
        ("today at 3", TODAY, 15, 0),
        ("today 3pm", TODAY, 15, 0),
        ("today, 3 p.m.", TODAY, 15, 0),
        ("Today @ 3:15 P.M.", TODAY, 15, 15),
        ("later today at 4", TODAY, 16, 0),
        ("tonight at 6", TODAY, 18, 0),
        ("this afternoon at 4:30", TODAY, 16, 30),
        ("today 14:12", TODAY, 14, 12),
        ("tomorrow 7:30am", TOMORROW, 7, 30),
        ("tomorrow at 7:30", TOMORROW, 7, 30),
        ("tmrw at 12", TOMORROW, 12, 0),
        ("tomorrow noon", TOMORROW, 12, 0),
        ("tomorrow morning at 8", TOMORROW, 8, 0),
        ("8 tomorrow morning", TOMORROW, 8, 0),
        ("tomorrow before school at 6:45", TOMORROW, 6, 45),
        ("tomorrow after school at 3:05", TOMORROW, 15, 5),
        ("tomorrow evening at 7", TOMORROW, 19, 0),
        ("tomorrow at 7 pm", TOMORROW, 19, 0),
        ("the day after tomorrow at 10", WEDNESDAY, 10, 0),
        ("in two days at 10", WEDNESDAY, 10, 0),
        ("in a week at 9:20", MONDAY_AFTER, 9, 20),
        ("a week from today at 9:20", MONDAY_AFTER, 9, 20),
        # A time alone: the next school day on which it is ahead.
        ("3", TODAY, 15, 0),
        ("at 3", TODAY, 15, 0),
        ("@3", TODAY, 15, 0),
        ("3:15", TODAY, 15, 15),
        ("03:15", TODAY, 15, 15),
        ("15:15", TODAY, 15, 15),
        ("1530", TODAY, 15, 30),
        ("315", TODAY, 15, 15),
        ("330pm", TODAY, 15, 30),
        ("3p", TODAY, 15, 0),
        ("3ish", TODAY, 15, 0),
        ("3 o'clock", TODAY, 15, 0),
        ("3 O’Clock pm", TODAY, 15, 0),
        ("three thirty", TODAY, 15, 30),
        ("half past 3", TODAY, 15, 30),
        ("quarter past three", TODAY, 15, 15),
        ("a quarter to 4", TODAY, 15, 45),
        ("20 to 4", TODAY, 15, 40),
        ("10 minutes to 4 pm", TODAY, 15, 50),
        ("5 past 3", TODAY, 15, 5),
        ("quarter to 1", TOMORROW, 12, 45),
        ("noon", TOMORROW, 12, 0),
        ("2", TOMORROW, 14, 0),
        ("7", TOMORROW, 7, 0),
        ("6:59", TODAY, 18, 59),
        ("8 in the morning", TOMORROW, 8, 0),
        # Days of the week.
        ("Mon 3", TODAY, 15, 0),
        ("Mon 2", MONDAY_AFTER, 14, 0),
        ("tues. 8", TOMORROW, 8, 0),
        ("Tuesday at 8", TOMORROW, 8, 0),
        ("this Wednesday 10:30", WEDNESDAY, 10, 30),
        ("next Tuesday 8", TUESDAY_AFTER, 8, 0),
        ("Tuesday next week at 8", TUESDAY_AFTER, 8, 0),
        ("next week Thursday at 3.15", THURSDAY_AFTER, 15, 15),
        ("2:00 on Wed", WEDNESDAY, 14, 0),
        # Dates.
        ("Dec 3 1:30 pm", THURSDAY_AFTER, 13, 30),
        ("December 3rd, 1:30", THURSDAY_AFTER, 13, 30),
        ("3rd of December at 1:30", THURSDAY_AFTER, 13, 30),
        ("3 Dec 4pm", THURSDAY_AFTER, 16, 0),
        ("Dec 3 - 4pm", THURSDAY_AFTER, 16, 0),
        ("Dec. 3, 2026 at 2", THURSDAY_AFTER, 14, 0),
        ("12/3 at 2", THURSDAY_AFTER, 14, 0),
        ("12/3/26 2pm", THURSDAY_AFTER, 14, 0),
        ("12-3-2026 2pm", THURSDAY_AFTER, 14, 0),
        ("2026-12-03 14:00", THURSDAY_AFTER, 14, 0),
        ("2026-12-03T09:30", THURSDAY_AFTER, 9, 30),
        ("2026-12-03T02:30", THURSDAY_AFTER, 2, 30),
        ("2026-12-03 02:30 mom can come", THURSDAY_AFTER, 2, 30),
        ("2026-12-03 02:30 pm", THURSDAY_AFTER, 14, 30),
        ("Thursday Dec 3 at 3", THURSDAY_AFTER, 15, 0),
        ("Thursday the 3rd at 3", THURSDAY_AFTER, 15, 0),
        ("the 3rd at 3", THURSDAY_AFTER, 15, 0),
        ("11/23 at 3", TODAY, 15, 0),
        ("11/23/26 at 3", TODAY, 15, 0),
        ("1/15 at 9", date(2027, 1, 15), 9, 0),
        # Words around.
        ("she can come today at 3", TODAY, 15, 0),
        ("my mom can come today at 3:00", TODAY, 15, 0),
        ("mom: 3", TODAY, 15, 0),
        ("Maya's mom can make it tomorrow at three thirty", TOMORROW, 15, 30),
        ("Mrs. Rainwater is free around 3", TODAY, 15, 0),
        ("Mom called, she can come today at 3", TODAY, 15, 0),
        ("Both parents would like to come tomorrow at 9", TOMORROW, 9, 0),
        ("3 works for her", TODAY, 15, 0),
        ("can we do the IEP meeting tomorrow at 9?", TOMORROW, 9, 0),
        ("she can come in today at 3", TODAY, 15, 0),
        ("can come by at 3 if possible", TODAY, 15, 0),
        ("noonish", TOMORROW, 12, 0),
        ("quarter of 4", TODAY, 15, 45),
        ("8 sharp", TOMORROW, 8, 0),
        ("parent can come maybe about 3", TODAY, 15, 0),
    ],
)
def test_time_that_is_named(text, on, hour, minute):
    assert read(text) == said(text, on, hour, minute)


@pytest.mark.parametrize(
    ("text", "on", "hour", "minutes"),
    [
        ("3 to 4", TODAY, 15, 60),
        ("3-4pm", TODAY, 15, 60),
        ("3pm – 4pm", TODAY, 15, 60),
        ("from 3 until 4:30", TODAY, 15, 90),
        ("tomorrow 11-1", TOMORROW, 11, 120),
        ("tomorrow 11-1pm", TOMORROW, 11, 120),
        ("tomorrow 9-3pm", TOMORROW, 9, 360),
        ("tomorrow from 10 to 2", TOMORROW, 10, 240),
        ("tomorrow 11 till noon", TOMORROW, 11, 60),
        ("3-4 in the afternoon", TODAY, 15, 60),
        ("6pm-7", TODAY, 18, 60),
        ("today at 3 for 45 minutes", TODAY, 15, 45),
        ("today at 3 for an hour", TODAY, 15, 60),
        ("today at 3 for an hour and a half", TODAY, 15, 90),
        ("today at 3 for 1.5 hours", TODAY, 15, 90),
        ("today at 3 for half an hour", TODAY, 15, 30),
        ("today at 3 for two and a half hours", TODAY, 15, 150),
        ("today at 3 for 1 hour 15 min", TODAY, 15, 75),
        ("today at 3, 1h30m", TODAY, 15, 90),
        ("45-minute meeting today at 3", TODAY, 15, 45),
    ],
)
def test_length_that_is_named(text, on, hour, minutes):
    assert read(text) == said(text, on, hour, minutes=minutes)


@pytest.mark.parametrize(
    ("text", "joins"),
    [
        ("tomorrow at 9 by phone", "phone"),
        ("tomorrow at 9 on her phone", "phone"),
        ("call tomorrow at 9", "phone"),
        ("phone call tomorrow at 9", "phone"),
        ("tomorrow at 9 by video", "video"),
        ("zoom tomorrow at 9", "video"),
        ("tomorrow at 9 on Teams", "video"),
        ("tomorrow 9am video call", "video"),
        ("tomorrow at 9 virtually", "video"),
        ("tomorrow at 9 in-person", "in_person"),
        ("be here tomorrow at 9", "in_person"),
        ("tomorrow at 9 at school", "in_person"),
    ],
)
def test_how_the_parent_joins(text, joins):
    assert read(text) == said(text, TOMORROW, 9, joins=joins)


@pytest.mark.parametrize(
    ("text", "joins", "minutes"),
    [
        ("now", "phone", None),
        ("right now", "phone", None),
        ("on the phone now", "phone", None),
        ("Mom is on the phone right now!", "phone", None),
        ("can talk now", "phone", None),
        ("now by video", "video", None),
        ("is here now", "in_person", None),
        ("at school now", "in_person", None),
        ("now for 45 minutes", "phone", 45),
    ],
)
def test_now_begins_at_the_next_five_minute_mark(text, joins, minutes):
    assert read(text) == said(text, TODAY, 14, 15, joins=joins, minutes=minutes, is_now=True)


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("in 20 minutes", 14, 35),
        ("in 8 min", 14, 20),
        ("20 minutes from now", 14, 35),
        ("in an hour", 15, 15),
        ("in half an hour", 14, 45),
        ("in an hour and a half", 15, 45),
        ("in two hours", 16, 15),
    ],
)
def test_minutes_from_now(text, hour, minute):
    assert read(text) == said(text, TODAY, hour, minute)


def test_now_on_a_mark_is_that_mark_and_a_second_later_the_next():
    mark = NOW.replace(minute=15)

    assert read("now", now=mark) == said("now", TODAY, 14, 15, joins="phone", is_now=True)
    assert read("now", now=mark + timedelta(seconds=1)) == said("now", TODAY, 14, 20, joins="phone", is_now=True)


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("tomorrow", TOMORROW),
        ("tomorrow am", TOMORROW),
        ("Wednesday afternoon", WEDNESDAY),
        ("Wednesday any time", WEDNESDAY),
        ("Monday afternoon", TODAY),
        ("Monday morning", MONDAY_AFTER),  # This Monday's is over.
        ("Dec 3", THURSDAY_AFTER),
        ("Tuesday at lunch", TOMORROW),
        ("tomorrow after school for an hour", TOMORROW),
        ("first thing tomorrow", TOMORROW),
        ("after school", None),
        ("end of day", None),
        ("next week", None),
        ("she can come", None),
        ("by phone", None),
    ],
)
def test_day_without_a_time(text, on):
    assert read(text) == not_read(text, Unread.NO_TIME, on)


@pytest.mark.parametrize(
    "text",
    [
        # No time at all.
        "soon", "whenever", "asap", "?x", "mañana a las 3", "teh 3", "§ 3", "room 12 at 3",
        # Not that time, but something about it.
        "can't come at 3", "not at 3", "after 3", "before 3", "by 3", "come by 3", "come in 5",
        "come by Tuesday at 3", "from 3",
        "between 3 and 4", "until 4", "works at 3", "mom works tomorrow 3",
        "she works at 3", "leaves at 3", "mom called at 3", "has a meeting at 3", "5 minutes late at 3",
        "every Tuesday at 3", "Tuesdays at 3", "3 on the earliest", "an hour before 3", "3 or later",
        # Two times, two days, two manners, two lengths.
        "3 or 4", "3, 4", "now at 3", "now or never", "in 20 minutes at 3", "now, tomorrow", "in 20 minutes on Tuesday",
        "today or tomorrow at 3", "Thursday Friday at 3", "Tuesday Dec 3 at 3", "today 12/3 at 3",
        "Tuesday next week 12/3", "in person or by phone at 3", "by phone in person at 3", "3 to 4 for 45 minutes",
        "for 30 minutes for an hour at 3", "3 dec 4", "Dec 3-4", "Dec 3 - 4", "12/3-12/4", "12/3-4pm",
        "tomorrow morning afternoon",
        # May be a range, may be ten minutes before.
        "10 to 4", "5 till 6",
        # Slips.
        "25:00", "3:75", "3:5", "15pm", "15:15 pm", "0pm", "15", "3 15", "13/3 at 3", "2/29 at 3", "Feb 30 at 3",
        "2026-02-30 at 9", "32nd at 3", "Dec 3 26", "12/3/1 at 2", "2030", "tomorow at 3", "3pmm", "3:15:00",
        "9-8", "3-3", "11pm-1am", "for 900 minutes at 3", "for 0 minutes at 3", "0.3 minutes at 3",
        # Says two different things.
        "tomorrow morning at 3", "tomorrow morning at 3pm", "afternoon at 9", "evening at 9am", "next week at 3",
        "am available at 3",
        # Of whose clock?
        "3pm EST", "3pm Pacific", "2026-12-03T14:00Z",
        # Telephone numbers.
        "call 555-1234 at 3", "call 320-0415", "call 212 555 0100 today",
    ],
)  # fmt: skip
def test_what_is_not_understood_is_never_guessed(text):
    assert read(text) == not_read(text, Unread.NOT_UNDERSTOOD)


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("today at 2", TODAY),
        ("today at 7:30", TODAY),
        ("this morning at 8", TODAY),
        ("11/23 at 2", TODAY),
        ("yesterday at 3", date(2026, 11, 22)),
        ("yesterday", date(2026, 11, 22)),
        ("Monday this week at 2", TODAY),
        ("12/3/2025 at 3", date(2025, 12, 3)),
        ("12/3/25 at 3", date(2025, 12, 3)),
    ],
)
def test_time_that_is_over(text, on):
    assert read(text) == not_read(text, Unread.PAST, on)


def test_time_of_the_minute_that_runs_is_over():
    assert read("today 14:12", now=NOW + timedelta(seconds=1)) == not_read("today 14:12", Unread.PAST, TODAY)


@pytest.mark.parametrize(
    ("text", "on", "next_on"),
    [
        ("Thu 3:15 by phone", date(2026, 11, 26), MONDAY_AFTER),
        ("Friday", date(2026, 11, 27), MONDAY_AFTER),
        ("Saturday at 10", date(2026, 11, 28), MONDAY_AFTER),
        ("in 99 hours", date(2026, 11, 27), MONDAY_AFTER),
    ],
)
def test_day_on_which_the_school_is_closed(text, on, next_on):
    assert read(text) == not_read(text, Unread.CLOSED, on, next_on)


def test_time_without_a_day_passes_over_closed_days():
    evening = NOW + timedelta(days=2, hours=6)

    assert read("at 3", now=evening) == said("at 3", MONDAY_AFTER, 15)


def test_now_on_a_closed_day():
    sunday = NOW - timedelta(days=1)

    assert read("now", now=sunday) == not_read("now", Unread.CLOSED, date(2026, 11, 22), TODAY)


def test_how_far_ahead_a_time_may_be():
    last = TODAY + timedelta(days=DAYS_AHEAD)

    assert read("3/23 at 9") == said("3/23 at 9", last, 9)
    assert read("3/24 at 9") == not_read("3/24 at 9", Unread.TOO_FAR, last + timedelta(days=1))
    assert read("6/1/2028 at 9") == not_read("6/1/2028 at 9", Unread.TOO_FAR, date(2028, 6, 1))


def test_last_day_of_the_calendar():
    ends_today = replace(CALENDAR, last_day=TODAY)

    assert read("at 3", ends_today) == said("at 3", TODAY, 15)
    assert read("at 2", ends_today) == not_read("at 2", Unread.TOO_FAR)
    assert read("tomorrow at 3", ends_today) == not_read("tomorrow at 3", Unread.TOO_FAR, TOMORROW)


def test_closed_day_after_which_nothing_comes():
    ends_on_thanksgiving = replace(CALENDAR, last_day=date(2026, 11, 26))

    assert read("Thu at 3", ends_on_thanksgiving) == not_read("Thu at 3", Unread.CLOSED, date(2026, 11, 26))


def test_before_the_first_day_of_the_calendar():
    august = datetime(2026, 8, 20, 16, tzinfo=UTC)

    assert read("tomorrow at 3", now=august) == not_read("tomorrow at 3", Unread.CLOSED, date(2026, 8, 21), FIRST)
    assert read("at 3", now=august) == said("at 3", FIRST, 15)


def test_date_without_a_year_is_the_next_to_come():
    december = datetime(2026, 12, 30, 17, tzinfo=UTC)

    assert read("1/4 at 9", now=december) == said("1/4 at 9", date(2027, 1, 4), 9)
    assert read("2/29 at 9", now=datetime(2028, 1, 10, 17, tzinfo=UTC)) == not_read(
        "2/29 at 9", Unread.TOO_FAR, date(2028, 2, 29)
    )


def test_hour_that_the_clock_skips():
    saturday = datetime(2027, 3, 13, 17, tzinfo=UTC)

    assert read("tomorrow 2:30 am", NO_DAY_OFF, saturday) == not_read(
        "tomorrow 2:30 am", Unread.SKIPPED, date(2027, 3, 14)
    )
    assert read("tomorrow 3 am", NO_DAY_OFF, saturday) == said("tomorrow 3 am", date(2027, 3, 14), 3)


def test_hour_that_the_clock_shows_twice_is_the_first_that_is_ahead():
    first = minute_of(datetime(2026, 11, 1, 5, 30, tzinfo=UTC))
    text = "1:30 am 11/1"

    assert read(text, NO_DAY_OFF, instant_of(first - 60)) == Said(first, None, "", False, text)
    assert read(text, NO_DAY_OFF, instant_of(first + 1)) == Said(first + 60, None, "", False, text)
    assert read(text, NO_DAY_OFF, instant_of(first + 61)) == not_read(text, Unread.PAST, date(2026, 11, 1))


@pytest.mark.parametrize(
    ("zone", "on", "hour"),
    [
        ("America/Los_Angeles", TODAY, 15),
        ("Pacific/Honolulu", TODAY, 15),
        ("Pacific/Guam", TOMORROW, 15),
        ("America/St_Johns", TOMORROW, 15),
    ],
)
def test_every_time_is_that_of_the_school(zone, on, hour):
    assert read("at 3", school(zone)) == said("at 3", on, hour, zone=zone)


def test_in_a_zone_of_half_hours():
    assert read("now", school("America/St_Johns")) == said(
        "now", TODAY, 15, 45, joins="phone", is_now=True, zone="America/St_Johns"
    )


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_nothing(text):
    assert read(text) == not_read("", Unread.NOTHING)


def test_white_space_does_not_count():
    assert read("  today \n at\t3 ") == said("today at 3", TODAY, 15)


def test_long_text_is_not_understood_and_comes_back_cut():
    text = "today at 3 " + "please " * 30

    assert read(text) == not_read(text[:LONGEST_TEXT], Unread.NOT_UNDERSTOOD)


@pytest.mark.parametrize("piece", ["a ", "3 ", "3-", "in ", "1", " ", "for 1 hour ", "next ", "the end of ", "Ⅷ", "﷽"])
def test_however_long_the_text_is_it_takes_no_time(piece):
    began = time.process_time()

    for text in (piece * 2_000_000, (piece * LONGEST_TEXT)[:LONGEST_TEXT]):
        assert isinstance(read(text), NotRead)

    assert time.process_time() - began < 1


PIECES = """
    today tomorrow yesterday now in on at for from to until the next this week Mon Tuesday Thu Sat Dec March May 3 12 15
    31 2026 3:15 7:30am 15:15 12/3 2/29 1/1/27 2026-12-03 3pm noon half past quarter an a hour hours minutes days and or
    not by phone video here school after before morning night pm am mom can come § ¤ - 23rd T14:00 \u0663 \uff13 ½
"""
WORDS = st.sampled_from(PIECES.split())
TEXTS = st.one_of(st.text(max_size=220), st.lists(WORDS, max_size=8).map(" ".join))
ZONES = st.sampled_from([NEW_YORK, "America/Phoenix", "America/St_Johns", "Pacific/Guam", "Australia/Lord_Howe"])
INSTANTS = st.datetimes(datetime(2026, 8, 1), datetime(2027, 7, 1), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=tries(400, 10_000), deadline=None)
@given(TEXTS, ZONES, INSTANTS, st.booleans())
@example("\ud800 3", NEW_YORK, NOW, True)
@example("3 \x00", NEW_YORK, NOW, True)
def test_whatever_is_typed_a_time_is_ahead_and_on_a_school_day(text, zone, now, weekends):
    calendar = school(zone, weekends=weekends)

    answer = read(text, calendar, now)

    assert answer.words == " ".join(text[: LONGEST_TEXT + 1].split())[:LONGEST_TEXT]
    if isinstance(answer, Said):
        on = local_day(zone, answer.start)
        assert answer.start * 60 >= (now - EPOCH).total_seconds()
        assert calendar.is_school_day(on)
        assert on <= local_day(zone, int((now - EPOCH).total_seconds()) // 60) + timedelta(days=DAYS_AHEAD)
    elif answer.why in {Unread.NOTHING, Unread.NOT_UNDERSTOOD}:
        assert answer.on is None


SCHOOL_DAYS = st.sampled_from(CALENDAR.school_days(TODAY, TODAY + timedelta(days=DAYS_AHEAD)))
WAYS = (
    "{on:%Y-%m-%d} {at:%H:%M}",
    "{on:%Y-%m-%d}T{at:%H:%M}",
    "{at:%H:%M} {on:%m/%d}",
    "{on.month}/{on.day} at {hour}:{at:%M}",
    "{on.month}/{on.day}/{on:%y} {hour}:{at:%M}{half}",
    "{on:%B} {on.day}, {on.year} at {hour}.{at:%M} {half}",
    "{on.day} {on:%b} {hour}:{at:%M} {half}",
    "{on:%A}, {on:%b} {on.day} at {hour}:{at:%M}",
    "mom can come {hour}:{at:%M} on {on:%b}. {on.day}",
    "{hour}{at:%M}{half} {on:%a} {on:%m}-{on:%d}-{on.year} by phone",
    "{on:%b} {on.day} from {hour}:{at:%M} to {until.hour}:{until:%M}",
    "{at.hour}:{at:%M} {on:%d} {on:%B} {on.year}",
)


@settings(max_examples=tries(200, 2_000), deadline=None)
@given(SCHOOL_DAYS, st.integers(7 * 60, 19 * 60 - 1), st.sampled_from(WAYS))
def test_time_written_in_any_way_reads_back_as_the_same_minute(on, wall, way):
    at = datetime(on.year, on.month, on.day, *divmod(wall, 60))  # noqa: DTZ001
    half = "am" if at.hour < 12 else "pm"
    text = way.format(on=on, at=at, hour=(at.hour - 1) % 12 + 1, half=half, until=at + timedelta(minutes=30))
    start = instant_at(NEW_YORK, on, wall)
    assume(start >= minute_of(NOW))

    answer = read(text)

    minutes = 30 if " from " in way else None
    assert answer == Said(start, minutes, "phone" if "phone" in way else "", False, text)
