"""Record that a meeting was held, and set what is due next."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q

from meetings.models import Meeting, MeetingChange, MeetingStatus
from students.clocks import AnnualRule, annual_due, reevaluation_due
from students.models import District, DueDate, MeetingKind, Source, Staff

# What is due after a meeting of another kind.
FOLLOWED_BY: dict[str, str] = {MeetingKind.INITIAL_IEP: MeetingKind.ANNUAL_REVIEW}


@transaction.atomic
def record_held(meeting: Meeting, *, by: Staff, held_on: date, version: int, now: datetime) -> bool:
    """Record a booked meeting as held on a day; return False where someone changed it first.

    Closes the due date it was held for and opens the next: after an annual review or an initial IEP the annual
    review by the district's rule, since every IEP is reviewed not less than annually, 34 CFR 300.324(b)(1); after a
    reevaluation the next, three years later, 300.303(b)(2). Other kinds close theirs and open none. An annual review
    that is open already when an initial IEP is held stays where it is earlier. Raises ValueError before the meeting
    has started, and for a day that has not come.
    """
    today = now.astimezone(ZoneInfo(meeting.school.time_zone)).date()
    if meeting.start_at > now or held_on > today:
        raise ValueError("a meeting is recorded as held when it has started")
    changed = Meeting.objects.booked().filter(pk=meeting.pk, version=version)
    if not changed.update(status=MeetingStatus.HELD, held_at=now, version=F("version") + 1):
        return False
    meeting.refresh_from_db()
    _close(meeting, now=now)
    _open_next(meeting, held_on, by=by)
    detail = {"held_on": held_on.isoformat()}
    MeetingChange.objects.create(meeting=meeting, what=MeetingChange.What.HELD, detail=detail, by=by, at=now)
    return True


def _close(meeting: Meeting, *, now: datetime) -> None:
    # A meeting booked without its due date meets it all the same.
    met = Q(pk=meeting.due_date_id) | Q(student=meeting.student_id, kind=meeting.kind)
    DueDate.objects.open().filter(met).update(closed_at=now, closed_why="Meeting held")


def _open_next(meeting: Meeting, held_on: date, *, by: Staff) -> None:
    kind = FOLLOWED_BY.get(meeting.kind, meeting.kind)
    due_on = next_due(kind, held_on)
    if due_on is None:
        return
    same = DueDate.objects.open().filter(student=meeting.student_id, kind=kind)
    counted = {"due_on": due_on, "counted_from_on": held_on, "source": Source.PEOPLE}
    same.filter(due_on__gt=due_on).update(**counted)
    if not same.exists():
        DueDate.objects.create(student_id=meeting.student_id, kind=kind, created_by=by, **counted)


def next_due(kind: str, held_on: date) -> date | None:
    """Return the last lawful day of the next meeting of this kind, None where the kind does not come again."""
    match kind:
        case MeetingKind.ANNUAL_REVIEW:
            district = District.objects.first() or District()
            return annual_due(held_on, AnnualRule(district.annual_rule))
        case MeetingKind.REEVALUATION:
            return reevaluation_due(held_on)
        case _:
            return None
