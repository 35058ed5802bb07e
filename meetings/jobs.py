"""What the worker runs: ids in, one call out. Every job is safe to run twice."""

from django.db import transaction
from django.utils import timezone

from meetings import mail
from meetings.actions import calendar_source, outbox, read_upload, remind, swap, watch
from meetings.actions import read_directories as read_directories_action
from meetings.queue import declare, enqueue
from students.models import Staff

BATCH = 200
# Well under the queue's own limit of 30 s: a mail that hangs needs ten.
SECONDS = 12

# Every so many minutes. Local hours are asked of each school's own clock, hence the digest each hour.
SCHEDULES = {
    "send_outbox": 1,
    "expire_swaps": 1,
    "read_calendars": 1,
    "read_directories": 10,
    "plan_reminders": 10,
    "write_digests": 60,
    "review_all": 60,
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


def expire_swaps() -> int:
    """End the asks to take over a seat whose time is over."""
    return swap.expire(now=timezone.now())


def write_digests() -> int:
    """Write the weekly digests where it is Monday morning."""
    return remind.digests(timezone.now())


@transaction.atomic
def write_password_reset(address: str) -> None:
    """Write to whoever signs in with this address. Nobody does: nothing, and the page that asked cannot tell."""
    staff = Staff.objects.get_queryset().filter(login__iexact=address, is_active=True).first()
    if staff is not None and mail.password_reset(staff, now=timezone.now()):
        enqueue("send_outbox")


def read_roster(pk: int) -> bool:
    """Check or import a roster that was uploaded."""
    return read_upload.read_upload(pk, now_of=timezone.now)


def review_meeting(pk: int, by: int = 0, is_new: int = 0) -> int:
    """Look whether a booked meeting has everyone that it must have."""
    return watch.review(pk, by=by, is_new=bool(is_new), now=timezone.now())


def review_meetings_of(pk: int, by: int = 0) -> int:
    """Have the coming meetings of one person looked at."""
    return watch.ask_for_reviews(pk, by=by, now=timezone.now())


def review_all(after: int = 0) -> int:
    """Look at the next coming meetings, and ask for another run where there are more: the net under all of it."""
    last = watch.review_batch(after, now=timezone.now())
    if last:
        enqueue("review_all", after=last)
    return last


def read_calendars() -> int:
    """Have the calendars read that are due."""
    return calendar_source.read_due()


def read_calendar(pk: int) -> bool:
    """Read one person's calendar."""
    return calendar_source.read(pk, timezone.now())


def read_directories() -> int:
    """Read the calendars of all staff in the district's directory, where there is one."""
    return read_directories_action.read_directories(timezone.now)


def declare_schedules() -> None:
    """Make the schedules what the table above says."""
    declare(SCHEDULES)
