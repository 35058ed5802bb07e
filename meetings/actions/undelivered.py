"""What a person does about a message that did not arrive: send it again, print it, call, or nothing.

Each is a conditional update, so that of two people, or two clicks, one wins and the other is told. Each can be taken
back; a message sent again waits a moment for it.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now

from meetings import mail, queue
from meetings.actions.attempt import log_attempt
from meetings.actions.outbox import NOTICES
from meetings.actions.reasons import still_stands
from meetings.mail.outgoing import address_of
from meetings.models import (
    Attempt,
    AttemptResult,
    AttemptWay,
    BouncedAddress,
    Meeting,
    Message,
    MessageKind,
    MessageState,
    Settled,
)
from meetings.readdress import readdressed
from students.models import PersonKind, Staff

GRACE = timedelta(seconds=20)


@transaction.atomic
def send_again(message: Message, *, by: Staff, now: datetime) -> MessageState | None:
    """Have the message sent once more, to the address that its reader has now, whose bounce is forgotten.

    Return QUEUED; WITHDRAWN where its reason is gone, so that it is not sent; None where someone settled it first.
    """
    settled = {"settled": Settled.SENT_AGAIN, "settled_by": by, "settled_at": now}
    if not still_stands(message, now=now):
        won = _settle(message, **settled | {"settled": Settled.DISMISSED, "state": MessageState.WITHDRAWN})
        return MessageState.WITHDRAWN if won else None
    values = settled | _address_now(message)
    values |= {"state": MessageState.QUEUED, "attempts": 0, "not_before_at": Now() + GRACE}
    if not _settle(message, **values):
        return None
    BouncedAddress.objects.filter(
        person=message.recipient_id, address__iexact=values["to_address"], cleared_at=None
    ).update(cleared_at=now, cleared_by=by)
    queue.enqueue("send_outbox")
    return MessageState.QUEUED


@transaction.atomic
def mark_printed(message: Message, *, by: Staff, now: datetime) -> bool:
    """Keep that the message goes on paper; a family's notice is entered as an attempt by letter, 300.322(d).

    Return False where someone settled it first.
    """
    won = _settle(message, settled=Settled.PRINTED, settled_by=by, settled_at=now)
    if won and message.kind in NOTICES:
        _log(message, AttemptWay.LETTER, AttemptResult.SENT, "", now, by=by, now=now)
    return won


@transaction.atomic
def mark_called(
    message: Message,
    *,
    way: str = AttemptWay.PHONE,
    result: str = "",
    note: str = "",
    happened_at: datetime,
    by: Staff,
    now: datetime,
) -> bool:
    """Keep that the reader was called instead; a call to a guardian is an attempt. Return False as above."""
    won = _settle(message, settled=Settled.CALLED, settled_by=by, settled_at=now)
    if won and message.recipient.kind == PersonKind.GUARDIAN:
        _log(message, way, result, note, happened_at, by=by, now=now)
    return won


def dismiss(message: Message, *, by: Staff, now: datetime) -> bool:
    """Keep that nothing is to be done. Return False where someone settled it first."""
    return _settle(message, settled=Settled.DISMISSED, settled_by=by, settled_at=now)


@transaction.atomic
def take_back(message: Message, *, by: Staff, settled_at: datetime) -> bool:
    """Put the message back on the list, and take out the attempt that was entered with it.

    Return False where it went out meanwhile, or someone did something else about it.
    """
    row = Message.objects.filter(pk=message.pk, settled_by=by, settled_at=settled_at)
    waiting = row.filter(state=MessageState.QUEUED, settled=Settled.SENT_AGAIN, attempts=0)
    back = {"settled": "", "settled_by": None, "settled_at": None, "state": MessageState.FAILED}
    won = waiting.update(**back) or row.filter(state=MessageState.FAILED).update(**back)
    if won and message.meeting_id:
        Attempt.objects.filter(meeting=message.meeting_id, by=by, entered_at=settled_at).delete()
    return won == 1


def is_as_told(message: Message, now: datetime) -> bool:
    """Return whether the meeting still is what the message says of it, without a query: it may be worth sending."""
    meeting: Meeting | None = message.meeting
    if message.expires_at is not None and message.expires_at <= now:
        return False
    if meeting is None or message.kind in {MessageKind.FAMILY_ANSWERED, MessageKind.CANCEL}:
        return True
    return message.about.startswith(mail.about_prefix(meeting))


def _settle(message: Message, **values: object) -> bool:
    return Message.objects.undelivered().filter(pk=message.pk).update(**values) == 1


def _address_now(message: Message) -> dict[str, object]:
    """Return the columns that follow from where the reader reads mail now. Account mail goes where they sign in."""
    address = message.to_address
    if message.kind == MessageKind.ACCOUNT:
        address = message.recipient.staff.login
    elif found := address_of(message.recipient):
        address = found
    invite = bytes(message.ics) if message.ics else None
    if invite and address != message.to_address:
        invite = readdressed(invite, address)
    return {"to_address": address, "ics": invite}


def _log(
    message: Message, way: str, result: str, note: str, happened_at: datetime, *, by: Staff, now: datetime
) -> None:
    if message.meeting is None:
        return
    log_attempt(
        message.meeting.student,
        meeting=message.meeting,
        guardian=message.recipient,
        way=way,
        result=result,
        note=note,
        happened_at=happened_at,
        by=by,
        now=now,
    )
