"""No student's name in what others may read beside the mail itself: subjects, calendar files, addresses, the log."""

import logging
import re

import pytest
import time_machine
from django.urls import reverse
from icalendar import Calendar

from meetings import jobs, tokens
from meetings.models import IncomingMail, Meeting, Message
from tests import cast as people
from tests import incoming as mails
from tests.booking import NOW, START

pytestmark = pytest.mark.django_db

NAMES = ("Zephyrine", "Quillfeather", "zephyrine", "quillfeather")
ADDRESSES = re.compile(r'(?:href|action|src|hx-get|hx-post)="([^"]*)"')
AT = "kind=annual_review&minutes=60&at=2026-12-03T18:30Z"


@pytest.fixture
def cast():
    cast = people.cast()
    person = cast.student.person
    person.given_name, person.family_name = "Zephyrine", "Quillfeather"
    person.fold_names()
    person.save()
    return cast


def named(texts):
    return [text for text in texts if any(name in text for name in NAMES)]


class Browsing:
    """Asks for pages and keeps every address that it saw, on them or on the way."""

    def __init__(self, client):
        self.client, self.seen = client, set()

    def ask(self, method, url, data=None):
        page = getattr(self.client, method)(url, data, follow=True)
        found = [] if page.streaming else ADDRESSES.findall(page.content.decode())
        self.seen |= {url, *(address for address, _ in page.redirect_chain), *found}
        return page


def test_no_name_of_a_student_in_subjects_calendars_addresses_and_the_log(
    client, cast, mail_server, imap_server, caplog
):
    """A whole story: looked for, booked, asked, answered, refused, moved, reminded of, cancelled; and what fails."""
    caplog.set_level(logging.INFO)
    mail_server.refuse["jo.lee@schools.example"] = "550 no such mailbox"
    mail_server.refuse["tomas.rainwater@family.example"] = "451 come back later"
    client.force_login(cast.case_manager)
    browsing = Browsing(client)
    student = cast.student.pk

    with time_machine.travel(NOW, tick=False) as clock:
        for name in ("students:student", "meetings:propose", "meetings:student_attempt"):
            browsing.ask("get", reverse(name, args=[student]))
        browsing.ask("get", reverse("students:mine"), {"q": "nobody"})
        browsing.ask("get", reverse("meetings:why", args=[student]) + f"?{AT}")
        book = reverse("meetings:book", args=[student]) + f"?{AT}"
        form = browsing.ask("get", book).context["form"]
        browsing.ask("post", book, {name: form[name].value() or "" for name in form.fields})
        meeting = Meeting.objects.get()
        jobs.send_outbox()
        answer(browsing, meeting, cast.mother)
        answer(browsing, meeting, cast.father, answer="no", wants_interpreter="on")
        browsing.ask("post", reverse("meetings:answer", args=[meeting.pk]), {"version": 1, "answer": "no"})
        imap_server.deliver(mails.typed(mails.to_of(meeting, cast.mother), "Zephyrine puede"), b"\xff\x00")
        jobs.read_replies()
        browsing.ask("get", reverse("meetings:replies"))
        browsing.ask("post", reverse("meetings:reply_done", args=[IncomingMail.objects.earliest("pk").pk]))
        jobs.review_all()
        jobs.send_outbox()
        browsing.ask("get", reverse("meetings:meeting", args=[meeting.pk]))
        move = {"version": 1, "day": "2026-12-04", "time": "13:30", "minutes": "60", "why": "Snow", "despite": "on"}
        browsing.ask("post", reverse("meetings:reschedule", args=[meeting.pk]), move)
        jobs.send_outbox()
        for days in (4, 7, 10):
            clock.move_to(NOW.replace(day=23 + days) if days < 8 else NOW.replace(month=12, day=3))
            jobs.plan_reminders()
            jobs.write_digests()
            jobs.send_outbox()
        client.force_login(cast.case_manager)
        browsing.ask("get", reverse("meetings:meeting", args=[meeting.pk]))
        browsing.ask("get", reverse("meetings:list"))
        browsing.ask("post", reverse("meetings:cancel", args=[meeting.pk]), {"version": 2, "why": "Moved away"})
        jobs.send_outbox()
        client.force_login(cast.stranger)
        browsing.ask("get", reverse("students:student", args=[student]))
        browsing.ask("post", reverse("meetings:attempt", args=[meeting.pk]))
        client.force_login(cast.administrator)
        for name in ("meetings:due", "meetings:due_csv"):
            browsing.ask("get", reverse(name))

    meeting.refresh_from_db()
    assert (meeting.status, meeting.version, meeting.start_at > START) == ("cancelled", 3, True)
    kinds = set(Message.objects.values_list("kind", flat=True))
    assert kinds >= {"invite", "update", "cancel", "parent_link", "parent_confirmation", "parent_reminder"}
    assert kinds >= {"member_reminder", "family_answered", "digest", "quorum_lost", "reply_came"}
    assert set(Message.objects.values_list("state", flat=True)) >= {"sent", "failed"}

    assert named(Message.objects.values_list("subject", flat=True)) == []
    assert named(str(message.items()) for message in mail_server.messages) == []
    assert named(str(calendar(row)) for row in Message.objects.exclude(ics=None)) == []
    assert named(browsing.seen) == []
    assert named(caplog.messages) == []
    assert len(browsing.seen) > 50
    assert any("Not Found" in line for line in caplog.messages)


def calendar(message):
    return Calendar.from_ical(bytes(message.ics)).to_ical().decode().replace("\r\n ", "")


def answer(browsing, meeting, guardian, **typed):
    link = meeting.parent_links.get(guardian=guardian.pk)
    url = reverse("meetings:parent", args=[tokens.token_of(link)])
    browsing.ask("get", url)
    browsing.ask("post", url, {"version": 1, "answer": "yes", "joins": "phone", "who": "self"} | typed)
