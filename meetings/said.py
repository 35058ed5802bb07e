"""Reading what somebody typed after "Parent can come": today at 3, Thu 3:15 by phone, now."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from meetings.core.intervals import EPOCH
from meetings.core.schooldays import NoSchoolDayError, SchoolCalendar, instant_at, local_day, local_minute
from meetings.phrases import Phrase, PhraseError, read_phrase

LONGEST_TEXT = 200
DAYS_AHEAD = 120
STEP = 5


class Unread(StrEnum):
    """Why no time was read."""

    NOTHING = "nothing"
    NOT_UNDERSTOOD = "not_understood"
    NO_TIME = "no_time"
    PAST = "past"
    CLOSED = "closed"
    SKIPPED = "skipped"
    TOO_FAR = "too_far"


@dataclass(frozen=True)
class Said:
    """A time that was read: `start` in UTC minutes, `minutes` long where a length was said.

    `joins` is "phone", "video", "in_person" or, where nothing was said, "". `words` is the text with single spaces.
    """

    start: int
    minutes: int | None
    joins: str
    is_now: bool
    words: str


@dataclass(frozen=True)
class NotRead:
    """Why no time was read, `on` which day where the text names one, and the next school day after a closed one."""

    why: Unread
    on: date | None
    next_on: date | None
    words: str


class _UnreadError(Exception):
    def __init__(self, why: Unread, on: date | None = None, next_on: date | None = None) -> None:
        self.why, self.on, self.next_on = why, on, next_on


def read_said(text: str, *, calendar: SchoolCalendar, now: datetime) -> Said | NotRead:
    """Return the time that the text names, in the school's zone, or why there is none.

    A time without a day is the next school day on which it is still ahead, today included; a weekday is the next such
    day, today only while the time is ahead. "Next Tuesday" is the Tuesday of next week, and weeks begin on Monday: on
    Monday the 23rd it is December 1. A date without a year is the next to come. 3 without a.m. or p.m. lies between
    7:00 AM and 6:59 PM. "Now" and "in 20 minutes" begin at the next five-minute mark; who can talk now is on the phone
    unless the text says otherwise. Of an hour that the clock shows twice the first counts, while it is ahead.

    A text over 200 characters is not understood, and comes back cut.
    """
    words = " ".join(text[: LONGEST_TEXT + 1].split())[:LONGEST_TEXT]
    try:
        phrase = _phrase(text, words, _today(calendar, now))
        start = _start(phrase, calendar, _minute_from(now))
    except _UnreadError as unread:
        return NotRead(unread.why, unread.on, unread.next_on, words)
    return Said(start, phrase.minutes, phrase.joins or ("phone" if phrase.is_now else ""), phrase.is_now, words)


def _phrase(text: str, words: str, today: date) -> Phrase:
    if not words:
        raise _UnreadError(Unread.NOTHING if not text.strip() else Unread.NOT_UNDERSTOOD)
    if len(text) > LONGEST_TEXT:
        raise _UnreadError(Unread.NOT_UNDERSTOOD)
    try:
        return read_phrase(words, today)
    except PhraseError:
        raise _UnreadError(Unread.NOT_UNDERSTOOD) from None


def _today(calendar: SchoolCalendar, now: datetime) -> date:
    return local_day(calendar.zone, (now - EPOCH) // timedelta(minutes=1))


def _minute_from(now: datetime) -> int:
    """Return the first whole minute at or after now: what begins before it has begun."""
    return -((EPOCH - now) // timedelta(minutes=1))


def _start(phrase: Phrase, calendar: SchoolCalendar, now: int) -> int:
    """Return the UTC minute that the phrase names. Raises _UnreadError where there is none that can be used."""
    if phrase.is_now or phrase.ahead is not None:
        at = now + (phrase.ahead or 0)
        start = at + -at % STEP
        _check_day(local_day(calendar.zone, start), calendar, now)
        return start
    on = _day(phrase, calendar, now)
    if on:
        _check_day(on, calendar, now)
    if on is None or phrase.wall is None:
        raise _UnreadError(Unread.NO_TIME, on)
    return _start_on(on, phrase.wall, calendar, now)


def _day(phrase: Phrase, calendar: SchoolCalendar, now: int) -> date | None:
    """Return the day that the phrase names, or where it names only a time, the day on which that comes next."""
    today = local_day(calendar.zone, now)
    if phrase.on:
        return phrase.on
    if phrase.weekday is not None:
        return _weekday(phrase, phrase.weekday, calendar, now)
    if phrase.wall is None:
        return None
    ahead = calendar.school_days(today, today + timedelta(days=DAYS_AHEAD))
    for day in ahead:
        if instant_at(calendar.zone, day, phrase.wall, last=True) >= now:
            return day
    raise _UnreadError(Unread.TOO_FAR)


def _weekday(phrase: Phrase, weekday: int, calendar: SchoolCalendar, now: int) -> date:
    today = local_day(calendar.zone, now)
    if phrase.week is not None:
        return today + timedelta(days=7 * phrase.week + weekday - today.weekday())
    day = today + timedelta(days=(weekday - today.weekday()) % 7)
    latest = phrase.wall if phrase.wall is not None else (phrase.part or range(24 * 60)).stop
    is_over = day == today and instant_at(calendar.zone, day, latest, last=True) < now
    return day + timedelta(days=7 * is_over)


def _check_day(day: date, calendar: SchoolCalendar, now: int) -> None:
    """Raise _UnreadError unless the school teaches on this day, and it is neither over nor too far."""
    today = local_day(calendar.zone, now)
    if day < today:
        raise _UnreadError(Unread.PAST, day)
    if day > min(calendar.last_day, today + timedelta(days=DAYS_AHEAD)):
        raise _UnreadError(Unread.TOO_FAR, day)
    if not calendar.is_school_day(day):
        raise _UnreadError(Unread.CLOSED, day, _next_school_day(calendar, day))


def _next_school_day(calendar: SchoolCalendar, day: date) -> date | None:
    try:
        return calendar.add_school_days(day, 1)
    except NoSchoolDayError:
        return None


def _start_on(day: date, wall: int, calendar: SchoolCalendar, now: int) -> int:
    readings = [instant_at(calendar.zone, day, wall, last=last) for last in (False, True)]
    if local_minute(calendar.zone, readings[0]) != wall:
        raise _UnreadError(Unread.SKIPPED, day)
    ahead = [reading for reading in readings if reading >= now]
    if not ahead:
        raise _UnreadError(Unread.PAST, day)
    return ahead[0]
