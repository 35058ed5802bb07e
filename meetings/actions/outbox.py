"""Send what is written: claim one row at a time, look again whether its reason still stands, send it, mark it.

Exactly once over SMTP cannot be had. A lost notice is worse than a second copy, so a row whose sender died is sent
again after its lease. The database's clock decides about claims, so that two machines need not agree on the time.
"""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from meetings.actions import breaker, caps, pause
from meetings.actions.last_look import instead_of_sending
from meetings.actions.post import Fault, Post, ServerDownError, fault_of, stop_asked
from meetings.models import (
    Attempt,
    AttemptResult,
    AttemptWay,
    Failure,
    Message,
    MessageKind,
    MessageState,
)

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 10, 20, 30, 30))
MOST_ATTEMPTS = len(WAITS) + 1
MOST_ERRORS_IN_A_ROW = 5
NOTICES = {MessageKind.PARENT_LINK, MessageKind.PARENT_REMINDER}

# In one statement, so that a row is claimed in one step and a pause that is there holds for every claim after it. A
# copy that is put back under a running sender makes another message table, whose number the outbox does not know; while
# the outbox itself is still to come, that something was sent tells that it is missing. What
# is asked of each row beside it would cost three queries more. A claim need not reach the disk at once: lost with the
# server, the row waits as before. The mark after it does, and a mail goes out between the two.
CLAIM = """
UPDATE meetings_message
SET state = 'sending', claimed_at = statement_timestamp(), claim = %(claim)s::uuid, attempts = attempts + 1
WHERE id = (
    SELECT id FROM meetings_message
    WHERE ((state = 'queued' AND not_before_at <= statement_timestamp())
           OR (state = 'sending' AND claimed_at < statement_timestamp() - make_interval(secs => %(lease)s::float)))
      AND NOT EXISTS (
        SELECT FROM meetings_outbox
        WHERE paused_at IS NOT NULL OR rests_until_at > statement_timestamp()
           OR (identity <> '' AND split_part(identity, ':', 2) <> 'meetings_message'::regclass::oid::text)
      )
      AND (EXISTS (SELECT FROM meetings_outbox)
           OR NOT EXISTS (SELECT FROM meetings_message WHERE sent_at IS NOT NULL))
    ORDER BY not_before_at, id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id,
    (SELECT errors_in_a_row FROM meetings_outbox),
    EXISTS (
        SELECT FROM meetings_bouncedaddress AS bounced
        WHERE bounced.person_id = recipient_id AND bounced.cleared_at IS NULL
          AND lower(bounced.address) = lower(to_address)
    ),
    (SELECT count(*) FROM meetings_message AS earlier
     WHERE earlier.recipient_id = meetings_message.recipient_id AND earlier.kind <> 'account'
       AND earlier.sent_at > %(since)s::timestamptz),
    set_config('synchronous_commit', 'off', true)
"""


@dataclass(frozen=True)
class Claimed:
    """A row that is ours for ten minutes, and what was known when it was taken."""

    pk: int
    claim: uuid.UUID
    errors_in_a_row: int  # Of all senders.
    is_bad_address: bool
    sent_lately: int  # To the same person, in 24 hours.


def drain(now_of: Callable[[], datetime], *, limit: int, seconds: float) -> int:
    """Send up to `limit` waiting messages over one connection, for `seconds` at most. Return how many were sent.

    Nothing goes out while the outbox is paused or rests. SIGTERM lets the mail that is under way finish. `now_of`
    tells whether a meeting is past.
    """
    until = time.monotonic() + seconds
    withdraw_expired(now_of())
    if pause.is_paused(now_of()) or breaker.is_resting():
        return 0
    sent = errors = 0
    with Post() as post, stop_asked() as stop:
        for _ in range(min(limit, caps.room_this_hour(now=now_of()))):
            if stop.is_set() or time.monotonic() >= until or errors >= MOST_ERRORS_IN_A_ROW or not _reach(post):
                break
            claimed = claim(now_of())
            if claimed is None:
                break
            state = send(claimed, post, now_of)
            sent += state == MessageState.SENT
            errors = errors + 1 if state == MessageState.QUEUED else 0
    return sent


def send(claimed: Claimed, post: Post, now_of: Callable[[], datetime]) -> MessageState | None:
    """Deal with one claimed row. Return what became of it, or None where another claim took it meanwhile."""
    # Read after the claim: a meeting that moved since is seen.
    message, now = whole(claimed), now_of()
    if message is None:
        return None
    try:
        if instead := instead_of_sending(message, now=now):
            return _mark(message, instead.state, **instead.values)
        if failure := _hindrance(message, claimed):
            return _mark_failed(message, failure, now)
        post.send(message)
    except Exception as error:  # noqa: BLE001  One bad row must not hold up the others.
        post.close_after(error)
        return _mark_error(message, error, now)
    if claimed.errors_in_a_row:
        breaker.count_success()
    return _mark_sent(message, now_of())


