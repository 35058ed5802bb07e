"""Watch over booked meetings: a required seat that loses whoever filled it raises a flag, once, and tells of it."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q

from meetings import mail, queue
from meetings.losses import Loss, has_been_held, losses_of
from meetings.models import FlagCause, Meeting, MeetingStatus, QuorumFlag
from meetings.repairs import mendings

log = logging.getLogger(__name__)

BATCH = 100
JUST_BOOKED = timedelta(hours=1)
# What whoever books, moves or seats can see before they do it, and are told of on the page.
SEEN_BEFORE = frozenset({FlagCause.AWAY, FlagCause.HOURS, FlagCause.ROLE})


@transaction.atomic
def review(meeting_id: int, *, by: int = 0, is_new: bool = False, now: datetime) -> int:
    """Raise a flag for each required seat that nobody fills, close those of seats that are filled; return how many.

    The meeting is held still meanwhile, so that two reviews at once raise one flag and write one mail. New flags are
    told to the case manager and the organizer in one mail, but not to `by`, the pk of who caused the change. Nobody is
    told of what a meeting came with, an empty seat or a no; nor, with `is_new`, of what could be seen when it was
    booked or moved so.
    """
    meeting = _held_still(meeting_id)
    if meeting is None:
        return 0
    is_coming = meeting.status == MeetingStatus.BOOKED and meeting.start_at > now
    lost = {loss.seat.pk: loss for loss in losses_of(meeting, now=now)} if is_coming else {}
    flags = list(meeting.flags.open())
    closed = [flag for flag in flags if not _is_same(flag, lost.get(flag.seat_id))]
    QuorumFlag.objects.open().filter(pk__in=[flag.pk for flag in closed]).update(closed_at=now)
    known = {flag.seat_id for flag in flags} - {flag.seat_id for flag in closed}
    for seat_id in known:
        _keep_cause(lost[seat_id])
    opened = [_raise(meeting, loss, now=now) for seat_id, loss in lost.items() if seat_id not in known]
    _tell(meeting, [flag for flag in opened if _is_news(flag, is_new=is_new)], by=by, now=now)
    return len(closed) + len(opened)


def ask_for_reviews(person_id: int, *, by: int = 0, now: datetime) -> int:
    """Have every coming meeting looked at in which this person holds a seat, or which is theirs. Return how many."""
    theirs = Q(seats__holder=person_id) | Q(student=person_id)
    rows = Meeting.objects.booked().filter(theirs, start_at__gt=now).order_by("start_at")
    ids = list(dict.fromkeys(rows.values_list("pk", flat=True)))
    for pk in ids:
        queue.enqueue("review_meeting", pk=pk, by=by)
    return len(ids)


def review_batch(after: int, *, now: datetime) -> int:
    """Review up to a hundred coming meetings beyond this pk; return the last one's pk, 0 where none is left.

    Each is a transaction of its own. Flags of meetings that are over or off are closed.
    """
    coming = Meeting.objects.booked().filter(start_at__gt=now)
    if not after:
        QuorumFlag.objects.open().exclude(meeting__in=coming).update(closed_at=now)
    rows = list(coming.filter(pk__gt=after).order_by("pk").values_list("pk", "booked_at")[:BATCH])
    for pk, booked_at in rows:
        try:
            review(pk, is_new=booked_at > now - JUST_BOOKED, now=now)
        except DatabaseError as error:
            # Somebody held it for too long. The next look is within the hour.
            log.warning("Meeting %s was not looked at: %s", pk, type(error).__name__)
    return rows[-1][0] if len(rows) == BATCH else 0


def _held_still(meeting_id: int) -> Meeting | None:
    rows = Meeting.objects.select_related(
        "student__person",
        "student__school",
        "student__case_manager__person",
        "school",
        "room",
        "due_date",
        "organizer__person",
    )
    return rows.select_for_update(no_key=True, of=("self",)).filter(pk=meeting_id).first()


def _is_same(flag: QuorumFlag, loss: Loss | None) -> bool:
    """Whether a flag goes on: what was said of the same holder, who may be out of the seat by now."""
    return loss is not None and (loss.person is None or loss.person.pk == flag.person_id)


def _keep_cause(loss: Loss) -> None:
    same = QuorumFlag.objects.open().filter(seat=loss.seat)
    same.exclude(cause=loss.cause, person=loss.person).update(cause=loss.cause, person=loss.person)


def _raise(meeting: Meeting, loss: Loss, *, now: datetime) -> QuorumFlag:
    return QuorumFlag.objects.create(
        meeting=meeting, seat=loss.seat, cause=loss.cause, person=loss.person, raised_at=now
    )


def _is_news(flag: QuorumFlag, *, is_new: bool) -> bool:
    if flag.cause == FlagCause.EMPTY:
        return has_been_held(flag.seat)
    if flag.cause == FlagCause.DECLINED:
        # A no that nobody gave here came with a list of meetings, of which nobody is mailed.
        said_at = flag.seat.answered_at
        return said_at is not None and flag.seat.replies.filter(at=said_at).exists()
    return not (is_new and flag.cause in SEEN_BEFORE)


def _tell(meeting: Meeting, flags: Sequence[QuorumFlag], *, by: int, now: datetime) -> None:
    if not flags:
        return
    case_manager = meeting.student.case_manager
    people = [*([case_manager.person] if case_manager else []), meeting.organizer.person]
    mended = mendings(meeting, flags, now=now)
    written = [
        mail.quorum_lost(meeting, mended, person, now=now) for person in dict.fromkeys(people) if person.pk != by
    ]
    if any(written):
        queue.enqueue("send_outbox")
