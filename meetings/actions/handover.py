"""Hand seats and commitments from one person to another, all at once: the half of a swap that lies elsewhere."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from meetings import mail, queue
from meetings.actions import busy, telling
from meetings.actions.commit import TAKES_TIME
from meetings.actions.seating import family_of, refuse_barred
from meetings.models import Answer, Busy, Commitment, Meeting, MeetingChange, Seat, SwapMove
from students.models import Person, Staff


class Gone(Exception):  # noqa: N818  It is an answer, not a fault.
    """What was to change hands is no longer as it was: the meeting moved, began, or the seat is another's."""


@dataclass(frozen=True)
class Handover:
    """One seat or one commitment, from whom and to whom. The meeting is as it is now."""

    giver: Person
    taker: Person
    seat: Seat | None = None
    commitment: Commitment | None = None

    @classmethod
    def of(cls, move: SwapMove) -> "Handover":
        """Return the handover that a move asks for."""
        return cls(move.giver, move.taker, move.seat, move.commitment)


def hand_over(handovers: Sequence[Handover], *, by: Staff, now: datetime) -> Callable[[datetime], None]:
    """Hand all of them over inside the caller's transaction, who holds the people; return what tells everyone.

    Everybody leaves before anybody enters, so that two who trade places do not meet. Raises Gone, Taken and Barred.
    """
    seats = [each for each in handovers if each.seat is not None]
    owned = [each for each in handovers if each.commitment is not None]
    meetings = _meetings(seats, now=now)
    for each in owned:
        _leave_commitment(each, now=now)
    for each in seats:
        _leave(each, now=now)
    _free(seats)
    for each in seats:
        _enter(each, meetings, now=now)
    for each in owned:
        _enter_commitment(each)
    return lambda at: _tell(seats, owned, meetings, by=by, now=at)


def _meetings(seats: Iterable[Handover], *, now: datetime) -> dict[int, Meeting]:
    """Raise the version of each meeting whose seats change; return them. Not the SEQUENCE: time and place stay."""
    pks = sorted({each.seat.meeting_id for each in seats if each.seat})
    rows = Meeting.objects.booked().filter(pk__in=pks, start_at__gt=now, keeps_people=False)
    if rows.update(version=F("version") + 1) != len(pks):
        raise Gone("a meeting has changed")
    found = Meeting.objects.select_related("student__case_manager__person", "school", "room", "organizer__person")
    return found.in_bulk(pks)


def _leave(each: Handover, *, now: datetime) -> None:
    assert each.seat is not None  # noqa: S101 - asked of seats alone
    held = Seat.objects.filter(pk=each.seat.pk, holder=each.giver.pk).exclude(answer=Answer.NO)
    if not held.update(holder=None, answer=Answer.NONE, answered_at=None, asked_at=None, joins="", note=""):
        raise Gone("the seat has changed hands")


def _free(seats: Iterable[Handover]) -> None:
    """Free whoever keeps no seat in a meeting that they left one of."""
    for each in seats:
        assert each.seat is not None  # noqa: S101
        if not Seat.objects.filter(meeting=each.seat.meeting_id, holder=each.giver.pk).exists():
            Busy.objects.filter(meeting=each.seat.meeting_id, person=each.giver.pk).delete()


def _enter(each: Handover, meetings: dict[int, Meeting], *, now: datetime) -> None:
    assert each.seat is not None  # noqa: S101
    meeting = meetings[each.seat.meeting_id]
    refuse_barred([each.taker.pk], meeting.student, family_of(meeting.student))
    Seat.objects.filter(pk=each.seat.pk).update(
        holder=each.taker, answer=Answer.YES, answered_at=now, asked_at=now, joins="", note=""
    )
    busy.take_again(meeting, each.taker.pk)


