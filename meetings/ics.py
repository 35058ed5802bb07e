"""Invites as calendar files: RFC 5545 inside, iTIP (RFC 5546) around, one recipient each.

Where answers are read, the organizer is the recipient's own address for answers, its secret masked until it is sent.

Times are in UTC: Outlook misreads the time zone part that the library writes, and a local time cannot name the
second 1:30 of the night in which the clock goes back.
"""

import re
from datetime import UTC, datetime
from email.utils import parseaddr
from itertools import accumulate
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress

from meetings import reply_addresses
from meetings.models import Answer, Meeting, Requirement, Seat
from meetings.told import Told, calendar_is_read
from students.models import Person, PersonKind

PRODID = "-//IEP Scheduler//IEP Scheduler//EN"
FOLD = "\r\n "
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
# They turn the letters of what stands around a name, and no language needs them.
OVERRIDES = re.compile("[\u202d\u202e]")
PARTSTAT = {Answer.NONE: "NEEDS-ACTION", Answer.YES: "ACCEPTED", Answer.NO: "DECLINED"}


def request(meeting: Meeting, seat: Seat, *, address: str, now: datetime, told: Told | None = None) -> bytes:
    """Return the invite (METHOD:REQUEST) of a seat's holder, as it goes to `address`.

    `told` is the file before this one to the same person: the organizer stays who it was, the SEQUENCE never falls.
    """
    event = _event(meeting, seat, "REQUEST", now=now, told=told)
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("attendee", _attendee(meeting, seat, address, rsvp="TRUE" if calendar_is_read(told) else "FALSE"))
    event.add("x-microsoft-cdo-busystatus", _busy(seat))
    return _calendar("REQUEST", event)


def cancel(meeting: Meeting, seat: Seat, *, address: str, now: datetime, told: Told | None = None) -> bytes:
    """Return the cancellation (METHOD:CANCEL) for a seat's holder: the meeting is off, or goes on without them.

    Its SEQUENCE is above that of `told`, the file before this one to the same person.
    """
    event = _event(meeting, seat, "CANCEL", now=now, told=told)
    event.add("status", "CANCELLED")
    event.add("transp", "TRANSPARENT")
    event.add("attendee", _attendee(meeting, seat, address, rsvp="FALSE"))
    event.add("x-microsoft-cdo-busystatus", "FREE")
    return _calendar("CANCEL", event)


def unmasked(invite: bytes, meeting_id: int, person_id: int) -> bytes:
    """Return the invite with the secret of the organizer's address in its place, and every fold where it was.

    A fold may lie in the middle of a masked address. The secret is as long as its mask, so no line becomes longer.
    """
    parts = invite.decode().split(FOLD)
    filled = reply_addresses.unmasked("".join(parts), meeting_id, person_id)
    ends = accumulate(map(len, parts))
    return FOLD.join(filled[end - len(part) : end] for part, end in zip(parts, ends, strict=True)).encode()


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


def _event(meeting: Meeting, seat: Seat, method: str, *, now: datetime, told: Told | None) -> Event:
    stamp = now.astimezone(UTC).replace(microsecond=0)
    event = Event()
    event.add("uid", uid_of(meeting))
    event.add("sequence", told.next_sequence(method, meeting.sequence) if told else meeting.sequence)
    event.add("dtstamp", stamp)
    event.add("last-modified", stamp)
    event.add("dtstart", meeting.start_at.astimezone(UTC))
    event.add("dtend", meeting.end_at.astimezone(UTC))
    event.add("summary", title_of(meeting))
    event.add("location", _plain(place_of(meeting)))
    event.add("description", _description(meeting))
    event.add("organizer", told.organizer if told else _organizer(meeting, seat))
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


def _organizer(meeting: Meeting, seat: Seat) -> vCalAddress:
    # Never a person of the meeting: Outlook drops an invite whose organizer is its own reader.
    name, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    if not reply_addresses.are_read():
        return _party(sender, CN=name or sender)
    # The address itself says whose answer it is: Outlook leaves the organizer out of it, and an alias may send it.
    return _party(reply_addresses.masked_answer_address(meeting.pk, _holder(seat).pk), CN=name or sender)


def _attendee(meeting: Meeting, seat: Seat, address: str, *, rsvp: str) -> vCalAddress:
    # Where nobody reads them no answer is asked for: a Yes pressed in Gmail would be lost, and the page go on saying
    # "no answer".
    return _party(
        address,
        CN=_holder(seat).full_name,
        CUTYPE="INDIVIDUAL",
        ROLE=_role(meeting, seat),
        PARTSTAT=PARTSTAT[Answer(seat.answer)],
        RSVP=rsvp,
    )


def _party(address: str, **params: str) -> vCalAddress:
    values: dict[str, Any] = {name: _plain(value).replace('"', "'") for name, value in params.items()}
    return vCalAddress(f"mailto:{_plain(address)}", params=values)


def _role(meeting: Meeting, seat: Seat) -> str:
    holder = _holder(seat)
    if holder.pk == meeting.organizer_id:
        return "CHAIR"
    # A second parent's seat is optional to the booking alone: no calendar tells a parent that they need not come.
    if holder.kind == PersonKind.GUARDIAN:
        return "REQ-PARTICIPANT"
    # Whoever holds two seats gets one invite, of the one that needs them more.
    own = set(meeting.seats.filter(holder=holder).values_list("requirement", flat=True)) or {seat.requirement}
    return "OPT-PARTICIPANT" if own == {Requirement.OPTIONAL} else "REQ-PARTICIPANT"


def _busy(seat: Seat) -> str:
    waits = _holder(seat).kind == PersonKind.GUARDIAN and seat.answer != Answer.YES
    return "TENTATIVE" if waits else "BUSY"


def _holder(seat: Seat) -> Person:
    if seat.holder is None:
        raise ValueError(f"seat {seat.pk} has no holder to invite")
    return seat.holder


def _plain(text: str) -> str:
    return OVERRIDES.sub("", CONTROL.sub(" ", text)).strip()
