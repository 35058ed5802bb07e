"""How each kind of calendar is read: a callable by kind, so that another kind is one more line."""

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from django.conf import settings

from meetings.actions.directories import in_directory
from meetings.core.intervals import Span
from meetings.feeds.addresses import HOSTS
from meetings.feeds.process import Request, ask
from meetings.feeds.readings import Reading
from meetings.models import CalendarKind, CalendarSource
from meetings.sealed import unseal
from students.models import School

# Busy times inside the window, or None where nothing has changed. Raises UnreadableError.
Reader = Callable[[CalendarSource, Span], Reading | None]


def hosts() -> Sequence[str]:
    """Return the hosts from which a calendar may be read here."""
    return (*HOSTS, *settings.CALENDAR_HOSTS)


def at_address(source: CalendarSource, window: Span) -> Reading | None:
    """Read a calendar by its secret address, in a process of its own."""
    person = source.person
    staff_login = getattr(person, "staff", None) and person.staff.login
    addresses = {each.strip().lower() for each in (person.email, staff_login) if each}
    request = Request(
        address=unseal(bytes(source.secret or b"")),
        hosts=hosts(),
        window=window,
        zone=zone_of(source),
        owner=sorted(addresses),
        our_host=urlsplit(settings.BASE_URL).hostname or "",
        etag=source.etag,
    )
    return ask(request, settings.CALENDAR_READER)


def zone_of(source: CalendarSource) -> str:
    """Return the zone in which a time without one is meant: where its owner lives, else that of their school."""
    schools = School.objects.filter(staff=source.person_id).order_by("pk").values_list("time_zone", flat=True)
    return source.person.time_zone or schools.first() or settings.TIME_ZONE


READERS: dict[str, Reader] = {
    CalendarKind.ADDRESS: at_address,
    CalendarKind.GOOGLE: in_directory,
    CalendarKind.MICROSOFT: in_directory,
}


def busy_times(source: CalendarSource, window: Span) -> Reading | None:
    """Return when a calendar's owner is busy inside the window, or None where nothing has changed.

    Raises UnreadableError, and KeyError for a kind that this installation does not read.
    """
    return READERS[source.kind](source, window)
