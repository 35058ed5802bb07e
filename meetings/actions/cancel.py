"""Cancel a meeting."""

from datetime import datetime

from django.db.models import F

from meetings import mail, queue
from meetings.actions import busy, telling
from meetings.models import Meeting, MeetingChange, MeetingStatus, ParentLink
from students.models import Staff


def cancel(meeting: Meeting, *, by: Staff, why: str, version: int, now: datetime) -> bool:
    """Cancel a booked meeting and tell everyone who was asked; return False where someone changed it first.

    Frees the people and the room, takes back what still waits to be sent, and sends a CANCEL with a higher SEQUENCE
    (RFC 5546, 3.2.5). The family's links stay open and say that the meeting is off; they take no answer any more.
    """
    return busy.in_one_go(lambda: _cancel(meeting, by=by, why=why, version=version, now=now))


def _cancel(meeting: Meeting, *, by: Staff, why: str, version: int, now: datetime) -> bool:
    changed = Meeting.objects.booked().filter(pk=meeting.pk, version=version)
    if not changed.update(
        status=MeetingStatus.CANCELLED,
        cancelled_at=now,
        changed_why=why,
        version=F("version") + 1,
        sequence=F("sequence") + 1,
    ):
        return False
    meeting.refresh_from_db()
    busy.release(meeting)
    telling.withdraw(meeting)
    _tell(meeting, why, now=now)
    MeetingChange.objects.create(meeting=meeting, what=MeetingChange.What.CANCELLED, detail={"why": why}, by=by, at=now)
    queue.enqueue("send_outbox")
    return True


def _tell(meeting: Meeting, why: str, *, now: datetime) -> None:
    seats = telling.one_each(telling.seats_of(meeting))
    telling.write_seats(seats, lambda seat: mail.cancellation(seat, why, now=now))
    telling.write_links(links_of(meeting), lambda link: mail.parent_cancelled(link, why, now=now))


def links_of(meeting: Meeting) -> list[ParentLink]:
    """Return the links of the meeting that still open, each of them holding this very meeting."""
    links = list(meeting.parent_links.filter(revoked_at=None).select_related("guardian__guardian"))
    for link in links:
        link.meeting = meeting
    return links
