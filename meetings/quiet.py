"""Quiet hours: when nothing is sent but what somebody just did, by the clock of whoever reads it."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from meetings.calendars import wall_minute
from meetings.core.intervals import instant_of, minute_of
from meetings.core.schooldays import instant_at, local_day, local_minute
from students.models import District, Person

NIGHT = time(20), time(7)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Quiet:
    """From one minute of the day up to another, both as minutes since local midnight; none where they are the same."""

    start: int
    end: int

    def holds_at(self, minute: int) -> bool:
        """Return whether this minute of the day is quiet."""
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end

    def opens_at(self, zone: str, now: datetime) -> datetime:
        """Return from when on something that is due by `now` may go out: the end of the last quiet hours, or of these.

        It lies in the past by day, and is given all the same: the database's clock has the last word, and ours may
        be ahead of it.
        """
        minute = minute_of(now.replace(second=0, microsecond=0))
        today, wall = local_day(zone, minute), local_minute(zone, minute)
        if self.start == self.end:
            return _at(zone, now, 0)
        if self.holds_at(wall):
            day = today + ONE_DAY if self.end < self.start <= wall else today
        else:
            day = today if self.end <= wall else today - ONE_DAY
        return instant_of(instant_at(zone, day, self.end))

    def by_day(self, wall: int) -> int:
        """Return this minute of the day, or the nearest on the same day that is not quiet."""
        if not self.holds_at(wall):
            return wall
        return max(self.start - 1, 0) if self.end < self.start <= wall else self.end


def quiet_hours(district: District | None) -> Quiet:
    """Return what the district keeps quiet; the night where there is no district yet."""
    start, end = (district.quiet_from, district.quiet_until) if district else NIGHT
    return Quiet(wall_minute(start), wall_minute(end))


def zone_of(person: Person, school_zone: str) -> str:
    """Return the zone by whose clock a person is let sleep: their own where it is kept and known, else the school's."""
    if not person.time_zone:
        return school_zone
    try:
        ZoneInfo(person.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return school_zone
    return person.time_zone


def _at(zone: str, now: datetime, wall: int) -> datetime:
    today = local_day(zone, minute_of(now.replace(second=0, microsecond=0)))
    return instant_of(instant_at(zone, today, wall))
