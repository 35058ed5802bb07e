"""What the supervisor of the worker writes: the canaries that it sends, and how it last saw its clusters.

All times are the database's, so that machines whose clocks differ agree on what is late.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from meetings import queue as queues
from meetings.models import Canary, WorkerGroup

KEPT = timedelta(hours=1)
FORGOTTEN = timedelta(days=7)
ASIDE = timedelta(days=1)


@dataclass(frozen=True)
class Seen:
    """A cluster as its supervisor sees it. `worked_ago` is in seconds, None where it did nothing yet."""

    started_at: datetime | None
    workers: int
    busy: int
    worked_ago: float | None = None
    restarts: Collection[str] = ()  # Why, for each one since the supervisor last wrote.


def put_aside(jobs: Collection[int]) -> int:
    """Try jobs that ended whoever was at them again in a day: the others are done meanwhile. Return how many."""
    return queues.put_aside(jobs, ASIDE)


def database_now() -> datetime:
    """Return the time by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        (now,) = cursor.fetchone()
    return now  # type: ignore[no-any-return]


@transaction.atomic
def send(queue: str) -> Canary:
    """Send a canary through the queue, and sweep away old ones."""
    Canary.objects.filter(queue=queue, sent_at__lt=Now() - KEPT).delete()
    canary = Canary.objects.create(queue=queue, sent_at=Now())
    queues.send_canary(queue, canary.pk)
    return canary


def note_ran(pk: int, *, on: str) -> bool:
    """Note that a worker of this machine came to the canary. Return whether it was the first."""
    return Canary.objects.filter(pk=pk, ran_at=None).update(ran_at=Now(), ran_on=on) == 1


def is_late(queue: str, *, sent_since: datetime, late: timedelta) -> bool:
    """Return whether a canary sent since then has waited for longer than `late`."""
    sent = Canary.objects.filter(queue=queue, ran_at=None, sent_at__gte=sent_since)
    return sent.filter(sent_at__lt=Now() - late).exists()


@transaction.atomic
def note_group(host: str, queue: str, seen: Seen) -> None:
    """Write how the supervisor on this machine sees its cluster of this queue."""
    WorkerGroup.objects.bulk_create([WorkerGroup(host=host, queue=queue, seen_at=Now())], ignore_conflicts=True)
    row = WorkerGroup.objects.filter(host=host, queue=queue)
    row.update(seen_at=Now(), started_at=seen.started_at, workers=seen.workers, busy=seen.busy)
    if seen.worked_ago is not None:
        row.update(worked_at=Now() - timedelta(seconds=seen.worked_ago))
    if seen.restarts:
        why = list(seen.restarts)[-1][:120]
        row.update(restarts=F("restarts") + len(seen.restarts), last_restart_at=Now(), last_restart_why=why)


def forget_machines() -> int:
    """Sweep away the machines that have not been seen for a week."""
    return WorkerGroup.objects.filter(seen_at__lt=Now() - FORGOTTEN).delete()[0]


def give_back(queue: str, left_over: Collection[int], *, host: str, seen_within: timedelta) -> int:
    """Let the jobs be done that a cluster of this machine had taken, now that it is gone. Return how many.

    Where another machine works on the queue too, what it has taken cannot be told from what the gone one had fetched
    ahead. Then only the jobs are given back that the gone one was at, and the others wait for the end of their locks.
    """
    others = WorkerGroup.objects.filter(queue=queue, started_at__isnull=False, seen_at__gt=Now() - seen_within)
    return queues.give_back(queue, left_over if others.exclude(host=host).exists() else None)
