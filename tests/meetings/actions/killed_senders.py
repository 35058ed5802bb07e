"""Run senders and kill them at random, or ask them to stop, until nothing waits; print how many. It forks."""

import os
import random
import signal
import sys
import time
from datetime import timedelta

import django

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from meetings.actions import outbox  # noqa: E402
from meetings.models import Message, MessageState  # noqa: E402

SENDERS = 3
SIGNAL = signal.Signals[sys.argv[2]] if len(sys.argv) > 2 else signal.SIGKILL
if SIGNAL is signal.SIGKILL:
    outbox.LEASE = timedelta(seconds=1)


def sender():
    pid = os.fork()
    if pid == 0:
        while True:
            outbox.drain(timezone.now, limit=50, seconds=5)
            time.sleep(0.02)
    return pid


def kill(pid):
    os.kill(pid, SIGNAL)
    os.waitpid(pid, 0)


def is_done():
    done = not Message.objects.filter(state__in=[MessageState.QUEUED, MessageState.SENDING]).exists()
    connection.close()
    return done


def sent():
    count = Message.objects.filter(state=MessageState.SENT).count()
    connection.close()
    return count


def wait_for_one_more(until):
    """Return once a mail has gone out, so that a fast machine has as many kills as a slow one; or after a second."""
    before, until = sent(), min(until, time.monotonic() + 1)
    while sent() == before and time.monotonic() < until:
        time.sleep(0.002)


def main(seed, until):
    dice, killed = random.Random(seed), 0
    senders = [sender() for _ in range(SENDERS)]
    try:
        while not is_done() and time.monotonic() < until:
            wait_for_one_more(until)
            time.sleep(dice.uniform(0, 0.02))
            kill(senders.pop(dice.randrange(SENDERS)))
            killed += 1
            senders.append(sender())
    finally:
        for pid in senders:
            kill(pid)
    sys.stdout.write(str(killed))


main(int(sys.argv[1]), time.monotonic() + 240)
