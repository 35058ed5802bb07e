"""From the bytes of a calendar to when its owner is busy. Titles and places are never taken out of their lines."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date
from zoneinfo import ZoneInfo

from meetings.core.intervals import Span, instant_of, subtract, union
from meetings.feeds.events import NOBODY, Event, Lines, Owner, Standing, event_of, may_matter, newest, standing_of
from meetings.feeds.lines import Component, calendars
from meetings.feeds.readings import Reading, Trouble, UnreadableError
from meetings.feeds.series import MOST_OCCURRENCES, Expansion, Taken
from meetings.feeds.times import Clock
from meetings.feeds.zones import Zones

MOST_EVENTS = 5_000
# Answers and proposals about events are not events.
NOT_OF_EVENTS = {"REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH"}
OF_A_PERIOD = {
    "FREE": Standing.FREE,
    "BUSY-TENTATIVE": Standing.TENTATIVE,
}


@dataclass(frozen=True)
class Asked:
    """What is wanted of a calendar: the window, the zone of whoever's it is, and who that is."""

    window: Span
    zone: str
    owner: Owner = NOBODY
    most_events: int = MOST_EVENTS
    most_occurrences: int = MOST_OCCURRENCES


def read(body: bytes, asked: Asked) -> Reading:
    """Return when the owner of a calendar is busy inside the window. Raises UnreadableError.

    What cannot be understood in one event is left out and counted; the others stand.
    """
    found = calendars(body)
    zones = Zones(part for calendar in found for part in calendar.parts if part.name == "VTIMEZONE")
    most = asked.most_events
    taken: list[Taken] = []
    skipped, is_floating = 0, False
    for calendar in found:
        reader = _Reader(calendar, zones, asked, most)
        taken += reader.taken()
        most -= reader.looked_at
        skipped += reader.skipped
        is_floating |= reader.clock.has_floating_times
        if len(taken) > asked.most_occurrences:
            raise UnreadableError(Trouble.TOO_MANY_EVENTS)
    return _reading(taken, skipped, is_floating=is_floating)


def _reading(taken: Iterable[Taken], skipped: int, *, is_floating: bool) -> Reading:
    taken = list(taken)
    busy = union(each.span for each in taken if each.standing == Standing.BUSY)
    tentative = union(each.span for each in taken if each.standing == Standing.TENTATIVE)
    return Reading(tuple(busy), tuple(subtract(tentative, busy)), skipped, is_floating)


class _Reader:
    """Reads one calendar of a file."""

    def __init__(self, calendar: Component, zones: Zones, asked: Asked, most: int) -> None:
        self._calendar = calendar
        self._asked = asked
        self._most = most
        self._said = {line.name: line.value for line in calendar.lines({"METHOD", "X-WR-TIMEZONE", "X-WR-CALNAME"})}
        own = zones.find(self._said["X-WR-TIMEZONE"]) if "X-WR-TIMEZONE" in self._said else None
        self.clock = Clock(zones, own or ZoneInfo(asked.zone), is_own_said=own is not None)
        self.looked_at = 0
        self.skipped = 0

    def taken(self) -> list[Taken]:
        method = self._said.get("METHOD", "").upper()
        if method in NOT_OF_EVENTS:
            return []
        events = newest(self._events(is_cancelled=method == "CANCEL"))
        expansion = Expansion(self._asked.window, self.clock, self._asked.most_occurrences)
        found = [*expansion.taken(events), *self._periods()]
        self.skipped += expansion.skipped
        return found

    def _events(self, *, is_cancelled: bool) -> Iterator[Event]:
        for number, part in enumerate(self._parts("VEVENT")):
            lines = Lines(part)
            if not may_matter(lines, self._days()):
                continue
            self.looked_at += 1
            if self.looked_at > self._most:
                raise UnreadableError(Trouble.TOO_MANY_EVENTS)
            standing = Standing.FREE if is_cancelled else standing_of(lines, self._owner())
            if part.is_closed:
                yield from self._event(lines, standing, number)
            else:
                self.skipped += 1

    def _event(self, lines: Lines, standing: Standing, number: int) -> Iterator[Event]:
        try:
            yield event_of(lines, standing, self.clock, number)
        except (ValueError, OverflowError):
            # No time, or one that no calendar reaches. What takes nobody's time may be as broken as it likes.
            self.skipped += bool(standing)

    def _periods(self) -> Iterator[Taken]:
        """Yield the times of a calendar that shows busy times alone (VFREEBUSY)."""
        expansion = Expansion(self._asked.window, self.clock, self._asked.most_occurrences)
        for part in self._parts("VFREEBUSY"):
            for line in part.lines({"FREEBUSY"}):
                standing = OF_A_PERIOD.get(line.parameters.get("FBTYPE", "").upper(), Standing.BUSY)
                for text in line.value.split(",") if line.value else ():
                    yield from self._period(text, standing, expansion)

    def _period(self, text: str, standing: Standing, expansion: Expansion) -> Iterator[Taken]:
        try:
            start, end = self.clock.period(text)
        except (ValueError, OverflowError):
            self.skipped += bool(standing)
            return
        event = Event("", standing, start, max(start, end))
        yield from expansion.taken([event])

    def _parts(self, name: str) -> Iterator[Component]:
        return (part for part in self._calendar.parts if part.name == name)

    def _days(self) -> tuple[date, date]:
        return tuple(instant_of(minute).astimezone(UTC).date() for minute in self._asked.window)  # type: ignore[return-value]

    def _owner(self) -> Owner:
        # Google calls a person's own calendar by their address.
        name = self._said.get("X-WR-CALNAME", "").strip().lower()
        owner = self._asked.owner
        return Owner(owner.addresses | {name}, owner.our_host) if "@" in name else owner
