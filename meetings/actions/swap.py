"""Ask somebody to take over a seat elsewhere, so that one time opens: the principal's move.

Whoever writes locks the people first, then the swap, as every change of a meeting does. A swap that everyone agreed to
is carried out in the transaction of the last yes: the seats elsewhere and the meeting that they open, or nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction

from meetings import mail, queue
from meetings.actions import busy
from meetings.actions.agreement import Agreement, Times, Waiver, log_agreement
from meetings.actions.book import AlreadyBooked, booked_already, write_booking
from meetings.actions.handover import Gone, Handover, hand_over
from meetings.actions.seat import write_seat
from meetings.actions.seating import Barred, MeetingPlan, SeatPlan, family_of
from meetings.models import Answer, Meeting, Seat, Swap, SwapMove, SwapState
from meetings.offers import Move
from students.models import District, Staff, Student


@dataclass(frozen=True)
class MovePlan:
    """What is to change hands, a seat or a commitment by its pk, from whom and to whom."""

    giver_id: int
    taker_id: int
    seat_id: int | None = None
    commitment_id: int | None = None


@dataclass(frozen=True)
class SwapPlan:
    """What is to be asked for: the meeting that the moves open; with `repairs`, the seat that they free someone for."""

    meeting: MeetingPlan
    moves: tuple[MovePlan, ...]
    agreed: Agreement | None = None
    waiver: Waiver | None = None
    repairs: Seat | None = None
    repairer_id: int | None = None


def planned(moves: Iterable[Move]) -> tuple[MovePlan, ...]:
    """Return what an offer would change elsewhere, as it is asked for."""
    return tuple(
        MovePlan(
            move.giver.pk,
            move.taker.pk,
            move.seat.pk if move.seat else None,
            move.commitment.pk if move.commitment else None,
        )
        for move in moves
    )


class AlreadyAsked(Exception):  # noqa: N818  It is an answer, not a fault.
    """Somebody is being asked for this meeting already."""

    def __init__(self, swap: Swap) -> None:
        super().__init__("asked already")
        self.swap = swap


class Outcome(StrEnum):
    """What became of an answer."""

    WAITING = "waiting"
    DONE = "done"
    DECLINED = "declined"
    OVERTAKEN = "overtaken"
    CLOSED = "closed"


IMPOSSIBLE = (Gone, busy.Taken, Barred, AlreadyBooked)


def ask(student: Student, plan: SwapPlan, *, by: Staff, in_person: bool, now: datetime) -> Swap:
    """Ask everyone who would take over, and return the swap; `in_person` they have agreed, and it is carried out.

    The ask stands for the hours that the district sets, and never past the start of the meeting. Whoever asks has
    agreed to what they take over themselves. What the guardian agreed to is logged now. Raises AlreadyBooked and
    AlreadyAsked, and where it is carried out Gone, Taken or Barred; ValueError for a start in the past.
    """
    if plan.meeting.start_at <= now or not plan.moves:
        raise ValueError("a swap opens a time that is ahead")
    return busy.in_one_go(lambda: _ask(student, plan, by=by, in_person=in_person, now=now))


def answer(move: SwapMove, *, says: str, note: str, now: datetime) -> Outcome:
    """Keep what the taker says. The last yes carries the swap out; a no ends it, and whoever asked is told.

    Where it is no longer possible the swap ends as overtaken and nothing changes. An answer to a swap that has ended
    changes nothing either.
    """
    return busy.in_one_go(lambda: _answer(move, says=says, note=note, now=now))


def withdraw(swap: Swap, *, now: datetime) -> bool:
    """Take an ask back; return False where it has ended already. Whoever has not answered is told."""
    return busy.in_one_go(lambda: _end(swap, SwapState.WITHDRAWN, now=now))


def expire(*, now: datetime) -> int:
    """End every ask whose time is over, each in a transaction of its own, and tell who asked. Return how many."""
    due = Swap.objects.open().filter(expires_at__lte=now)
    return sum(busy.in_one_go(_ending(swap, now)) for swap in due)


def _ending(swap: Swap, now: datetime) -> Callable[[], bool]:
    return lambda: _end(swap, SwapState.EXPIRED, now=now)


def _ask(student: Student, plan: SwapPlan, *, by: Staff, in_person: bool, now: datetime) -> Swap:
    busy.lock(_everyone(student, plan), plan.meeting.room_id)
    _refuse_twice(student, plan)
    swap = _written(student, plan, by=by, now=now)
    if plan.agreed is not None:
        times = Times(plan.meeting.start_at, plan.meeting.end_at, student.school.time_zone)
        log_agreement(student, plan.agreed, times, meeting=None, by=by, now=now)
    agreed = swap.moves.all() if in_person else swap.moves.filter(taker=by.pk)
    agreed.update(answer=Answer.YES, answered_at=now, recorded_by=by)
    if swap.moves.exclude(answer=Answer.YES).exists():
        for move in _moves(swap):
            if move.answer == Answer.NONE:
                mail.swap_ask(move, now=now)
        queue.enqueue("send_outbox")
    else:
        _carry_out(swap, now=now)
    return swap


def _refuse_twice(student: Student, plan: SwapPlan) -> None:
    asked = Swap.objects.open().filter(student=student, kind=plan.meeting.kind, repairs=plan.repairs)
    if found := asked.first():
        raise AlreadyAsked(found)
    if plan.repairs is None:
        booked = booked_already(student, plan.meeting.kind, plan.meeting.due_date_id, plan.meeting.start_at)
        if booked is not None:
            raise AlreadyBooked(booked)


def _written(student: Student, plan: SwapPlan, *, by: Staff, now: datetime) -> Swap:
    hours = (District.objects.first() or District()).swap_answer_hours
    meeting, agreed, waiver = plan.meeting, plan.agreed, plan.waiver
    swap = Swap.objects.create(
        student=student,
        kind=meeting.kind,
        due_date_id=meeting.due_date_id,
        school_id=meeting.school_id,
        room_id=meeting.room_id,
        start_at=meeting.start_at,
        end_at=meeting.end_at,
        seats=[[seat.role, seat.requirement, seat.holder_id] for seat in meeting.seats],
        repairs=plan.repairs,
        repairer_id=plan.repairer_id,
        said_by_id=agreed.guardian_id if agreed else None,
        joins=agreed.joins if agreed else "",
        said=agreed.words if agreed else "",
        has_waiver=waiver is not None,
        waiver_note=waiver.note if waiver else "",
        asked_by=by,
        asked_at=now,
        expires_at=min(now + timedelta(hours=hours), meeting.start_at),
    )
    SwapMove.objects.bulk_create(
        SwapMove(
            swap=swap,
            seat_id=move.seat_id,
            commitment_id=move.commitment_id,
            giver_id=move.giver_id,
            taker_id=move.taker_id,
        )
        for move in plan.moves
    )
    return swap


def _answer(move: SwapMove, *, says: str, note: str, now: datetime) -> Outcome:
    student = Student.objects.select_related("school").get(pk=move.swap.student_id)
    plan = _plan_of(move.swap, now)
    busy.lock(_everyone(student, plan), plan.meeting.room_id)
    swap = Swap.objects.select_for_update(of=("self",)).get(pk=move.swap_id)
    if swap.state != SwapState.OPEN or swap.expires_at <= now:
        return Outcome.CLOSED
    kept = SwapMove.objects.filter(pk=move.pk, answer=Answer.NONE)
    if not kept.update(answer=says, answered_at=now, note=note):
        return Outcome.CLOSED
    if says == Answer.NO:
        _end(swap, SwapState.DECLINED, now=now)
        return Outcome.DECLINED
    if swap.moves.exclude(answer=Answer.YES).exists():
        return Outcome.WAITING
    return _carried_out(swap, now=now)


def _carried_out(swap: Swap, *, now: datetime) -> Outcome:
    try:
        with transaction.atomic():
            _carry_out(swap, now=now)
    except IMPOSSIBLE:
        _end(swap, SwapState.OVERTAKEN, now=now)
        return Outcome.OVERTAKEN
    mail.swap_closed(_fresh(swap), now=now)
    return Outcome.DONE


def _carry_out(swap: Swap, *, now: datetime) -> None:
    """Change the seats elsewhere, then book or fill the seat. All of its people are locked by the caller."""
    student = Student.objects.select_related("school", "person").get(pk=swap.student_id)
    plan = _plan_of(swap, now)
    # It is no longer open: what is booked now takes back every open ask for the same meeting.
    Swap.objects.filter(pk=swap.pk).update(state=SwapState.DONE, closed_at=now)
    handovers = [Handover.of(move) for move in _moves(swap)]
    told = hand_over(handovers, by=swap.asked_by, now=now)
    meeting = _repaired(swap, now=now) if swap.repairs else _booked(swap, student, plan, now=now)
    Swap.objects.filter(pk=swap.pk).update(meeting=meeting)
    told(now)
    queue.enqueue("send_outbox")


def _booked(swap: Swap, student: Student, plan: SwapPlan, *, now: datetime) -> Meeting:
    if plan.meeting.start_at <= now:
        raise Gone("the time has passed")
    return write_booking(student, plan.meeting, by=swap.asked_by, now=now, agreed=plan.agreed, waiver=plan.waiver)


def _repaired(swap: Swap, *, now: datetime) -> Meeting:
    seat = Seat.objects.select_related("meeting").filter(pk=swap.repairs_id or 0).first()
    if seat is None or swap.repairer is None or seat.meeting.start_at <= now:
        raise Gone("the time has passed")
    if not write_seat(seat, swap.repairer, by=swap.asked_by, version=seat.meeting.version, now=now):
        raise Gone("the meeting has changed")
    return seat.meeting


def _end(swap: Swap, state: SwapState, *, now: datetime) -> bool:
    open_ = Swap.objects.open().filter(pk=swap.pk)
    if not open_.update(state=state, closed_at=now):
        return False
    mail.swap_closed(_fresh(swap), now=now)
    queue.enqueue("send_outbox")
    return True


def _fresh(swap: Swap) -> Swap:
    return Swap.objects.select_related("student__person", "school", "asked_by__person", "meeting").get(pk=swap.pk)


def _moves(swap: Swap) -> list[SwapMove]:
    return list(
        swap.moves.select_related(
            "giver__staff", "taker__staff", "seat__meeting__student", "seat__meeting__school", "commitment",
            "swap__school", "swap__asked_by__person", "swap__student__person",
        )
    )  # fmt: skip


def _plan_of(swap: Swap, now: datetime) -> SwapPlan:
    seats = tuple(SeatPlan(role, requirement, holder) for role, requirement, holder in swap.seats)
    meeting = MeetingPlan(swap.kind, swap.due_date_id, swap.school_id, swap.room_id, swap.start_at, swap.end_at, seats)
    agreed = Agreement(swap.said_by_id, swap.joins, swap.said) if swap.said_by_id else None
    moves = tuple(MovePlan(move.giver_id, move.taker_id, move.seat_id, move.commitment_id) for move in swap.moves.all())
    return SwapPlan(meeting, moves, agreed, _waiver_of(swap), repairs=swap.repairs, repairer_id=swap.repairer_id)


def _waiver_of(swap: Swap) -> Waiver | None:
    district = District.objects.first() or District()
    if not swap.has_waiver or swap.said_by_id is None:
        return None
    given = (swap.start_at.date() - swap.asked_at.date()).days
    return Waiver(swap.said_by_id, district.notice_days or 0, max(given, 0), swap.waiver_note)


def _everyone(student: Student, plan: SwapPlan) -> set[int]:
    """Return everyone whose time the swap could change, by pk: they are locked at once, in one order."""
    moved = {pk for move in plan.moves for pk in (move.giver_id, move.taker_id)}
    family = {person.pk for person in family_of(student)}
    repairing = {plan.repairer_id} if plan.repairer_id else set[int]()
    return plan.meeting.holder_ids | moved | family | repairing | {student.pk} | _holders(plan.repairs)


def _holders(seat: Seat | None) -> set[int]:
    return {seat.holder_id} if seat is not None and seat.holder_id is not None else set()
