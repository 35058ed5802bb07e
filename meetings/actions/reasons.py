"""Whether a message may still be sent: asked once more in the moment it is."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime

from django.db.models import QuerySet

from meetings import mail
from meetings.models import Answer, Gathered, Meeting, MeetingStatus, Message, MessageKind, Seat, SwapState
from students.models import DueDate


def still_stands(message: Message, *, now: datetime) -> bool:
    """Return whether the reason of a message still stands, and its recipient may still be written to."""
    if message.expires_at is not None and message.expires_at <= now:
        return False
    student_id = message.meeting.student_id if message.meeting else None
    may = mail.may_call_off if message.kind == MessageKind.CANCEL else mail.may_write_to
    return may(message.recipient, student_id) and CHECKS[MessageKind(message.kind)](message, now)


def _is_as_told(message: Message, now: datetime) -> bool:
    """The meeting is on, not over, and still at the time and place that the message names."""
    meeting = message.meeting
    return (
        meeting is not None
        and meeting.status == MeetingStatus.BOOKED
        and meeting.end_at > now
        and message.about.startswith(mail.about_prefix(meeting))
    )


def _holds_a_seat(message: Message, now: datetime) -> bool:
    return _is_as_told(message, now) and _seats(message).exists()


def _still_comes(message: Message, now: datetime) -> bool:
    seats = _seats(message).exclude(answer=Answer.NO)
    # One who answered meanwhile need not be asked again.
    seats = seats.filter(answer=Answer.NONE) if message.about.endswith("no-answer") else seats
    return _is_as_told(message, now) and seats.exists()


def _each_still_comes(message: Message, now: datetime) -> bool:
    # One that is not as told spoils the whole: the planner writes the others anew.
    gathered = list(message.gathered.select_related("meeting"))
    seats = Seat.objects.filter(meeting__in=[each.meeting_id for each in gathered], holder=message.recipient)
    answers: dict[int, set[str]] = defaultdict(set)
    for meeting_id, answer in seats.values_list("meeting_id", "answer"):
        answers[meeting_id].add(answer)
    return all(_is_as_gathered(each, answers[each.meeting_id or 0], now) for each in gathered)


def _is_as_gathered(each: Gathered, answers: set[str], now: datetime) -> bool:
    meeting = each.meeting
    if meeting is None or meeting.status != MeetingStatus.BOOKED or meeting.start_at <= now:
        return False
    wanted = {Answer.NONE} if each.asks else {Answer.NONE, Answer.YES}
    return each.about.startswith(mail.about_prefix(meeting)) and bool(answers & wanted)


def _link_opens(message: Message, now: datetime) -> bool:
    link = message.link
    return _holds_a_seat(message, now) and link is not None and link.revoked_at is None and link.expires_at > now


def _family_reminder(message: Message, now: datetime) -> bool:
    # One who answered meanwhile need not be asked again; one who said no need not be reminded.
    wanted = Answer.NONE if message.about.endswith("no-answer") else Answer.YES
    return _link_opens(message, now) and _seats(message).filter(answer=wanted).exists()


def _is_off_for_them(message: Message, now: datetime) -> bool:
    # Whoever was dropped and asked again since must not lose the meeting from their calendar.
    is_on = message.meeting is not None and message.meeting.status == MeetingStatus.BOOKED
    return not (is_on and _seats(message).exists())


def _still_asked(message: Message, now: datetime) -> bool:
    swap = message.swap
    if swap is None or swap.state != SwapState.OPEN or swap.expires_at <= now:
        return False
    return swap.moves.filter(taker=message.recipient, answer=Answer.NONE).exists()


def _still_lacks(message: Message, now: datetime) -> bool:
    # One mail speaks of every flag that was raised with it.
    meeting = message.meeting
    if meeting is None or meeting.start_at <= now or not _is_as_told(message, now):
        return False
    return meeting.flags.open().filter(raised_at=message.created_at).exists()


def _always(message: Message, now: datetime) -> bool:
    return True


def _is_not_booked(message: Message, now: datetime) -> bool:
    abouts = list(message.gathered.values_list("about", flat=True)) or [message.about]
    # The reason names the day: another due date begins anew.
    wanted = {(int(pk), due_on) for _, pk, due_on, _ in (about.split(":") for about in abouts)}
    rows = DueDate.objects.open().filter(pk__in=[pk for pk, _ in wanted], student__case_manager=message.recipient_id)
    open_ = rows.exclude(meetings__in=Meeting.objects.booked()).values_list("pk", "due_on")
    return {(pk, str(due_on)) for pk, due_on in open_} == wanted


def _seats(message: Message) -> QuerySet[Seat]:
    if message.meeting is None:
        return Seat.objects.none()
    return Seat.objects.filter(meeting=message.meeting, holder=message.recipient)


CHECKS: Mapping[MessageKind, Callable[[Message, datetime], bool]] = {
    MessageKind.INVITE: _holds_a_seat,
    MessageKind.UPDATE: _holds_a_seat,
    MessageKind.CANCEL: _is_off_for_them,
    MessageKind.PARENT_LINK: _link_opens,
    MessageKind.PARENT_CONFIRMATION: _link_opens,
    MessageKind.PARENT_REMINDER: _family_reminder,
    MessageKind.MEMBER_REMINDER: _still_comes,
    MessageKind.SEAT_DECLINED: _is_as_told,
    # A question and a time that would work are worth reading when the meeting has moved since.
    MessageKind.FAMILY_ANSWERED: _always,
    MessageKind.PARENT_UPDATE: _link_opens,
    MessageKind.SWAP_ASK: _still_asked,
    # What became of an ask stays true.
    MessageKind.SWAP_CLOSED: _always,
    MessageKind.SWAP_DONE: _always,
    MessageKind.QUORUM_LOST: _still_lacks,
    MessageKind.CLOCK_MOVED: _is_as_told,
    MessageKind.DUE_NUDGE: _is_not_booked,
    MessageKind.DIGEST: _always,
    MessageKind.REPLY_CAME: _always,
    MessageKind.DAY_AHEAD: _each_still_comes,
    MessageKind.ACCOUNT: _always,
}
