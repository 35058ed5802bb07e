"""What a mail that came in says."""

from dataclasses import dataclass
from datetime import datetime

from meetings.reply_addresses import AnswerAbout, ReturnOf


@dataclass(frozen=True)
class Attendee:
    """One ATTENDEE of an event: an address in lower case, and its PARTSTAT in capitals."""

    address: str
    partstat: str


@dataclass(frozen=True)
class Event:
    """One VEVENT of a calendar answer. Times are in UTC; without a zone, the school's. A whole day has none."""

    uid: str
    sequence: int | None
    start: datetime | None
    end: datetime | None
    attendees: tuple[Attendee, ...]
    comment: str = ""

    def answer_of(self, addresses: set[str]) -> str:
        """Return the PARTSTAT of whoever was asked at one of these addresses, or nothing where it cannot be told.

        They may answer from an alias: where the event names one person alone, it is theirs.
        """
        asked = [one for one in self.attendees if one.address in addresses] or list(self.attendees)
        said = {one.partstat for one in asked}
        return said.pop() if len(asked) == 1 or (len(said) == 1 and asked[0].address in addresses) else ""


@dataclass(frozen=True)
class CalendarMail:
    """An answer from a calendar (RFC 5546): METHOD is REPLY or COUNTER."""

    method: str
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Returned:
    """A mail server's report on one of our messages (RFC 3464): not delivered, or not yet."""

    is_final: bool
    status: str = ""  # RFC 3463, such as 5.1.1.
    message_id: str = ""  # Of the message that it is about.


@dataclass(frozen=True)
class ByMachine:
    """Out of office, a read receipt, a report that all went well: nobody wrote it."""


@dataclass(frozen=True)
class Written:
    """What somebody typed, without what they quoted."""

    words: str


@dataclass(frozen=True)
class Unread:
    """It could not be read; why, as a word."""

    why: str
    words: str = ""


Said = CalendarMail | Returned | ByMachine | Written | Unread


@dataclass(frozen=True)
class Incoming:
    """One mail. Whose it is, is known by the secret address alone; `from_address` may be anyone's."""

    digest: str
    about: AnswerAbout | ReturnOf | None
    from_address: str
    subject: str
    said: Said
