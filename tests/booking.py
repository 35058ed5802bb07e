"""What tests of meetings share: one time, one plan for the cast's student, and what a booking left behind."""

from datetime import UTC, datetime, timedelta

from meetings.actions.book import MeetingPlan, SeatPlan, book
from meetings.models import Busy, Meeting, Message, Requirement, Seat
from students.models import MeetingKind, Role

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)  # Monday, 9:00 AM at school
START = datetime(2026, 12, 3, 18, 30, tzinfo=UTC)  # Thursday, 1:30 PM at school
HOUR = timedelta(hours=1)


def plan_of(cast, *, start=START, minutes=60, room=True, teacher=None, **extra):
    """The annual review of Maya Rainwater with her team, in Room 12."""
    seats = (
        SeatPlan(Role.PARENT, Requirement.REQUIRED, cast.mother.pk),
        SeatPlan(Role.LEA_REPRESENTATIVE, Requirement.REQUIRED, cast.vice_principal.pk),
        SeatPlan(Role.SPECIAL_EDUCATION_TEACHER, Requirement.REQUIRED, cast.case_manager.pk),
        SeatPlan(Role.GENERAL_EDUCATION_TEACHER, Requirement.REQUIRED, (teacher or cast.teacher).pk),
        SeatPlan(Role.RELATED_SERVICE_PROVIDER, Requirement.OPTIONAL, cast.speech.pk),
    )
    fields = {
        "kind": MeetingKind.ANNUAL_REVIEW,
        "due_date_id": cast.due.pk,
        "school_id": cast.school.pk,
        "room_id": cast.room.pk if room else None,
        "start_at": start,
        "end_at": start + timedelta(minutes=minutes),
        "seats": seats,
    }
    return MeetingPlan(**fields | extra)


def booked(cast, *, by=None, now=NOW, **extra):
    return book(cast.student, plan_of(cast, **extra), by=by or cast.case_manager, now=now)


def one_seat_plan(student, holder, *, start=START, minutes=60, room_id=None):
    """The smallest meeting: one member, no due date."""
    return MeetingPlan(
        kind=MeetingKind.PARENT_REQUESTED,
        due_date_id=None,
        school_id=student.school_id,
        room_id=room_id,
        start_at=start,
        end_at=start + timedelta(minutes=minutes),
        seats=(SeatPlan(Role.GENERAL_EDUCATION_TEACHER, Requirement.REQUIRED, holder.pk),),
    )


def seats_of(meeting):
    """Every seat as (role, requirement, holder, answer, was asked)."""
    return [
        (
            seat.role,
            seat.requirement,
            seat.holder.full_name if seat.holder else None,
            seat.answer,
            seat.asked_at is not None,
        )
        for seat in meeting.seats.select_related("holder").order_by("pk")
    ]


def busy_of(meeting):
    """Who and what the meeting takes, by name, in the order in which the rows were written."""
    rows = Busy.objects.filter(meeting=meeting).select_related("person", "room").order_by("pk")
    return [str(row.person or row.room) for row in rows]


def mails_of(meeting):
    """Every message of the meeting as (kind, recipient, state, version), in the order in which they were written."""
    return [
        (row.kind, row.recipient.full_name, row.state, row.meeting_version)
        for row in Message.objects.filter(meeting=meeting).select_related("recipient").order_by("pk")
    ]


def counts():
    return {model.__name__: model.objects.count() for model in (Meeting, Seat, Busy, Message)}
