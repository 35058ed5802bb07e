"""Mails about due dates: nudges to case managers, the weekly digest to administrators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from meetings.coverage import Scope, counts
from meetings.mail import facts
from meetings.mail.outgoing import Letter, may_write_to, write
from meetings.models import Message, MessageKind
from students.access import administered_q
from students.models import DueDate, School, Staff

DIGEST_LASTS = timedelta(days=3)


@dataclass(frozen=True)
class Nudge:
    """A due date without a booked meeting: which nudge of it is due, and the last school day to hold the meeting."""

    due_date: DueDate
    days: int
    last_on: date

    @property
    def about(self) -> str:
        return nudge_about(self.due_date, self.days)


def due_nudge(
    due_date: DueDate, days: int, *, last_on: date, now: datetime, not_before_at: datetime | None = None
) -> Message | None:
    """Tell the case manager that a meeting is not booked; `days` names which nudge it is.

    `last_on` is the last school day on which the meeting can be held.
    """
    case_manager = due_date.student.case_manager
    if case_manager is None or not may_write_to(case_manager.person):
        return None
    return write(nudge_letter(Nudge(due_date, days, last_on), case_manager, not_before_at=not_before_at), now=now)


def nudge_letter(nudge: Nudge, to: Staff, *, not_before_at: datetime | None) -> Letter:
    """Return the letter about one due date; the caller knows that its reader may be written to."""
    zone = nudge.due_date.student.school.time_zone
    return Letter(
        to=to.person,
        about=nudge.about,
        kind=MessageKind.DUE_NUDGE,
        template="due_nudge",
        zone=zone,
        words=lambda: _words_of(nudge),
        not_before_at=not_before_at,
        expires_at=_end_of(nudge),
    )


def nudges_letter(nudges: Sequence[Nudge], to: Staff, on: date, nth: int, *, not_before_at: datetime) -> Letter:
    """Return the letter about several due dates, in order of their last days; see `day_ahead_letter`."""
    return Letter(
        to=to.person,
        about=f"{nudges_about(on)}{nth}",
        kind=MessageKind.DUE_NUDGE,
        template="due_nudges",
        zone=nudges[0].due_date.student.school.time_zone,
        words=lambda: {"nudges": [_words_of(nudge) for nudge in nudges], "mine_url": facts.page("students:mine")},
        not_before_at=not_before_at,
        expires_at=max(_end_of(nudge) for nudge in nudges),
    )


def _words_of(nudge: Nudge) -> dict[str, Any]:
    due_date, student = nudge.due_date, nudge.due_date.student
    return {
        "due_date": due_date,
        "due_day": facts.day_of(due_date.due_on),
        "last_on": nudge.last_on,
        "last_day": facts.day_of(nudge.last_on),
        "is_earlier": nudge.last_on != due_date.due_on,
        "first_name": student.person.preferred_name or student.person.given_name,
        "student_url": facts.page("students:student", student.pk),
        "propose_url": f"{facts.page('meetings:propose', student.pk)}?due={due_date.pk}",
    }


def _end_of(nudge: Nudge) -> datetime:
    zone = ZoneInfo(nudge.due_date.student.school.time_zone)
    return datetime.combine(nudge.due_date.due_on + timedelta(days=1), time(), zone)


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


def nudges_about(on: date) -> str:
    """Return how the reasons of the mails begin that gather one case manager's nudges of one day."""
    return f"nudges:{on}:"


def administered_schools(staff: Staff) -> list[School]:
    """Return the schools whose due dates are this person's business; the first one's clock counts for their digest."""
    return list(School.objects.filter(administered_q(staff), gone_at=None).distinct())
