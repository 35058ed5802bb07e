"""Calendars of people's own, as they are once read."""

from datetime import timedelta

from meetings.models import CalendarBusy, CalendarSource


def own_calendar(staff, *busy, now, read_ago=timedelta(minutes=10), covers=timedelta(days=180), tentative=(), **extra):
    """A calendar that was last read so long ago, None: never. `busy` and `tentative` are pairs of instants."""
    good_at = None if read_ago is None else now - read_ago
    until = None if read_ago is None or covers is None else good_at + covers
    columns = {"kind": "address", "secret": b"sealed", "host": "calendar.google.com", "ending": "a1b2"}
    columns |= {"good_at": good_at, "tried_at": good_at, "covers_until_at": until, "due_at": now, "created_at": now}
    source = CalendarSource.objects.create(person=staff.person, **columns | extra)
    for spans, is_tentative in ((busy, False), (tentative, True)):
        CalendarBusy.objects.bulk_create(
            CalendarBusy(source=source, start_at=start, end_at=end, is_tentative=is_tentative) for start, end in spans
        )
    return source
