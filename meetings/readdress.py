"""An invite that goes to another address of the same person: its attendee must be who the mail goes to."""

from icalendar import Calendar, vCalAddress


def readdressed(invite: bytes, address: str) -> bytes:
    """Return the calendar file with this address as its one attendee, and everything else as it was."""
    calendar = Calendar.from_ical(invite)
    for event in calendar.walk("VEVENT"):
        before = event["ATTENDEE"]
        attendee = vCalAddress(f"mailto:{address}")
        attendee.params = before.params
        event["ATTENDEE"] = attendee
    return bytes(calendar.to_ical())
