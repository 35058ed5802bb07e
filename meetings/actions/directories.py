"""The district's own directories of calendars, where the environment names any."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

from django.conf import settings
from django.db.models import Q

from meetings.core.intervals import Span, instant_of, subtract, union, whole_minutes
from meetings.directories.asking import Directory
from meetings.directories.google import Google
from meetings.directories.microsoft import Account, Microsoft
from meetings.feeds.readings import Reading, Trouble, UnreadableError
from meetings.models import Busy, CalendarKind, CalendarSource
from students.models import Person

KINDS = (CalendarKind.GOOGLE, CalendarKind.MICROSOFT)


def directory_of(kind: str) -> Directory | None:
    """Return the directory of this kind, or None where the district has not set one up."""
    if kind == CalendarKind.GOOGLE and settings.GOOGLE_CALENDAR_KEY:
        return _google(settings.GOOGLE_CALENDAR_KEY, settings.GOOGLE_CALENDAR_USER, settings.GOOGLE_CALENDAR_URL)
    if kind == CalendarKind.MICROSOFT and settings.MICROSOFT_TENANT:
        account = Account(
            settings.MICROSOFT_TENANT,
            settings.MICROSOFT_CLIENT_ID,
            settings.MICROSOFT_CLIENT_SECRET,
            settings.MICROSOFT_USER,
        )
        return _microsoft(account, settings.MICROSOFT_LOGIN_URL, settings.MICROSOFT_GRAPH_URL)
    return None


# Kept from one run of a worker's process to the next, and with it the token until it ends.


@cache
def _google(path: str, user: str, url: str) -> Directory:
    return Google.from_file(path, user, url)


@cache
def _microsoft(account: Account, login_url: str, url: str) -> Directory:
    return Microsoft(account, login_url, url)


def address_of(person: Person) -> str:
    """Return by which address a member of the staff is known in the directory, lower case, or nothing."""
    return (person.email or person.staff.login).strip().lower()


def in_directory(source: CalendarSource, window: Span) -> Reading:
    """Read one person's calendar in the district's directory. Raises UnreadableError."""
    directory, address = directory_of(source.kind), address_of(source.person)
    if directory is None:
        raise UnreadableError(Trouble.NOT_ALLOWED)
    now = source.tried_at or datetime.fromtimestamp(0, UTC)
    found = directory.busy_times([address], window, now)[address]
    if isinstance(found, Trouble):
        raise UnreadableError(found)
    return without_meetings(found, meetings_of([source.person_id], window).get(source.person_id, []))


def meetings_of(people: Iterable[int], window: Span) -> dict[int, list[Span]]:
    """Return the times of the meetings in which these people hold a seat, by person."""
    inside = Q(during__overlap=(instant_of(window.start), instant_of(window.end)))
    rows = Busy.objects.filter(inside, person__in=list(people), meeting__isnull=False)
    found: dict[int, list[Span]] = {}
    for person, during in rows.values_list("person", "during"):
        found.setdefault(person or 0, []).append(whole_minutes(during.lower, during.upper))
    return found


def without_meetings(reading: Reading, meetings: Iterable[Span]) -> Reading:
    """Return the reading less the invites that came back: a directory tells of no UID, and may join two events."""
    ours = union(meetings)
    return Reading(tuple(subtract(reading.busy, ours)), tuple(subtract(reading.tentative, ours)))
