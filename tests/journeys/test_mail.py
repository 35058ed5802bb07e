"""Mail from end to end: the real worker, its real processes, a real mail server, and a browser."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from meetings import mail, queue, tokens
from meetings.models import Message, MessageState
from tests.cast import as_made_up, cast
from tests.chromium import axe, expect, sideways
from tests.meetings.booked import book, link_of, seat_of

pytestmark = pytest.mark.django_db(transaction=True)


def soon():
    return (timezone.now() + timedelta(days=10)).replace(hour=17, minute=0, second=0, microsecond=0)


def test_the_worker_sends_what_was_written(worker, mail_server):
    c = cast()
    meeting = book(c, soon())
    now = timezone.now()
    link = link_of(meeting, c.mother)
    mail.invite(seat_of(meeting, c.teacher), now=now)
    mail.parent_link(link, now=now)
    queue.enqueue("send_outbox")

    assert mail_server.wait_for(lambda messages: len(messages) == 2, seconds=60)

    (invite,) = mail_server.to("raj.patel@schools.example")
    (notice,) = mail_server.to("elena.rainwater@family.example")
    attached = next(part for part in invite.walk() if part.get_filename() == "invite.ics")
    assert Calendar.from_ical(attached.get_content())["METHOD"] == "REQUEST"
    assert tokens.address_of(link) in notice.get_body(("plain",)).get_content()


def test_the_page_asks_for_a_password_and_the_worker_writes(worker, mail_server, client):
    cast()

    client.post(reverse("password_reset"), {"email": "raj.patel@schools.example"})

    assert mail_server.wait_for(lambda messages: len(messages) == 1, seconds=60)
    assert "/accounts/reset/" in mail_server.messages[0].get_body(("plain",)).get_content()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1366, 768, 390, 320])
def test_the_demos_mailbox_in_the_browser(open_page, width):
    c = cast()
    as_made_up()
    meeting = book(c, soon())
    now = timezone.now()
    mail.invite(seat_of(meeting, c.teacher), now=now)
    mail.parent_link(link_of(meeting, c.mother), now=now)
    Message.objects.update(state=MessageState.SENT, sent_at=now)
    page = open_page(width=width)

    page.goto("/demo/mail/?to=elena")
    expect(page.get_by_role("heading", level=1)).to_have_text("Demo mail")
    assert (axe(page), sideways(page)) == ([], 0)

    page.get_by_role("link", name="School meeting").click()
    expect(page.get_by_role("heading", name="As text")).to_be_visible()
    assert (axe(page), sideways(page)) == ([], 0)

    page.frame_locator("iframe").get_by_role("link", name="Please tell us whether you can come").click()
    page.wait_for_url("**/p/*/")
