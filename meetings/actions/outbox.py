"""Send what is written: claim one row at a time, look again whether its reason still stands, send it, mark it.

Exactly once over SMTP cannot be had. A lost notice is worse than a second copy, so a row whose sender died is sent
again after its lease. The database's clock decides about claims, so that two machines need not agree on the time.
"""

import logging
import signal
import smtplib
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import FrameType
from typing import Self

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from meetings.actions.last_look import instead_of_sending
from meetings.mail.wire import mail_of
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
PERMANENT = 500
NOTICES = {MessageKind.PARENT_LINK, MessageKind.PARENT_REMINDER}


class ServerDownError(Exception):
    """The mail server does not answer: no row is to blame, and none loses a try."""


def drain(now_of: Callable[[], datetime], *, limit: int, seconds: float) -> int:
    """Send up to `limit` waiting messages over one connection, for `seconds` at most. Return how many were sent.

    SIGTERM lets the mail that is under way finish. `now_of` tells whether a meeting is past.
    """
    until = time.monotonic() + seconds
    withdraw_expired(now_of())
    sent = errors = 0
    with Post() as post, stop_asked() as stop:
        for _ in range(limit):
            if stop.is_set() or time.monotonic() >= until or errors >= MOST_ERRORS_IN_A_ROW or not waiting().exists():
                break
            try:
                post.open()
            except ServerDownError as error:
                log.warning("The mail server does not answer: %s", error)
                break
            state = send_one(post, now_of)
            sent += state == MessageState.SENT
            errors = errors + 1 if state in {MessageState.QUEUED, MessageState.FAILED} else 0
    return sent


def send_one(post: "Post", now_of: Callable[[], datetime]) -> MessageState | None:
    """Claim one row and deal with it. Return what became of it, or None where nothing waits."""
    message = claim()
    if message is None:
        return None
    if message.attempts > MOST_ATTEMPTS:
        # Each of its senders died. Whatever it is, it must not go on.
        return _mark(message, MessageState.FAILED, last_error="Its sender stopped each time.")
    try:
        if instead := instead_of_sending(message, now=now_of()):
            return _mark(message, instead.state, **instead.values)
        post.send(message)
    except Exception as error:  # noqa: BLE001  One bad row must not hold up the others.
        post.close()
        return _mark_failure(message, error)
    return _mark_sent(message, now_of())


def waiting() -> QuerySet[Message]:
    """Return the rows that may be claimed now: due, or left by a sender whose lease is over."""
    due = Q(state=MessageState.QUEUED, not_before_at__lte=Now())
    left = Q(state=MessageState.SENDING, claimed_at__lt=Now() - LEASE)
    return Message.objects.filter(due | left)


def claim() -> Message | None:
    """Take one waiting row for ten minutes, so that no other sender has it too. Return it, or None."""
    with transaction.atomic():
        rows = waiting().select_for_update(skip_locked=True).order_by("not_before_at", "pk")
        pk = rows.values_list("pk", flat=True).first()
        if pk is None:
            return None
        Message.objects.filter(pk=pk).update(
            state=MessageState.SENDING, claimed_at=Now(), claim=uuid.uuid4(), attempts=F("attempts") + 1
        )
        return _whole().get(pk=pk)


def withdraw_expired(now: datetime) -> int:
    """Withdraw what nobody needs any more, such as a reminder of a meeting that has begun. Return how many."""
    return waiting().filter(expires_at__lte=now).update(state=MessageState.WITHDRAWN, failure=Failure.TOO_LATE)


class Post:
    """One connection to the mail server for a batch, opened when there is something to send."""

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        if self._connection is not None:
            return
        connection = get_connection()
        try:
            connection.open()
        except (OSError, smtplib.SMTPException) as error:
            raise ServerDownError(str(error)) from error
        self._connection = connection

    def send(self, message: Message) -> None:
        if self._connection is None:
            raise ServerDownError("not connected")
        if not self._connection.send_messages([mail_of(message)]):
            raise ValueError("the mail has no recipient")

    def close(self) -> None:
        connection, self._connection = self._connection, None
        try:
            if connection is not None:
                connection.close()
        except (OSError, smtplib.SMTPException) as error:
            log.info("The mail server did not say goodbye: %s", error)


@contextmanager
def stop_asked() -> Iterator[threading.Event]:
    """Give an event that SIGTERM sets. Once the block is left, the signal does what it did before."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def ask(_signal: int, _frame: FrameType | None) -> None:
        asked.set()

    before = signal.signal(signal.SIGTERM, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGTERM, before)
        if asked.is_set():
            signal.raise_signal(signal.SIGTERM)


def code_of(error: Exception) -> int:
    """Return the SMTP code of an error: 4xx may pass, 5xx will not. 0 where it has none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max(code for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code
    return 0


def _whole() -> QuerySet[Message]:
    return Message.objects.select_related(
        "recipient__staff", "recipient__guardian", "meeting__school", "link__meeting", "link__guardian", "swap"
    )


def _mark(message: Message, state: MessageState, **values: object) -> MessageState | None:
    # Only the claim that took the row may mark it: a sender that slept past its lease has lost it to another.
    won = Message.objects.filter(pk=message.pk, state=MessageState.SENDING, claim=message.claim)
    return state if won.update(state=state, **values) else None


@transaction.atomic
def _mark_sent(message: Message, now: datetime) -> MessageState | None:
    state = _mark(message, MessageState.SENT, sent_at=now, last_error="")
    if state and message.kind in NOTICES and message.meeting:
        Attempt.objects.create(
            student_id=message.meeting.student_id,
            meeting=message.meeting,
            guardian=message.recipient,
            way=AttemptWay.EMAIL,
            result=AttemptResult.SENT,
            happened_at=now,
            entered_at=now,
        )
    return state


def _mark_failure(message: Message, error: Exception) -> MessageState | None:
    # The error's own words may hold the address, but never what the mail says.
    words = f"{type(error).__name__}: {error}"[:500]
    log.warning("Message %s was not sent, try %s: %s", message.pk, message.attempts, type(error).__name__)
    if code_of(error) >= PERMANENT or message.attempts >= MOST_ATTEMPTS:
        return _mark(message, MessageState.FAILED, last_error=words)
    wait = WAITS[message.attempts - 1]
    return _mark(message, MessageState.QUEUED, last_error=words, not_before_at=Now() + wait)
