"""Read the calendars of all staff in the district's directory, many people at once."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.db.models.functions import Now

from meetings.actions import calendar_source
from meetings.actions.directories import KINDS, address_of, directory_of, meetings_of, without_meetings
from meetings.core.intervals import Span, minute_of
from meetings.directories.asking import Directory, SlowDownError
from meetings.feeds.readings import Trouble, UnreadableError
from meetings.models import CalendarSource
from students.models import Staff

# The job runs as often: whoever is due before its next run is read with the others, fifty people in one call.
EARLY = timedelta(minutes=10)
LONGEST = timedelta(minutes=10)


def read_directories(now_of: Callable[[], datetime]) -> int:
    """Read whoever is due, batch by batch, for ten minutes at most. Return how many calendars were read well.

    A directory that is not set up any more is forgotten, with all that it said.
    """
    began, read = now_of(), 0
    for kind in KINDS:
        directory = directory_of(kind)
        if directory is None:
            CalendarSource.objects.filter(kind=kind).delete()
            continue
        enroll(kind, now=began)
        while now_of() - began < LONGEST:
            claimed = _claimed(kind, directory.most_at_once)
            if not claimed:
                break
            try:
                read += _read(directory, claimed, now_of())
            except SlowDownError as asked:
                _put_off(kind, claimed, asked.seconds)
                break
    return read


def enroll(kind: str, *, now: datetime) -> None:
    """Have a row for each member of the staff who works here, and none for anyone else."""
    here = Staff.objects.get_queryset().filter(is_active=True, person__gone_at=None)
    rows = CalendarSource.objects.filter(kind=kind)
    rows.exclude(person__staff__in=here).delete()
    missing = here.exclude(pk__in=rows.values("person")).values_list("pk", flat=True)
    new = (CalendarSource(person_id=pk, kind=kind, due_at=now, created_at=now) for pk in missing)
    CalendarSource.objects.bulk_create(new, ignore_conflicts=True)


def _claimed(kind: str, most: int) -> list[CalendarSource]:
    free = Q(tried_at=None) | Q(tried_at__lt=Now() - EARLY)
    due = CalendarSource.objects.filter(free, kind=kind, due_at__lte=Now() + EARLY)
    oldest_first = due.order_by(F("good_at").asc(nulls_first=True), "pk")
    found = (calendar_source.claim(pk) for pk in oldest_first.values_list("pk", flat=True)[:most])
    return [source for source in found if source is not None]


def _read(directory: Directory, claimed: Sequence[CalendarSource], now: datetime) -> int:
    bounds = (now - calendar_source.BEHIND, now + calendar_source.AHEAD)
    window = Span(*(minute_of(each.replace(second=0, microsecond=0)) for each in bounds))
    addresses = {source.pk: address_of(source.person) for source in claimed}
    try:
        found = directory.busy_times(sorted(set(addresses.values())), window, now)
    except SlowDownError:
        raise
    except UnreadableError as error:
        for source in claimed:
            calendar_source.fail(source, error.trouble, now)
        return 0
    meetings = meetings_of([source.person_id for source in claimed], window)
    read = 0
    for source in claimed:
        answer = found[addresses[source.pk]]
        if isinstance(answer, Trouble):
            calendar_source.fail(source, answer, now)
        else:
            kept = without_meetings(answer, meetings.get(source.person_id, []))
            read += calendar_source.keep(source, kept, window, now)
    return read


def _put_off(kind: str, claimed: Sequence[CalendarSource], seconds: int) -> None:
    """Leave the whole directory alone for so long. Nobody's calendar is at fault: what is kept of it grows older."""
    wait = Now() + timedelta(seconds=seconds) + EARLY
    rows = CalendarSource.objects.filter(kind=kind, due_at__lt=wait)
    rows.update(due_at=wait)
    CalendarSource.objects.filter(pk__in=[source.pk for source in claimed]).update(tried_at=None)
