"""What a person's calendar was last told of a meeting: the next calendar file must follow from it.

SEQUENCE rises for everyone with time, place and status alone. So whoever is taken out of a meeting that stays where it
is needs a number of their own for the CANCEL, and another one if they are asked again: their calendar would take the
same number for old news.
"""

from dataclasses import dataclass
from typing import Self

from icalendar import Calendar, Event, vCalAddress

from meetings import reply_addresses
from meetings.models import Meeting, Message


@dataclass(frozen=True)
class Told:
    """The newest calendar file that one person was written about one meeting, whether or not it has gone out yet."""

    method: str
    sequence: int
    shift: int
    organizer: vCalAddress

    @classmethod
    def of(cls, message: Message) -> Self:
        """Read it from its row."""
        calendar = Calendar.from_ical(bytes(message.ics or b""))
        (event,) = calendar.events
        sequence = event.sequence
        # The reason begins with the meeting's own number at that time, such as meeting:42:s1:.
        return cls(message.ics_method, sequence, sequence - int(message.about.split(":")[2][1:]), _organizer_of(event))

    def next_sequence(self, method: str, sequence: int) -> int:
        """Return the SEQUENCE of their next file, where the meeting's own is `sequence` by now (RFC 5546, 2.1.4).

        It rises with the meeting's, and with every CANCEL and every invitation after one.
        """
        follows = sequence + self.shift
        return max(follows, self.sequence + 1) if "CANCEL" in {method, self.method} else follows


def last_told(meeting: Meeting, person_id: int) -> Told | None:
    """Return what this person's calendar was last told of the meeting, or None where it knows nothing of it."""
    rows = Message.objects.filter(meeting=meeting, recipient=person_id, ics__isnull=False).order_by("-pk")
    message = rows.only("ics", "ics_method", "about").first()
    return Told.of(message) if message else None


def calendar_is_read(told: Told | None) -> bool:
    """Return whether an answer that they give in their calendar reaches us: it goes to the organizer they know."""
    return reply_addresses.are_read() and (told is None or reply_addresses.is_masked(told.organizer))


def _organizer_of(event: Event) -> vCalAddress:
    organizer = event["ORGANIZER"]
    if not isinstance(organizer, vCalAddress):
        raise TypeError(f"{type(organizer).__name__} is no organizer")
    return organizer
