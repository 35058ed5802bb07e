"""Small calendars, written line by line, and what they come to."""

from datetime import UTC, datetime

from meetings.core.intervals import Span, instant_of, minute_of
from meetings.feeds.events import NOBODY
from meetings.feeds.reading import Asked, read

START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 4, 30, tzinfo=UTC)
WINDOW = Span(minute_of(START), minute_of(END))
ZONE = "America/New_York"


def event(*lines, uid="one@calendar.example"):
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261001T000000Z", *lines, "END:VEVENT"])


def calendar(*parts):
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tests//EN", *parts, "END:VCALENDAR", ""])


def reading(text, *, window=WINDOW, zone=ZONE, owner=NOBODY, **limits):
    return read(text if isinstance(text, bytes) else text.encode(), Asked(window, zone, owner, **limits))


def times(spans):
    """Spans as people read them, in UTC: "12-01 14:00 60" is an hour from then."""
    return [f"{instant_of(start):%m-%d %H:%M} {end - start}" for start, end in spans]


def busy(text, **asked):
    """What a calendar that is read without any loss comes to."""
    found = reading(text, **asked)
    assert (found.skipped, found.tentative) == (0, ())
    return times(found.busy)
