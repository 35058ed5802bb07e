"""The last look at a message before it is sent: whether it goes, waits for the morning, or is of no use any more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from meetings.actions.reasons import still_stands
from meetings.models import Failure, Message, MessageKind, MessageState
from meetings.quiet import quiet_hours, zone_of
from students.models import District, School

# What goes out without somebody having just done something.
BY_ITSELF = {
    MessageKind.MEMBER_REMINDER,
    MessageKind.PARENT_REMINDER,
    MessageKind.DAY_AHEAD,
    MessageKind.DUE_NUDGE,
    MessageKind.DIGEST,
}
# A reminder that somebody asked for goes at once. One that waited longer, such as for the mail server, waits till day.
JUST = timedelta(minutes=5)


@dataclass(frozen=True)
class Instead:
    """What becomes of a message that is not sent now: its state, and what is written beside it."""

    state: MessageState
    values: Mapping[str, Any] = field(default_factory=dict)


def instead_of_sending(message: Message, *, now: datetime) -> Instead | None:
    """Return what becomes of a claimed message that is not to be sent now, or None where it is to be sent.

    One that quiet hours hold back has lost no try.
    """
    if message.expires_at is not None and message.expires_at <= now:
        return Instead(MessageState.WITHDRAWN, {"failure": Failure.TOO_LATE})
    if not still_stands(message, now=now):
        return Instead(MessageState.WITHDRAWN)
    opens_at = held_until(message, now)
    if opens_at is None:
        return None
    return Instead(MessageState.QUEUED, {"not_before_at": opens_at, "attempts": F("attempts") - 1})


def held_until(message: Message, now: datetime) -> datetime | None:
    """Return until when the quiet hours of its reader hold a message back, or None: it may go."""
    if message.kind not in BY_ITSELF or now - message.created_at < JUST:
        return None
    opens_at = quiet_hours(District.objects.first()).opens_at(zone_of(message.recipient, _zone(message)), now)
    return opens_at if opens_at > now else None


def _zone(message: Message) -> str:
    """Return the zone of the school that a message speaks for; without a meeting, that of the first one it can be."""
    if message.meeting is not None:
        return message.meeting.school.time_zone
    listed = message.gathered.filter(meeting__isnull=False).values_list("meeting__school__time_zone", flat=True).first()
    own = School.objects.filter(assignments__staff=message.recipient_id).values_list("time_zone", flat=True)
    return listed or own.first() or School.objects.values_list("time_zone", flat=True).first() or "UTC"
