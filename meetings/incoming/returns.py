"""Reports of mail servers: a message could not be delivered, or not yet.

RFC 3464 is what Postfix, Exim, Exchange and Gmail write; qmail and old Exim say it in words.
"""

import re
from collections.abc import Iterator
from email.message import Message
from itertools import islice
from typing import Any

from meetings.incoming.parts import MOST_PARTS, header, leaves, text_of
from meetings.incoming.values import ByMachine, Returned

STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
MESSAGE_ID = re.compile(r"^Message-ID:\s*(<[^<>\s]{3,250}>)", re.IGNORECASE | re.MULTILINE)
QMAIL = "Hi. This is the qmail-send program"
LASTING = ("permanent error", "giving up", "given up", "not going to try again")
MOST_LOOKED_AT = 20_000


def report_of(mail: "Message[Any, Any]") -> Returned | ByMachine | None:
    """Return what a mail server says became of a message, or None where the mail is no such report."""
    recipients = [block for part in _reports(mail) for block in _recipients(part)]
    if recipients:
        return _of_recipients(recipients, _returned_id(mail))
    return _in_words(mail)


def _of_recipients(recipients: "list[Message[Any, Any]]", message_id: str) -> Returned | ByMachine:
    by_action = {header(block, "Action").lower(): block for block in recipients}
    for action, is_final in (("failed", True), ("delayed", False)):
        if action in by_action:
            return Returned(is_final, _status(header(by_action[action], "Status")), message_id)
    return ByMachine()  # Delivered, relayed: all is well.


def _in_words(mail: "Message[Any, Any]") -> Returned | None:
    text = next((text_of(part) for part in leaves(mail) if part.get_content_type() == "text/plain"), "")
    is_qmail = text.lstrip().startswith(QMAIL)
    if not is_qmail and not header(mail, "X-Failed-Recipients"):
        return None
    said = text[:MOST_LOOKED_AT]
    is_final = any(word in said.lower() for word in LASTING)
    # What follows this line is our own mail.
    about, _, own = said.partition("Below this line is a copy")
    return Returned(is_final, _status(about), _id_in(own or said))


def _reports(mail: "Message[Any, Any]") -> "Iterator[Message[Any, Any]]":
    parts = islice(mail.walk(), MOST_PARTS)
    return (part for part in parts if part.get_content_type() == "message/delivery-status")


def _recipients(report: "Message[Any, Any]") -> "list[Message[Any, Any]]":
    blocks: Any = report.get_payload()
    return [block for block in blocks[:MOST_PARTS] if "Action" in block] if isinstance(blocks, list) else []


def _returned_id(mail: "Message[Any, Any]") -> str:
    for part in islice(mail.walk(), MOST_PARTS):
        inner: Any = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(inner, list) and inner:
            return _id_in(f"Message-ID: {header(inner[0], 'Message-ID')}")
        if part.get_content_type() == "text/rfc822-headers":
            return _id_in(text_of(part)[:MOST_LOOKED_AT])
    return ""


def _id_in(text: str) -> str:
    found = MESSAGE_ID.search(text)
    return found[1] if found else ""


def _status(text: str) -> str:
    found = STATUS.search(text)
    return found[1] if found else ""
