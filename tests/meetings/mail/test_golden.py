"""
Whole mails as a mail server gets them, byte for byte: an invitation, an update and a cancellation, to a member and to a
family in each language.

What is expected lies in `golden/`, one file each, as it stands on the wire. After a change that is meant, write them
anew with `GOLDEN=write ./run test tests/meetings/mail/test_golden.py -n 0`, and read the difference before keeping it.
"""

import email
import email.policy
import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import time_machine
from django.core.mail import get_connection
from django.db import connection

from meetings import mail, reply_addresses
from meetings.actions.cancel import cancel
from meetings.actions.reschedule import reschedule
from meetings.actions.seating import MeetingPlan, SeatPlan
from meetings.mail.wire import mail_of
from meetings.models import Meeting, Message
from students.models import Guardian
from tests.calendar_readers import by_ical_js, by_icalendar, by_vobject
from tests.cast import cast
from tests.meetings.booked import NOW, START, book, link_of, seat_of

GOLDEN = Path(__file__).parent / "golden"
UID = UUID("7e9c0e2a-52a1-4a0c-9f0e-6d1f5f3f0b11")
WHO = ("member.en", "family.en", "family.es")
WHAT = ("request", "update", "cancel")
LATER = START + timedelta(days=1, hours=1)


@pytest.fixture
def _service(settings):
    settings.BASE_URL = "https://iep.example.org"
    settings.DEFAULT_FROM_EMAIL = "Willow County Schools <meetings@iep.example.org>"
    settings.REPLIES_ADDRESS = "replies@iep.example.org"
    settings.LINK_KEY = "a key of the tests"


@pytest.fixture
def c(db, _service):
    number_from_one()
    c = cast()
    c.school.name, c.school.address = "Escuela Willow Bend – Núñez", "14 Willow Rd, Peñasco"
    c.school.save()
    return c


def number_from_one():
    # A rolled back test leaves its numbers used, and they stand in links and addresses.
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(sequencename) FROM pg_sequences WHERE schemaname = 'public'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"ALTER SEQUENCE {name} RESTART WITH 1001")


def story(c):
    """Booked, moved to another time and room, cancelled; one mail of each to a member and to the mother."""
    with time_machine.travel(NOW, tick=False):
        meeting = book(c, uid=UID)
        mail.invite(seat_of(meeting, c.teacher), now=NOW)
        mail.parent_link(link_of(meeting, c.mother), now=NOW)
        seats = tuple(SeatPlan(seat.role, seat.requirement, seat.holder_id) for seat in meeting.seats.all())
        plan = MeetingPlan(meeting.kind, c.due.pk, c.school.pk, None, LATER, LATER + timedelta(minutes=45), seats)
        moved_at = NOW + timedelta(hours=2)
        assert reschedule(meeting, plan, by=c.case_manager, why="Snow is forecast.", version=1, now=moved_at)
        off_at = NOW + timedelta(days=1)
        assert cancel(meeting, by=c.case_manager, why="We look for a time after the holidays.", version=2, now=off_at)


def rows_of(person):
    rows = list(Message.objects.filter(recipient=person.pk, ics__isnull=False).order_by("pk"))
    for row, what in zip(rows, WHAT, strict=True):
        row.message_id = f"<{what}-{row.recipient_id}@iep.example.org>"
    return rows


def on_the_wire(mail_server, row):
    with get_connection() as post:
        post.send_messages([mail_of(row)])
    return mail_server.messages[-1]


def check(name, raw):
    file = GOLDEN / f"{name}.eml"
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        file.write_bytes(raw)
    assert raw == file.read_bytes()


@pytest.mark.parametrize("who", WHO)
def test_mails_are_the_golden_ones_to_the_byte_on_every_try(c, mail_server, who):
    Guardian.objects.filter(pk=c.mother.pk).update(language=who[-2:])
    c.mother.person.refresh_from_db()
    story(c)

    for what, row in zip(WHAT, rows_of(c.teacher if who.startswith("member") else c.mother), strict=True):
        first, second = (on_the_wire(mail_server, Message(**vars_of(row))) for _ in range(2))

        check(f"{who}.{what}", first.raw)
        assert second.raw == first.raw
        assert first.envelope_from == reply_addresses.return_address(row.pk)
        assert first.envelope_to == [row.to_address]


