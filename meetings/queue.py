"""The only door to django-q2: which jobs there are, which cluster runs each, and how to ask for one.

Its broker is our own database, so a job asked for inside a transaction rolls back with it.
"""

from collections.abc import Mapping

from django.db import transaction
from django_q.models import Schedule
from django_q.tasks import async_task

QUICK = "quick"
LONG = "long"

# Actions ask by name, so that jobs imports actions and never the reverse.
JOBS = {
    "send_outbox": QUICK,
    "plan_reminders": QUICK,
    "write_digests": QUICK,
    "expire_swaps": QUICK,
    "write_password_reset": QUICK,
    "review_meeting": QUICK,
    "review_meetings_of": QUICK,
    "read_roster": LONG,
    "review_all": LONG,
    "read_calendar": LONG,
    "read_calendars": LONG,
    "read_directories": LONG,
}


def enqueue(name: str, **ids: int | str) -> None:
    """Ask the worker to run `meetings.jobs.<name>(**ids)` once. Raises KeyError for a job that is not declared."""
    async_task(path_of(name), cluster=JOBS[name], **ids)  # type: ignore[no-untyped-call]


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
