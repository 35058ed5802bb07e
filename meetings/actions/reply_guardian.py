"""Keep what a guardian says on the page that their link opens."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

import pghistory
from django.db.models import Q, QuerySet

from meetings import mail, queue, tokens
from meetings.actions import busy
from meetings.actions.reply import Sitting, sitting_of, write_down
from meetings.lengths import USUAL_MINUTES
from meetings.models import (
    Answer,
    CameBy,
    FamilyAnswer,
    FamilyTime,
    Meeting,
    MeetingChange,
    ParentLink,
    Reply,
    Requirement,
    Seat,
)
from students.models import Role, Student


class ReplyOutcome(StrEnum):
    """What became of an answer: kept; given to a meeting that has changed since; or it takes none any more."""

    RECORDED = "recorded"
    MEETING_CHANGED = "meeting_changed"
    CLOSED = "closed"


@dataclass(frozen=True, order=True)
class WeekdayPart:
    """A part of one weekday (ISO) of which a guardian said that it works, in the school's wall time."""

    weekday: int
    start: time
    end: time


def reply_as_guardian(  # noqa: PLR0913  One keyword for each thing that the page asks.
    link: ParentLink,
    *,
    version: int,
    answer: str,
    joins: str,
    wants_interpreter: bool,
    interpreter_language: str,
    wants_minutes: int | None = None,
    other_times: str,
    family_times: Iterable[WeekdayPart],
    note: str,
    answered_by: str,
    came_by: str = CameBy.PAGE,
    now: datetime,
) -> ReplyOutcome:
    """Keep a guardian's answer to one version of the meeting, confirm it in writing, and tell who must know.

    A no frees their time, keeps that they cannot come then, and replaces the times that they named before. A yes takes
    their time again; where they are at another child's meeting it is kept all the same and the organizer is told. An
    interpreter who is asked for is a required seat (34 CFR 300.322(e)); the guardian's own record is left to staff. A
    longer meeting, in minutes, is from then on what is looked for for this student. The same answer sent twice is kept
    once.
    """
    given = Reply(
        link=link,
        meeting_version=version,
        answer=answer,
        joins=joins,
        wants_interpreter=wants_interpreter,
        interpreter_language=interpreter_language if wants_interpreter else "",
        wants_minutes=wants_minutes,
        other_times=other_times,
        note=note,
        answered_by=answered_by,
        came_by=came_by,
        at=now,
    )
    return busy.in_one_go(lambda: _reply_as_guardian(link, given, set(family_times)))


def reply_in_calendar(link: ParentLink, *, version: int, answer: str, note: str, now: datetime) -> ReplyOutcome:
    """Keep a guardian's yes or no from their calendar, which says nothing of all else that the page asks.

    So what they said there stands: how they join, an interpreter, a longer meeting, other times, and their note where
    the calendar brings none.
    """
    last = Reply.objects.filter(seat__meeting=link.meeting_id, seat__holder=link.guardian_id).first() or Reply()
    return reply_as_guardian(
        link,
        version=version,
        answer=answer,
        joins=last.joins if answer == Answer.YES else "",
        wants_interpreter=last.wants_interpreter,
        interpreter_language=last.interpreter_language,
        wants_minutes=last.wants_minutes,
        other_times=last.other_times,
        family_times=named_times(link.meeting, link.guardian_id),
        note=note or last.note,
        answered_by=link.guardian.full_name[:120],
        came_by=CameBy.CALENDAR,
        now=now,
    )


def _reply_as_guardian(link: ParentLink, given: Reply, times: set[WeekdayPart]) -> ReplyOutcome:
    seat = Seat.objects.select_related("holder").filter(meeting=link.meeting_id, holder=link.guardian_id).first()
    sitting = sitting_of(seat, version=given.meeting_version, now=given.at) if seat else None
    if not _is_open(link, given.at):
        return ReplyOutcome.CLOSED
    if sitting is None:
        going_on = Meeting.objects.booked().filter(pk=link.meeting_id, start_at__gt=given.at)
        return ReplyOutcome.MEETING_CHANGED if seat and going_on.exists() else ReplyOutcome.CLOSED
    if not _said_already(sitting, given, times):
        _keep(sitting, given, times)
    return ReplyOutcome.RECORDED


def _is_open(link: ParentLink, now: datetime) -> bool:
    """Whether the address they used still opens the page: it may have been renewed since, or their rights lost."""
    fresh = ParentLink.objects.filter(pk=link.pk, generation=link.generation).first()
    may = mail.may_write_to(link.guardian, link.meeting.student_id)
    return may and tokens.state_of(fresh, now) == tokens.LinkState.OPEN


def _said_already(sitting: Sitting, given: Reply, times: set[WeekdayPart]) -> bool:
    """Whether all of this is what they said last: the button pressed twice."""
    last = Reply.objects.filter(seat=sitting.seats[0]).first()
    fields = (
        "link_id",
        "meeting_version",
        "answer",
        "joins",
        "wants_interpreter",
        "interpreter_language",
        "wants_minutes",
        "other_times",
        "note",
        "answered_by",
        "recorded_by_id",
    )
    if last is None or any(getattr(last, field) != getattr(given, field) for field in fields):
        return False
    return given.answer == Answer.YES or named_times(sitting.meeting, sitting.person.pk) == times


