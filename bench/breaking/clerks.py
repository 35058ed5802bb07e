"""People who book while something breaks, and what they were told."""

import threading
from collections import Counter
from datetime import datetime, timedelta
from datetime import time as clock
from http import HTTPStatus
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.urls import reverse
from django.utils import timezone

from bench.breaking import world
from bench.breaking.visitor import Form, Visitor
from meetings.actions.book import AlreadyBooked, book
from meetings.models import Busy, Meeting
from students.models import MeetingKind
from tests import cast as people

ZONE = ZoneInfo("America/New_York")
HOURS = (8, 9, 10, 11, 12, 13)
CLEAR = "The database does not answer just now. Nothing is lost and nothing was saved half-way."


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
        return (
            rows[0].seats.count(),
            asked,
            Busy.objects.filter(meeting=rows[0]).count(),
            kinds,
            rows[0].changes.count(),
        )


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
