"""Close the doors to someone who may not be asked to a student's meetings any more."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from meetings import queue
from meetings.actions import busy
from meetings.models import Answer, Meeting, MeetingChange, Message, MessageState, ParentLink, Seat
from students.models import Person, Student


@transaction.atomic
def close_out(student: Student, guardian: Person, *, now: datetime) -> list[Meeting]:
    """Take a guardian out of the student's meetings that are still to come, and return those.

    Their seats stand empty, their links are closed and what waits for them is taken back. They are told nothing: who
    is under an order hears neither when nor where.
    """
    busy.lock([guardian.pk])
    links = ParentLink.objects.filter(meeting__student=student, guardian=guardian, revoked_at=None)
    links.update(revoked_at=now)
    waiting = Message.objects.filter(meeting__student=student, recipient=guardian, state=MessageState.QUEUED)
    waiting.update(state=MessageState.WITHDRAWN)
    seated = Meeting.objects.booked().filter(student=student, start_at__gt=now, seats__holder=guardian).distinct()
    meetings = list(seated)
    for meeting in meetings:
        _empty_seats(meeting, guardian, now=now)
    return meetings


def _empty_seats(meeting: Meeting, guardian: Person, *, now: datetime) -> None:
    role = str(meeting.seats.filter(holder=guardian).values_list("role", flat=True)[0])
    Seat.objects.filter(meeting=meeting, holder=guardian).update(
        holder=None, answer=Answer.NONE, answered_at=None, asked_at=None, joins="", note=""
    )
    busy.release(meeting, guardian.pk)
    queue.enqueue("review_meeting", pk=meeting.pk)
    Meeting.objects.filter(pk=meeting.pk).update(version=F("version") + 1)
    MeetingChange.objects.create(
        meeting=meeting,
        what=MeetingChange.What.SEAT_CHANGED,
        detail={"role": role, "from": guardian.full_name, "to": ""},
        person=guardian,
        at=now,
    )
