"""The way to the mail server: one connection for a batch, a stop that lets a mail finish, and what an error means."""

import logging
import signal
import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from types import FrameType
from typing import Self

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import InterfaceError, OperationalError

from meetings.mail.wire import mail_of
from meetings.models import Message

log = logging.getLogger(__name__)

PERMANENT = 500
CLOSING = 421
# Codes that say how we signed in, not what is wrong with the mail: RFC 4954, 6.
SIGNING_IN = {530, 534, 535, 538}


class ServerDownError(Exception):
    """The mail server does not answer: no row is to blame, and none loses a try."""


class Fault(Enum):
    """What an error is a fault of."""

    PASSING = auto()  # Of the server or the line; it may pass.
    LASTING = auto()  # The server will never take this mail.
    OURS = auto()  # The mail cannot be put together; another try would end the same.
    DATABASE = auto()  # Not of the mail, and not of its server.


class Post:
    """One connection to the mail server for a batch, opened when there is something to send."""

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        return self._connection is not None

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

    def close_after(self, error: Exception) -> None:
        """Close the connection unless the server only refused one mail: it takes the next over the same one."""
        if code_of(error) in {0, CLOSING}:
            self.close()


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


def fault_of(error: Exception) -> Fault:
    """Return what an error in sending is a fault of."""
    if isinstance(error, (InterfaceError, OperationalError)):
        return Fault.DATABASE
    if not isinstance(error, (OSError, smtplib.SMTPException, ServerDownError)):
        return Fault.OURS
    code = code_of(error)
    return Fault.LASTING if code >= PERMANENT and code not in SIGNING_IN else Fault.PASSING


def code_of(error: Exception) -> int:
    """Return the SMTP code of an error: 4xx may pass, 5xx will not. 0 where it has none."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max(code for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code
    return 0
