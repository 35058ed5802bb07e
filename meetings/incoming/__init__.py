"""Mail that comes in, from bytes to what it says: nothing here asks or changes anything.

Anyone can send anything to an open address, so everything is bounded: bytes, parts, headers, events.
"""

from meetings.incoming.parts import MOST_BYTES
from meetings.incoming.reading import read
from meetings.incoming.values import (
    Attendee,
    ByMachine,
    CalendarMail,
    Event,
    Incoming,
    Returned,
    Said,
    Unread,
    Written,
)

__all__ = [
    "MOST_BYTES",
    "Attendee",
    "ByMachine",
    "CalendarMail",
    "Event",
    "Incoming",
    "Returned",
    "Said",
    "Unread",
    "Written",
    "read",
]
