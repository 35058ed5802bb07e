"""Rows become the core's values, in a fixed number of queries."""

from meetings.calendars import calendar_of, calendars_of

__all__ = ["calendar_of", "calendars_of"]
