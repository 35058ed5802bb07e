"""Invites as calendar files: RFC 5545 inside, iTIP (RFC 5546) around, one recipient each.

Times are in UTC: Outlook misreads the time zone part that the library writes, and a local time cannot name the
second 1:30 of the night in which the clock goes back.
"""

import re
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress

from meetings.models import Answer, Meeting, Requirement, Seat
from students.models import Person, PersonKind

PRODID = "-//IEP Scheduler//IEP Scheduler//EN"
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
PARTSTAT = {Answer.NONE: "NEEDS-ACTION", Answer.YES: "ACCEPTED", Answer.NO: "DECLINED"}


def request(meeting: Meeting, seat: Seat, *, address: str, now: datetime) -> bytes:
    """Return the invite (METHOD:REQUEST) of a seat's holder, as it goes to `address`."""
    return _calendar("REQUEST", _event(meeting, seat, address=address, now=now, status="CONFIRMED", busy=_busy(seat)))


def cancel(meeting: Meeting, seat: Seat, *, address: str, now: datetime) -> bytes:
    """Return the cancellation (METHOD:CANCEL) for a seat's holder. The meeting's sequence must have risen by now."""
    return _calendar("CANCEL", _event(meeting, seat, address=address, now=now, status="CANCELLED", busy="FREE"))


def uid_of(meeting: Meeting) -> str:
    """Return the UID under which every version of this meeting is known to calendars."""
    return f"{meeting.uid}@{urlsplit(settings.BASE_URL).hostname}"


def place_of(meeting: Meeting) -> str:
    """Return "Room 12, Cedar Grove Middle School"."""
    names = [meeting.room.name] if meeting.room else []
    return ", ".join([*names, meeting.school.name])


def _calendar(method: str, event: Event) -> bytes:
    # Calendar.new() would write a random UID, and a retry must be the same to the byte.
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(meeting: Meeting, seat: Seat, *, address: str, now: datetime, status: str, busy: str) -> Event:
    stamp = now.astimezone(UTC).replace(microsecond=0)
    event = Event()
    event.add("uid", uid_of(meeting))
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", stamp)
    event.add("last-modified", stamp)
    event.add("dtstart", meeting.start_at.astimezone(UTC))
    event.add("dtend", meeting.end_at.astimezone(UTC))
    event.add("summary", title_of(meeting))
    event.add("location", _plain(place_of(meeting)))
    event.add("description", _description(meeting))
    event.add("status", status)
    event.add("transp", "OPAQUE" if status == "CONFIRMED" else "TRANSPARENT")
    event.add("organizer", _organizer())
    event.add("attendee", _attendee(meeting, seat, address))
    event.add("x-microsoft-cdo-busystatus", busy)
    return event


def title_of(meeting: Meeting) -> str:
    """Return "School meeting, Room 12"."""
    # Calendars are shared and synced: no student, no word of special education.
    title = _("School meeting")
    return _plain(f"{title}, {meeting.room.name}" if meeting.room else title)


def _description(meeting: Meeting) -> str:
    # No link: whoever sees the calendar could open it.
    if not meeting.school.phone:
        return _("Details are in the email that came with this invite.")
    return _plain(
        _("Details are in the email that came with this invite. Questions: call %(school)s at %(phone)s.")
        % {"school": meeting.school.name, "phone": meeting.school.phone}
    )


def _organizer() -> vCalAddress:
    # Never a person of the meeting: Outlook drops an invite whose organizer is its own reader.
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return _party(address, CN=name or address)


def _attendee(meeting: Meeting, seat: Seat, address: str) -> vCalAddress:
    # RSVP stays FALSE until answers from calendars are read (a later release): a Yes pressed in Gmail would be lost
    # while the page still says "no answer".
    return _party(
        address,
        CN=_holder(seat).full_name,
        CUTYPE="INDIVIDUAL",
        ROLE=_role(meeting, seat),
        PARTSTAT=PARTSTAT[Answer(seat.answer)],
        RSVP="FALSE",
    )


def _party(address: str, **params: str) -> vCalAddress:
    values: dict[str, Any] = {name: _plain(value).replace('"', "'") for name, value in params.items()}
    return vCalAddress(f"mailto:{_plain(address)}", params=values)


def _role(meeting: Meeting, seat: Seat) -> str:
    if seat.holder_id == meeting.organizer_id:
        return "CHAIR"
    return "OPT-PARTICIPANT" if seat.requirement == Requirement.OPTIONAL else "REQ-PARTICIPANT"


def _busy(seat: Seat) -> str:
    waits = _holder(seat).kind == PersonKind.GUARDIAN and seat.answer != Answer.YES
    return "TENTATIVE" if waits else "BUSY"


def _holder(seat: Seat) -> Person:
    if seat.holder is None:
        raise ValueError(f"seat {seat.pk} has no holder to invite")
    return seat.holder


def _plain(text: str) -> str:
    return CONTROL.sub(" ", text).strip()
