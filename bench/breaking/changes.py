"""What changes between the moment a mail is written and the moment it goes out: the meeting, or the clock."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import time_machine
from django.db import connection, connections
from django.utils import timezone

from bench.breaking import world
from bench.breaking.outcome import twice
from meetings.actions import outbox, remind
from meetings.actions.book import book
from meetings.actions.cancel import cancel
from meetings.actions.reschedule import reschedule
from meetings.models import Message, MessageKind
from tests import cast as people
from tests.booking import one_seat_plan
from tests.databaseclock import set_database_clock

CLAIM = ("UPDATE meetings_message", 'UPDATE "meetings_message"')


def moved_between_claim_and_send(outcome, *, small):
    """A meeting is moved, or cancelled, after a sender has claimed its mail and before it sends it."""
    cast, rounds = world.cast(), 6 if small else 60
    old, new = set(), set()
    with world.Sink(least=0, most=1) as sink:
        for n in range(rounds):
            meeting = booked(cast, n)
            written = set(ids_of(meeting))
            with interrupted(lambda meeting=meeting, n=n: change(cast, meeting, n)):
                outbox.drain(timezone.now, limit=50, seconds=20)
            old |= written
            new |= set(ids_of(meeting)) - written
        outbox.drain(timezone.now, limit=1_000, seconds=60)
        got = sink.ids()
    late = old & set(got)
    outcome.done = f"{rounds} meetings moved or cancelled between claim and send"
    outcome.promised = "the old mail never goes out, the new one does, once"
    outcome.seen = {
        "old ones sent": len(late),
        "new ones sent": f"{len(new & set(got))} of {len(new)}",
        "twice": twice(got),
    }
    outcome.expect(not late, f"{len(late)} mails of the old time went out")
    outcome.expect(sorted(got) == sorted(new), "not each new mail went out once")


@contextmanager
def interrupted(change):
    """Within the block, make the change on another connection once a row is claimed, before anything else is asked."""
    claimed = made = False

    def watch(execute, sql, params, many, context):
        nonlocal claimed, made
        if claimed and not made and not connection.in_atomic_block:
            made = True
            with ThreadPoolExecutor(1) as other:
                other.submit(and_close, change).result()
        done = execute(sql, params, many, context)
        claimed = claimed or (" ".join(str(sql).split()).startswith(CLAIM) and "claimed_at" in str(sql))
        return done

    with connection.execute_wrapper(watch):
        yield
    if not made:
        raise RuntimeError("nothing was claimed")


def and_close(change):
    try:
        change()
    finally:
        connections.close_all()


def booked(cast, n):
    student, teacher = people.student(f"Student {n}", cast.school, cast.case_manager), world.teacher(cast, n)
    plan = world.plan(student, teacher, hours=2 * n)
    return book(student, plan, by=cast.case_manager, now=timezone.now())


def change(cast, meeting, n):
    now = timezone.now()
    if n % 2:
        cancel(meeting, by=cast.case_manager, why="Snow", version=1, now=now)
    else:
        teacher = meeting.seats.get().holder
        plan = one_seat_plan(meeting.student, teacher, start=meeting.start_at + timedelta(days=50))
        reschedule(meeting, plan, by=cast.case_manager, why="Snow", version=1, now=now)


def ids_of(meeting):
    return Message.objects.filter(meeting=meeting).values_list("message_id", flat=True)


def clock_stepped(outcome, *, small):
    """The machine's clock steps back an hour, and ahead ten minutes, while reminders are planned and sent."""
    cast, meetings = world.cast(), 6 if small else 60
    start = timezone.now().replace(hour=15, minute=0, second=0, microsecond=0) + timedelta(days=30)
    start += timedelta(days=(2 - start.weekday()) % 7)  # A Wednesday: the school day before is a Tuesday.
    for n in range(meetings):
        student = people.student(f"Student {n}", cast.school, cast.case_manager)
        plan = one_seat_plan(student, world.teacher(cast, n), start=start + timedelta(hours=n % 6), minutes=45)
        book(student, plan, by=cast.case_manager, now=timezone.now())
    # The day before in the school's zone, from a quarter before the hour of reminders on.
    before = (start - timedelta(days=1)).replace(hour=12, minute=45)
    with world.Sink(least=0, most=1) as sink:
        early = turn(before, database=before)
        # The database's clock is right, and past the hour of reminders, whatever the machine's says.
        turns = [turn(before + step, database=before + timedelta(minutes=30 + n)) for n, step in enumerate(steps())]
        got = sink.ids()
    reminders = Message.objects.filter(kind__in=[MessageKind.MEMBER_REMINDER, MessageKind.DAY_AHEAD])
    outcome.done = f"planned and sent {len(turns) + 1} times for {meetings} meetings while the clock went {way()}"
    outcome.promised = "no reminder before its hour, none twice, none lost"
    outcome.seen = {
        "before its hour": early, "reminders": reminders.count(), "sent twice": twice(got),
        "rows claimed twice": Message.objects.filter(attempts__gt=1).count(),
    }  # fmt: skip
    outcome.expect(early == 0, "reminded too early")
    outcome.expect(reminders.exists(), "nobody was reminded")
    outcome.expect(twice(got) == 0, "a mail went out twice")
    outcome.expect(not Message.objects.filter(attempts__gt=1).exists(), "a row was claimed twice")
    outcome.expect(not Message.objects.filter(state__in=world.WAITING).exists(), "something still waits")


def steps():
    minutes = (30, 31, -30, -29, 32, 42, 33, -27, 34)
    return [timedelta(minutes=each) for each in minutes]


def way():
    return "over the hour of reminders, back an hour, ahead an hour, ahead ten minutes, back again, back an hour"


def turn(at, *, database):
    """Plan and send with the machine's clock and the database's at these times. Return how many reminders there are."""
    set_database_clock(database, beyond_transaction=True)
    with time_machine.travel(at, tick=True):
        remind.plan(timezone.now())
        outbox.drain(timezone.now, limit=1_000, seconds=60)
    return Message.objects.filter(kind=MessageKind.MEMBER_REMINDER).count()
