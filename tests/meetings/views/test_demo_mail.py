from datetime import timedelta

import pytest
from django.urls import reverse

from meetings import mail, tokens
from meetings.models import Message, MessageState, ParentLink
from tests.cast import as_made_up, cast, school, staff
from tests.meetings.booked import NOW, book, link_of, seat_of

pytestmark = pytest.mark.django_db

PAGES = ("message", "html", "ics")


@pytest.fixture
def c():
    c = cast()
    as_made_up()
    return c


@pytest.fixture
def notice(c):
    return mail.parent_link(link_of(book(c), c.mother), now=NOW)


def test_mailbox_lists_everyones_mail_newest_first(client, c):
    meeting = book(c)
    mail.invite(seat_of(meeting, c.teacher), now=NOW)
    mail.parent_link(link_of(meeting, c.mother), now=NOW + timedelta(minutes=1))

    page = client.get(reverse("demo:mail"))

    assert [row.to_address for row in page.context["page"]] == [
        "elena.rainwater@family.example",
        "raj.patel@schools.example",
    ]
    assert b"Mon, Nov 23, 10:01 AM" in page.content


@pytest.mark.parametrize(("to", "found"), [("rainw", 1), ("ELENA", 1), ("family.example", 1), ("raj", 0), ("", 1)])
def test_mailbox_narrows_by_the_reader(client, notice, to, found):
    page = client.get(reverse("demo:mail"), {"to": to})

    assert len(page.context["page"]) == found
    assert (b"No message to that name" in page.content) == (not found)


def test_mailbox_without_mail(client, c):
    assert b"No mail yet" in client.get(reverse("demo:mail")).content


def test_mailbox_makes_the_same_queries_for_one_row_and_for_three(client, c, django_assert_num_queries):
    meeting = book(c)
    mail.invite(seat_of(meeting, c.teacher), now=NOW)
    with django_assert_num_queries(5):
        client.get(reverse("demo:mail"))
    for who in (c.vice_principal, c.case_manager):
        mail.invite(seat_of(meeting, who), now=NOW)

    with django_assert_num_queries(5):
        client.get(reverse("demo:mail"))


def test_message_shows_the_link_that_can_be_followed(client, notice):
    link = ParentLink.objects.get()

    page = client.get(reverse("demo:message", args=[notice.pk]))

    assert f'href="{tokens.address_of(link)}"'.encode() in page.content
    assert b"METHOD:REQUEST" in page.content


def test_html_of_a_message_may_be_framed_here_alone(client, notice):
    page = client.get(reverse("demo:html", args=[notice.pk]))

    assert tokens.address_of(ParentLink.objects.get()).encode() in page.content
    assert b'<base target="_top">' in page.content
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    assert "default-src 'none'" in page["Content-Security-Policy"]


def test_invite_can_be_downloaded(client, notice):
    answer = client.get(reverse("demo:ics", args=[notice.pk]))

    assert answer["Content-Disposition"] == 'attachment; filename="invite.ics"'
    assert answer.content == bytes(Message.objects.get().ics)


def test_message_without_an_invite(client, c):
    row = mail.digest(c.administrator, "2026-W48", now=NOW)

    assert client.get(reverse("demo:message", args=[row.pk])).status_code == 200
    assert client.get(reverse("demo:ics", args=[row.pk])).status_code == 404


def test_message_whose_link_is_gone_can_still_be_read(client, notice):
    ParentLink.objects.all().delete()
    Message.objects.update(state=MessageState.WITHDRAWN)

    assert client.get(reverse("demo:message", args=[notice.pk])).status_code == 200


def test_account_mail_leads_to_the_account(client, c):
    row = mail.account_invitation(c.teacher, now=NOW)

    assert b"/accounts/invitation/" in client.get(reverse("demo:message", args=[row.pk])).content


def test_mailbox_over_real_people_is_closed_to_all_but_a_superuser(client, c, notice):
    school("Oak Hill High", sourced_id="oak-hill")
    addresses = [reverse("demo:mail"), *(reverse(f"demo:{name}", args=[notice.pk]) for name in PAGES)]

    assert [client.get(address).status_code for address in addresses] == [404] * 4
    client.force_login(c.director)
    assert [client.get(address).status_code for address in addresses] == [404] * 4
    client.force_login(staff("Ike Toggle", is_superuser=True))
    assert [client.get(address).status_code for address in addresses] == [200] * 4


def test_outside_of_the_demo_there_is_nothing(client, notice, settings):
    settings.DEMO_MAILBOX = False

    assert client.get(reverse("demo:mail")).status_code == 404
    assert [client.get(reverse(f"demo:{name}", args=[notice.pk])).status_code for name in PAGES] == [404] * 3


def test_pages_only_show(client, notice):
    assert client.post(reverse("demo:mail")).status_code == 405
    assert [client.post(reverse(f"demo:{name}", args=[notice.pk])).status_code for name in PAGES] == [405] * 3
