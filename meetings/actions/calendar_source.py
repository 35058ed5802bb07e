"""People's own calendars: added, removed, and read every half hour for when they are busy.

The last good copy stands until a better one is there: a calendar that cannot be read frees nobody's time. The
database's clock decides who reads and when; two workers at one calendar are sorted out by one conditional update.
"""

import logging
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from meetings import queue, sealed
from meetings.actions.calendar_readers import busy_times, hosts
from meetings.core.intervals import Span, instant_of, minute_of
from meetings.feeds.addresses import Refusal, RefusedAddressError, checked
from meetings.feeds.readings import Reading, Trouble, UnreadableError
from meetings.models import CalendarBusy, CalendarKind, CalendarSource
from students.models import Person, Staff

log = logging.getLogger(__name__)

JOB = "read_calendar"
EVERY = timedelta(minutes=30)
# Longer than a reading can take: until then nobody else reads the same calendar.
LEASE = timedelta(minutes=2)
# Asked for and not read by then, a job was lost.
ASKED_AGAIN_AFTER = timedelta(minutes=10)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 60, 120, 240, 360))
BEHIND, AHEAD = timedelta(days=1), timedelta(days=180)
# A calendar that never changes is read whole once a day all the same, so that its series go on to the window's end.
WHOLE_EVERY = timedelta(days=1)
BATCH = 200
MOST_SOURCES = 10


@transaction.atomic
def add_address(person: Person, address: str, name: str, *, by: Staff | None, now: datetime) -> CalendarSource:
    """Add a calendar by its secret address, and have it read soon. Nothing is asked of the network here.

    Raises RefusedAddressError, which says what to do, for an address that may not be read or that is there already.
    """
    found = checked(address, hosts())
    Person.objects.select_for_update().get(pk=person.pk)
    held = CalendarSource.objects.filter(person=person, kind=CalendarKind.ADDRESS)
    if any(_address_of(source) == found.url for source in held):
        raise RefusedAddressError(Refusal.HELD_ALREADY)
    if len(held) >= MOST_SOURCES:
        raise RefusedAddressError(Refusal.TOO_MANY)
    source = CalendarSource.objects.create(
        person=person,
        kind=CalendarKind.ADDRESS,
        name=name.strip()[:60],
        secret=sealed.seal(found.url),
        host=found.host,
        ending=found.ending,
        due_at=Now() + ASKED_AGAIN_AFTER,
        created_at=now,
        created_by=by,
    )
    queue.enqueue(JOB, pk=source.pk)
    return source


def remove(source: CalendarSource, *, by: Staff | None, now: datetime) -> bool:
    """Forget a calendar: its address, and the times that were kept of it. Return False where it is gone already."""
    deleted, _ = CalendarSource.objects.filter(pk=source.pk).delete()
    return deleted > 0


@transaction.atomic
def read_soon(source: CalendarSource) -> bool:
    """Have a calendar read at once, however lately it was tried. Return False where it is gone."""
    asked = CalendarSource.objects.filter(pk=source.pk).update(due_at=Now() + ASKED_AGAIN_AFTER, tried_at=None)
    if asked:
        queue.enqueue(JOB, pk=source.pk)
    return asked == 1


def read_due(limit: int = BATCH) -> int:
    """Have the calendars read that are due, each by a job of its own. Return how many were asked for.

    Those of the district's directory are read many at once, by `read_directories`.
    """
    due = Q(due_at__lte=Now(), person__gone_at=None) & ~Q(person__staff__is_active=False)
    asked = 0
    rows = CalendarSource.objects.filter(due, kind=CalendarKind.ADDRESS).order_by("due_at", "pk")
    for pk in rows.values_list("pk", flat=True)[:limit]:
        with transaction.atomic():
            mine = CalendarSource.objects.filter(pk=pk, due_at__lte=Now())
            if mine.update(due_at=Now() + ASKED_AGAIN_AFTER):
                queue.enqueue(JOB, pk=pk)
                asked += 1
    return asked


def read(pk: int, now: datetime) -> bool:
    """Read one calendar and keep when its owner is busy, from a day ago to half a year ahead.

    Return whether that went well; False too where somebody else reads it just now. Safe to run twice.
    """
    source = claim(pk)
    if source is None:
        return False
    window = Span(*(minute_of(each.replace(second=0, microsecond=0)) for each in (now - BEHIND, now + AHEAD)))
    if _wants_whole(source, now):
        source.etag = ""
    try:
        reading = busy_times(source, window)
    except UnreadableError as error:
        fail(source, error.trouble, now)
        return False
    return keep_unchanged(source, now) if reading is None else keep(source, reading, window, now)


def claim(pk: int) -> CalendarSource | None:
    """Take a calendar for as long as a reading may last. Return it, or None where it is gone or somebody has it."""
    free = Q(tried_at=None) | Q(tried_at__lt=Now() - LEASE)
    won = CalendarSource.objects.filter(free, pk=pk).update(tried_at=Now(), due_at=Now() + ASKED_AGAIN_AFTER)
    return CalendarSource.objects.select_related("person__staff").filter(pk=pk).first() if won else None


def _wants_whole(source: CalendarSource, now: datetime) -> bool:
    return source.covers_until_at is None or source.covers_until_at < now + AHEAD - WHOLE_EVERY


def _mine(source: CalendarSource) -> Q:
    # Who slept past the lease, or was overtaken by "read now", has nothing to say any more.
    return Q(pk=source.pk, tried_at=source.tried_at)


@transaction.atomic
def keep(source: CalendarSource, reading: Reading, window: Span, now: datetime) -> bool:
    """Replace what is kept of a claimed calendar. Return False where its claim is over: then nothing changes."""
    values = _good(now) | {
        "etag": reading.etag,
        "skipped": reading.skipped,
        "has_floating_times": reading.has_floating_times,
        "covers_until_at": instant_of(window.end),
    }
    if source.secret is not None:
        values["secret"] = sealed.renewed(bytes(source.secret))
    if not CalendarSource.objects.filter(_mine(source)).update(**values):
        return False
    CalendarBusy.objects.filter(source=source).delete()
    CalendarBusy.objects.bulk_create(
        CalendarBusy(source=source, start_at=instant_of(start), end_at=instant_of(end), is_tentative=is_tentative)
        for spans, is_tentative in ((reading.busy, False), (reading.tentative, True))
        for start, end in spans
    )
    return True


def keep_unchanged(source: CalendarSource, now: datetime) -> bool:
    """Note that what is kept of a claimed calendar still holds. Return False where its claim is over."""
    return CalendarSource.objects.filter(_mine(source)).update(**_good(now)) == 1


def _good(now: datetime) -> dict[str, object]:
    return {"good_at": now, "due_at": Now() + EVERY, "trouble": "", "trouble_since_at": None, "failures": 0}


def fail(source: CalendarSource, trouble: Trouble, now: datetime) -> None:
    """Note why a claimed calendar cannot be read, and wait longer each time. What was kept stays as it is."""
    log.warning("Calendar %s could not be read: %s", source.pk, trouble)
    CalendarSource.objects.filter(_mine(source)).update(
        trouble=trouble.value,
        trouble_since_at=Coalesce("trouble_since_at", now),
        failures=F("failures") + 1,
        due_at=Now() + WAITS[min(source.failures, len(WAITS) - 1)],
    )


def _address_of(source: CalendarSource) -> str:
    with suppress(sealed.WrongKeyError):
        return sealed.unseal(bytes(source.secret or b""))
    return ""
