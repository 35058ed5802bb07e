"""Senders that are killed while they send."""

import os
import random
import signal
import time
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from bench.breaking import world
from bench.breaking.outcome import twice
from meetings.actions import outbox
from meetings.actions.book import book
from meetings.models import Message, MessageState

SENDERS = 4
LONGEST = 400


def senders_killed(outcome, *, small):
    """Four senders, one of them killed every moment, until nothing waits."""
    number, least_kills = (80, 8) if small else (1_500, 40)
    cast = world.cast()
    meeting = book(cast.student, world.plan(cast.student, cast.teacher), by=cast.case_manager, now=timezone.now())
    world.guests(meeting, number)
    wanted = set(Message.objects.values_list("message_id", flat=True))
    with world.Sink() as sink:
        kills = kill_until_done(number / least_kills / 1.5)
        got = sink.ids()
    lost = wanted - set(got)
    outcome.done = f"{len(wanted)} messages, {SENDERS} senders, {kills} SIGKILLs at random"
    outcome.promised = "none lost; a second copy only of what was under way at a kill"
    outcome.seen = {"lost": len(lost), "sent twice": twice(got), **world.states()}
    outcome.expect(not lost, f"{len(lost)} lost")
    outcome.expect(world.states() == {MessageState.SENT: len(wanted)}, f"not all sent: {world.states()}")
    outcome.expect(len(got) - len(wanted) <= kills, "more copies than kills")
    outcome.expect(kills >= least_kills, f"only {kills} kills")


def kill_until_done(mails_per_kill):
    """Kill one of the senders whenever about so many more mails have gone out. Return how many were killed."""
    outbox.LEASE = timedelta(seconds=5)
    dice, killed, until = random.Random(os.getpid()), 0, time.monotonic() + LONGEST
    connection.close()
    senders = [sender() for _ in range(SENDERS)]
    try:
        while world.waits() and time.monotonic() < until:
            wait_for_more(dice.uniform(0.4, 1.2) * mails_per_kill, until)
            time.sleep(dice.uniform(0, 0.02))
            kill(senders.pop(dice.randrange(SENDERS)))
            killed += 1
            senders.append(sender())
    finally:
        for pid in senders:
            kill(pid)
    return killed


def sender():
    """Start one in a process of its own, which goes on for ever; return its number."""
    if pid := os.fork():
        return pid
    try:
        while True:
            send()
            time.sleep(0.02)
    finally:
        # What the parent would do at its end is not the child's to do.
        os._exit(1)


def send():
    """Send once, as the worker's job does: one that meets a database that is gone ends, and another one comes."""
    try:
        outbox.drain(timezone.now, limit=200, seconds=5)
    except (DatabaseError, InterfaceError):
        connection.close()


def kill(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def sent():
    try:
        return Message.objects.filter(state=MessageState.SENT).count()
    finally:
        connection.close()


def wait_for_more(mails, until):
    """Return once so many more mails have gone out, so that a fast machine has as many kills as a slow one."""
    before, until = sent(), min(until, time.monotonic() + 5)
    while sent() < before + mails and world.waits() and time.monotonic() < until:
        time.sleep(0.01)
