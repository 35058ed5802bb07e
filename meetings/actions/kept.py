"""What becomes of a mail that came in, and why."""

from dataclasses import dataclass
from enum import StrEnum

from meetings.models import IncomingState


class Why(StrEnum):
    """Why a mail was not entered by itself. The words are the pages'."""

    NONE = ""
    UNKNOWN_ADDRESS = "unknown_address"  # Not sent to one of our secret addresses: it may be from anyone.
    OTHER_MEETING = "other_meeting"  # The calendar's answer is about something else.
    CANCELLED = "cancelled"
    BEGUN = "begun"
    NO_SEAT = "no_seat"
    NO_RIGHTS = "no_rights"
    OLDER_TIME = "older_time"
    NEWER_TIME = "newer_time"
    TAKEN = "taken"
    NO_ANSWER = "no_answer"
    UNCLEAR = "unclear"  # Several answers in one mail.
    CHANGED = "changed"
    ERROR = "error"


@dataclass(frozen=True)
class Outcome:
    state: IncomingState
    why: str = Why.NONE


WAITS = Outcome(IncomingState.NEW)
ENTERED = Outcome(IncomingState.APPLIED)


def waits(why: str) -> Outcome:
    return Outcome(IncomingState.NEW, why)


def kept(why: str = Why.NONE) -> Outcome:
    return Outcome(IncomingState.KEPT, why)