def waiting() -> QuerySet[Message]:
    """Return the rows that may be claimed now: due, or left by a sender whose lease is over."""
    due = Q(state=MessageState.QUEUED, not_before_at__lte=Now())
    left = Q(state=MessageState.SENDING, claimed_at__lt=Now() - LEASE)
    return Message.objects.filter(due | left)


def waits(number: int) -> bool:
    """Return whether so many rows wait that may be claimed now, and may go."""
    if pause.is_stopped() or breaker.is_resting():
        return False
    return waiting()[:number].count() >= number


def claim(now: datetime) -> Claimed | None:
    """Take one waiting row for ten minutes, so that no other sender has it too. Return it, or None."""
    fresh, lease, since = uuid.uuid4(), LEASE.total_seconds(), now - caps.DAY
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"claim": str(fresh), "lease": str(lease), "since": since.isoformat()})
        row = cursor.fetchone()
    if row is None:
        return None
    pk, errors, is_bad_address, sent_lately, _ = row
    return Claimed(pk, fresh, errors or 0, is_bad_address, sent_lately)


def whole(claimed: Claimed) -> Message | None:
    """Return the claimed row with what is asked of it, or None where another claim took it meanwhile."""
    rows = Message.objects.select_related("recipient", "meeting", "link")
    return rows.filter(pk=claimed.pk, claim=claimed.claim).first()


def withdraw_expired(now: datetime) -> int:
    """Withdraw what nobody needs any more, such as a reminder of a meeting that has begun. Return how many."""
    return waiting().filter(expires_at__lte=now).update(state=MessageState.WITHDRAWN, failure=Failure.TOO_LATE)


def _reach(post: Post) -> bool:
    """Return whether something waits and the server answers; it is not called for nothing."""
    if post.is_open:
        return True
    if not waiting().exists():
        return False
    try:
        post.open()
    except ServerDownError as error:
        log.warning("The mail server does not answer: %s", error)
        breaker.count_error()
        return False
    return True


def _hindrance(message: Message, claimed: Claimed) -> Failure | None:
    """Return why a message is not even tried, or None."""
    if message.attempts > MOST_ATTEMPTS:
        # Each of its senders died. Whatever it is, it must not go on.
        return Failure.SENDER_STOPPED
    if claimed.is_bad_address:
        return Failure.BAD_ADDRESS
    return Failure.TOO_MANY if caps.is_one_too_many(message, claimed.sent_lately) else None


def _mark(message: Message, state: MessageState, **values: object) -> MessageState | None:
    # Only the claim that took the row may mark it: a sender that slept past its lease has lost it to another.
    won = Message.objects.filter(pk=message.pk, state=MessageState.SENDING, claim=message.claim)
    return state if won.update(state=state, **values) else None


def _mark_sent(message: Message, now: datetime) -> MessageState | None:
    values = {"sent_at": now, "last_error": "", "failure": "", "failed_at": None}
    if message.kind not in NOTICES or message.meeting is None:
        return _mark(message, MessageState.SENT, **values)
    with transaction.atomic():
        state = _mark(message, MessageState.SENT, **values)
        if state:
            _enter_attempt(message, now)
    return state


def _enter_attempt(message: Message, now: datetime) -> None:
    if message.meeting is not None:
        Attempt.objects.create(
            student_id=message.meeting.student_id,
            meeting=message.meeting,
            guardian=message.recipient,
            way=AttemptWay.EMAIL,
            result=AttemptResult.SENT,
            happened_at=now,
            entered_at=now,
        )


def _mark_error(message: Message, error: Exception, now: datetime) -> MessageState | None:
    # The error's own words may hold the address, but never what the mail says.
    words, fault = f"{type(error).__name__}: {error}"[:500], fault_of(error)
    log.warning("Message %s was not sent, try %s: %s", message.pk, message.attempts, type(error).__name__)
    if fault is Fault.OURS:
        return _mark_failed(message, Failure.BROKEN, now, words)
    if fault is not Fault.DATABASE:
        breaker.count_error()
    if fault is Fault.LASTING:
        return _mark_failed(message, Failure.REFUSED, now, words)
    if message.attempts >= MOST_ATTEMPTS:
        return _mark_failed(message, Failure.GAVE_UP, now, words)
    return _mark(message, MessageState.QUEUED, last_error=words, not_before_at=Now() + WAITS[message.attempts - 1])


def _mark_failed(message: Message, failure: Failure, now: datetime, words: str = "") -> MessageState | None:
    # Whoever settled an earlier failure of it has not seen this one.
    unsettled = {"settled": "", "settled_at": None, "settled_by": None}
    return _mark(message, MessageState.FAILED, failure=failure, failed_at=now, last_error=words, **unsettled)
