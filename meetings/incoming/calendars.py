"""Answers from calendars: iTIP (RFC 5546) in a mail (RFC 6047), as Google, Outlook, Apple and others write them.

Some send the whole event, some a stub without ORGANIZER, some several parts or components. What is asked for is one
event that does not repeat: whatever repeats is no answer to it.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Any

from icalendar import Calendar

from meetings.incoming.parts import UnreadableError, clean, leaves, text_of
from meetings.incoming.values import Attendee, CalendarMail, Event

ANSWERS = {"REPLY", "COUNTER"}
KINDS = {"text/calendar", "application/ics"}
MOST_LETTERS = 100_000
MOST_COMPONENTS = 60
MOST_EVENTS = 10
MOST_ATTENDEES = 50
MOST_COMMENT = 1_000
BEGINS = re.compile(r"^BEGIN:", re.IGNORECASE | re.MULTILINE)
REPEATS = ("RRULE", "RDATE", "EXRULE")
FOLD = re.compile(r"\n[ \t]")
RULES = re.compile(r"^(RRULE|EXRULE)[;:].*$", re.IGNORECASE | re.MULTILINE)
# When clocks change, which is once a year. Asked for an offset, the library follows any other rule without end.
YEARLY = re.compile(
    r"RRULE:FREQ=YEARLY(?:;(?:INTERVAL=1|BYMONTH=\d{1,2}|BYDAY=[+-]?\d{0,2}[A-Z]{2}|BYMONTHDAY=[\d,-]{1,60}"
    r"|BYSETPOS=-?\d|WKST=[A-Z]{2}|UNTIL=\w{8,20}|COUNT=\d{1,5}))*\s*"
)
DIGITS = 9


def answer_in(mail: "Message[Any, Any]") -> CalendarMail | None:
    """Return the answer that a mail holds, or None. Raises UnreadableError for one that cannot be read."""
    unread: UnreadableError | None = None
    for part in leaves(mail):
        if part.get_content_type() not in KINDS and not _is_calendar_file(part):
            continue
        try:
            if answer := _answer(text_of(part), str(part.get_param("method") or "")):
                return answer
        except UnreadableError as error:
            # The same calendar often comes twice, and one of them may be whole.
            unread = unread or error
    if unread is not None:
        raise unread
    return None


def _is_calendar_file(part: "Message[Any, Any]") -> bool:
    return str(part.get_filename() or "").lower().endswith(".ics")


def _answer(text: str, method: str) -> CalendarMail | None:
    if len(text) > MOST_LETTERS or len(BEGINS.findall(text)) > MOST_COMPONENTS:
        raise UnreadableError("calendar_too_large")
    if any(not YEARLY.fullmatch(rule[0].upper()) for rule in RULES.finditer(FOLD.sub("", text))):
        raise UnreadableError("calendar_repeats")
    try:
        calendars = Calendar.from_ical(text.strip(), multiple=True)
        return _first_answer(calendars, method)
    except UnreadableError:
        raise
    except Exception as error:  # The library raises whatever the fault leads to: KeyError, TypeError, AttributeError.
        raise UnreadableError("calendar") from error


def _first_answer(calendars: list[Any], method: str) -> CalendarMail | None:
    if not calendars:
        # Of a calendar that does not end the library returns none, and says nothing.
        raise UnreadableError("calendar")
    for calendar in calendars:
        said = str(calendar.get("METHOD") or method).strip().upper()
        if said in ANSWERS:
            return CalendarMail(said, tuple(_events(calendar)))
    return None


def _events(calendar: Any) -> Iterator[Event]:
    for component in calendar.walk("VEVENT")[:MOST_EVENTS]:
        if any(name in component for name in REPEATS):
            raise UnreadableError("calendar_repeats")
        # One time out of a series, which none of our meetings is.
        if "RECURRENCE-ID" not in component:
            yield _event(component)


def _event(component: Any) -> Event:
    start, end = _moment(component, "DTSTART"), _moment(component, "DTEND")
    if start is not None and end is None and "DURATION" in component:
        length = component["DURATION"].dt
        end = start + length if timedelta() < length < timedelta(days=1) else None
    return Event(
        uid=clean(str(component.get("UID", ""))).strip()[:255],
        sequence=_number(component.get("SEQUENCE")),
        start=start,
        end=end,
        attendees=tuple(_attendee(one) for one in _all(component, "ATTENDEE")[:MOST_ATTENDEES]),
        comment=clean("\n".join(str(one) for one in _all(component, "COMMENT"))).strip()[:MOST_COMMENT],
    )


def _attendee(value: Any) -> Attendee:
    address = re.sub(r"^mailto:", "", str(value).strip(), flags=re.IGNORECASE)
    return Attendee(address.lower(), str(value.params.get("PARTSTAT", "NEEDS-ACTION")).upper())


def _all(component: Any, name: str) -> list[Any]:
    found = component.get(name, [])
    return found if isinstance(found, list) else [found]


def _moment(component: Any, name: str) -> datetime | None:
    value = component.get(name)
    moment = getattr(value, "dt", None)
    if not isinstance(moment, datetime):
        return None
    # Here, where a zone that cannot be followed makes the calendar unread.
    return moment.astimezone(UTC) if moment.tzinfo else moment


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isdecimal() and len(text) <= DIGITS else None
