"""What scenarios share: the cast, mail that waits, a mail server, and our own processes."""

import os
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from bench.breaking.scratch import PROJECT, Scratch
from meetings import mail
from meetings.models import Message, MessageState, Seat
from students.models import Role, Term
from tests import cast as people
from tests.booking import one_seat_plan

WAITING = (MessageState.QUEUED, MessageState.SENDING)
DAY = timedelta(days=1)


def scratch():
    """Return the server of this scenario, as it was made by whoever started it."""
    return Scratch(os.environ["CHAOS_SERVER"])


def cast():
    """The cast of the tests, in a school year around today."""
    made, today = people.cast(), timezone.now().date()
    Term.objects.update(start_on=today - 90 * DAY, end_on=today + 300 * DAY)
    return made


def teacher(made, n):
    """Return one more teacher: nobody gets more mail in a day than anybody should."""
    return people.staff(f"Teacher {n}", made.school)


def plan(student, holder, *, days=20, hours=0):
    start = (timezone.now() + days * DAY + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
    return one_seat_plan(student, holder, start=start)


def guests(meeting, number, name="guest"):
    """Write an invite to each of that many guests of a meeting; return what was written."""
    written = []
    for n in range(number):
        guest = people.person("outside", f"Guest {n}", email=f"{name}{n}@outside.example")
        written.append(
            mail.invite(Seat.objects.create(meeting=meeting, role=Role.OTHER, holder=guest), now=timezone.now())
        )
    return written


def waits():
    """Return whether a message waits or is under way; on a connection that no fork shares."""
    try:
        return Message.objects.filter(state__in=WAITING).exists()
    finally:
        connection.close()


def states():
    counts = {}
    for state in Message.objects.values_list("state", flat=True):
        counts[state] = counts.get(state, 0) + 1
    return counts


class Sink:
    """The mail server in its own process, and the Message-IDs that it took."""

    def __init__(self, least=5, most=26, fault=""):
        self.how = [str(least), str(most), fault]
        self.file = Path(tempfile.mkdtemp(prefix="iep-sink-")) / "taken"
        self.file.touch()

    def __enter__(self):
        command = [sys.executable, "bench/breaking/sink.py", str(settings.EMAIL_PORT), str(self.file), *self.how]
        self.process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)  # noqa: S603
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()
        self.file.unlink()
        self.file.parent.rmdir()

    def ids(self):
        return [line.split(" ", 1)[0] for line in self.file.read_text().splitlines()]


class Program:
    """`manage.py` in a session of its own, and what it said."""

    def __init__(self, *words, **environment):
        self.said = []
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "manage.py", *words], cwd=PROJECT, env=os.environ | environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        self.said.extend(self.process.stdout)

    def end(self, seconds=60):
        """Ask it to stop as systemd does; return its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        finally:
            self.process.kill()
            self.process.wait()
            self.reader.join(10)


@contextmanager
def program(*words, **environment):
    running = Program(*words, **environment)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.end()
