"""Replies from end to end: an invite sent on the wire, answered as a calendar would, read from a real mailbox."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from meetings import jobs, reply_addresses
from meetings.models import IncomingMail, Message
from tests import cast as people
from tests import incoming as mails
from tests.booking import booked

pytestmark = pytest.mark.django_db


def in_ten_days():
    return (timezone.now() + timedelta(days=10)).replace(hour=17, minute=0, second=0, microsecond=0)


def answer_to(request, partstat, to):
    """Build the reply to an invite out of nothing but the invite, as a calendar does (RFC 5546, 3.2.3)."""
    invite = next(part for part in request.walk() if part.get_content_type() == "text/calendar")
    (event,) = Calendar.from_ical(invite.get_content()).walk("VEVENT")
    event["ATTENDEE"].params["PARTSTAT"] = partstat
    event["ATTENDEE"].params.pop("RSVP", None)
    reply = Calendar()
    reply.add("prodid", "-//A calendar//EN")
    reply.add("version", "2.0")
    reply.add("method", "REPLY")
    reply.add_component(event)
    head = "Content-Type: text/calendar; method=REPLY; charset=UTF-8\n\n"
    return mails.mail(to, head + reply.to_ical().decode().replace("\r\n", "\n"), sender=request["To"])


def test_invites_are_answered_from_calendars_and_the_seats_are_confirmed(client, mail_server, imap_server):
    cast = people.cast()
    meeting = booked(cast, start=in_ten_days(), now=timezone.now())
    jobs.send_outbox()
    answered = {cast.teacher: "ACCEPTED", cast.vice_principal: "DECLINED", cast.mother: "ACCEPTED"}
    for person, partstat in answered.items():
        (invite,) = mail_server.to(person.person.email)
        imap_server.deliver(answer_to(invite, partstat, reply_addresses.answer_address(meeting.pk, person.pk)))
    imap_server.deliver(mails.typed(mails.to_of(meeting, cast.father), "sí puedo"))

    assert jobs.read_replies() == 4
    jobs.send_outbox()

    seats = {seat.holder_id: seat.answer for seat in meeting.seats.all()}
    assert [seats[person.pk] for person in answered] == ["yes", "no", "yes"]
    assert seats[cast.father.pk] == "none"
    told = mail_server.to("dana.ortiz@schools.example")
    assert any("sí puedo" in mail.get_body(("plain",)).get_content() for mail in told)
    confirmed = [mail["Subject"] for mail in mail_server.to("elena.rainwater@family.example")]
    assert len(confirmed) == 2
    client.force_login(cast.case_manager)
    page = client.get(reverse("meetings:replies"))
    assert [line.row.words for line in page.context["lines"]] == ["sí puedo"]


def test_notice_that_comes_back_is_on_the_undelivered_list_the_same_day(client, mail_server, imap_server):
    cast = people.cast()
    meeting = booked(cast, start=in_ten_days(), now=timezone.now())
    jobs.send_outbox()
    notice = meeting.messages.get(recipient=cast.mother.pk)
    imap_server.deliver(mails.returned(reply_addresses.return_address(notice.pk), message_id=notice.message_id))

    assert jobs.read_replies() == 1

    notice.refresh_from_db()
    assert (notice.state, notice.failure) == ("failed", "bounced")
    assert list(Message.objects.visible_to(cast.case_manager).undelivered()) == [notice]
    client.force_login(cast.case_manager)
    page = client.get(reverse("meetings:meeting", args=[meeting.pk])).content.decode()
    assert "Mail to elena.rainwater@family.example came back on" in page
    assert IncomingMail.objects.get().state == "applied"
