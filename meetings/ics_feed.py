"""A person's meetings as a calendar to subscribe to: RFC 5545 and 7986, the same bytes while nothing changes.

It says what the invites say: their UID, their SEQUENCE, their title, times in UTC. Nobody's name and no address is in
it, for calendars are shared. A meeting that is off, or goes on without them, stays for 30 days as cancelled.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import DateTimeField, OuterRef, Q, QuerySet, Subquery
from icalendar import Calendar, Event, Timezone, TimezoneStandard

from meetings.ics import CONTROL, PRODID, place_of, title_of, uid_of
from meetings.models import Answer, CalendarFeed, Meeting, MeetingChange, MeetingStatus, Message, Seat
from meetings.tokens import hash_of
from students.models import Person

NAME = "School meetings"
REFRESH = timedelta(hours=1)
BEFORE, AFTER = timedelta(days=30), timedelta(days=365)
CANCELLED_FOR = timedelta(days=30)
SEQUENCE = re.compile(rb"^SEQUENCE:(\d+)\r?$", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """One meeting as one person's calendar shows it."""

    meeting: Meeting
    is_on: bool
    sequence: int
    changed_at: datetime


def find(token: str) -> CalendarFeed | None:
    """Return the open feed with this token, of somebody who still works here, in one query."""
    rows = CalendarFeed.objects.filter(revoked_at=None, person__gone_at=None, person__staff__is_active=True)
    return rows.select_related("person").filter(token_hash=hash_of(token)).first()


def feed_of(person: Person, *, now: datetime) -> bytes:
    """Return someone's meetings from 30 days ago to a year ahead, in one query."""
    return calendar_of(person, entries_of(person, now=now))


def entries_of(person: Person, *, now: datetime) -> list[Entry]:
    """Return the meetings of the feed in the order of their start."""
    return [entry for row in _rows(person, now) if (entry := _entry(row, now)) is not None]


def _rows(person: Person, now: datetime) -> QuerySet[Meeting]:
    seats = Seat.objects.filter(holder=person)
    told = Message.objects.filter(recipient=person, ics__isnull=False)
    off = told.filter(ics_method="CANCEL", created_at__gte=now - CANCELLED_FOR)
    newest = told.filter(meeting=OuterRef("pk")).order_by("-pk")
    changes = MeetingChange.objects.filter(meeting=OuterRef("pk")).order_by("-at", "-pk")
    # Whoever holds two seats gives one answer.
    own = seats.filter(meeting=OuterRef("pk")).order_by("pk")
    rows = Meeting.objects.filter(
        Q(pk__in=seats.order_by().values("meeting")) | Q(pk__in=off.order_by().values("meeting")),
        end_at__gt=now - BEFORE,
        start_at__lt=now + AFTER,
    )
    return (
        rows.annotate(
            own_answer=Subquery(own.values("answer")[:1]),
            answered_at=Subquery(own.values("answered_at")[:1], output_field=DateTimeField()),
            told_ics=Subquery(newest.values("ics")[:1]),
            told_at=Subquery(newest.values("created_at")[:1], output_field=DateTimeField()),
            told_method=Subquery(newest.values("ics_method")[:1]),
            changed_at=Subquery(changes.values("at")[:1], output_field=DateTimeField()),
        )
        .select_related("school", "room")
        .order_by("start_at", "pk")
    )


def _entry(row: Meeting, now: datetime) -> Entry | None:
    """Return what the feed shows of a meeting, or None where it has been off for longer than it is kept."""
    known = vars(row)  # What the query adds to the row has no field.
    sequence = max(row.sequence, _sequence_of(known["told_ics"]))
    has_seat = known["own_answer"] is not None and known["own_answer"] != Answer.NO
    moments = [row.booked_at, row.cancelled_at, *(known[name] for name in ("told_at", "changed_at", "answered_at"))]
    changed_at = max(moment for moment in moments if moment is not None)
    if has_seat and row.status != MeetingStatus.CANCELLED:
        return Entry(row, is_on=True, sequence=sequence, changed_at=changed_at)
    off_at = _off_at(row, has_seat=has_seat)
    return Entry(row, is_on=False, sequence=sequence, changed_at=changed_at) if off_at > now - CANCELLED_FOR else None


def _off_at(row: Meeting, *, has_seat: bool) -> datetime:
    """Return when the meeting was over for this person: cancelled, declined, or its seat given to somebody else."""
    known = vars(row)
    moments = [row.cancelled_at]
    if not has_seat:
        moments += [known["answered_at"], known["told_at"] if known["told_method"] == "CANCEL" else None]
    return min((moment for moment in moments if moment is not None), default=row.booked_at)


def _sequence_of(invite: bytes | None) -> int:
    """Return the SEQUENCE of the newest invite: that of one person may be ahead of the meeting's own."""
    found = SEQUENCE.search(bytes(invite)) if invite else None
    return int(found[1]) if found else 0


# As bytes


def calendar_of(person: Person, entries: Sequence[Entry]) -> bytes:
    """Return the entries as one calendar. Its UID is the person's own, and stays when the address is renewed."""
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("uid", f"calendar-{person.pk}@{urlsplit(settings.BASE_URL).hostname}")
    calendar.add("name", NAME)
    calendar.add("x-wr-calname", NAME)
    # RFC 7986 asks for the parameter, which the library leaves out.
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    if entries:
        calendar.add("last-modified", max(_stamp(entry) for entry in entries))
    for entry in entries:
        calendar.add_component(_event(entry))
    if not entries:
        calendar.add_component(_utc())
    return bytes(calendar.to_ical())


def _event(entry: Entry) -> Event:
    meeting = entry.meeting
    event = Event()
    event.add("uid", uid_of(meeting))
    event.add("sequence", entry.sequence)
    # Without a METHOD both say when it was last revised, RFC 5545, 3.8.7.2.
    event.add("dtstamp", _stamp(entry))
    event.add("last-modified", _stamp(entry))
    event.add("dtstart", meeting.start_at.astimezone(UTC))
    event.add("dtend", meeting.end_at.astimezone(UTC))
    event.add("summary", title_of(meeting))
    event.add("location", CONTROL.sub(" ", place_of(meeting)).strip())
    event.add("status", "CONFIRMED" if entry.is_on else "CANCELLED")
    event.add("transp", "OPAQUE" if entry.is_on else "TRANSPARENT")
    event.add("x-microsoft-cdo-busystatus", "BUSY" if entry.is_on else "FREE")
    return event


def _stamp(entry: Entry) -> datetime:
    return entry.changed_at.astimezone(UTC).replace(microsecond=0)


def _utc() -> Timezone:
    # A calendar without any component is none by RFC 5545, 3.6, and nobody's first meeting may be booked yet.
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001  local to the zone, as 3.6.5 has it
    standard.add("tzoffsetfrom", timedelta())
    standard.add("tzoffsetto", timedelta())
    zone = Timezone()
    zone.add("tzid", "UTC")
    zone.add_component(standard)
    return zone
