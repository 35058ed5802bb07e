"""When events that repeat take place inside the window."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import recurring_ical_events
from icalendar import Calendar
from icalendar import Event as Written
from icalendar.prop import vDDDLists, vDDDTypes, vRecur

from meetings.core.intervals import EPOCH, Span, instant_of
from meetings.feeds.events import Event, Standing
from meetings.feeds.limits import TooMuchWorkError, bounded_work
from meetings.feeds.readings import Trouble, UnreadableError
from meetings.feeds.rules import RuleError, RuleRefusedError, clean
from meetings.feeds.times import Clock, Moment

MOST_OCCURRENCES = 5_000
MARK = "X-STANDING"


@dataclass(frozen=True)
class Taken:
    """A time that one event takes."""

    span: Span
    standing: Standing


class Expansion:
    """Works out all events of a calendar. `skipped` counts those of which something had to be left out."""

    def __init__(self, window: Span, clock: Clock, most: int = MOST_OCCURRENCES) -> None:
        self.window = window
        self.clock = clock
        self.most = most
        self.skipped = 0
        self._found = 0

    def taken(self, events: Iterable[Event]) -> Iterator[Taken]:
        """Yield the time that the events take inside the window. Raises UnreadableError where there is too much."""
        by_uid: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            by_uid[event.uid].append(event)
            self.skipped += not event.is_whole
        for group in by_uid.values():
            for each in self._of_group(group):
                if each.span.start < each.span.end and each.standing:
                    self._count()
                    yield each

    def _count(self) -> None:
        self._found += 1
        if self._found > self.most:
            raise UnreadableError(Trouble.TOO_MANY_EVENTS)

    def _of_group(self, group: list[Event]) -> list[Taken]:
        """Return the time of all that has one UID: whole series, each with its exceptions, and single events."""
        repeating = [event for event in group if event.recurs]
        changes = [event for event in group if event.replaces is not None]
        if not repeating:
            return [self._once(event) for event in group]
        single = [event for event in group if not event.recurs and event.replaces is None]
        return [
            *(each for event in repeating for each in self._repeated(event, changes)),
            *(self._once(event) for event in single),
        ]

    def _repeated(self, event: Event, changes: list[Event]) -> list[Taken]:
        if len(event.extra) + len(event.left_out) > self.most:
            raise UnreadableError(Trouble.TOO_MANY_EVENTS)
        try:
            with bounded_work():
                return self._expanded(event, changes)
        except (RuleRefusedError, TooMuchWorkError):
            # Nothing is known of when it takes place; what replaces an occurrence says so itself.
            self.skipped += event.is_whole
            return [self._once(change) for change in changes]
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001  One event must not hide the others.
            self.skipped += event.is_whole
            return [self._once(each) for each in (event, *changes)]

    def _expanded(self, event: Event, changes: list[Event]) -> list[Taken]:
        calendar = Calendar()
        calendar.add_component(self._written(event))
        for change in changes:
            calendar.add_component(_change(change, event))
        start, end = instant_of(self.window.start), instant_of(self.window.end)
        found = recurring_ical_events.of(calendar).between(start, end)
        return [
            self._span(each["DTSTART"].dt, each["DTEND"].dt, Standing(int(each[MARK])))
            for each in found[: self.most + 1]
        ]

    def _written(self, event: Event) -> Written:
        written = _times(event)
        rules = []
        for rule in event.rules:
            try:
                rules.append(vRecur.from_ical(clean(rule, event.start, self.clock)))
            except RuleError:
                # The first time stays, and what else is sure.
                self.skipped += event.is_whole
        if rules:
            written["RRULE"] = rules
        if extra := [each if isinstance(each, tuple) else _at(each, event.start) for each in event.extra]:
            written["RDATE"] = [vDDDLists([each]) for each in extra]
        if event.left_out:
            written["EXDATE"] = [vDDDLists([each]) for each in event.left_out]
        return written

    def _once(self, event: Event) -> Taken:
        return self._span(event.start, event.end, event.standing)

    def _span(self, start: datetime, end: datetime, standing: Standing) -> Taken:
        first, last = _seconds(start) // 60, -(-_seconds(end) // 60)
        return Taken(Span(max(first, self.window.start), min(last, self.window.end)), standing)


def _times(event: Event) -> Written:
    written = Written()
    written["UID"] = event.uid
    written["DTSTART"], written["DTEND"] = vDDDTypes(event.start), vDDDTypes(event.end)
    written[MARK] = str(int(event.standing))
    return written


def _change(change: Event, of: Event) -> Written:
    written = _times(change)
    written["RECURRENCE-ID"] = vDDDTypes(_at(change.replaces or change.start, of.start))
    if change.and_following:
        written["RECURRENCE-ID"].params["RANGE"] = "THISANDFUTURE"
    return written


def _at(moment: Moment, start: datetime) -> datetime:
    """Return a moment; for a bare date, the time of that day at which the event begins."""
    return moment if isinstance(moment, datetime) else datetime.combine(moment, start.timetz())


def _seconds(moment: datetime) -> int:
    since = moment.astimezone(UTC) - EPOCH
    return since.days * 86_400 + since.seconds
