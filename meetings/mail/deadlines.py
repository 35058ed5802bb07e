"""Mails about due dates: nudges to case managers, the weekly digest to administrators."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from meetings.coverage import Scope, counts
from meetings.mail import facts
from meetings.mail.outgoing import Letter, may_write_to, write
from meetings.models import Message, MessageKind
from students.access import administered_q
from students.models import DueDate, School, Staff

DIGEST_LASTS = timedelta(days=3)


def due_nudge(
    due_date: DueDate, days: int, *, last_on: date, now: datetime, not_before_at: datetime | None = None
) -> Message | None:
    """Tell the case manager that a meeting is not booked; `days` names which nudge it is.

    `last_on` is the last school day on which the meeting can be held.
    """
    student = due_date.student
    case_manager = student.case_manager
    if case_manager is None or not may_write_to(case_manager.person):
        return None
    zone = student.school.time_zone
    letter = Letter(
        to=case_manager.person,
        about=nudge_about(due_date, days),
        kind=MessageKind.DUE_NUDGE,
        template="due_nudge",
        zone=zone,
        words=lambda: {
            "due_date": due_date,
            "due_day": facts.day_of(due_date.due_on),
            "last_on": last_on,
            "last_day": facts.day_of(last_on),
            "is_earlier": last_on != due_date.due_on,
            "first_name": student.person.preferred_name or student.person.given_name,
            "student_url": facts.page("students:student", student.pk),
            "propose_url": f"{facts.page('meetings:propose', student.pk)}?due={due_date.pk}",
        },
        not_before_at=not_before_at,
        expires_at=datetime.combine(due_date.due_on + timedelta(days=1), time(), ZoneInfo(zone)),
    )
    return write(letter, now=now)


def digest(staff: Staff, week: str, *, now: datetime, not_before_at: datetime | None = None) -> Message | None:
    """Send an administrator the counts of their schools for the ISO week `week`, such as 2026-W48.

    They are those of the page of due dates, to which the mail leads.
    """
    if not may_write_to(staff.person):
        return None
    schools = administered_schools(staff)
    if not schools:
        return None
    zone = schools[0].time_zone
    letter = Letter(
        to=staff.person,
        about=f"digest:{week}",
        kind=MessageKind.DIGEST,
        template="digest",
        zone=zone,
        words=lambda: {
            "counts": counts(Scope(staff, tuple(schools), now)),
            "schools": [school.name for school in schools],
            "short_day": facts.short_day_of(now),
            "due_url": facts.page("meetings:due"),
        },
        not_before_at=not_before_at,
        expires_at=(not_before_at or now) + DIGEST_LASTS,
    )
    return write(letter, now=now)


def nudge_about(due_date: DueDate, days: int) -> str:
    """Return the reason of a nudge, such as due:7:2026-12-11:nudge-30d. It begins anew with another due date."""
    return f"due:{due_date.pk}:{due_date.due_on}:nudge-{days}d"


def administered_schools(staff: Staff) -> list[School]:
    """Return the schools whose due dates are this person's business; the first one's clock counts for their digest."""
    return list(School.objects.filter(administered_q(staff), gone_at=None).distinct())
