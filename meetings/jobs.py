"""What the worker runs: ids in, one call out. Every job is safe to run twice."""

from django.db import transaction
from django.utils import timezone
from django_q.models import Schedule

from meetings import mail
from meetings.actions import outbox, remind
from meetings.queue import JOBS, enqueue, path_of
from students.models import Staff

BATCH = 200
# Well under the queue's own limit of 30 s: a mail that hangs needs ten.
SECONDS = 12

EVERY_MINUTE, EVERY_TEN_MINUTES = 1, 10
# Local hours are asked of each school's own clock, hence each hour.
SCHEDULES = {
    "send_outbox": (Schedule.MINUTES, EVERY_MINUTE),
    "plan_reminders": (Schedule.MINUTES, EVERY_TEN_MINUTES),
    "write_digests": (Schedule.HOURLY, None),
}


def send_outbox() -> int:
    """Send what waits. Ask for another run where there is more of it."""
    sent = outbox.drain(timezone.now, limit=BATCH, seconds=SECONDS)
    if sent and outbox.waiting().exists():
        enqueue("send_outbox")
    return sent


def plan_reminders() -> int:
    """Write the reminders and nudges that are due."""
    return remind.plan(timezone.now())


def write_digests() -> int:
    """Write the weekly digests where it is Monday morning."""
    return remind.digests(timezone.now())


@transaction.atomic
def write_password_reset(address: str) -> None:
    """Write to whoever signs in with this address. Nobody does: nothing, and the page that asked cannot tell."""
    staff = Staff.objects.get_queryset().filter(login__iexact=address, is_active=True).first()
    if staff is not None and mail.password_reset(staff, now=timezone.now()):
        enqueue("send_outbox")


@transaction.atomic
def declare_schedules() -> None:
    """Make the schedules what the table above says. Run it as often as you like."""
    for name, (kind, minutes) in SCHEDULES.items():
        wanted = {"func": path_of(name), "schedule_type": kind, "minutes": minutes, "cluster": JOBS[name]}
        Schedule.objects.update_or_create(name=name, defaults=wanted)
    Schedule.objects.filter(func__startswith=path_of("")).exclude(name__in=SCHEDULES).delete()
