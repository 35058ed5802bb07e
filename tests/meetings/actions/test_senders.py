"""Senders in threads and processes of their own: at once, killed, and asked to stop (faults 15, 16 and 22)."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from meetings import mail
from meetings.actions import outbox
from meetings.models import Message, MessageState, Seat
from students.models import Role
from tests.cast import cast, person
from tests.effort import tries
from tests.meetings.booked import NOW, book, now_of, seat_of

pytestmark = pytest.mark.django_db(transaction=True)

QUEUED, SENDING, SENT = MessageState.QUEUED, MessageState.SENDING, MessageState.SENT


@pytest.fixture
def c():
    return cast()


def drain():
    return outbox.drain(now_of, limit=50, seconds=20)


def invite(c):
    return mail.invite(seat_of(book(c), c.teacher), now=NOW)


def guests(meeting, number):
    people = [person("outside", f"Guest {n}", email=f"guest{n}@outside.example") for n in range(number)]
    return [mail.invite(Seat.objects.create(meeting=meeting, role=Role.OTHER, holder=who), now=NOW) for who in people]


def row_of(message):
    return Message.objects.get(pk=message.pk)


def test_two_senders_at_once_send_nothing_twice(c, mail_server):
    rows = guests(book(c), 30)
    start = threading.Barrier(4)

    def send():
        start.wait()
        try:
            return drain()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda _: send(), range(4)))

    assert sum(sent) == 30
    assert sorted(got["Message-ID"] for got in mail_server.messages) == sorted(row.message_id for row in rows)
    assert set(Message.objects.values_list("state", "attempts")) == {(SENT, 1)}


SENDER = """
import django; django.setup()
from datetime import datetime, UTC
from meetings.actions import outbox, reasons
print("sent", outbox.drain(lambda: datetime(2026, 11, 23, 15, tzinfo=UTC), limit=50, seconds=60), flush=True)
"""


@pytest.fixture
def sender(worker_environment):
    """Starts a sender in a process of its own."""
    started = []

    def start():
        environment = worker_environment | {"DJANGO_SETTINGS_MODULE": "iep_scheduler.settings"}
        process = subprocess.Popen(
            [sys.executable, "-c", SENDER], env=environment, cwd=configured.BASE_DIR, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def holding(mail_server):
    """A mail server that holds the first mail back: `reached` is set when it came, and it waits for `go`."""
    reached, go, handle = threading.Event(), threading.Event(), mail_server.handle_DATA

    async def hold(server, session, envelope):
        reached.set()
        await server.loop.run_in_executor(None, go.wait, 30)
        return await handle(server, session, envelope)

    mail_server.handle_DATA = hold
    yield reached, go
    go.set()


def test_the_row_of_a_killed_sender_is_sent_after_its_lease(c, mail_server, holding, sender):
    reached, go = holding
    message = invite(c)
    process = sender()
    assert reached.wait(30)

    os.kill(process.pid, signal.SIGKILL)
    process.wait(30)
    go.set()

    assert (row_of(message).state, row_of(message).attempts) == (SENDING, 1)
    assert drain() == 0
    Message.objects.update(claimed_at=Now() - outbox.LEASE - timedelta(seconds=1))
    assert drain() == 1
    assert (row_of(message).state, row_of(message).attempts) == (SENT, 2)


def test_senders_killed_at_random_lose_nothing(c, mail_server, worker_environment, record_property):
    start_at = (timezone.now() + timedelta(days=10)).replace(second=0, microsecond=0)
    rows = guests(book(c, start_at), tries(60, 300))
    Message.objects.update(expires_at=None)
    environment = worker_environment | {"DJANGO_SETTINGS_MODULE": "iep_scheduler.settings"}
    command = [sys.executable, "-m", "tests.meetings.actions.killed_senders", "2026"]

    run = subprocess.run(
        command, env=environment, cwd=configured.BASE_DIR, capture_output=True, text=True, timeout=300, check=True
    )

    arrived = [got["Message-ID"] for got in mail_server.messages]
    record_property("killed", int(run.stdout))
    record_property("sent twice", len(arrived) - len(set(arrived)))
    assert int(run.stdout) >= tries(3, 20)
    assert set(arrived) == {row.message_id for row in rows}
    assert set(Message.objects.values_list("state", flat=True)) == {SENT}


def test_senders_told_to_stop_at_random_lose_nothing_and_send_nothing_twice(c, mail_server, worker_environment):
    start_at = (timezone.now() + timedelta(days=10)).replace(second=0, microsecond=0)
    rows = guests(book(c, start_at), tries(40, 300))
    Message.objects.update(expires_at=None)
    environment = worker_environment | {"DJANGO_SETTINGS_MODULE": "iep_scheduler.settings"}
    command = [sys.executable, "-m", "tests.meetings.actions.killed_senders", "2026", "SIGTERM"]

    run = subprocess.run(
        command, env=environment, cwd=configured.BASE_DIR, capture_output=True, text=True, timeout=300, check=True
    )

    assert int(run.stdout) >= tries(3, 20)
    assert sorted(got["Message-ID"] for got in mail_server.messages) == sorted(row.message_id for row in rows)
    assert set(Message.objects.values_list("state", "attempts")) == {(SENT, 1)}


def test_a_sender_told_to_stop_finishes_its_mail_and_takes_no_other(c, mail_server, holding, sender):
    reached, go = holding
    rows = guests(book(c), 3)
    process = sender()
    assert reached.wait(30)

    process.terminate()
    go.set()
    process.wait(30)

    assert process.returncode == -signal.SIGTERM
    assert sorted(row_of(row).state for row in rows) == [QUEUED, QUEUED, SENT]
    assert len(mail_server.messages) == 1
