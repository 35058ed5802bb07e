"""Book a meeting."""

from datetime import datetime

from django.db.models import Q

from meetings import mail, queue
from meetings.actions import busy, telling
from meetings.actions.agreement import Agreement, Times, Waiver, keep_agreement, keep_waiver, log_agreement
from meetings.actions.busy import Taken
from meetings.actions.seating import (
    Barred,
    MeetingPlan,
    SeatPlan,
    family_of,
    refuse_barred,
    with_family,
)
from meetings.models import Answer, Meeting, MeetingChange, Seat, Swap, SwapState
from meetings.wallclock import wall_time
from students.models import Person, School, Staff, Student

__all__ = ["AlreadyBooked", "Barred", "MeetingPlan", "SeatPlan", "Taken", "book", "booked_already"]


class AlreadyBooked(Exception):  # noqa: N818  It is an answer, not a fault.
    """What is to be booked has been: the same form twice, or two tabs."""

    def __init__(self, meeting: Meeting) -> None:
        super().__init__("booked already")
        self.meeting = meeting


def book(
    student: Student,
    plan: MeetingPlan,
    *,
    by: Staff,
    now: datetime,
    agreed: Agreement | None = None,
    waiver: Waiver | None = None,
) -> Meeting:
    """Book the meeting and return it: seats, busy time, parent links and messages, all of it or nothing.

    Every guardian who may be written to gets a seat and a notice of meeting, 34 CFR 300.322(a). Who books holds a
    confirmed seat, where they hold one; so does a guardian who `agreed` by word of mouth, which is logged as an
    attempt that reached them. Raises Taken, AlreadyBooked or Barred, and ValueError for a start in the past.
    """
    if plan.start_at <= now:
        raise ValueError("a meeting is booked before it starts")

    def change() -> Meeting:
        meeting = write_booking(student, plan, by=by, now=now, agreed=agreed, waiver=waiver)
        if agreed is not None:
            times = Times(plan.start_at, plan.end_at, student.school.time_zone)
            log_agreement(student, agreed, times, meeting=meeting, by=by, now=now)
        return meeting

    return busy.in_one_go(change)


def write_booking(
    student: Student,
    plan: MeetingPlan,
    *,
    by: Staff,
    now: datetime,
    agreed: Agreement | None = None,
    waiver: Waiver | None = None,
) -> Meeting:
    """Book the meeting inside the caller's transaction. See `book`."""
    family = family_of(student)
    wanted = plan.needed_ids | {student.pk}
    busy.lock(wanted | plan.holder_ids | {person.pk for person in family}, plan.room_id)
    # Its people are locked, so what this plan would double is there by now, or will not be.
    if found := booked_already(student, plan.kind, plan.due_date_id, plan.start_at):
        raise AlreadyBooked(found)
    refuse_barred(plan.holder_ids, student, family)
    _take_back_asks(student, plan, now=now)
    if rows := busy.in_the_way(wanted, plan.room_id, plan.start_at, plan.end_at):
        raise Taken(rows)
    meeting = _meeting(student, plan, by=by, now=now)
    _seat(meeting, with_family(plan.seats, family), by=by, now=now)
    if agreed is not None:
        keep_agreement(meeting, agreed, by=by, now=now)
    busy.take(wanted | free_family(family, plan), plan.room_id, plan.start_at, plan.end_at, meeting=meeting)
    _ask(meeting, family, now=now)
    MeetingChange.objects.create(meeting=meeting, what=MeetingChange.What.BOOKED, detail=placed(meeting), by=by, at=now)
    if waiver is not None:
        keep_waiver(meeting, waiver, by=by, now=now)
    queue.enqueue("send_outbox")
    queue.enqueue("review_meeting", pk=meeting.pk, by=by.pk, is_new=1)
    return meeting


def _take_back_asks(student: Student, plan: MeetingPlan, *, now: datetime) -> None:
    """End the open asks to swap for this very meeting: it needs them no longer."""
    for swap in Swap.objects.open().filter(student=student, kind=plan.kind, repairs=None).select_related("asked_by"):
        Swap.objects.filter(pk=swap.pk).update(state=SwapState.WITHDRAWN, closed_at=now)
        swap.state = SwapState.WITHDRAWN
        mail.swap_closed(swap, now=now)


def booked_already(student: Student, kind: str, due_date_id: int | None, start_at: datetime) -> Meeting | None:
    """Return the booked meeting that one for this due date, or without one of this kind at this time, would double."""
    same = Q(due_date=due_date_id) if due_date_id else Q(kind=kind, start_at=start_at)
    return Meeting.objects.booked().filter(same, student=student).first()


def free_family(family: list[Person], plan: MeetingPlan) -> set[int]:
    """Return the guardians whose time can be taken. One who is at another child's meeting is notified all the same."""
    ids = {person.pk for person in family}
    return ids - {row.person_id for row in busy.in_the_way(ids, None, plan.start_at, plan.end_at)}


def _meeting(student: Student, plan: MeetingPlan, *, by: Staff, now: datetime) -> Meeting:
    return Meeting.objects.create(
        kind=plan.kind,
        student=student,
        due_date_id=plan.due_date_id,
        school_id=plan.school_id,
        room_id=plan.room_id,
        start_at=plan.start_at,
        end_at=plan.end_at,
        wall_start=wall_time(zone_of(plan.school_id), plan.start_at),
        organizer=by,
        booked_at=now,
    )


def zone_of(school_id: int) -> str:
    """Return the zone of a school's clock."""
    return str(School.objects.values_list("time_zone", flat=True).get(pk=school_id))


def _seat(meeting: Meeting, seats: tuple[SeatPlan, ...], *, by: Staff, now: datetime) -> None:
    Seat.objects.bulk_create(
        Seat(meeting=meeting, role=seat.role, requirement=seat.requirement, holder_id=seat.holder_id) for seat in seats
    )
    meeting.seats.filter(holder=by.pk).update(answer=Answer.YES, answered_at=now)


def _ask(meeting: Meeting, family: list[Person], *, now: datetime) -> None:
    seats = telling.one_each(telling.seats_of(meeting))
    links = telling.links_for(meeting, family, now=now)
    asked = telling.write_seats(seats, lambda seat: mail.invite(seat, now=now))
    asked_family = telling.write_links(links, lambda link: mail.parent_link(link, now=now))
    telling.mark_asked(meeting, asked | asked_family, family_asked=bool(asked_family), now=now)


def placed(meeting: Meeting) -> dict[str, str]:
    """Return when and where a meeting is, for its history: names as they are today."""
    room = meeting.room.name if meeting.room else ""
    return {"start_at": meeting.start_at.isoformat(), "end_at": meeting.end_at.isoformat(), "room": room}
