"""Keep an answer: yes, or no, to one version of a meeting."""

import copy
from dataclasses import dataclass
from datetime import datetime

from meetings import mail, queue
from meetings.actions import busy
from meetings.models import BESIDES_ANSWERS, Answer, CameBy, Meeting, MeetingChange, Reply, Requirement, Seat
from students.models import Person, Staff


@dataclass(frozen=True)
class Sitting:
    """One person in one meeting, with every seat that they hold there: they come to all of them or to none."""

    meeting: Meeting
    person: Person
    seats: tuple[Seat, ...]


def reply_as_staff(
    seat: Seat,
    *,
    answer: str,
    note: str,
    came_by: str = CameBy.PAGE,
    recorded_by: Staff | None = None,
    now: datetime,
) -> bool:
    """Keep a member's answer for each seat that they hold in the meeting; `recorded_by` wrote it down for them.

    Return False where it was moved, cancelled or has begun since `seat.meeting` was read, or the seat is another's
    by now. A no frees their time and is told to the organizer by mail; a yes after it takes the time again and raises
    Taken where it is gone.
    """
    given = Reply(
        answer=answer,
        note=note,
        came_by=CameBy.STAFF if recorded_by else came_by,
        recorded_by=recorded_by,
        meeting_version=seat.meeting.version,
        at=now,
    )
    return busy.in_one_go(lambda: _reply_as_staff(seat, given))


def reply_for_guardian(
    seat: Seat, *, version: int, answer: str, joins: str, note: str, by: Staff, now: datetime
) -> bool:
    """Keep what a guardian said to a member of the staff, marked as recorded by them, and confirm it in writing.

    Return False where the meeting was moved, cancelled or has begun since `version`. Raises Taken.
    """
    said = {"answer": answer, "joins": joins, "note": note}
    given = Reply(**said, came_by=CameBy.STAFF, recorded_by=by, meeting_version=version, at=now)
    return busy.in_one_go(lambda: _reply_for_guardian(seat, given))


def _reply_as_staff(seat: Seat, given: Reply) -> bool:
    sitting = sitting_of(seat, version=given.meeting_version, now=given.at)
    if sitting is None:
        return False
    if said_before(sitting, given) and not _is_doubted(sitting):
        return True
    keep(sitting, given)
    # A required seat raises a flag, and its mail says who could take it instead.
    is_required = any(seat.requirement == Requirement.REQUIRED for seat in sitting.seats)
    if given.answer == Answer.NO and sitting.person.pk != sitting.meeting.organizer_id and not is_required:
        mail.seat_declined(sitting.seats[0], now=given.at)
        queue.enqueue("send_outbox")
    return True


def _reply_for_guardian(seat: Seat, given: Reply) -> bool:
    sitting = sitting_of(seat, version=given.meeting_version, now=given.at)
    if sitting is None:
        return False
    if said_before(sitting, given):
        return True
    given.link = sitting.meeting.parent_links.filter(guardian=sitting.person).first()
    reply = keep(sitting, given)[0]
    mail.parent_confirmation(reply, now=given.at)
    queue.enqueue("send_outbox")
    return True


# What every answer does


def sitting_of(seat: Seat, *, version: int, now: datetime) -> Sitting | None:
    """Return the holder of a seat in its meeting, both held still until the transaction ends.

    None where the meeting is no longer at `version`, no longer booked, or has begun, or where the seat changed hands.
    """
    person = seat.holder
    if person is None:
        return None
    busy.lock([person.pk])
    booked = Meeting.objects.booked().select_related("student", "school", "organizer__person")
    still = booked.select_for_update(no_key=True, of=("self",))
    meeting = still.filter(pk=seat.meeting_id, version=version, start_at__gt=now).first()
    if meeting is None:
        return None
    seats = tuple(meeting.seats.filter(holder=person))
    for held in seats:
        held.meeting, held.holder = meeting, person
    return Sitting(meeting, person, seats) if any(held.pk == seat.pk for held in seats) else None


def said_before(sitting: Sitting, given: Reply) -> bool:
    """Return whether all of this is what the seats show already: the button pressed twice."""
    shown = (given.answer, given.joins, given.note[:255])
    return all((seat.answer, seat.joins, seat.note) == shown for seat in sitting.seats)


def _is_doubted(sitting: Sitting) -> bool:
    """Whether a flag says that they are not free: then the same yes is a new one."""
    return sitting.meeting.flags.open().filter(person=sitting.person, cause__in=BESIDES_ANSWERS).exists()


def keep(sitting: Sitting, given: Reply) -> list[Reply]:
    """Keep `given`, complete but for its seat, for each seat of the sitting, show it there and return the rows.

    A no frees the person's time, anything else takes it where it is not taken; raises Taken where it is gone.
    """
    if given.answer == Answer.NO:
        busy.release(sitting.meeting, sitting.person.pk)
    else:
        busy.take_again(sitting.meeting, sitting.person.pk)
    return write_down(sitting, given)


def write_down(sitting: Sitting, given: Reply) -> list[Reply]:
    """Keep `given` for each seat of the sitting and show it there; the person's time stays as it is."""
    given.answered_by = given.answered_by or sitting.person.full_name[:120]
    sitting.meeting.seats.filter(holder=sitting.person).update(
        answer=given.answer, joins=given.joins, note=given.note[:255], answered_at=given.at
    )
    queue.enqueue("review_meeting", pk=sitting.meeting.pk, by=given.recorded_by_id or sitting.person.pk)
    came_by = {"came_by": CameBy.CALENDAR.value} if given.came_by == CameBy.CALENDAR else {}
    MeetingChange.objects.create(
        meeting=sitting.meeting,
        what=MeetingChange.What.SEAT_ANSWERED,
        detail={"answer": given.answer, "joins": given.joins, "note": given.note} | came_by,
        person=sitting.person,
        by=given.recorded_by,
        at=given.at,
    )
    return Reply.objects.bulk_create([_for_seat(given, seat) for seat in sitting.seats])


def _for_seat(given: Reply, seat: Seat) -> Reply:
    reply = copy.copy(given)
    reply.seat = seat
    return reply
