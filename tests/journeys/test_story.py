"""The whole story, on the live site with the real worker and a real mail server; and a clash of two bookings."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ
from icalendar import Calendar

from meetings import queue, tokens
from meetings.models import Answer, Busy, Meeting, Message, MessageKind, ParentLink
from students.management.commands.demo import PASSWORD
from students.models import CalendarDay, DueDate, Language, School, Student
from tests.chromium import axe, expect, sideways

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

ZONES = ("America/New_York", "Pacific/Honolulu", "Asia/Tokyo", "Europe/Berlin", "Pacific/Auckland")
DANA, MARCUS = "dana.ortiz@willowbend.example.org", "marcus.bell@willowbend.example.org"


@pytest.fixture
def demo(settings, tmp_path):
    """The demo district, moved to where it is daytime: the worker's quiet hours are on the real clock."""
    settings.VAR, settings.DEMO = tmp_path, True
    call_command("demo", verbosity=0)
    School.objects.update(time_zone=next(zone for zone in ZONES if 9 <= datetime.now(ZoneInfo(zone)).hour < 18))


@pytest.fixture
def maya(demo):
    maya = Student.objects.get(person__given_name="Maya", person__family_name="Rainwater")
    maya.guardians.update(language=Language.ENGLISH, needs_interpreter=False)
    Student.objects.filter(pk=maya.pk).update(needs_interpreter=False)
    return maya


@pytest.fixture
def tomorrow(maya):
    """Tomorrow at Maya's school, which is open then on any day that this test is run."""
    day = datetime.now(ZoneInfo(maya.school.time_zone)).date() + timedelta(days=1)
    CalendarDay.objects.update_or_create(
        school=maya.school, on=day, defaults={"day_type": maya.school.default_day_type}
    )
    return day


def sign_in(page, login):
    page.goto("/")
    page.get_by_label("Email").fill(login)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def look_for(student, day):
    due = DueDate.objects.get(student=student, kind="annual_review")
    query = f"kind=annual_review&due={due.pk}&minutes=30&first={day}&last={day}"
    return f"{reverse('meetings:propose', args=[student.pk])}?{query}"


def run_again(name):
    """Let the worker run a job, and wait until nothing is left in its queue: a job leaves it when it is done."""
    queue.enqueue(name)
    until = time.monotonic() + 60
    while OrmQ.objects.exists():
        assert time.monotonic() < until, f"the worker did not finish {name}"
        time.sleep(0.1)


def test_the_whole_story(maya, tomorrow, worker, mail_server, open_page):
    desk = open_page(width=1366)
    sign_in(desk, DANA)
    expect(desk.get_by_role("heading", level=1)).to_have_text("My students")
    line = desk.get_by_role("row").filter(has_text="Maya Rainwater")
    line.get_by_role("link", name="Propose times").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Annual review: Maya Rainwater")

    desk.goto(look_for(maya, tomorrow))
    desk.get_by_role("link", name="Book this time").first.click()
    desk.get_by_role("button", name="Book this meeting").click()
    expect(desk.get_by_role("heading", name="People")).to_be_visible()

    meeting = Meeting.objects.get(student=maya, kind="annual_review")
    assert desk.url.endswith(reverse("meetings:meeting", args=[meeting.pk]))
    invited = meeting.messages.filter(kind=MessageKind.INVITE)
    assert invited.count() >= 4
    link = ParentLink.objects.get(meeting=meeting)
    family = link.guardian.email
    assert mail_server.wait_for(
        lambda messages: len(messages) >= invited.count() + 1 and mail_server.to(family), seconds=60
    )

    invite = mail_server.to("raj.patel@willowbend.example.org")[0]
    event = Calendar.from_ical(part_of(invite, "invite.ics")).walk("VEVENT")[0]
    assert (event.start, event.end, event["SEQUENCE"]) == (meeting.start_at, meeting.end_at, 0)
    (notice,) = mail_server.to(family)
    for mail in mail_server.messages:
        assert "Maya" not in mail["Subject"]
        assert "Rainwater" not in mail["Subject"]
    address = tokens.address_of(link)
    assert address in notice.get_body(("plain",)).get_content()

    phone = open_page(width=390, java_script_enabled=False)
    phone.goto(address)
    assert sideways_of_a_page_without_scripts(phone) == 0
    phone.get_by_label("I can come", exact=True).check()
    phone.get_by_label("By phone").check()
    phone.get_by_label(link.guardian.full_name).check()
    phone.get_by_role("button", name="Send my answer").click()
    expect(phone.locator("main")).to_contain_text("We have your answer. You will join by phone.", use_inner_text=True)

    seat = meeting.seats.get(holder=link.guardian)
    assert (seat.answer, seat.joins) == (Answer.YES, "phone")
    assert mail_server.wait_for(lambda _: len(mail_server.to(family)) == 2, seconds=60)

    # As if it had been booked three days ago: the eve is today, and nobody was told anything since it began.
    Message.objects.update(created_at=timezone.now() - timedelta(days=3))
    run_again("plan_reminders")
    assert mail_server.wait_for(lambda _: len(mail_server.to(family)) == 3, seconds=60)
    run_again("plan_reminders")
    run_again("send_outbox")
    assert len(mail_server.to(family)) == 3
    assert Message.objects.filter(meeting=meeting, kind=MessageKind.PARENT_REMINDER).count() == 1

    office = open_page(width=1366)
    sign_in(office, MARCUS)
    expect(office.get_by_role("heading", level=1)).to_have_text("Due dates and coverage")
    office.goto(f"{reverse('meetings:due')}?q=Rainwater")
    expect(office.get_by_role("row").filter(has_text="Maya Rainwater").first).to_contain_text("booked")
    assert (axe(office), sideways(office)) == ([], 0)


def test_two_case_managers_book_one_teacher_at_once(maya, tomorrow, open_page):
    """Both have the page open with the same teacher; the second to press is told who was just taken, and what else."""
    first, second = open_page(), open_page()
    for page in (first, second):
        sign_in(page, DANA)
    other = Student.objects.get(person__given_name="Theo", person__family_name="Quill")
    for page, student in ((first, maya), (second, other)):
        page.goto(look_for(student, tomorrow))
        page.get_by_role("link", name="Book this time").first.click()

    first.get_by_role("button", name="Book this meeting").click()
    expect(first.get_by_role("heading", name="People")).to_be_visible()
    second.get_by_role("button", name="Book this meeting").click()

    expect(second.get_by_role("heading", level=1)).to_contain_text("taken")
    assert Meeting.objects.filter(student=maya, kind="annual_review").exists()
    assert not Meeting.objects.filter(student=other, kind="annual_review").exists()
    assert not Busy.objects.filter(person=other.pk).exists()
    assert (axe(second), sideways(second)) == ([], 0)
    second.get_by_role("link", name="Look at this time").first.click()
    second.get_by_role("button", name="Book this meeting").click()
    expect(second.get_by_role("heading", name="People")).to_be_visible()


def part_of(mail, name):
    return next(part.get_content() for part in mail.walk() if part.get_filename() == name)


def sideways_of_a_page_without_scripts(page):
    return max(0, page.locator("html").bounding_box()["width"] - 390)
