"""Addresses that answers come to: the address itself says of whom and about what, so that nobody else can answer there.

A calendar may leave out the organizer, answer from an alias or through a list; only the address that it writes to is
sure. It is made from the link key, compared by its keyed hash, and rests nowhere.
"""

import hmac
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

HASH_BYTES = 16  # 128 bits: not to be guessed.
MASK = "0" * 26  # As long as a hash, and never one: its letters are a to z and 2 to 7.
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class AnswerAbout:
    """The address belongs to one person's answers about one meeting."""

    meeting_id: int
    person_id: int


@dataclass(frozen=True)
class ReturnOf:
    """The address belongs to one message, for when it cannot be delivered."""

    message_id: int


def are_read() -> bool:
    """Return whether this installation reads answers at all. Where it does not, none is asked for."""
    return bool(settings.REPLIES_ADDRESS)


def answer_address(meeting_id: int, person_id: int) -> str:
    """Return where one person's answers about one meeting go, such as replies+m-2s-1k4-<26 letters>@iep.example.org."""
    return _address("m", [meeting_id, person_id])


def masked_answer_address(meeting_id: int, person_id: int) -> str:
    """Return the answer address without its secret, and as long: what may rest in the database until it is sent."""
    return answer_address(meeting_id, person_id).replace(_hash("m", [meeting_id, person_id]), MASK)


def unmasked(text: str, meeting_id: int, person_id: int) -> str:
    """Return the text with the secret in each masked address of this person's answers about this meeting."""
    masked = f"+{_tag('m', [meeting_id, person_id], MASK)}@"
    return text.replace(masked, f"+{_tag('m', [meeting_id, person_id])}@")


def is_masked(address: str) -> bool:
    """Return whether this is an answer address whose secret is put in when it is sent."""
    return f"-{MASK}@" in address


def return_address(message_id: int) -> str:
    """Return where a mail server sends a message back that it cannot deliver (RFC 5321, reverse-path)."""
    return _address("r", [message_id])


def find(address: str) -> AnswerAbout | ReturnOf | None:
    """Return what an address stands for, or None where it is not one of ours or its hash is wrong."""
    # Mail servers may change the case of an address.
    local, _, _ = address.strip().lower().rpartition("@")
    _, _, tag = local.partition("+")
    kind, *numbers, hashed = tag.split("-") if tag.count("-") in {2, 3} else ("", "")
    if not all(number and set(number) <= set(DIGITS) for number in numbers):
        return None
    ids = [int(number, 36) for number in numbers]
    if not hmac.compare_digest(hashed.encode(), _hash(kind, ids).encode()):
        return None
    match kind, ids:
        case "m", [meeting_id, person_id]:
            return AnswerAbout(meeting_id, person_id)
        case "r", [message_id]:
            return ReturnOf(message_id)
    return None


def _address(kind: str, ids: Sequence[int]) -> str:
    name, _, host = settings.REPLIES_ADDRESS.rpartition("@")
    return f"{name}+{_tag(kind, ids)}@{host}"


def _tag(kind: str, ids: Sequence[int], hashed: str = "") -> str:
    return "-".join([kind, *map(_base36, ids), hashed or _hash(kind, ids)])


def _hash(kind: str, ids: Sequence[int]) -> str:
    said = ":".join(["reply", kind, *map(str, ids)])
    digest = hmac.digest(settings.LINK_KEY.encode(), said.encode(), "sha256")[:HASH_BYTES]
    return b32encode(digest).decode().rstrip("=").lower()


def _base36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits
