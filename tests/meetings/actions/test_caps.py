"""What is held back: mail to addresses that bounced, too much for one person in a day, too much of all in an hour."""

from datetime import timedelta

import pytest

from meetings import mail
from meetings.actions import outbox
from meetings.models import BouncedAddress, Message, MessageState, Seat
from students.models import Role
from tests.cast import cast, person
from tests.meetings.booked import NOW, book, link_of, now_of, seat_of

pytestmark = pytest.mark.django_db

QUEUED, SENT, FAILED = MessageState.QUEUED, MessageState.SENT, MessageState.FAILED


@pytest.fixture
def c():
    return cast()


def drain():
    return outbox.drain(now_of, limit=50, seconds=20)


def invite(c, meeting, who=None):
    return mail.invite(seat_of(meeting, who or c.teacher), now=NOW)


def guests(meeting, number):
    people = [person("outside", f"Guest {n}", email=f"guest{n}@outside.example") for n in range(number)]
    return [mail.invite(Seat.objects.create(meeting=meeting, role=Role.OTHER, holder=who), now=NOW) for who in people]


def row_of(message):
    return Message.objects.get(pk=message.pk)


def test_mail_to_an_address_that_bounced_is_not_tried(c, mail_server):
    meeting = book(c)
    rows = [invite(c, meeting), invite(c, meeting, c.vice_principal)]
    BouncedAddress.objects.create(person=c.teacher.person, address="RAJ.patel@schools.example", bounced_at=NOW)
    BouncedAddress.objects.create(
        person=c.vice_principal.person, address=rows[1].to_address, bounced_at=NOW, cleared_at=NOW
    )

    assert drain() == 1
    assert [(row_of(row).state, row_of(row).failure) for row in rows] == [(FAILED, "bad_address"), (SENT, "")]
    assert mail_server.to(rows[0].to_address) == []


@pytest.mark.parametrize(("who", "setting"), [("teacher", "MAIL_PER_PERSON"), ("mother", "MAIL_PER_FAMILY_MEMBER")])
def test_what_is_too_much_for_one_person_in_a_day_is_held_back_and_shown(c, mail_server, settings, who, setting):
    setattr(settings, setting, 2)
    reader = getattr(c, who)
    meeting = book(c)
    if who == "mother":
        link = link_of(meeting, c.mother)
        rows = [mail.parent_link(link, now=NOW), mail.parent_moved(link, now=NOW), mail.parent_no_answer(link, now=NOW)]
    else:
        seat = seat_of(meeting, reader)
        rows = [mail.invite(seat, now=NOW), *(mail.member_reminder(seat, days, now=NOW) for days in (7, 1))]
    another = mail.invite(seat_of(meeting, c.vice_principal), now=NOW)

    assert drain() == 3
    assert [row_of(row).state for row in (*rows, another)] == [SENT, SENT, FAILED, SENT]
    assert row_of(rows[2]).failure == "too_many"

    Message.objects.filter(state=FAILED).update(state=QUEUED)
    assert outbox.drain(lambda: NOW + timedelta(hours=24, seconds=1), limit=5, seconds=20) == 1


def test_account_mail_is_never_too_much(c, mail_server, settings):
    settings.MAIL_PER_PERSON = 0
    row = mail.password_reset(c.teacher, now=NOW)

    assert drain() == 1
    assert row_of(row).state == SENT


def test_what_is_over_the_hours_limit_waits(c, mail_server, settings):
    settings.MAIL_PER_HOUR = 2
    rows = guests(book(c), 3)

    assert (drain(), drain()) == (2, 0)
    assert [(row_of(row).state, row_of(row).attempts) for row in rows] == [(SENT, 1), (SENT, 1), (QUEUED, 0)]
    assert outbox.drain(lambda: NOW + timedelta(hours=1, seconds=1), limit=5, seconds=20) == 1
