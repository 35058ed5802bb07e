"""What somebody typed about when a parent can come, taken apart: day, time, length and manner. No calendar yet.

Each word is taken by one rule or says nothing about the time. With one word left over nothing is understood: a wrong
time booked is worse than a question.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import product
from typing import NamedTuple

from dateparser.date import DateDataParser

from meetings.spoken import TAKEN, TIME, is_small_talk, plain, words

NOON, DAY = 12 * 60, 24 * 60
MOST_MINUTES = 8 * 60
# What 3 means where nobody said a.m. or p.m.: from 7:00 AM to 6:59 PM.
WAKING = range(7 * 60, 19 * 60)
DIAL = range(1, 13)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class PhraseError(ValueError):
    """The text does not say one thing, or says something unknown."""


@dataclass(frozen=True)
class Phrase:
    """What a text says; None and "" where it does not say it.

    `on` is a date; `weekday` (0 is Monday) is a day of this week (`week` 0), of the next (1), or whichever comes first.
    `wall` is the time in minutes since midnight, `ahead` in minutes from now. `part` is the part of the day in minutes
    since midnight, `minutes` the length.
    """

    on: date | None
    weekday: int | None
    week: int | None
    wall: int | None
    ahead: int | None
    is_now: bool
    part: range | None
    minutes: int | None
    joins: str

    @property
    def has_time(self) -> bool:
        return self.is_now or self.ahead is not None or self.wall is not None


class Clock(NamedTuple):
    """A time as it was said: `half` is "am" or "pm", or "" where nobody said which."""

    hour: int
    minute: int
    half: str

    @property
    def readings(self) -> list[int]:
        """The minutes since midnight that it may mean."""
        if self.hour not in DIAL:
            return [self.hour * 60 + self.minute]
        morning = self.hour % 12 * 60 + self.minute
        return {"am": [morning], "pm": [morning + NOON]}.get(self.half, [morning, morning + NOON])


class _Rest:
    """What is left of a text: each rule takes its words out and leaves a mark, so that the others stay apart."""

    def __init__(self, text: str) -> None:
        self.text = text

    def take(self, pattern: re.Pattern[str], mark: str = TAKEN) -> list[re.Match[str]]:
        found = list(pattern.finditer(self.text))
        self.text = pattern.sub(mark, self.text)
        return found

    def take_one(self, pattern: re.Pattern[str], mark: str = TAKEN) -> re.Match[str] | None:
        found = self.take(pattern, mark)
        if len(found) > 1:
            raise PhraseError
        return found[0] if found else None


def read_phrase(text: str, today: date) -> Phrase:
    """Return what the text says, when it was typed on `today`.

    Raises PhraseError unless every word of it is understood and it names one time at most.
    """
    rest = _Rest(plain(text))
    ahead = _minutes(rest.take_one(AHEAD))
    is_now = rest.take_one(NOW) is not None
    length = _minutes(rest.take_one(LENGTH), most=MOST_MINUTES)
    joins = _joins(rest)
    on = _date(rest, today)
    weekday, week = _weekday(rest)
    part = _part(rest)
    wall, until = _clocks(rest, part)
    if not is_small_talk(rest.text) or (is_now + (ahead is not None) + (wall is not None)) > 1:
        raise PhraseError
    if until and length:
        raise PhraseError
    phrase = Phrase(on, weekday, week, wall, ahead, is_now, part, until or length, joins)
    _check_days(phrase, today)
    return phrase


def _check_days(phrase: Phrase, today: date) -> None:
    """Raise PhraseError where the day is named twice and not the same, or where a time stands in no day of a week."""
    if phrase.on and (phrase.week is not None or phrase.weekday not in {None, phrase.on.weekday()}):
        raise PhraseError
    if phrase.week is not None and phrase.weekday is None and phrase.has_time:
        raise PhraseError
    if phrase.on != today and phrase.on and (phrase.is_now or phrase.ahead is not None):
        raise PhraseError
    if phrase.weekday is not None and (phrase.is_now or phrase.ahead is not None):
        raise PhraseError


NOW = words("(?:right |just )?now|right away|immediately")
AHEAD = words(r"in (?:about |around )?([0-9.]+) minutes|([0-9.]+) minutes from now")
LENGTH = words(r"(?:for )?(?:about |around |maybe )?([0-9.]+) minutes")


def _minutes(found: re.Match[str] | None, most: int = 99 * 60) -> int | None:
    if found is None:
        return None
    minutes = float(found[found.lastindex or 0])
    if not (1 <= minutes <= most and minutes.is_integer()):
        raise PhraseError
    return int(minutes)


# The first that fits takes the words: a video call is no phone call.
JOINS = (
    ("video", words("(?:by|on|via|over|through|with)? ?(?:video|zoom|teams|google meet|facetime)(?: call| chat)?")),
    ("video", words("online|virtual|virtually")),
    ("phone", words("(?:by|on|via|over|through)? ?(?:the |her |his |my )?(?:tele)?phone(?: call)?")),
    ("phone", words("by call|call(?: in)?(?: (?:me|us|her|him|them|mom|dad))?|dial in|on the line")),
    ("in_person", words("(?:in|be|come|is|right)? ?(?:in person|here|face to face|on site)")),
    ("in_person", words("(?:at|to) (?:the )?school|in (?:the|my|our) office")),
)


def _joins(rest: _Rest) -> str:
    found = [joins for joins, pattern in JOINS if rest.take(pattern)]
    if len(set(found)) > 1:
        raise PhraseError
    return found[0] if found else ""


_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)"
)
_DAY, _YEAR = "[0-9]{1,2}", "20[0-9]{2}"
DATES = (
    words("[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    words(f"{_DAY}([/-]){_DAY}\\1(?:[0-9]{{2}}|{_YEAR})"),
    words(f"{_DAY}/{_DAY}"),
    words(f"(?:today|tomorrow|yesterday|in {_DAY} (?:days?|weeks?))"),
    words(f"{_DAY}(?:st|nd|rd|th) (?:of )?{_MONTH}(?: {_YEAR})?"),
    # Not Dec 4 in "Dec 4 pm" and "Dec 4 - 5".
    words(f"{_MONTH} {_DAY}(?:st|nd|rd|th)?(?: {_YEAR})?(?! [ap]m)(?! - {_DAY}(?!\\S))"),
    words(f"{_DAY} (?:of )?{_MONTH}(?: {_YEAR})?"),
)
# Both "at 3, December 4" and "3 December, 4 o'clock".
EITHER_WAY = words(f"{_DAY} {_MONTH} {_DAY}")
YEARLESS = re.compile(f"{_DAY}/{_DAY}|.*{_MONTH}.*(?<!{_YEAR})")
DAY_OF_MONTH = words("([0-9]{1,2})(?:st|nd|rd|th)")
SETTINGS = {
    "DATE_ORDER": "MDY",
    "STRICT_DATE_ORDER": "all",
    "REQUIRE_PARTS": ["day", "month", "year"],
    "PARSERS": ["relative-time", "absolute-time"],
    # With "future", 11/23/26 is in 2126 once that day has begun.
    "PREFER_DATES_FROM": "current_period",
    # Nothing may hang on the zone of the machine.
    "TIMEZONE": "UTC",
    "RETURN_AS_TIMEZONE_AWARE": False,
}


def _date(rest: _Rest, today: date) -> date | None:
    """Take the dates out and return the one that all of them name."""
    if EITHER_WAY.search(rest.text):
        raise PhraseError
    named = {_parsed(found[0], today) for pattern in DATES for found in rest.take(pattern)}
    named |= {_next_of_month(int(found[1]), today) for found in rest.take(DAY_OF_MONTH)}
    if len(named) > 1:
        raise PhraseError
    return named.pop() if named else None


def _parsed(text: str, today: date) -> date:
    """Return the date; one without a year is the next to come. Only whole dates that the calendar has are taken."""
    settings = SETTINGS | {"RELATIVE_BASE": datetime.combine(today, time())}
    parser = DateDataParser(languages=["en"], settings=settings)
    if not YEARLESS.fullmatch(text):
        return _whole(parser.get_date_data(text).date_obj)
    joint = "/" if "/" in text else " "
    this, following = (parser.get_date_data(f"{text}{joint}{today.year + more}").date_obj for more in (0, 1))
    return _whole(this if this and this.date() >= today else following)


def _whole(found: datetime | None) -> date:
    if found is None:
        raise PhraseError
    return found.date()


def _next_of_month(number: int, today: date) -> date:
    for days in range(62):
        if (today + timedelta(days)).day == number:
            return today + timedelta(days)
    raise PhraseError


_WEEKDAY = "(mon(?:day)?|tue(?:s|sday)?|wed(?:s|nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
NEXT_WEEKS_DAY = words(f"next {_WEEKDAY}|{_WEEKDAY} (?:of )?next week|next week (?:on )?{_WEEKDAY}")
THIS_WEEKS_DAY = words(f"{_WEEKDAY} this week|this week (?:on )?{_WEEKDAY}")
COMING_DAY = words(f"(?:this |coming |this coming )?{_WEEKDAY}")
SOME_WEEK = words("(this|next) week")


def _weekday(rest: _Rest) -> tuple[int | None, int | None]:
    """Take the days of the week out and return the one that is named, and in which week: 0 this, 1 the next."""
    named: set[tuple[int | None, int | None]] = set()
    for pattern, week in ((NEXT_WEEKS_DAY, 1), (THIS_WEEKS_DAY, 0), (COMING_DAY, None)):
        named |= {(WEEKDAYS.index(found[found.lastindex or 0][:3]), week) for found in rest.take(pattern)}
    named |= {(None, int(found[1] == "next")) for found in rest.take(SOME_WEEK)}
    if len(named) > 1:
        raise PhraseError
    return named.pop() if named else (None, None)


# Nobody means the night by the morning.
MORNING = range(5 * 60, NOON)
PARTS = (
    # First those that hold the words of others.
    (words("(?:first thing )?(?:in the )?(?:early |late |mid )?morning|before school"), MORNING),
    (words("(?:in the |the )?(?:early |late |mid )?afternoon"), range(NOON, 19 * 60)),
    (words("(?:in the |the |at )?(?:early |late )?(?:evening|night)"), range(16 * 60, DAY)),
    (words("after school"), range(NOON, DAY)),
    (
        words("(?:at |by )?(?:the )?end of (?:the )?(?:school )?day|(?:at |during |after )?(?:lunch|lunchtime)"),
        range(DAY),
    ),
    (words("(?:at )?midday|any ?time|all day|(?:at )?dismissal|first thing|early"), range(DAY)),
    # Behind a day; "am free at 3" is no morning.
    (words(f"(?<={TAKEN} )am"), MORNING),
    (words(f"(?<={TAKEN} )pm"), range(NOON, DAY)),
)


def _part(rest: _Rest) -> range | None:
    """Take the parts of the day out and return what they have in common."""
    named = [part for pattern, part in PARTS for _ in rest.take(pattern)]
    if not named:
        return None
    common = range(max(part.start for part in named), min(part.stop for part in named))
    if not common:
        raise PhraseError
    return common


_CLOCK = "[0-9]{1,2}(?:[:.]?[0-9]{2})?(?: ?[ap]m|[ap])?"
ONE_CLOCK = words(_CLOCK)
RANGE = words(f"(from )?({_CLOCK}) ?(-|to|till|til|until) ?({_CLOCK})")
# 15:15 and 1530 are times; 15 alone and 15:15 p.m. are slips, and 2030 may be a year.
WRITTEN_CLOCKS = tuple(
    re.compile(pattern)
    for pattern in (
        "(1[0-2]|0?[1-9])(?:[:.]([0-5][0-9]))?(?: ?([ap])m?)?",
        "(1[0-2]|[1-9])([0-5][0-9])(?: ?([ap])m?)?",
        "([01]?[0-9]|2[0-3])[:.]([0-5][0-9])()",
        "(1[3-8])([0-5][0-9])()",
    )
)


def _clocks(rest: _Rest, part: range | None) -> tuple[int | None, int | None]:
    """Take the times out. Return the one that is said, and the minutes up to a second one in "3 to 4"."""
    found = rest.take_one(RANGE, TIME)
    single = rest.take_one(ONE_CLOCK, TIME)
    if found and single:
        raise PhraseError
    if single:
        return _one_reading(_clock(single[0]), part), None
    if found is None:
        return None, None
    start, end = _clock(found[2]), _clock(found[4])
    # Ten to four: a range, or ten minutes before.
    if found[3] in {"to", "till", "til"} and not found[1] and found[2] in {"5", "10"}:
        raise PhraseError
    return _range(start, end, part)


def _clock(text: str) -> Clock:
    for pattern in WRITTEN_CLOCKS:
        if found := pattern.fullmatch(text):
            return Clock(int(found[1]), int(found[2] or 0), f"{found[3]}m" if found[3] else "")
    raise PhraseError


def _one_reading(clock: Clock, part: range | None) -> int:
    """Return the minute that the time means in this part of the day, or in the hours in which schools are awake."""
    readings = [minute for minute in clock.readings if part is None or minute in part]
    if len(readings) > 1:
        readings = [minute for minute in readings if minute in WAKING]
    if not readings:
        raise PhraseError
    return readings[0]


def _range(start: Clock, end: Clock, part: range | None) -> tuple[int, int]:
    """Return the start and the minutes of the shortest range that the two times can mean."""
    starts = start.readings if end.half else [_one_reading(start, part)]
    lengths = [(until - at, at) for at, until in product(starts, end.readings) if at < until]
    if not lengths:
        raise PhraseError
    minutes, at = min(lengths)
    if minutes > MOST_MINUTES or (part is not None and at not in part):
        raise PhraseError
    return at, minutes
