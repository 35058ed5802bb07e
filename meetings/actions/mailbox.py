"""The mailbox that replies come to, read over IMAP.

Each mail is taken in first, in one transaction, and put away after it: where the reader dies between the two, the next
one finds the mail again, knows its bytes and only puts it away.
"""

import imaplib
import logging
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote, urlsplit

from django.db import DatabaseError
from imap_tools import MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError
from imap_tools.mailbox import BaseMailBox

from meetings.actions.incoming import take_in
from meetings.incoming import MOST_BYTES
from meetings.models import Door

log = logging.getLogger(__name__)

READ_FOLDER = "Read by IEP Scheduler"
# Set where a mail cannot be moved, so that it is not the first in the line for ever.
READ_KEYWORD = "IepSchedulerRead"
TIMEOUT = 10  # Seconds for each answer of the server.
PORTS = {"imaps": 993, "imap+tls": 143, "imap": 143}
FAULTS = (OSError, imaplib.IMAP4.error, ImapToolsError)


class MailboxError(Exception):
    """The mailbox cannot be read at the moment."""


@dataclass(frozen=True)
class Mailbox:
    """Where the mailbox is, as in imaps://user:password@mail.example.org:993/INBOX."""

    kind: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"


def mailbox_of(address: str) -> Mailbox:
    """Return the mailbox of an address. Raises ValueError where it is none; letters may be written %40."""
    parts = urlsplit(address)
    if parts.scheme not in PORTS or not parts.hostname or not parts.username:
        raise ValueError("write imaps://user:password@host:993/INBOX")
    return Mailbox(
        kind=parts.scheme,
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
    )


def read_mailbox(address: str, now_of: Callable[[], datetime], *, limit: int, seconds: float) -> int:
    """Take in up to `limit` mails, oldest first, for `seconds` at most, and put each away. Return how many were new.

    Any number of readers may do this at once. Raises MailboxError where the mailbox cannot be read.
    """
    until = time.monotonic() + seconds
    new = 0
    with _opened(mailbox_of(address)) as mailbox:
        for uid in mailbox.uids(f"UNDELETED UNKEYWORD {READ_KEYWORD}", charset=None)[:limit]:
            if time.monotonic() >= until:
                break
            raw = _fetched(mailbox, uid)
            if raw is None:
                continue  # Another reader has put it away.
            new += take_in(raw, door=Door.MAILBOX, now=now_of()) is not None
            put_away(mailbox, uid)
    return new


@contextmanager
def _opened(where: Mailbox) -> Iterator[BaseMailBox]:
    try:
        mailbox = _connected(where)
        try:
            yield mailbox
        finally:
            with suppress(*FAULTS):  # Whatever was to be said is said.
                mailbox.logout()
    except DatabaseError:
        raise
    except FAULTS as error:
        # The server's words may quote the password.
        raise MailboxError(type(error).__name__) from None


def _connected(where: Mailbox) -> BaseMailBox:
    mailbox = _client(where)
    try:
        mailbox.login(where.user, where.password, initial_folder=where.folder)
    except BaseException:
        mailbox.client.shutdown()
        raise
    return mailbox


def _client(where: Mailbox) -> BaseMailBox:
    if where.kind == "imap":
        return MailBoxUnencrypted(where.host, where.port, timeout=TIMEOUT)
    # Python's own default for mailboxes asks no certificate of anyone.
    kind = MailBox if where.kind == "imaps" else MailBoxStartTls
    return kind(where.host, where.port, timeout=TIMEOUT, ssl_context=ssl.create_default_context())


def _fetched(mailbox: BaseMailBox, uid: str) -> bytes | None:
    """Return the beginning of a mail, one byte more than is read, so that its size is bounded here and its cut seen."""
    # PEEK: whether somebody has seen it is theirs to say.
    _, answer = mailbox.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MOST_BYTES + 1}>)")
    return next((part[1] for part in answer if isinstance(part, tuple)), None)


def put_away(mailbox: BaseMailBox, uid: str) -> None:
    """Move a mail that was taken in out of the way; where that is refused, mark it."""
    try:
        if not mailbox.folder.exists(READ_FOLDER):
            with suppress(ImapToolsError):  # Another reader has made it just now.
                mailbox.folder.create(READ_FOLDER)
        mailbox.move(uid, READ_FOLDER)
    except ImapToolsError as error:
        log.warning("A mail that was read could not be moved: %s", type(error).__name__)
        mailbox.flag(uid, READ_KEYWORD, value=True)