def _leave_commitment(each: Handover, *, now: datetime) -> None:
    assert each.commitment is not None  # noqa: S101
    rows = Commitment.objects.filter(
        pk=each.commitment.pk, person=each.giver.pk, is_transferable=True, takers=each.taker.pk, start_at__gt=now
    )
    if not rows.exists():
        raise Gone("the commitment has changed")
    Busy.objects.filter(commitment=each.commitment).delete()


def _enter_commitment(each: Handover) -> None:
    row = each.commitment
    assert row is not None  # noqa: S101
    if rows := busy.in_the_way([each.taker.pk], None, row.start_at, row.end_at):
        raise busy.Taken(rows)
    Commitment.objects.filter(pk=row.pk).update(person=each.taker)
    if row.kind in TAKES_TIME:
        busy.take([each.taker.pk], None, row.start_at, row.end_at, commitment=row)


# Messages


def _tell(
    seats: Sequence[Handover], owned: Sequence[Handover], meetings: dict[int, Meeting], *, by: Staff, now: datetime
) -> None:
    for pk, meeting in sorted(meetings.items()):
        queue.enqueue("review_meeting", pk=pk, by=by.pk, is_new=1)
        _tell_meeting(meeting, [each for each in seats if each.seat and each.seat.meeting_id == pk], by=by, now=now)
    for each in owned:
        if each.commitment is not None:
            for person in (each.giver, each.taker):
                mail.commitment_moved(person, each.commitment, each.giver, each.taker, now=now)


def _tell_meeting(meeting: Meeting, changes: Sequence[Handover], *, by: Staff, now: datetime) -> None:
    """Tell those who leave, those who come, the others at the table with the reason, and the family without it."""
    rows = telling.seats_of(meeting)
    there = {row.holder_id for row in rows}
    for each in changes:
        _tell_giver(meeting, each, there, now=now)
    moved = {pk for each in changes for pk in (each.giver.pk, each.taker.pk)}
    pairs = [(each.seat.get_role_display() if each.seat else "", each.giver, each.taker) for each in changes]
    takers = {each.taker.pk for each in changes}
    for row in telling.one_each(rows):
        if row.holder_id in takers:
            telling.withdraw(meeting, from_=row.holder_id)
            mail.invite(row, now=now)
        elif row.holder_id not in moved and row.answer != Answer.NO:
            mail.people_changed(row, pairs, now=now)
    for link in telling.links_for(meeting, family_of(meeting.student), now=now):
        mail.parent_people_changed(link, pairs, now=now)
    _tell_keepers(meeting, pairs, there | moved, by=by, now=now)
    for each in changes:
        _keep(meeting, each, by=by, now=now)


def _tell_giver(meeting: Meeting, each: Handover, there: set[int | None], *, now: datetime) -> None:
    if each.giver.pk in there or each.seat is None:
        return
    telling.withdraw(meeting, from_=each.giver.pk)
    was = Seat(pk=each.seat.pk, meeting=meeting, role=each.seat.role, requirement=each.seat.requirement)
    was.holder = each.giver
    why = f"{each.taker.full_name} takes your seat there, so that you can be at another meeting."
    mail.cancellation(was, why, now=now)


def _tell_keepers(
    meeting: Meeting, pairs: list[tuple[str, Person, Person]], known: set[int | None], *, by: Staff, now: datetime
) -> None:
    """Tell the organizer and the case manager, where they do not sit there themselves and did not do it."""
    keepers = [meeting.organizer, *([meeting.student.case_manager] if meeting.student.case_manager else [])]
    for keeper in dict.fromkeys(keepers):
        if keeper.pk not in known and keeper.pk != by.pk:
            mail.seats_changed(meeting, keeper.person, pairs, now=now)


def _keep(meeting: Meeting, each: Handover, *, by: Staff, now: datetime) -> None:
    role = each.seat.role if each.seat else ""
    MeetingChange.objects.create(
        meeting=meeting,
        what=MeetingChange.What.RESEATED,
        detail={"role": role, "from": each.giver.full_name, "to": each.taker.full_name},
        person=each.taker,
        by=by,
        at=now,
    )
