"""What reading a calendar comes to: busy times and nothing else, or why it could not be read."""

from dataclasses import dataclass
from enum import StrEnum

from meetings.core.intervals import Span


class Trouble(StrEnum):
    """Why a calendar could not be read: the values of `CalendarTrouble`, which the rows keep."""

    REFUSED_ADDRESS = "refused_address"
    NO_ANSWER = "no_answer"
    NOT_FOUND = "not_found"
    NOT_ALLOWED = "not_allowed"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    NOT_A_CALENDAR = "not_a_calendar"
    TOO_MANY_EVENTS = "too_many_events"


class UnreadableError(Exception):
    """A calendar cannot be read. It says why in one word, and never what was in it or where it lies."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(frozen=True)
class Reading:
    """When the owner of a calendar is busy: sorted, disjoint spans inside the window that was asked for.

    `tentative` is time that is not in `busy` too. `skipped` counts the events that could not be read whole.
    """

    busy: tuple[Span, ...] = ()
    tentative: tuple[Span, ...] = ()
    skipped: int = 0
    has_floating_times: bool = False
    etag: str = ""
