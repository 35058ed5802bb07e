import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from meetings import mail
from meetings.models import Answer, Meeting, MeetingStatus, Message, MessageKind, MessageState, Seat
from students.models import Person, Role, Staff
from tests.cast import cast, outside, person
from tests.meetings.booked import NOW, book, seat_of

pytestmark = pytest.mark.django_db

INVITE_TEXT = """\
You are asked to a meeting for Maya as General education teacher.

When: Thursday, December 3, 1:30 – 2:30 PM
Where: Room 12, Willow Bend Elementary
What for: Annual review
Who will be there:
- Parent: Elena Rainwater
- Special education teacher: Dana Ortiz
- LEA representative: Alice Kim
- General education teacher: Raj Patel

The invite is attached for your calendar. It updates itself when the meeting moves.

I can't come: http://localhost:8000/meetings/{pk}/answer/
The meeting: http://localhost:8000/meetings/{pk}/
An answer in your calendar is not read. Please use the link above.

You get this because you are asked to this meeting as General education teacher. A reply to this mail goes to Dana \
Ortiz.
"""


@pytest.fixture(autouse=True)
def _here(settings):
    settings.BASE_URL = "http://localhost:8000"


@pytest.fixture
def c():
    return cast()


def test_invite_writes_its_row_whole(c):
    meeting = book(c)

    row = mail.invite(seat_of(meeting, c.teacher), now=NOW)

    row.refresh_from_db()
    values = {name: getattr(row, name) for name in WHOLE}
    assert values == WHOLE | {
        "about": f"meeting:{meeting.pk}:s0:v1:invite",
        "recipient": c.teacher.person,
        "meeting": meeting,
        "expires_at": meeting.end_at,
        "text": INVITE_TEXT.format(pk=meeting.pk),
    }
    assert row.message_id.endswith("@localhost>")
    assert row.html.startswith("<!doctype html>")
    assert Calendar.from_ical(bytes(row.ics))["METHOD"] == "REQUEST"


WHOLE = {
    "about": None,
    "recipient": None,
    "meeting": None,
    "expires_at": None,
    "text": None,
    "kind": MessageKind.INVITE,
    "meeting_version": 1,
    "link": None,
    "to_address": "raj.patel@schools.example",
    "reply_to": "dana.ortiz@schools.example",
    "subject": "School meeting: Thu, Dec 3, 1:30 PM",
    "ics_method": "REQUEST",
    "dated_at": NOW,
    "created_at": NOW,
    "state": MessageState.QUEUED,
    "attempts": 0,
    "sent_at": None,
    "last_error": "",
}


def test_invite_twice_is_one_row(c):
    seat = seat_of(book(c), c.teacher)

    assert mail.invite(seat, now=NOW) == mail.invite(seat, now=NOW + timedelta(hours=1))
    assert Message.objects.count() == 1


def test_invite_of_one_person_in_two_seats_is_one_mail_with_both_roles(c):
    meeting = book(c)
    second = Seat.objects.create(meeting=meeting, role=Role.EVALUATION_INTERPRETER, holder=c.teacher.person)

    row = mail.invite(seat_of_role(meeting, Role.GENERAL_EDUCATION_TEACHER), now=NOW)

    assert mail.invite(second, now=NOW) == row
    assert "as General education teacher and Interpreter of evaluation results." in row.text


def seat_of_role(meeting, role):
    return meeting.seats.get(role=role)


def test_invite_of_someone_asked_again_in_a_later_version_is_a_new_mail(c):
    meeting = book(c)
    first = mail.invite(seat_of(meeting, c.teacher), now=NOW)
    Meeting.objects.update(version=2)
    meeting.refresh_from_db()

    assert mail.invite(seat_of(meeting, c.teacher), now=NOW) != first


@pytest.mark.parametrize(
    "change",
    [
        lambda c: Person.objects.filter(pk=c.teacher.pk).update(gone_at=NOW),
        lambda c: Staff.objects.filter(pk=c.teacher.pk).update(is_active=False),
    ],
)
def test_invite_of_someone_who_left(c, change):
    meeting = book(c)
    change(c)

    assert mail.invite(seat_of(meeting, c.teacher), now=NOW) is None
    assert not Message.objects.exists()


def test_invite_of_a_guest_without_an_address(c):
    meeting = book(c)
    guest = outside("Otis Marigold", "agency")
    Person.objects.filter(pk=guest.pk).update(email="")
    seat = Seat.objects.create(meeting=meeting, role=Role.OTHER, holder=guest.person)
    seat.refresh_from_db()

    assert mail.invite(seat, now=NOW) is None


def test_invite_of_an_empty_seat(c):
    assert mail.invite(Seat.objects.create(meeting=book(c), role=Role.OTHER), now=NOW) is None


