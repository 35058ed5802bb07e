"""Times as calendars write them: RFC 5545, section 3.3, and what programs make of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from meetings.feeds.lines import Line
from meetings.feeds.zones import Zones

TIME = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ]?(\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)
DURATION = re.compile(
    r"([+-]?)P(?=.)(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T?(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?", re.IGNORECASE
)
FIRST_YEAR, LAST_YEAR = 1600, 2200  # Room on both sides for every sum that is done with them.

# A date is a day of the owner's own, from midnight to midnight.
Moment = datetime | date
Period = tuple[datetime, datetime]


class TimeError(ValueError):
    """What stands there is not a time."""


@dataclass
class Clock:
    """How one calendar's times are understood, and whether any came without a zone that is known."""

    zones: Zones
    own: ZoneInfo | tzinfo
    is_own_said: bool = False
    has_floating_times: bool = field(default=False, init=False)

    def moment(self, line: Line) -> Moment:
        """Return the time of a line: an aware datetime, or a date. Raises TimeError."""
        return self.moment_of(line.value, line.parameters.get("TZID", ""), line.parameters.get("VALUE", ""))

    def moments(self, line: Line) -> Iterator[Moment | Period]:
        """Yield the times of a list; what is no time in it is left out."""
        for text in line.value.split(","):
            try:
                yield self._moment_or_period(text, line.parameters.get("TZID", ""), line.parameters.get("VALUE", ""))
            except TimeError:
                continue

    def moment_of(self, text: str, zone: str = "", kind: str = "") -> Moment:
        found = TIME.fullmatch(text.strip())
        if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
            raise TimeError
        try:
            day = date(int(found[1]), int(found[2]), int(found[3]))
            if found[4] is None or kind.upper() == "DATE":
                return day
            hour, minute, second = int(found[4]), int(found[5]), min(int(found[6] or 0), 59)
            # 24:00 is how some say the end of a day.
            local = datetime(day.year, day.month, day.day, hour % 24, minute, second)  # noqa: DTZ001
        except ValueError:
            raise TimeError from None
        return (local + timedelta(days=hour // 24)).replace(tzinfo=self._zone(found[7] or "", zone))

    def midnight(self, day: date) -> datetime:
        """Return when a day of the owner's begins."""
        return datetime(day.year, day.month, day.day, tzinfo=self.own)

    def start_of(self, moment: Moment) -> datetime:
        return moment if isinstance(moment, datetime) else self.midnight(moment)

    def period(self, text: str, zone: str = "") -> Period:
        """Return the two ends of 20261201T140000Z/PT1H or 20261201T140000Z/20261201T150000Z. Raises TimeError."""
        first, _, last = text.partition("/")
        start = self.start_of(self.moment_of(first, zone))
        if "P" in last.upper():
            return start, later(start, duration_of(last))
        return start, self.start_of(self.moment_of(last, zone))

    def _moment_or_period(self, text: str, zone: str, kind: str) -> Moment | Period:
        return self.period(text, zone) if "/" in text else self.moment_of(text, zone, kind)

    def _zone(self, offset: str, name: str) -> tzinfo:
        if offset.upper() == "Z":
            return UTC
        if offset:
            east = timedelta(hours=int(offset[:3]), minutes=int(offset[0] + offset[-2:]))
            return timezone(east) if abs(east) < timedelta(days=1) else UTC
        zone = self.zones.find(name) if name else None
        if zone is None:
            # A zone that nobody knows is none. Where the calendar names its own, a time without one is no riddle.
            self.has_floating_times |= bool(name) or not self.is_own_said
        return zone or self.own


def duration_of(text: str) -> timedelta:
    """Return a duration such as PT1H30M. Raises TimeError."""
    found = DURATION.fullmatch(re.sub(r"\s", "", text))
    if found is None or not any(found.groups()[1:]):
        raise TimeError
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if found[1] == "-" else length


def later(start: datetime, length: timedelta) -> datetime:
    """Return the end of what begins at `start`: whole days by the clock on the wall, the rest as time goes by."""
    try:
        by_wall = start + timedelta(days=length.days)
        return (by_wall.astimezone(UTC) + timedelta(seconds=length.seconds)).astimezone(start.tzinfo)
    except OverflowError:
        raise TimeError from None
