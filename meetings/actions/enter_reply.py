"""Enter by hand what somebody wrote by mail."""

from datetime import datetime

from meetings import mail
from meetings.actions import busy
from meetings.actions.incoming import set_aside
from meetings.actions.reply import reply_as_staff, reply_for_guardian
from meetings.models import Answer, IncomingMail, Seat
from students.models import PersonKind, Staff

MOST_NOTE = 255


class _NotKeptError(Exception):
    pass


def enter_reply(row: IncomingMail, *, answer: str, version: int, by: Staff, now: datetime) -> bool:
    """Enter a mail's writer as coming or not, with their words, marked as written down by `by`; it is done with.

    Return False, with nothing changed, where somebody dealt with it before, or the meeting is not at `version` any
    more, has begun, or is not theirs to answer. Raises Taken.
    """
    try:
        return busy.in_one_go(lambda: _enter(row, answer, version, by, now))
    except _NotKeptError:
        return False


def _enter(row: IncomingMail, answer: str, version: int, by: Staff, now: datetime) -> bool:
    seats = Seat.objects.select_related("holder", "meeting").filter(meeting=row.meeting_id, holder=row.person_id)
    seat = seats.order_by("pk").first()
    if seat is None or not _keep(seat, row, answer, version, by, now) or not set_aside(row, by=by, now=now):
        raise _NotKeptError  # So that what was kept by now is taken back.
    return True


def _keep(seat: Seat, row: IncomingMail, answer: str, version: int, by: Staff, now: datetime) -> bool:
    person = seat.holder
    if person is None or seat.meeting.version != version or not mail.may_write_to(person, seat.meeting.student_id):
        return False
    note = row.words[:MOST_NOTE]
    if person.kind != PersonKind.GUARDIAN:
        return reply_as_staff(seat, answer=answer, note=note, recorded_by=by, now=now)
    joins = seat.joins if answer == Answer.YES else ""
    return reply_for_guardian(seat, version=version, answer=answer, joins=joins, note=note, by=by, now=now)