def vars_of(row):
    return {field.attname: getattr(row, field.attname) for field in Message._meta.concrete_fields}


def test_organizer_and_reply_address_stay_the_same_for_one_reader(c):
    story(c)

    for person in (c.teacher, c.mother):
        mails = [mail_of(row) for row in rows_of(person)]
        address = reply_addresses.answer_address(Meeting.objects.get().pk, person.pk)
        assert [one.reply_to for one in mails] == [[address]] * 3
        assert [by_icalendar(calendar_of(one.message().as_bytes()))["organizer"] for one in mails] == [
            f"mailto:{address}"
        ] * 3


def calendar_of(raw):
    """Return the calendar file that is attached, which is the one beside the text to the byte."""
    parts = list(email.message_from_bytes(raw, policy=email.policy.default).walk())
    beside, attached = (
        next(part for part in parts if part.get_content_type() == kind).get_payload(decode=True)
        for kind in ("text/calendar", "application/ics")
    )
    assert beside.replace(b"\r\n", b"\n").rstrip() == attached.replace(b"\r\n", b"\n").rstrip()
    return attached


@pytest.mark.parametrize("name", [f"{who}.{what}" for who in WHO for what in WHAT])
def test_golden_mail_has_the_shape_that_calendars_look_for(name):
    raw = (GOLDEN / f"{name}.eml").read_bytes()
    method = name.rpartition(".")[2].replace("update", "request").upper()

    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    whole = email.message_from_bytes(raw, policy=email.policy.default)
    assert whole.defects == []
    kinds = [(part.get_content_type(), part.get_content_disposition()) for part in whole.walk()]
    assert kinds == [
        ("multipart/mixed", None),
        ("multipart/alternative", None),
        ("text/plain", None),
        ("text/html", None),
        ("text/calendar", None),
        ("application/ics", "attachment"),
    ]
    types = [str(part["Content-Type"]) for part in whole.walk() if part.get_content_maintype() == "text"]
    assert [kind.lower().count("charset") for kind in types] == [1, 1, 1]
    assert f"method={method}" in types[2].replace('"', "")
    invite = calendar_of(raw)
    assert invite.endswith(b"END:VCALENDAR\r\n")
    assert invite.count(b"\n") == invite.count(b"\r\n")
    assert max(map(len, invite.split(b"\r\n"))) <= 75
    assert f"METHOD:{method}\r\n".encode() in invite


READ = {
    "request": ("REQUEST", 0, START, START + timedelta(hours=1), "CONFIRMED", "TRUE"),
    "update": ("REQUEST", 1, LATER, LATER + timedelta(minutes=45), "CONFIRMED", "TRUE"),
    "cancel": ("CANCEL", 2, LATER, LATER + timedelta(minutes=45), "CANCELLED", "FALSE"),
}


@pytest.mark.browser
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("what", WHAT)
def test_three_readers_agree_on_the_golden_file(browser, who, what):
    invite = calendar_of((GOLDEN / f"{who}.{what}.eml").read_bytes())

    read = by_icalendar(invite)
    method, sequence, start_at, end_at, status, rsvp = READ[what]
    name = "Raj Patel" if who.startswith("member") else "Elena Rainwater"
    host = "schools" if who.startswith("member") else "family"
    assert read == {
        "method": method,
        "events": ["vevent"],
        "uid": f"{UID}@iep.example.org",
        "sequence": sequence,
        "start_at": start_at,
        "end_at": end_at,
        "status": status,
        "summary": read["summary"],
        "organizer": read["organizer"],
        "attendee": f"mailto:{name.lower().replace(' ', '.')}@{host}.example",
        "name": name,
        "role": "REQ-PARTICIPANT",
        "partstat": "NEEDS-ACTION",
        "rsvp": rsvp,
    }
    assert read["organizer"].startswith("mailto:replies+m-")
    assert by_vobject(invite) == read
    assert by_ical_js(browser, invite) == read
