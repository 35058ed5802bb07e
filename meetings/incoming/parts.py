"""The MIME tree of a mail, within bounds."""

import codecs
import email
import email.errors
import email.policy
import re
from collections.abc import Iterator
from contextlib import suppress
from email.header import decode_header, make_header
from email.message import Message
from itertools import islice
from typing import Any

MOST_BYTES = 256 * 1024
MOST_PARTS = 40
MOST_DIVIDERS = 1_000
MOST_HEADER = 4_000
MOST_HEADERS = 20  # Of one name.

# Each level of the tree must name itself; the library goes as deep as it is led.
NESTS = re.compile(rb"multipart/|message/", re.IGNORECASE)
DIVIDERS = re.compile(rb"^--", re.MULTILINE)
ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]\\]{1,200}@[^\s<>,;:\"()\[\]\\]{1,200}")
# Line feeds stay. The others are no letters, cannot be stored, end a line for some readers and not for others, or turn
# the words around them.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
# They decode text too, but slowly or to something else.
NOT_OF_MAIL = {"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"}


class UnreadableError(Exception):
    """The mail is not read; its words are why."""


def tree_of(raw: bytes) -> "Message[Any, Any]":
    """Return the parsed mail. Raises UnreadableError where it has more parts than a mail has."""
    if len(NESTS.findall(raw)) > MOST_PARTS or len(DIVIDERS.findall(raw)) > MOST_DIVIDERS:
        raise UnreadableError("too_nested")
    return email.message_from_bytes(raw, policy=email.policy.compat32)


def head_of(raw: bytes) -> "Message[Any, Any]":
    """Return the mail's own headers alone."""
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    return email.message_from_bytes(head, policy=email.policy.compat32)


def leaves(mail: "Message[Any, Any]") -> "Iterator[Message[Any, Any]]":
    """Return the parts that hold something, not those that hold parts; none of a mail inside of the mail."""
    return islice(_leaves(mail), MOST_PARTS)


def _leaves(part: "Message[Any, Any]") -> "Iterator[Message[Any, Any]]":
    if part.get_content_maintype() == "message":
        return
    if not part.is_multipart():
        yield part
        return
    inner_parts: Any = part.get_payload()
    for inner in inner_parts:
        yield from _leaves(inner)


def header(mail: "Message[Any, Any]", name: str) -> str:
    """Return a header in one readable line, or nothing."""
    value = str(mail.get(name, ""))[:MOST_HEADER]
    # Else as it came: broken encodings are common.
    with suppress(ValueError, LookupError, email.errors.MessageError):
        value = str(make_header(decode_header(value)))
    return " ".join(clean(value).split())


def addresses(mail: "Message[Any, Any]", *names: str) -> list[str]:
    """Return whatever looks like an address in these headers, in order."""
    values = [str(value)[:MOST_HEADER] for name in names for value in mail.get_all(name, [])[:MOST_HEADERS]]
    return [found for value in values for found in ADDRESS.findall(value)]


def text_of(part: "Message[Any, Any]") -> str:
    """Return the text of a part, whatever its encoding or its faults."""
    payload = part.get_payload(decode=True)
    found = payload if isinstance(payload, bytes) else b""
    return clean(_decoded(found, _charset(part)).removeprefix("\ufeff"))


def clean(text: str) -> str:
    """Return text that can be stored and shown: no control characters, nothing that turns the writing direction."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return UNSEEN.sub("", text.encode("utf-8", "replace").decode())


def is_attached(part: "Message[Any, Any]") -> bool:
    return part.get_content_disposition() == "attachment"


def _charset(part: "Message[Any, Any]") -> str:
    try:
        return str(part.get_content_charset() or "utf-8")
    except (ValueError, LookupError):
        return "utf-8"


def _decoded(payload: bytes, charset: str) -> str:
    # Else a charset that there is not.
    with suppress(LookupError, ValueError):
        if codecs.lookup(charset).name.replace("-", "_") not in NOT_OF_MAIL:
            return payload.decode(charset, "replace")
    return payload.decode("utf-8", "replace")
