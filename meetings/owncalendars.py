"""What people's own calendars say of when they are busy, and how far that can be relied on.

A calendar that could not be read frees nobody: its last good copy stands, and where that is too old, or ends too soon,
its owner is to be asked.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, FilteredRelation, OuterRef, Q

from meetings.core.intervals import Span, instant_of, overlaps, subtract, union, whole_minutes
from meetings.dayplans import Spans
from meetings.models import Busy, CalendarKind, CalendarSource

OLD = timedelta(hours=3)
UNKNOWN = timedelta(days=2)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FOR_EVER = 2**40  # In minutes: two million years.


@dataclass(frozen=True)
class OwnCalendar:
    """All of one person's own calendars together.

    `age` is that of the calendar read longest ago, None where one was never read. Nothing is known from the minute
    `known_until` on.
    """

    age: timedelta | None
    known_until: int
    busy: Spans = ()
    tentative: Spans = ()

    @property
    def is_unknown(self) -> bool:
        return self.age is None or self.age > UNKNOWN

    @property
    def is_old(self) -> bool:
        """Whether pages say how old it is."""
        return self.age is None or self.age > OLD

    @property
    def hours(self) -> int:
        return (self.age or timedelta()) // HOUR

    @property
    def days(self) -> int:
        return (self.age or timedelta()) // DAY

    @property
    def known_until_at(self) -> datetime:
        return instant_of(self.known_until)

    def tells_of(self, span: Span) -> bool:
        """Return whether it is known, of the whole span, that they are busy or not."""
        return span.end <= self.known_until

    def is_tentative_at(self, span: Span) -> bool:
        """Return whether they may be busy: shown, and no reason against the time."""
        return overlaps(self.tentative, span)

    def certain(self, free: Spans) -> Spans:
        """Return the part of someone's free time of which their calendars tell."""
        return tuple(subtract(union(free), [self._after()]))

    def uncertain(self, free: Spans) -> Spans:
        """Return the part of someone's free time of which their calendars do not tell."""
        return tuple(subtract(union(free), self.certain(free)))

    def _after(self) -> Span:
        return Span(self.known_until, FOR_EVER)


def own_calendars(people: Iterable[int], within: Span, now: datetime) -> dict[int, OwnCalendar]:
    """Return the own calendars of whoever has any, by id, with what is busy `within`; in one query."""
    within_at = Q(busy_times__start_at__lt=instant_of(within.end), busy_times__end_at__gt=instant_of(within.start))
    # A directory may not know everyone: it counts for whoever it has told of once.
    counts = Q(kind=CalendarKind.ADDRESS) | Q(good_at__isnull=False)
    rows = CalendarSource.objects.filter(counts, person__in=list(people)).order_by()
    rows = rows.annotate(near=FilteredRelation("busy_times", condition=within_at), is_ours=_is_ours())
    columns = ("good_at", "covers_until_at", "near__start_at", "near__end_at", "near__is_tentative", "is_ours")
    found: dict[int, _Rows] = defaultdict(_Rows)
    for person, pk, *row in rows.values_list("person", "pk", *columns):
        found[person].add(pk, *row)
    return {person: each.together(now) for person, each in found.items()}


def own_calendar_of(source: CalendarSource, now: datetime) -> OwnCalendar:
    """Return what one calendar alone comes to, without its times."""
    rows = _Rows()
    rows.add(source.pk, source.good_at, source.covers_until_at)
    return rows.together(now)


def _is_ours() -> Exists:
    """Return whether a time is that of a meeting in which they hold a seat.

    Calendars may give our invites another UID, as Outlook does: the meeting would stand in its own way when it moves.
    """
    of_meeting = Busy.objects.filter(person=OuterRef("person"), meeting__isnull=False)
    return Exists(
        of_meeting.filter(during__startswith=OuterRef("near__start_at"), during__endswith=OuterRef("near__end_at"))
    )


class _Rows:
    """The calendars of one person as they are read, row by row."""

    def __init__(self) -> None:
        self.good_at: dict[int, datetime | None] = {}
        self.covers_until_at: dict[int, datetime | None] = {}
        self.spans: dict[bool, list[Span]] = {False: [], True: []}

    def add(
        self,
        pk: int,
        good_at: datetime | None,
        covers_until_at: datetime | None,
        start_at: datetime | None = None,
        end_at: datetime | None = None,
        is_tentative: bool | None = None,
        is_ours: bool = False,
    ) -> None:
        self.good_at[pk], self.covers_until_at[pk] = good_at, covers_until_at
        if start_at is not None and end_at is not None and not is_ours:
            self.spans[bool(is_tentative)].append(whole_minutes(start_at, end_at))

    def together(self, now: datetime) -> OwnCalendar:
        ages = [None if at is None else now - at for at in self.good_at.values()]
        known = [age for age in ages if age is not None]
        age = max(known) if len(known) == len(ages) else None
        until = [0 if at is None else whole_minutes(at, at).start for at in self.covers_until_at.values()]
        known_until = 0 if age is None or age > UNKNOWN else min(until)
        busy = tuple(union(self.spans[False]))
        # Tentative in one calendar and busy in another is busy.
        return OwnCalendar(age, known_until, busy, tuple(subtract(union(self.spans[True]), busy)))
