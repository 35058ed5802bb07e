"""What a guardian agreed to by word of mouth, and a waiver of notice: kept with the meeting that it led to."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from meetings.models import (
    Answer,
    Attempt,
    AttemptResult,
    AttemptWay,
    FamilyAnswer,
    FamilyTime,
    Joins,
    Meeting,
    MeetingChange,
    NoticeWaiver,
    Reply,
)
from students.models import Staff, Student


@dataclass(frozen=True)
class Agreement:
    """A guardian said that they come at a time, and how they join; `words` as a member of the staff typed them."""

    guardian_id: int
    joins: str = ""
    words: str = ""


@dataclass(frozen=True)
class Waiver:
    """A guardian waived the days of notice in writing. `note` says where the writing is kept."""

    guardian_id: int
    days_set: int
    days_given: int
    note: str = ""


@dataclass(frozen=True)
class Times:
    """From when to when, in UTC instants, and in which zone a family keeps its day."""

    start_at: datetime
    end_at: datetime
    zone: str


def log_agreement(
    student: Student, agreed: Agreement, times: Times, *, meeting: Meeting | None, by: Staff, now: datetime
) -> None:
    """Log the try that reached the guardian, 34 CFR 300.322(d), and the time that they named.

    Whoever agrees to join by phone agrees to an alternative means of participation, 34 CFR 300.328: the note says so.
    """
    zone = ZoneInfo(times.zone)
    start, end = times.start_at.astimezone(zone), times.end_at.astimezone(zone)
    by_phone = " Agreed to meet by phone." if agreed.joins == Joins.PHONE else ""
    by_video = " Agreed to meet by video." if agreed.joins == Joins.VIDEO else ""
    at = f"{start:%I:%M %p}".lstrip("0")
    words = f"Can come {start:%b} {start.day}, {at}: “{agreed.words}”.{by_phone}{by_video}"
    Attempt.objects.create(
        student=student,
        meeting=meeting,
        guardian_id=agreed.guardian_id,
        way=AttemptWay.PHONE,
        result=AttemptResult.REACHED,
        note=words[:500],
        happened_at=now,
        entered_at=now,
        by=by,
    )
    said = FamilyTime.objects.filter(guardian=agreed.guardian_id, student=student, on=start.date())
    said.filter(says=FamilyAnswer.CANNOT, start__lt=end.time(), end__gt=start.time()).delete()
    FamilyTime.objects.create(
        guardian_id=agreed.guardian_id,
        student=student,
        says=FamilyAnswer.WORKS,
        on=start.date(),
        start=start.time(),
        end=end.time(),
        said_at=now,
        recorded_by=by,
    )


def keep_agreement(meeting: Meeting, agreed: Agreement, *, by: Staff, now: datetime) -> None:
    """Let the guardian's seat say yes, as staff wrote it down. Their own page can change it."""
    for seat in meeting.seats.filter(holder=agreed.guardian_id):
        Reply.objects.create(
            seat=seat,
            meeting_version=meeting.version,
            answer=Answer.YES,
            joins=agreed.joins,
            note=agreed.words,
            recorded_by=by,
            at=now,
        )
        meeting.seats.filter(pk=seat.pk).update(
            answer=Answer.YES, answered_at=now, joins=agreed.joins, note=agreed.words[:255]
        )


def keep_waiver(meeting: Meeting, waiver: Waiver, *, by: Staff, now: datetime) -> None:
    """Keep the waiver and show it in the meeting's history."""
    NoticeWaiver.objects.create(
        meeting=meeting,
        guardian_id=waiver.guardian_id,
        days_set=waiver.days_set,
        days_given=waiver.days_given,
        note=waiver.note,
        recorded_by=by,
        at=now,
    )
    detail = {"days_set": waiver.days_set, "days_given": waiver.days_given, "note": waiver.note}
    what = MeetingChange.What.NOTICE_WAIVED
    MeetingChange.objects.create(meeting=meeting, what=what, detail=detail, person_id=waiver.guardian_id, by=by, at=now)
