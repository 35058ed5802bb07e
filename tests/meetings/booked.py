"""A booked meeting, row by row: nothing is written to anyone yet."""

from datetime import UTC, datetime, timedelta

from meetings import tokens
from meetings.models import Answer, Meeting, Message, MessageState, Seat
from students.models import MeetingKind, Role

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # Monday, 10:00 AM in New York.
START = datetime(2026, 12, 3, 18, 30, tzinfo=UTC)  # Thursday, 1:30 PM in New York.


def now_of():
    return NOW


def book(cast, start_at=START, **extra):
    """The annual review of the cast's student: the mother, the case manager, the vice principal, the teacher."""
    row = Meeting.objects.create(
        student=cast.student,
        school=cast.school,
        start_at=start_at,
        end_at=start_at + timedelta(hours=1),
        organizer=cast.case_manager,
        **{
            "kind": MeetingKind.ANNUAL_REVIEW,
            "booked_at": NOW,
            "due_date": cast.due,
            "room": cast.room,
            **extra,
        },
    )
    holders = [
        (Role.PARENT, cast.mother.person, Answer.NONE),
        (Role.SPECIAL_EDUCATION_TEACHER, cast.case_manager.person, Answer.YES),
        (Role.LEA_REPRESENTATIVE, cast.vice_principal.person, Answer.NONE),
        (Role.GENERAL_EDUCATION_TEACHER, cast.teacher.person, Answer.NONE),
    ]
    for role, holder, answer in holders:
        Seat.objects.create(meeting=row, role=role, holder=holder, answer=answer)
    return row


def seat_of(meeting, person):
    return meeting.seats.get(holder=person.pk)


def link_of(meeting, guardian):
    return tokens.make_link(meeting, guardian.person, expires_at=tokens.expiry_of(meeting), now=NOW)


def sent(message, at=NOW):
    """As if it had been sent: nothing else in these tests looks at the wire."""
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENT, sent_at=at, created_at=at)


def states():
    return dict(Message.objects.order_by("pk").values_list("about", "state"))
