"""The database goes away while people book on the site and through the action, and the worker sends."""

import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from datetime import time as clock
from http import HTTPStatus
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from bench.breaking import world
from bench.breaking.outcome import twice, wait_until
from bench.breaking.visitor import Form, Visitor
from meetings.actions import outbox
from meetings.actions.book import AlreadyBooked, book
from meetings.models import Busy, Meeting, Message, MessageState
from students.models import MeetingKind
from tests import cast as people

ZONE = ZoneInfo("America/New_York")
HOURS = (8, 9, 10, 11, 12, 13)
CLEAR = "The database does not answer just now. Nothing is lost and nothing was saved half-way."
RECOVERS = 90


def restarted(outcome, *, small):
    """PostgreSQL is restarted, politely and at once (immediate), while people book and mail goes out."""
    server = world.scratch()

    def restart():
        for how in ("fast", "immediate") if small else ("fast", "immediate") * 3:
            server.restart(how)
            time.sleep(2)

    broken(outcome, "PostgreSQL restarted, fast and immediate, {seconds:.0f} s in all", restart, small=small)


def stopped(outcome, *, small):
    """PostgreSQL is down for 60 seconds: a clear page meanwhile, no half data, and all recovers alone."""
    server = world.scratch()

    def stop():
        server.stop()
        time.sleep(4 if small else 60)
        server.start()

    broken(outcome, "PostgreSQL down for {seconds:.0f} s", stop, small=small)


def killed(outcome, *, small):
    """Every process of PostgreSQL is killed with SIGKILL in the middle of bookings."""
    server, times = world.scratch(), 1 if small else 5

    def kill():
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
    fault()
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


class Clerk:
    """One who books a meeting for each of their students, one after the other, through the action itself."""

    kind = "action"

    def __init__(self, cast, number, meetings):
        self.cast, self.number = cast, number
        self.manager = people.staff(f"Manager {number}", cast.school)
        self.students = {}
        for n in range(meetings):
            student = people.student(f"Student {number} {n}", cast.school, self.manager)
            people.guardian(f"Parent {number} {n}", student)
            self.students[student.pk] = (student, self.slot(n))
        self.booked, self.answers, self.wrong = set(), Counter(), []
        self.stop = threading.Event()

    def slot(self, n):
        """Return an hour of a school day from three weeks ahead on, so that no two of one clerk meet."""
        day = timezone.now().astimezone(ZONE).date() + timedelta(days=21)
        day += timedelta(days=-day.weekday() % 7)
        week, rest = divmod(n, 5 * len(HOURS))
        day += timedelta(weeks=week, days=rest // len(HOURS))
        return datetime.combine(day, clock(HOURS[rest % len(HOURS)]), ZONE)

    def book_first(self):
        self.attempt(next(iter(self.students)))

    def run(self):
        """Book until told to stop, going over those again that were not booked."""
        while not self.stop.is_set():
            for pk in [pk for pk in self.students if pk not in self.booked]:
                self.attempt(pk)
                if self.stop.wait(0.02):
                    break
            if len(self.booked) == len(self.students):
                break
        connections.close_all()

    def finish(self):
        """Book what is left, as people do once the page works again."""
        for pk in [pk for pk in self.students if pk not in self.booked]:
            self.attempt(pk)
        if len(self.booked) < len(self.students):
            self.wrong.append("not everything could be booked in the end")

    def attempt(self, pk):
        student, start = self.students[pk]
        plan = world.one_seat_plan(student, self.manager, start=start, minutes=30)
        try:
            book(student, plan, by=self.manager, now=timezone.now())
            self.note(pk, "booked")
        except AlreadyBooked:
            self.note(pk, "booked already")
        except (OperationalError, InterfaceError):
            self.answers["database down"] += 1
            connections.close_all()
        except DatabaseError as error:
            self.wrong.append(f"{type(error).__name__}: {error}"[:200])

    def note(self, pk, answer):
        self.answers[answer] += 1
        self.booked.add(pk)

    def missing(self):
        return [pk for pk in self.booked if Meeting.objects.booked().filter(student=pk).count() != 1]

    def shape_of(self, pk):
        """What hangs on the meeting of a student; None without one meeting."""
        rows = list(Meeting.objects.filter(student=pk))
        if len(rows) != 1:
            return None
        kinds = tuple(sorted(rows[0].messages.values_list("kind", flat=True)))
        asked = rows[0].seats.exclude(asked_at=None).count()
        return (rows[0].seats.count(), asked, Busy.objects.filter(meeting=rows[0]).count(), kinds, rows[0].changes.count())


class WebClerk(Clerk):
    """The same over HTTP: the page, its form as it comes, the button."""

    kind = "site"

    def __init__(self, cast, number, meetings):
        super().__init__(cast, number, meetings)
        self.visitor = Visitor(self.manager)

    def attempt(self, pk):
        student, start = self.students[pk]
        at = f"{start.astimezone(ZoneInfo('UTC')):%Y-%m-%dT%H:%MZ}"
        query = urlencode({"kind": MeetingKind.PARENT_REQUESTED, "minutes": 30, "at": at})
        address = reverse("meetings:book", args=[student.pk]) + f"?{query}"
        status, page, leads_to = self.visitor.get(address)
        if status == HTTPStatus.OK:
            fields = Form(page).fields
            # Each clerk is at their own meetings alone: nobody else is asked to sit in eight of them.
            fields |= {name: "" for name in fields if name.startswith("seat-") or name == "room"}
            status, page, leads_to = self.visitor.post(address, fields)
        self.judge(pk, status, page, leads_to)

    def judge(self, pk, status, page, leads_to):
        if status == HTTPStatus.FOUND and leads_to.startswith("/meetings/"):
            self.note(pk, "booked")
        elif status == HTTPStatus.SERVICE_UNAVAILABLE and CLEAR in page:
            self.answers["503 with a clear page"] += 1
        else:
            self.wrong.append(f"{status} {leads_to} {page[:120]!r}")


def disk_full(outcome, *, small):
    """The database's disk fills up: a clear page, no half data, and all recovers once there is room."""
    raise NotImplementedError
