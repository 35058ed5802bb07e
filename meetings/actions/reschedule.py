"""Move a meeting to another time, place or set of people."""

import copy
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from meetings import mail, queue
from meetings.actions import busy, telling
from meetings.actions.book import free_family, placed, zone_of
from meetings.actions.busy import Taken
from meetings.actions.cancel import links_of
from meetings.actions.seating import (
    MeetingPlan,
    SeatPlan,
    family_of,
    refuse_barred,
    with_family,
)
from meetings.models import Answer, Meeting, MeetingChange, Message, ParentLink, Requirement, Seat
from meetings.wallclock import wall_time
from students.models import Person, Staff


def reschedule(meeting: Meeting, plan: MeetingPlan, *, by: Staff, why: str, version: int, now: datetime) -> bool:
    """Move a booked meeting to the plan's time, room and people; return False where someone changed it first.

    Every answer is asked for anew, except of who moves it: a yes to another time is no yes to this one. Replies and
    links are kept. Who stays gets an updated invite, who is new an invite, who is dropped a CANCEL, the family the
    new time. Raises Taken or Barred, and ValueError for a start in the past.
    """
    if plan.start_at <= now:
        raise ValueError("a meeting is moved to a time before it starts")
    moved = busy.in_one_go(lambda: _reschedule(meeting.pk, plan, by=by, why=why, version=version, now=now))
    if moved:
        meeting.refresh_from_db()
    return moved


def _reschedule(meeting_id: int, plan: MeetingPlan, *, by: Staff, why: str, version: int, now: datetime) -> bool:
    # Read anew: where this is undone, the caller's meeting must not know of it.
    meeting = Meeting.objects.select_related("student", "school", "room", "organizer__person").get(pk=meeting_id)
    family = family_of(meeting.student)
    wanted = plan.needed_ids | {meeting.student_id}
    before = telling.seats_of(meeting)
    held = {seat.holder_id for seat in before if seat.holder_id is not None}
    busy.lock(wanted | plan.holder_ids | held | {person.pk for person in family}, plan.room_id)
    was = placed(meeting)
    if not _move(meeting, plan, why=why, version=version):
        return False
    refuse_barred(plan.holder_ids, meeting.student, family)
    busy.release(meeting)
    if rows := busy.in_the_way(wanted, plan.room_id, plan.start_at, plan.end_at):
        raise Taken(rows)
    _seat(meeting, before, with_family(plan.seats, family), by=by, now=now)
    busy.take(wanted | free_family(family, plan), plan.room_id, plan.start_at, plan.end_at, meeting=meeting)
    telling.withdraw(meeting)
    _tell(meeting, before, family, why, now=now)
    detail = {"from": was, "to": placed(meeting), "why": why}
    MeetingChange.objects.create(meeting=meeting, what=MeetingChange.What.MOVED, detail=detail, by=by, at=now)
    queue.enqueue("send_outbox")
    queue.enqueue("review_meeting", pk=meeting.pk, by=by.pk, is_new=1)
    return True


def _move(meeting: Meeting, plan: MeetingPlan, *, why: str, version: int) -> bool:
    changed = Meeting.objects.booked().filter(pk=meeting.pk, version=version)
    place = (meeting.school_id, meeting.room_id, meeting.start_at, meeting.end_at)
    # Other people alone are no reason for every calendar to show a change.
    raises = place != (plan.school_id, plan.room_id, plan.start_at, plan.end_at)
    moved = changed.update(
        school_id=plan.school_id,
        room_id=plan.room_id,
        start_at=plan.start_at,
        end_at=plan.end_at,
        wall_start=wall_time(zone_of(plan.school_id), plan.start_at),
        changed_why=why,
        version=F("version") + 1,
        sequence=F("sequence") + int(raises),
    )
    if moved:
        meeting.refresh_from_db()
    return bool(moved)


# Seats


@dataclass(frozen=True)
class Pairs:
    """Which rows hold which planned seats from now on, which planned seats need a row, which rows are over."""

    kept: list[tuple[Seat, SeatPlan]]
    new: list[SeatPlan]
    over: list[Seat]


