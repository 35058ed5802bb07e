"""The database goes away while people book on the site and through the action, and the worker sends."""

import threading
import time
from collections import Counter
from datetime import timedelta
from http import HTTPStatus

from django.db import connections
from django.db.models.functions import Now

from bench.breaking import world
from bench.breaking.clerks import Clerk, WebClerk
from bench.breaking.outcome import twice, wait_until
from meetings.actions import outbox
from meetings.models import Meeting, Message, MessageState

RECOVERS = 90


def restarted(outcome, *, small):
    """PostgreSQL is restarted, politely and at once (immediate), while people book and mail goes out."""
    server = world.scratch()

    def restart(_):
        for how in ("fast", "immediate") if small else ("fast", "immediate") * 3:
            server.restart(how)
            time.sleep(2)

    broken(outcome, "PostgreSQL restarted, fast and immediate, {seconds:.0f} s in all", restart, small=small)


def stopped(outcome, *, small):
    """PostgreSQL is down for 60 seconds: a clear page meanwhile, no half data, and all recovers alone."""
    server = world.scratch()

    def stop(_):
        server.stop()
        time.sleep(4 if small else 60)
        server.start()

    broken(outcome, "PostgreSQL down for {seconds:.0f} s", stop, small=small)


def killed(outcome, *, small):
    """Every process of PostgreSQL is killed with SIGKILL in the middle of bookings."""
    server, times = world.scratch(), 1 if small else 5

    def kill(_):
        for _ in range(times):
            server.kill()
            server.start()
            time.sleep(2)

    broken(outcome, f"kill -9 of every process of PostgreSQL, {times} times", kill, small=small)


def broken(outcome, done, fault, *, small):
    """Have four book through the action and four on the site, break the database meanwhile, look at what is left."""
    cast, each = world.cast(), 6 if small else 40
    with world.Sink() as sink, world.program("start") as site:
        if not wait_until(lambda: "is ready" in "".join(site.said), 90):
            raise RuntimeError("".join(site.said))
        clerks = [*(Clerk(cast, n, each) for n in range(4)), *(WebClerk(cast, n, each) for n in range(4, 8))]
        for clerk in clerks:
            clerk.book_first()
        seconds = while_they_book(clerks, fault)
        recovery = seconds_until_whole(clerks[4])
        connections.close_all()
        for clerk in clerks:
            clerk.finish()
        is_sent = wait_until(lambda: not world.waits(), 5) or let_leases_end()
        is_sent = is_sent and wait_until(lambda: not world.waits(), RECOVERS)
        got = sink.ids()
        is_up = site.process.poll() is None
    outcome.done = done.format(seconds=seconds) + f", while 8 book {8 * each} meetings, 4 of them on the site"
    outcome.promised = "a meeting and its notices are both there or both not; a clear page; everything recovers alone"
    report(outcome, clerks, got)
    outcome.seen["site whole again after"] = f"{recovery:.1f} s"
    outcome.expect(is_up, "the site or the worker ended: " + "".join(site.said)[-300:])
    outcome.expect(is_sent, f"not all was sent: {world.states()}")
    outcome.expect(recovery < RECOVERS, "the site did not recover")


def while_they_book(clerks, fault):
    threads = [threading.Thread(target=clerk.run) for clerk in clerks]
    for thread in threads:
        thread.start()
    wait_until(lambda: all(clerk.answers for clerk in clerks), 60)
    began = time.monotonic()
    fault(clerks)
    seconds = time.monotonic() - began
    for clerk in clerks:
        clerk.stop.set()
    for thread in threads:
        thread.join(60)
    return seconds


def seconds_until_whole(clerk):
    """Return how long after the fault a page that asks the database everything answers."""
    began = time.monotonic()
    wait_until(lambda: clerk.visitor.get("/healthz")[0] == clerk.visitor.get("/")[0] == HTTPStatus.OK, RECOVERS)
    return time.monotonic() - began


def let_leases_end():
    """What a sender had claimed when the database went is sent after ten minutes: let them be over."""
    rows = Message.objects.filter(state=MessageState.SENDING)
    return rows.update(claimed_at=Now() - outbox.LEASE - timedelta(seconds=1)) >= 0


def report(outcome, clerks, got):
    answers = sum((clerk.answers for clerk in clerks), Counter())
    shapes = {kind: Counter(clerk.shape_of(pk) for clerk in clerks if clerk.kind == kind for pk in clerk.students)
              for kind in ("action", "site")}  # fmt: skip
    wanted = set(Message.objects.exclude(state=MessageState.WITHDRAWN).values_list("message_id", flat=True))
    outcome.seen = {
        "answers": ", ".join(f"{count} {answer}" for answer, count in sorted(answers.items())),
        "meetings": Meeting.objects.count(), "whole": sum(sum(each.values()) for each in shapes.values()),
        "mails": len(wanted), "lost": len(wanted - set(got)), "sent twice": twice(got),
    }  # fmt: skip
    for kind, counted in shapes.items():
        outcome.expect(len(counted) == 1 and None not in counted, f"meetings booked by {kind} differ: {dict(counted)}")
    outcome.expect(not wanted - set(got), f"{len(wanted - set(got))} mails lost")
    for clerk in clerks:
        outcome.expect(not clerk.wrong, f"{clerk.kind}: {clerk.wrong[:2]}")
    outcome.expect(not any(clerk.missing() for clerk in clerks), "a meeting that was said to be booked is not there")
