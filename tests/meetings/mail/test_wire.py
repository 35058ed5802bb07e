"""What stands on the wire, read back from a real mail server."""

import email
import email.policy

import pytest
from django.core.mail import get_connection
from django.utils.html import escape
from icalendar import Calendar

from meetings import mail, reply_addresses, tokens
from meetings.mail.wire import filled, mail_of
from meetings.models import Message, ParentLink, Seat
from meetings.reply_addresses import ReturnOf
from students.models import Role
from tests.cast import cast, person
from tests.meetings.booked import NOW, book, link_of, seat_of
from tests.names import NAMES_OF_ALL_KINDS

pytestmark = pytest.mark.django_db


@pytest.fixture
def c():
    return cast()


def received(mail_server, message):
    with get_connection() as connection:
        connection.send_messages([mail_of(message)])
    (got,) = mail_server.messages
    return got


def shape(part):
    if part.is_multipart():
        return part.get_content_type(), [shape(each) for each in part.iter_parts()]
    return part.get_content_type()


def test_invite_on_the_wire(c, mail_server, settings):
    settings.DEFAULT_FROM_EMAIL = "Willow County IEP <meetings@iep.example.org>"
    row = mail.invite(seat_of(book(c), c.teacher), now=NOW)

    got = received(mail_server, row)

    assert got.envelope_to == ["raj.patel@schools.example"]
    assert {
        name: got[name] for name in ("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Auto-Submitted")
    } == {
        "From": "Willow County IEP <meetings@iep.example.org>",
        "To": "raj.patel@schools.example",
        "Reply-To": "dana.ortiz@schools.example",
        "Subject": "School meeting: Thu, Dec 3, 1:30 PM",
        "Date": "Mon, 23 Nov 2026 15:00:00 +0000",
        "Message-ID": row.message_id,
        "Auto-Submitted": "auto-generated",
    }
    assert got["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert got.envelope_from == "meetings@iep.example.org"
    assert got["Cc"] is got["Bcc"] is None
    assert shape(got) == (
        "multipart/mixed",
        [("multipart/alternative", ["text/plain", "text/html", "text/calendar"]), "application/ics"],
    )


def test_calendar_on_the_wire_has_one_charset_no_disposition_and_equals_the_attachment(c, mail_server):
    row = mail.invite(seat_of(book(c), c.teacher), now=NOW)

    got = received(mail_server, row)

    alternative, attached = got.iter_parts()
    calendar = list(alternative.iter_parts())[-1]
    assert dict(calendar["Content-Type"].params) == {"method": "REQUEST", "charset": "utf-8"}
    assert calendar.get_all("Content-Type")[0].count("charset") == 1
    assert calendar["Content-Disposition"] is calendar["Content-ID"] is None
    assert calendar["Content-Transfer-Encoding"] != "base64"
    assert attached.get_filename() == "invite.ics"
    assert attached.get_content() == bytes(row.ics)
    assert calendar.get_payload(decode=True).strip() == bytes(row.ics).strip()
    assert Calendar.from_ical(attached.get_content())["METHOD"] == "REQUEST"


@pytest.mark.parametrize("name", NAMES_OF_ALL_KINDS)
def test_names_of_any_kind_survive_the_wire(c, mail_server, name):
    meeting = book(c)
    guest = person("outside", name, email="guest@outside.example")
    row = mail.invite(Seat.objects.create(meeting=meeting, role=Role.OTHER, holder=guest), now=NOW)
    said = name.replace("\u202e", "").replace("\r\n", " ")
    Message.objects.filter(pk=row.pk).update(subject=f"School meeting with {said}"[:200])
    row.refresh_from_db()

    got = received(mail_server, row)

    alternative, attached = got.iter_parts()
    text, html, calendar = (part.get_content() for part in alternative.iter_parts())
    assert got.defects == []
    assert got["Subject"] == f"School meeting with {said}"[:200]
    assert f"- Other invited: {said}" in text.replace("\r\n", "\n").replace("\nATT", " ATT")
    assert escape(said) in html.replace("\r\n", "\n").replace("\nATT", " ATT")
    for invite in (calendar.encode(), attached.get_content()):
        assert Calendar.from_ical(invite).subcomponents[0]["ATTENDEE"].params["CN"] == said.replace('"', "'")


def test_where_answers_are_read_they_and_what_cannot_be_delivered_come_back_to_this_mail(c, mail_server, settings):
    settings.DEFAULT_FROM_EMAIL = "Willow County IEP <meetings@iep.example.org>"
    settings.REPLIES_ADDRESS = "replies@iep.example.org"
    meeting = book(c)
    row = mail.invite(seat_of(meeting, c.teacher), now=NOW)

    got = received(mail_server, row)

    address = reply_addresses.answer_address(meeting.pk, c.teacher.pk)
    assert reply_addresses.find(got.envelope_from) == ReturnOf(row.pk)
    assert got["From"] == "Willow County IEP <meetings@iep.example.org>"
    assert got["Reply-To"] == address
    alternative, attached = got.iter_parts()
    beside = list(alternative.iter_parts())[-1].get_payload(decode=True)
    for invite in (beside, attached.get_content()):
        event = Calendar.from_ical(invite).events[0]
        assert str(event["ORGANIZER"]) == f"mailto:{address}"
        assert event["ATTENDEE"].params["RSVP"] == "TRUE"


def test_sender_with_a_name_in_any_letters(c, mail_server, settings):
    settings.DEFAULT_FROM_EMAIL = "Escuelas de Peñasco <meetings@iep.example.org>"
    settings.REPLIES_ADDRESS = "replies@iep.example.org"

    got = received(mail_server, mail.invite(seat_of(book(c), c.teacher), now=NOW))

    (sender,) = got["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Escuelas de Peñasco", "meetings@iep.example.org")


@pytest.mark.parametrize("answers", ["", "replies@iep.example.org"])
def test_mail_about_no_meeting_names_nobodys_answers(c, mail_server, settings, answers):
    settings.REPLIES_ADDRESS = answers
    row = mail.digest(c.administrator, "2026-W48", now=NOW)

    got = received(mail_server, row)

    assert got["Reply-To"] is None
    found = reply_addresses.find(got.envelope_from)
    assert found == (ReturnOf(row.pk) if answers else None)


def test_two_tries_are_the_same_to_the_byte(c):
    mail.invite(seat_of(book(c), c.teacher), now=NOW)

    first, second = (mail_of(Message.objects.get()).message().as_bytes() for _ in range(2))

    assert first == second
    assert b"boundary" in first


def test_cancel_on_the_wire(c, mail_server):
    row = mail.cancellation(seat_of(book(c, status="cancelled", sequence=1), c.teacher), "Snow", now=NOW)

    got = received(mail_server, row)

    calendar = list(next(got.iter_parts()).iter_parts())[-1]
    assert calendar["Content-Type"].params["method"] == "CANCEL"
    assert Calendar.from_ical(calendar.get_content())["METHOD"] == "CANCEL"


def test_mail_without_an_invite_has_no_calendar(c, mail_server):
    got = received(mail_server, mail.seat_declined(seat_of(book(c), c.teacher), now=NOW))

    assert shape(got) == ("multipart/alternative", ["text/plain", "text/html"])


def test_link_is_filled_in_on_the_wire_alone(c, mail_server):
    link = link_of(book(c), c.mother)
    row = mail.parent_link(link, now=NOW)

    got = received(mail_server, row)

    text = next(next(got.iter_parts()).iter_parts()).get_content()
    assert f"Please tell us whether you can come: {tokens.address_of(link)}" in text
    assert Message.LINK_PLACEHOLDER not in text
    row.refresh_from_db()
    assert Message.LINK_PLACEHOLDER in row.text


def test_link_that_is_gone_is_an_error_and_no_mail(c):
    link = link_of(book(c), c.mother)
    row = mail.parent_link(link, now=NOW)
    ParentLink.objects.all().delete()
    row.refresh_from_db()

    with pytest.raises(ValueError, match="lost its link"):
        filled(row)


def test_no_line_is_too_long_for_a_mail_server(c):
    row = mail.parent_link(link_of(book(c), c.mother), now=NOW)

    raw = mail_of(row).message().as_bytes(linesep="\r\n")

    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert email.message_from_bytes(raw, policy=email.policy.default)["Subject"] == row.subject