def test_invite_of_a_guest_asks_for_a_reply_by_mail(c):
    meeting = book(c)
    seat = Seat.objects.create(
        meeting=meeting, role=Role.FAMILY_INTERPRETER, holder=outside("Pippa Thimble", "family_interpreter").person
    )

    row = mail.invite(seat, now=NOW)

    assert "If you cannot come, please reply to this mail or call (555) 555-0142." in row.text
    assert "/meetings/" not in row.text + row.html


@pytest.mark.parametrize("name", ["Zoe O'Brien-Núñez", "李 娜", "<b>Bob</b> & Co", "ع\u200fشريف"])
def test_invite_with_any_name(c, name):
    meeting = book(c)
    guest = person("outside", name, email="guest@outside.example")
    seat = Seat.objects.create(meeting=meeting, role=Role.OTHER, holder=guest)

    row = mail.invite(seat, now=NOW)

    assert f"- Other invited: {name}" in row.text
    assert "<b>Bob" not in row.html


def test_no_mail_names_the_student_in_its_subject(c):
    meeting = book(c)
    seat = seat_of(meeting, c.teacher)
    Meeting.objects.update(status=MeetingStatus.CANCELLED)

    rows = [
        mail.invite(seat, now=NOW),
        mail.update(seat, now=NOW),
        mail.cancellation(seat, "Snow day", now=NOW),
        mail.member_reminder(seat, 7, now=NOW),
        mail.seat_declined(seat, now=NOW),
    ]

    assert [row.subject for row in rows] == [
        "School meeting: Thu, Dec 3, 1:30 PM",
        "School meeting moved to Thu, Dec 3, 1:30 PM",
        "You no longer need to come to a school meeting",
        "Reminder: school meeting Thu, Dec 3, 1:30 PM",
        "Someone cannot come: school meeting Thu, Dec 3, 1:30 PM",
    ]
    assert all("Rainwater" not in row.subject + row.text.replace("Elena Rainwater", "") for row in rows)


def test_update_says_why_and_carries_the_new_sequence(c):
    meeting = book(c, sequence=1, version=2, changed_why="The room floods.")

    row = mail.update(seat_of(meeting, c.teacher), now=NOW)

    assert "Why: The room floods." in row.text
    assert Calendar.from_ical(bytes(row.ics)).subcomponents[0]["SEQUENCE"] == 1


def test_cancellation_of_a_cancelled_meeting(c):
    meeting = book(c, sequence=1, version=2, status=MeetingStatus.CANCELLED)

    row = mail.cancellation(seat_of(meeting, c.teacher), "Snow day", now=NOW)

    assert (row.kind, row.subject, row.ics_method) == (
        MessageKind.CANCEL,
        "School meeting cancelled: Thu, Dec 3, 1:30 PM",
        "CANCEL",
    )
    assert "The meeting for Maya on Thursday, December 3 at 1:30 PM is cancelled." in row.text
    assert "Why: Snow day" in row.text


def test_seat_declined_goes_to_the_organizer_with_the_note(c):
    meeting = book(c)
    Seat.objects.filter(holder=c.teacher.pk).update(answer=Answer.NO, note="I teach then.")

    row = mail.seat_declined(seat_of(meeting, c.teacher), now=NOW)

    assert (row.recipient, row.to_address, row.reply_to) == (c.case_manager.person, "dana.ortiz@schools.example", "")
    assert "Raj Patel (General education teacher) cannot come" in row.text
    assert "They wrote: I teach then." in row.text


@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_write_one_row(c):
    seat = seat_of(book(c), c.teacher)
    start = threading.Barrier(8)

    def write():
        start.wait()
        try:
            return mail.member_reminder(Seat.objects.get(pk=seat.pk), 7, now=NOW).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        rows = set(pool.map(lambda _: write(), range(8)))

    assert rows == {Message.objects.get().pk}


@pytest.mark.parametrize(("answers", "says"), [("", True), ("replies@iep.example.org", False)])
def test_reminder_says_that_the_calendar_is_not_read_where_it_is_not(c, settings, answers, says):
    settings.REPLIES_ADDRESS = answers

    row = mail.member_reminder(seat_of(book(c), c.teacher), 7, now=NOW)

    assert ("An answer in your calendar is not read." in row.text) is says
    assert ("An answer in your calendar is not read." in row.html) is says
    assert "in your calendar too" not in row.text + row.html


@pytest.mark.parametrize("answers", ["", "replies@iep.example.org"])
def test_reminder_asks_nothing_of_earlier_mails(c, settings, answers):
    settings.REPLIES_ADDRESS = answers
    meeting = book(c)
    seat = Seat.objects.select_related("holder", "meeting").get(pk=seat_of(meeting, c.teacher).pk)

    with CaptureQueriesContext(connection) as asked:
        mail.member_reminder(seat, 7, now=NOW)

    assert not [query for query in asked.captured_queries if '"ics" IS NOT NULL' in query["sql"]]
