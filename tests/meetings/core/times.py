"""Short ways to write times in tests."""

from datetime import datetime

from meetings.core.intervals import Span, minute_of


def at(text):
    return datetime.fromisoformat(text)


def minute(text):
    return minute_of(at(text))


def span(start, end):
    return Span(minute(start), minute(end))
