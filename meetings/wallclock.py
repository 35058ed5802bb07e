"""What the school's clock shows when a meeting starts, kept as it was booked.

Meetings are instants in UTC. Where a government changes the rules of its clocks, an instant that was half past one is
half past twelve, and the people come at half past one. What was kept tells.
"""

from dataclasses import dataclass
from datetime import datetime

from meetings.core.intervals import instant_of, minute_of
from meetings.core.schooldays import instant_at, local_iso
from meetings.models import Meeting


@dataclass(frozen=True)
class Shift:
    """A meeting that was booked for `agreed`, which the school's clock no longer shows when it starts."""

    meeting: Meeting
    agreed: datetime  # As the school's clock showed it then, without a zone.
    start_at: datetime  # The instant at which the clock will show that.

    @property
    def at(self) -> str:
        """The instant as addresses write it."""
        return f"{self.start_at:%Y-%m-%dT%H:%MZ}"


def wall_time(zone: str, start_at: datetime) -> str:
    """Return what the clock of the zone shows at an instant, with its offset: 2026-12-03T13:30-05:00."""
    return local_iso(zone, minute_of(start_at))


def shift_of(meeting: Meeting) -> Shift | None:
    """Return how the clock has moved away from a meeting, or None where it shows what it was booked for.

    The meeting must come with its school. Of one without a kept time nothing can be said.
    """
    zone = meeting.school.time_zone
    if not meeting.wall_start or wall_time(zone, meeting.start_at) == meeting.wall_start:
        return None
    agreed = datetime.fromisoformat(meeting.wall_start).replace(tzinfo=None)
    minute = instant_at(zone, agreed.date(), agreed.hour * 60 + agreed.minute)
    return Shift(meeting, agreed, instant_of(minute))
