from datetime import date

import pytest
import time_machine
from django.urls import reverse

from meetings import mail
from meetings.models import Message, MessageKind, Seat
from students.models import DueDate, MeetingKind, Role
from tests.cast import cast, student
from tests.meetings.booked import NOW, book

pytestmark = pytest.mark.django_db


@pytest.fixture
def c():
    return cast()


def test_nudge_names_the_due_date_and_the_last_school_day(c):
    row = mail.due_nudge(c.due, 14, last_on=date(2026, 12, 10), now=NOW)

    assert (row.kind, row.about, row.recipient, row.subject) == (
        MessageKind.DUE_NUDGE,
        f"due:{c.due.pk}:2026-12-11:nudge-14d",
        c.case_manager.person,
        "Meeting not booked yet: last day Thursday, December 10",
    )
    assert row.text.startswith("Annual review for Maya is not booked yet.\n\nDue date: Friday, December 11\n")
    assert "Last school day on which it can be held: Thursday, December 10" in row.text
    assert f"/students/{c.student.pk}/times/?due={c.due.pk}" in row.text
    assert "Rainwater" not in row.subject + row.text + row.html


def test_nudge_without_a_case_manager(c):
    c.student.case_manager = None
    c.due.student = c.student

    assert mail.due_nudge(c.due, 14, last_on=c.due.due_on, now=NOW) is None


def test_digest_counts_the_schools_of_its_reader(c):
    Seat.objects.create(meeting=book(c), role=Role.RELATED_SERVICE_PROVIDER)
    elsewhere = student("Otis Marigold", c.other_school, c.stranger)
    here = student("Pippa Thimble", c.school, c.case_manager)
    DueDate.objects.create(student=elsewhere, kind=MeetingKind.ANNUAL_REVIEW, due_on=date(2026, 11, 20))
    DueDate.objects.create(student=here, kind=MeetingKind.ANNUAL_REVIEW, due_on=date(2026, 11, 20))
    DueDate.objects.create(student=here, kind=MeetingKind.REEVALUATION, due_on=date(2026, 12, 23))
    DueDate.objects.create(student=here, kind=MeetingKind.AMENDMENT, due_on=date(2026, 12, 24))

    row = mail.digest(c.administrator, "2026-W48", now=NOW)

    assert (row.about, row.subject) == ("digest:2026-W48", "Due dates this week: 1 overdue, 1 due and not booked")
    assert row.text.splitlines()[:6] == [
        "Due dates on Mon, Nov 23, Willow Bend Elementary",
        "",
        "Overdue: 1",
        "Due in 30 days and not booked: 1",
        "Booked meetings that lack a role: 1",
        "Waiting for a family's answer: 1",
    ]


def test_digest_says_what_the_page_says_that_it_leads_to(c, client):
    book(c)
    leaver = student("Pippa Thimble", c.school, c.case_manager, has_iep=False)
    DueDate.objects.create(student=leaver, kind=MeetingKind.ANNUAL_REVIEW, due_on=date(2026, 11, 20))
    client.force_login(c.administrator)

    row = mail.digest(c.administrator, "2026-W48", now=NOW)

    with time_machine.travel(NOW, tick=False):
        counts = client.get(reverse("meetings:due")).context["counts"]
    assert [int(line.split(": ")[1]) for line in row.text.splitlines()[2:6]] == [
        counts.overdue, counts.due_soon_not_booked, counts.lack_a_role, counts.waiting,
    ]  # fmt: skip
    assert counts.overdue == 0


def test_digest_of_who_administers_nothing(c):
    assert mail.digest(c.teacher, "2026-W48", now=NOW) is None
    assert not Message.objects.exists()
