"""What people's own calendars say of when they are busy, and how far that can be relied on.

A calendar that could not be read frees nobody: its last good copy stands, and where that is too old, or ends too soon,
its owner is to be asked.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BigIntegerField, Func, Q

from meetings.core.intervals import Span, instant_of, overlaps, subtract, union, whole_minutes
from meetings.dayplans import Spans
from meetings.models import Busy, CalendarBusy, CalendarKind, CalendarSource

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


class _Minute(Func):
    """An instant as minutes since the Unix epoch. Thousands of busy times would take long to become datetimes."""

    template = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / 60)::bigint"
    output_field = BigIntegerField()


class _LastMinute(_Minute):
    template = "CEIL(EXTRACT(EPOCH FROM %(expressions)s) / 60)::bigint"


def own_calendars(people: Iterable[int], within: Span, now: datetime) -> dict[int, OwnCalendar]:
    """Return the own calendars of whoever has any, by id, with what is busy `within`.

    In one query, and in three where anyone has a calendar.
    """
    # A directory may not know everyone: it counts for whoever it has told of once.
    counts = Q(kind=CalendarKind.ADDRESS) | Q(good_at__isnull=False)
    sources = list(CalendarSource.objects.filter(counts, person__in=list(people)).order_by().defer("secret"))
    found: dict[int, _Rows] = defaultdict(_Rows)
    for source in sources:
        found[source.person_id].add(source)
    for person, span, is_tentative in _busy(sources, within):
        found[person].spans[is_tentative].append(span)
    return {person: each.together(now) for person, each in found.items()}


def _busy(sources: Sequence[CalendarSource], within: Span) -> Iterator[tuple[int, Span, bool]]:
    """Yield what the calendars say, by person, and whether it is tentative.

    A time that is exactly that of a meeting in which they hold a seat is its invite. Calendars may give our invites
    another UID, as Outlook does: the meeting would stand in its own way when it moves.
    """
    if not sources:
        return
    bounds = (instant_of(within.start), instant_of(within.end))
    owner = {source.pk: source.person_id for source in sources}
    start, end = _Minute(Func("during", function="LOWER")), _LastMinute(Func("during", function="UPPER"))
    held = Busy.objects.filter(person__in=set(owner.values()), meeting__isnull=False, during__overlap=bounds)
    ours = set(held.annotate(start=start, end=end).values_list("person", "start", "end"))
    rows = CalendarBusy.objects.filter(source__in=owner, start_at__lt=bounds[1], end_at__gt=bounds[0]).order_by()
    times = rows.annotate(start=_Minute("start_at"), end=_LastMinute("end_at"))
    for source, first, last, is_tentative in times.values_list("source", "start", "end", "is_tentative"):
        if (owner[source], first, last) not in ours:
            yield owner[source], Span(first, last), is_tentative


def own_calendar_of(source: CalendarSource, now: datetime) -> OwnCalendar:
    """Return what one calendar alone comes to, without its times."""
    rows = _Rows()
    rows.add(source)
    return rows.together(now)


class _Rows:
    """The calendars of one person, one by one, and what they say."""

    def __init__(self) -> None:
        self.good_at: list[datetime | None] = []
        self.covers_until_at: list[datetime | None] = []
        self.spans: dict[bool, list[Span]] = {False: [], True: []}

    def add(self, source: CalendarSource) -> None:
        self.good_at.append(source.good_at)
        self.covers_until_at.append(source.covers_until_at)

    def together(self, now: datetime) -> OwnCalendar:
        ages = [None if at is None else now - at for at in self.good_at]
        known = [age for age in ages if age is not None]
        age = max(known) if len(known) == len(ages) else None
        until = [0 if at is None else whole_minutes(at, at).start for at in self.covers_until_at]
        known_until = 0 if age is None or age > UNKNOWN else min(until)
        busy = tuple(union(self.spans[False]))
        # Tentative in one calendar and busy in another is busy.
        return OwnCalendar(age, known_until, busy, tuple(subtract(union(self.spans[True]), busy)))