def paired(seats: Sequence[Seat], plans: Iterable[SeatPlan]) -> Pairs:
    """Pair rows with plans of the same role: first whoever keeps a seat, then the rest in order."""
    free: dict[str, list[Seat]] = defaultdict(list)
    for seat in seats:
        free[seat.role].append(seat)
    kept, waiting = [], []
    for plan in plans:
        same = next((seat for seat in free[plan.role] if seat.holder_id == plan.holder_id), None)
        if same is None:
            waiting.append(plan)
        else:
            free[plan.role].remove(same)
            kept.append((same, plan))
    new = []
    for plan in waiting:
        if free[plan.role]:
            kept.append((free[plan.role].pop(0), plan))
        else:
            new.append(plan)
    return Pairs(kept, new, [seat for seats_over in free.values() for seat in seats_over])


def _seat(meeting: Meeting, before: Sequence[Seat], plans: Iterable[SeatPlan], *, by: Staff, now: datetime) -> None:
    pairs = paired(before, plans)
    _drop(meeting, pairs.over)
    for seat, plan in pairs.kept:
        Seat.objects.filter(pk=seat.pk).update(requirement=plan.requirement, holder_id=plan.holder_id)
    Seat.objects.bulk_create(
        Seat(meeting=meeting, role=plan.role, requirement=plan.requirement, holder_id=plan.holder_id)
        for plan in pairs.new
    )
    meeting.seats.update(answer=Answer.NONE, asked_at=None, answered_at=None, joins="", note="")
    meeting.seats.filter(holder=by.pk).update(answer=Answer.YES, answered_at=now)


def _drop(meeting: Meeting, over: Sequence[Seat]) -> None:
    """Delete the rows that are over. One with replies stays, empty: what was answered is kept for ever."""
    rows = meeting.seats.filter(pk__in=[seat.pk for seat in over])
    rows.filter(replies=None).delete()
    rows.update(holder=None, requirement=Requirement.OPTIONAL)


# Messages


def _tell(meeting: Meeting, before: Sequence[Seat], family: Sequence[Person], why: str, *, now: datetime) -> None:
    seats = telling.one_each(telling.seats_of(meeting))
    asked = telling.write_seats(seats, lambda seat: _say(seat, before, now=now))
    known = {link.guardian_id for link in meeting.parent_links.all()}
    links = telling.links_for(meeting, family, now=now)
    asked_family = telling.write_links(links, lambda link: _say_to_family(link, known, now=now))
    telling.mark_asked(meeting, asked | asked_family, family_asked=bool(asked_family), now=now)
    _tell_dropped(meeting, before, {seat.holder_id for seat in seats}, why, now=now)
    _close_links(meeting, family, why, now=now)


def _say(seat: Seat, before: Iterable[Seat], *, now: datetime) -> Message | None:
    stays = any(seat.holder_id == other.holder_id for other in before)
    return mail.update(seat, now=now) if stays else mail.invite(seat, now=now)


def _say_to_family(link: ParentLink, known: set[int], *, now: datetime) -> Message | None:
    return mail.parent_moved(link, now=now) if link.guardian_id in known else mail.parent_link(link, now=now)


def _tell_dropped(meeting: Meeting, before: Iterable[Seat], stay: set[int | None], why: str, *, now: datetime) -> None:
    for seat in telling.one_each(before):
        if seat.holder_id not in stay:
            was = copy.copy(seat)
            was.meeting = meeting
            mail.cancellation(was, why, now=now)


def _close_links(meeting: Meeting, family: Iterable[Person], why: str, *, now: datetime) -> None:
    """Close the link of a guardian who is no longer asked. Mail decides by itself who must not be written to."""
    asked = {person.pk for person in family}
    for link in links_of(meeting):
        if link.guardian_id not in asked:
            mail.parent_cancelled(link, why, now=now)
            ParentLink.objects.filter(pk=link.pk).update(revoked_at=now)