def _keep(sitting: Sitting, given: Reply, times: set[WeekdayPart]) -> None:
    before = Reply.objects.filter(seat=sitting.seats[0]).first()
    is_elsewhere = not _settle_time(sitting, given)
    reply = write_down(sitting, given)[0]
    _keep_times(sitting, given, times)
    _keep_length(sitting, given)
    adds_seat = given.wants_interpreter and _seat_interpreter(sitting.meeting, given)
    mail.parent_confirmation(reply, now=given.at)
    if is_elsewhere or adds_seat or given.answer == Answer.NO or _asks_anew(given, before):
        _tell(sitting, reply, is_elsewhere=is_elsewhere)
    queue.enqueue("send_outbox")


def _asks_anew(given: Reply, before: Reply | None) -> bool:
    """Whether they wrote something, or ask for a longer meeting, and had not with their last answer."""
    asked = [
        (given.note, before.note if before else ""),
        (given.wants_minutes, before.wants_minutes if before else None),
    ]
    return any(now and now != earlier for now, earlier in asked)


def _settle_time(sitting: Sitting, given: Reply) -> bool:
    """Free the person's time or take it; return False where it is gone, at another child's meeting."""
    if given.answer == Answer.NO:
        busy.release(sitting.meeting, sitting.person.pk)
        return True
    try:
        busy.take_again(sitting.meeting, sitting.person.pk)
    except busy.Taken:
        return False
    return True


def named_times(meeting: Meeting, guardian_id: int) -> set[WeekdayPart]:
    """Return the parts of weekdays that a guardian named on their page: what staff wrote down is not among them."""
    rows = _own_times(meeting, guardian_id).filter(says=FamilyAnswer.WORKS, on=None)
    return {WeekdayPart(row.weekday, row.start, row.end) for row in rows if row.weekday is not None}


def _own_times(meeting: Meeting, guardian_id: int) -> QuerySet[FamilyTime]:
    return FamilyTime.objects.filter(guardian=guardian_id, student=meeting.student_id, recorded_by=None)


def _keep_times(sitting: Sitting, given: Reply, times: set[WeekdayPart]) -> None:
    meeting, guardian = sitting.meeting, sitting.person
    zone = ZoneInfo(meeting.school.time_zone)
    start, end = meeting.start_at.astimezone(zone), meeting.end_at.astimezone(zone)
    own = _own_times(meeting, guardian.pk)
    # What they said of this day is answered anew; what they said of other days stands.
    own.filter(says=FamilyAnswer.CANNOT, on=start.date(), start__lt=end.time(), end__gt=start.time()).delete()
    if given.answer == Answer.YES:
        return
    own.filter(says=FamilyAnswer.WORKS, on=None).delete()
    said = {"guardian": guardian, "student_id": meeting.student_id, "said_at": given.at}
    rows = [
        FamilyTime(says=FamilyAnswer.WORKS, weekday=part.weekday, start=part.start, end=part.end, **said)
        for part in sorted(times)
    ]
    rows.append(FamilyTime(says=FamilyAnswer.CANNOT, on=start.date(), start=start.time(), end=end.time(), **said))
    FamilyTime.objects.bulk_create(rows)


def _keep_length(sitting: Sitting, given: Reply) -> None:
    """Keep the longer meeting that they ask for for the next search. It never makes meetings shorter."""
    wanted = given.wants_minutes
    if wanted is None:
        return
    shorter = Q(meeting_minutes__lt=wanted)
    if wanted > USUAL_MINUTES:
        shorter |= Q(meeting_minutes=None)
    # In the record's history it is theirs: no roster says it, and nobody on the staff.
    with pghistory.context(user=sitting.person.pk):
        Student.objects.filter(shorter, pk=sitting.meeting.student_id).update(meeting_minutes=wanted)


def _seat_interpreter(meeting: Meeting, given: Reply) -> bool:
    """Have a required seat for the family's interpreter; return whether this made one, or made one required."""
    seats = meeting.seats.filter(role=Role.FAMILY_INTERPRETER)
    if seats.filter(requirement=Requirement.REQUIRED).exists():
        return False
    if not seats.update(requirement=Requirement.REQUIRED):
        Seat.objects.create(meeting=meeting, role=Role.FAMILY_INTERPRETER, requirement=Requirement.REQUIRED)
    MeetingChange.objects.create(
        meeting=meeting,
        what=MeetingChange.What.SEAT_CHANGED,
        detail={"role": Role.FAMILY_INTERPRETER.value, "from": "", "to": "", "language": given.interpreter_language},
        person=given.link.guardian if given.link else None,
        at=given.at,
    )
    return True


def _tell(sitting: Sitting, reply: Reply, *, is_elsewhere: bool) -> None:
    meeting = sitting.meeting
    case_manager = meeting.student.case_manager
    people = [meeting.organizer.person, *([case_manager.person] if case_manager else [])]
    for person in dict.fromkeys(people):
        mail.family_answered(reply, person, is_elsewhere=is_elsewhere, now=reply.at)
