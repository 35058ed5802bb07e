"""Yesterday's copy of the database is put back, and does not know of the mail that went out since."""

import os
import tempfile
import time
from pathlib import Path

from django.db import connection, connections
from django.utils import timezone

from bench.breaking import world
from bench.breaking.outcome import twice, wait_until
from bench.breaking.senders import kill, sender
from meetings.actions import outbox, pause
from meetings.actions.book import book
from meetings.models import Message, MessageState, Outbox, PauseReason

WATCHED = 5


def copy_put_back(outcome, *, small):
    """A pg_dump of yesterday is put back in place while senders run: nothing goes out until a person says go."""
    number, cast = 10 if small else 200, world.cast()
    meeting = book(cast.student, world.plan(cast.student, cast.teacher), by=cast.case_manager, now=timezone.now())
    outbox_knows_this_database()
    world.guests(meeting, number, "before")
    with world.Sink(0, 2) as sink, tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "yesterday.sql"
        world.scratch().run("pg_dump", "-f", str(copy), os.environ["CHAOS_DATABASE"])
        outbox.drain(timezone.now, limit=1_000, seconds=60)
        first = len(sink.ids())
        put_back_under_senders(copy)
        again = len(sink.ids()) - first
        held_back = Message.objects.filter(state=MessageState.QUEUED).count()
        reason, withdrawn = say_go(cast.director)
        new = book(*another(cast), by=cast.case_manager, now=timezone.now())
        wait_until(lambda: outbox.drain(timezone.now, limit=1_000, seconds=60) == 0, 10)
        got = sink.ids()
    wanted = set(Message.objects.filter(meeting=new).values_list("message_id", flat=True))
    outcome.done = f"{first} mails sent after the copy, the copy put back under two running senders for {WATCHED} s"
    outcome.promised = "nothing goes out until a person says go, and then nothing twice"
    outcome.seen = {
        "sent by themselves": again, "held back": held_back, "paused because": reason,
        "withdrawn by the person": withdrawn, "sent twice": twice(got),
    }  # fmt: skip
    outcome.expect(again == 0, f"{again} went out again")
    outcome.expect(reason == PauseReason.RESTORED, "the restore was not noticed")
    outcome.expect(withdrawn == held_back == first, "not what had waited was withdrawn")
    outcome.expect(wanted <= set(got) and twice(got) == 0, "what came after go went not out once")


def put_back_under_senders(copy):
    connections.close_all()
    senders = [sender() for _ in range(2)]
    try:
        put_back(copy)
        time.sleep(WATCHED)
    finally:
        for pid in senders:
            kill(pid)


def say_go(by):
    """Withdraw what waited in the copy and let mail go out; return why it was paused and how many were withdrawn."""
    row = Outbox.objects.get()
    done = pause.resume(by=by, how=pause.Resume.WITHDRAW_OLDER, paused_at=row.paused_at, now=timezone.now())
    return row.pause_reason, done.withdrawn if done else 0


def outbox_knows_this_database():
    """As on any site that has sent once: with no server to reach nothing is sent."""
    outbox.drain(timezone.now, limit=1, seconds=1)


def put_back(copy):
    """Put the copy in the place of the database in one transaction, so that nobody ever meets half of it."""
    name, server = os.environ["CHAOS_DATABASE"], world.scratch()
    connection.close()
    server.run("dropdb", "--force", name)
    server.run("createdb", name)
    server.run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-1", "-f", str(copy), name)


def another(cast):
    student = world.people.student("Pippa Thimble", cast.school, cast.case_manager)
    return student, world.plan(student, world.teacher(cast, 1), days=60)
