"""The only door to django-q2: which jobs there are, which cluster runs each, and how to ask for one.

Its broker is our own database, so a job asked for inside a transaction rolls back with it.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now
from django_q.models import OrmQ, Schedule
from django_q.signing import SignedPackage
from django_q.tasks import async_task

QUICK = "quick"
LONG = "long"
QUEUES = (QUICK, LONG)
MOST_COUNTED = 100
LONGEST_LOCK = timedelta(hours=1)

# Actions ask by name, so that jobs imports actions and never the reverse.
JOBS = {
    "send_outbox": QUICK,
    "plan_reminders": QUICK,
    "write_digests": QUICK,
    "expire_swaps": QUICK,
    "write_password_reset": QUICK,
    "review_meeting": QUICK,
    "review_meetings_of": QUICK,
    "read_replies": LONG,
    "look_at_clock_rules": LONG,
    "read_roster": LONG,
    "review_all": LONG,
    "read_calendar": LONG,
    "read_calendars": LONG,
    "read_directories": LONG,
}


def enqueue(name: str, **ids: int | str) -> None:
    """Ask the worker to run `meetings.jobs.<name>(**ids)` once. Raises KeyError for a job that is not declared."""
    async_task(path_of(name), cluster=JOBS[name], **ids)  # type: ignore[no-untyped-call]


def send_canary(queue: str, pk: int) -> None:
    """Ask whichever worker of this queue comes to it first to say that it did."""
    async_task(path_of("canary"), pk=pk, cluster=queue)  # type: ignore[no-untyped-call]


def waiting(queue: str) -> tuple[int, datetime | None]:
    """Return how many jobs of the queue nobody has taken, and when the oldest of them was asked for."""
    rows = OrmQ.objects.filter(key=queue, lock__lte=Now()).order_by("pk")
    oldest = rows.first()
    # The lock of a job that was given back says nothing of its age; the job itself does.
    return rows.count(), oldest.task.get("started") if oldest is not None else None


def give_back(queue: str, only: Collection[int] | None = None) -> int:
    """Let jobs that were taken be taken again at once; return how many: all of the queue, or these alone.

    A cluster takes jobs ahead and locks each for longer than it may run. What a cluster that is gone had taken would
    wait for the end of that lock. Whoever is still at one will have done it twice, which every job bears.
    """
    # Those that were put aside stay there.
    rows = OrmQ.objects.filter(key=queue, lock__gt=Now(), lock__lt=Now() + LONGEST_LOCK)
    if only is not None:
        rows = rows.filter(pk__in=only)
    # Well in the past: the workers compare it with the clocks of their own machines.
    return rows.update(lock=Now() - timedelta(days=1))


def put_aside(jobs: Collection[int], length: timedelta) -> int:
    """Let nobody take these jobs for so long. Return how many of them there are."""
    return OrmQ.objects.filter(pk__in=jobs).update(lock=Now() + length)


def count(name: str) -> int:
    """Return how many runs of a job wait or are under way, among the first hundred jobs of its queue."""
    rows = OrmQ.objects.filter(key=JOBS[name]).order_by("pk").values_list("payload", flat=True)[:MOST_COUNTED]
    tasks: list[dict[str, str]] = [SignedPackage.loads(payload) for payload in rows]
    return sum(task["func"] == path_of(name) for task in tasks)


def path_of(name: str) -> str:
    """Return the dotted path of a job's function."""
    return f"meetings.jobs.{name}"


@transaction.atomic
def declare(minutes_of: Mapping[str, int]) -> None:
    """Have each of these jobs run every so many minutes, and no other job of ours. Run it as often as you like."""
    for name, minutes in minutes_of.items():
        wanted = {"func": path_of(name), "schedule_type": Schedule.MINUTES, "minutes": minutes, "cluster": JOBS[name]}
        Schedule.objects.update_or_create(name=name, defaults=wanted)
    Schedule.objects.filter(func__startswith=path_of("")).exclude(name__in=minutes_of).delete()
