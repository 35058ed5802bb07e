"""From the bytes of a mail to what it says."""

import hashlib
import re
from email.message import Message
from typing import Any

from meetings import reply_addresses
from meetings.incoming.calendars import answer_in
from meetings.incoming.machines import is_by_machine
from meetings.incoming.parts import MOST_BYTES, UnreadableError, addresses, head_of, header, tree_of
from meetings.incoming.returns import report_of
from meetings.incoming.values import ByMachine, Incoming, Said, Unread, Written
from meetings.incoming.words import words_of
from meetings.reply_addresses import AnswerAbout, ReturnOf

# To whom it went, as the writer put it and as the servers on the way wrote it down.
TO = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "To", "Cc", "Resent-To")
MOST_SUBJECT = 200
MOST_ADDRESS = 254


def read(raw: bytes) -> Incoming:
    """Return what a mail says. It never raises: what cannot be read is Unread.

    Of a mail above 256 kB the beginning is read. The digest is that of the bytes, whatever ends its lines.
    """
    whole, raw = raw, raw[:MOST_BYTES]
    head = head_of(raw)
    return Incoming(
        digest=hashlib.sha256(re.sub(rb"\r\n?", b"\n", raw)).hexdigest(),
        about=about(head),
        from_address=next(iter(addresses(head, "From")), "")[:MOST_ADDRESS],
        subject=header(head, "Subject")[:MOST_SUBJECT],
        said=_said(raw, is_cut=len(whole) > MOST_BYTES),
    )


def about(head: "Message[Any, Any]") -> AnswerAbout | ReturnOf | None:
    """Return what the secret address stands for that the mail was sent to, or None where there is none."""
    for address in addresses(head, *TO):
        if found := reply_addresses.find(address):
            return found
    return None


def _said(raw: bytes, *, is_cut: bool) -> Said:
    try:
        mail = tree_of(raw)
        return _of_tree(mail, is_cut=is_cut)
    except UnreadableError as error:
        return Unread(str(error))
    except Exception:  # noqa: BLE001  Python's mail library is not proof against every mail.
        return Unread("broken")


def _of_tree(mail: "Message[Any, Any]", *, is_cut: bool) -> Said:
    if report := report_of(mail):
        return report
    unread = ""
    try:
        # Google marks the answers that its users press as sent by a machine, so they are looked for before that.
        if answer := answer_in(mail):
            return answer
    except UnreadableError as error:
        unread = str(error)
    if is_by_machine(mail):
        return ByMachine()
    words = words_of(mail)
    if unread:
        return Unread(unread, words)
    if is_cut and not words:
        return Unread("too_large")
    return Written(words)
