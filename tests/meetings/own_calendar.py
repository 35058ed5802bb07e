"""A person's own calendar: what a server shows of it, and what is kept."""

from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now

from meetings.models import CalendarBusy, CalendarSource
from tests.meetings.feeds.written import calendar, event

PATH = "/calendar/ical/dana/private-0a1b2c3d4e5f/basic.ics"
ADDRESS = f"https://calendar.google.com{PATH}"
HOUR = timedelta(hours=1)


def at(now, days, hour=14):
    return (now + timedelta(days=days)).replace(hour=hour, minute=0)


def hour_of(start, *lines, uid="one"):
    return event(f"DTSTART:{start:%Y%m%dT%H%M%SZ}", "DURATION:PT1H", *lines, uid=uid)


def serve(server, *events, status=200, **headers):
    server.pages[PATH] = (status, headers, calendar(*events).encode())


def kept(source):
    rows = CalendarBusy.objects.filter(source=source).order_by("start_at")
    return list(rows.values_list("start_at", "end_at", "is_tentative"))


def again(source):
    """As if the last try were long ago."""
    CalendarSource.objects.filter(pk=source.pk).update(tried_at=Now() - HOUR, due_at=Now() - timedelta(minutes=1))


def minutes_until_due(source):
    waits = CalendarSource.objects.annotate(wait=F("due_at") - Now()).get(pk=source.pk).wait
    return waits / timedelta(minutes=1)
