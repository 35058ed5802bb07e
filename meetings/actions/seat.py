"""Give a seat to somebody else, remind whoever holds it, or keep everyone where they are."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

from meetings import mail, queue
from meetings.actions import busy, telling
from meetings.actions.seating import family_of, refuse_barred
from meetings.models import Answer, Meeting, MeetingChange, MeetingStatus, Seat
from students.models import Person, Staff


def give_seat(seat: Seat, holder: Person, *, by: Staff, version: int, now: datetime) -> bool:
    """Give one seat of a booked meeting to another person; return False where someone changed the meeting first.

    Whoever held it is freed, where they hold no other seat, and gets a CANCEL; the new holder gets an invite, unless
    they sit there already. Who takes a seat for themselves has said yes. Raises Taken or Barred, and ValueError once
    the meeting has begun.
    """
    if seat.meeting.start_at <= now:
        raise ValueError("a seat is given before the meeting starts")
    return busy.in_one_go(lambda: write_seat(seat, holder, by=by, version=version, now=now))


def write_seat(seat: Seat, holder: Person, *, by: Staff, version: int, now: datetime) -> bool:
    """Give one seat inside the caller's transaction. See `give_seat`."""
    if seat.holder_id == holder.pk:
        return False
    busy.lock({holder.pk, seat.holder_id or holder.pk})
    meeting = _changed(seat, version)
    if meeting is None:
        return False
    refuse_barred([holder.pk], meeting.student, family_of(meeting.student))
    before = telling.seats_of(meeting)
    was = next(row for row in before if row.pk == seat.pk)
    stays = any(row.holder_id == was.holder_id and row.pk != was.pk for row in before)
    answered = next((row for row in before if row.holder_id == holder.pk), None)
    _put(was, holder, answered, by=by, now=now)
    if was.holder_id is not None and not stays:
        busy.release(meeting, was.holder_id)
    busy.take_again(meeting, holder.pk)
    _tell(meeting, was, holder, stays=stays, is_new=answered is None, now=now)
    _keep(meeting, was, holder, by=by, now=now)
    queue.enqueue("send_outbox")
    queue.enqueue("review_meeting", pk=meeting.pk, by=by.pk, is_new=1)
    return True


def _changed(seat: Seat, version: int) -> Meeting | None:
    """Raise the version by a conditional update; None where it is gone.

    Not the SEQUENCE: nothing changes for the others, and what waits for them is to be sent all the same.
    """
    rows = Meeting.objects.booked().filter(pk=seat.meeting_id, version=version)
    if not rows.filter(seats__pk=seat.pk, seats__holder=seat.holder_id).exists():
        return None
    if not rows.update(version=F("version") + 1):
        return None
    return Meeting.objects.select_related("student", "school", "room", "organizer__person").get(pk=seat.meeting_id)


def _put(was: Seat, holder: Person, answered: Seat | None, *, by: Staff, now: datetime) -> None:
    # One person says yes or no to a meeting once, however many seats they hold.
    answer, at, asked_at = Answer.NONE.value, None, None
    if holder.pk == by.pk:
        answer, at = Answer.YES.value, now
    elif answered is not None:
        answer, at, asked_at = answered.answer, answered.answered_at, answered.asked_at
    Seat.objects.filter(pk=was.pk).update(
        holder=holder, answer=answer, answered_at=at, asked_at=asked_at, joins="", note=""
    )


def _tell(meeting: Meeting, was: Seat, holder: Person, *, stays: bool, is_new: bool, now: datetime) -> None:
    if was.holder_id is not None and not stays:
        telling.withdraw(meeting, from_=was.holder_id)
        was.meeting = meeting
        telling.write_seats(telling.one_each([was]), lambda seat: mail.cancellation(seat, "", now=now))
    if is_new:
        # A cancellation may wait for someone who was dropped and is asked again.
        telling.withdraw(meeting, from_=holder.pk)
        seats = telling.one_each(row for row in telling.seats_of(meeting) if row.holder_id == holder.pk)
        asked = telling.write_seats(seats, lambda seat: mail.invite(seat, now=now))
        telling.mark_asked(meeting, asked, family_asked=False, now=now)


def _keep(meeting: Meeting, was: Seat, holder: Person, *, by: Staff, now: datetime) -> None:
    MeetingChange.objects.create(
        meeting=meeting,
        what=MeetingChange.What.SEAT_CHANGED,
        detail={"role": was.role, "from": was.holder.full_name if was.holder else "", "to": holder.full_name},
        person=holder,
        by=by,
        at=now,
    )


def keep_people(meeting: Meeting, *, keeps: bool, now: datetime) -> bool:
    """Keep that nobody here is asked to swap, or may be again; return False where that stood already, or too late.

    Nobody at the table notices: so the version stays, and an answer that is being written is not lost.
    """
    rows = Meeting.objects.booked().filter(pk=meeting.pk, start_at__gt=now, keeps_people=not keeps)
    return bool(rows.update(keeps_people=keeps))


@transaction.atomic
def remind(seat: Seat, *, now: datetime) -> bool:
    """Remind the holder of a seat who has not answered, at most once on a day.

    Return False where there is nothing to remind of, nobody to write to, or they were reminded today.
    """
    meeting = seat.meeting
    if seat.answer != Answer.NONE or meeting.status != MeetingStatus.BOOKED or meeting.start_at <= now:
        return False
    zone = ZoneInfo(meeting.school.time_zone)
    days = (meeting.start_at.astimezone(zone).date() - now.astimezone(zone).date()).days
    message = mail.member_reminder(seat, days, now=now)
    if message is None or message.created_at != now:
        return False
    queue.enqueue("send_outbox")
    return True
