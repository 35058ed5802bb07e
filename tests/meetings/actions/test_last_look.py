"""The last look before sending: quiet hours hold back what goes out by itself, and nothing that somebody just did."""

from datetime import timedelta

import pytest
import time_machine

from meetings import jobs, mail
from meetings.actions.last_look import held_until, instead_of_sending
from meetings.models import Message, MessageState
from students.models import Person
from tests.cast import cast
from tests.databaseclock import set_database_clock
from tests.meetings.booked import book, link_of, seat_of
from tests.meetings.reminding import new_york

pytestmark = pytest.mark.django_db

DAY, NIGHT, MORNING = new_york(12, 1, 15), new_york(12, 1, 21), new_york(12, 2, 7)


@pytest.fixture
def c():
    return cast()


@pytest.fixture
def meeting(c):
    return book(c)


def test_reminder_that_waited_into_the_night_waits_till_morning_and_loses_no_try(c, meeting, mail_server):
    mail.member_reminder(seat_of(meeting, c.teacher), 7, now=DAY)

    with time_machine.travel(NIGHT, tick=False) as clock:
        set_database_clock(NIGHT)
        assert jobs.send_outbox() == 0
        assert Message.objects.values_list("state", "attempts", "not_before_at").get() == ("queued", 0, MORNING)
        clock.move_to(MORNING)
        set_database_clock(MORNING)
        assert jobs.send_outbox() == 1

    (message,) = mail_server.messages
    row = Message.objects.get()
    assert (row.state, row.attempts, message["Message-ID"]) == (MessageState.SENT, 1, row.message_id)


def test_reminder_that_somebody_asked_for_at_night_goes_out_at_once(c, meeting):
    row = mail.member_reminder(seat_of(meeting, c.teacher), 7, now=NIGHT)

    assert instead_of_sending(row, now=NIGHT + timedelta(seconds=30)) is None


def test_what_somebody_did_goes_out_at_night_however_late(c, meeting):
    rows = [
        mail.invite(seat_of(meeting, c.teacher), now=DAY),
        mail.parent_link(link_of(meeting, c.mother), now=DAY),
        mail.seat_declined(seat_of(meeting, c.teacher), now=DAY),
    ]

    assert [held_until(row, NIGHT) for row in rows] == [None, None, None]


def test_night_is_where_the_reader_lives(c, meeting):
    row = mail.member_reminder(seat_of(meeting, c.teacher), 7, now=DAY)
    Person.objects.filter(pk=c.teacher.pk).update(time_zone="America/Los_Angeles")
    row.recipient.refresh_from_db()

    # 9 PM at school is 6 PM there; 8 AM at school is 5 AM.
    assert held_until(row, NIGHT) is None
    assert held_until(row, new_york(12, 2, 8)) == new_york(12, 2, 10)


def test_nudge_and_mail_of_several_go_by_their_readers_school(c, meeting):
    nudge = mail.due_nudge(c.due, 7, last_on=c.due.due_on, now=DAY)

    assert held_until(nudge, NIGHT) == MORNING
    assert held_until(nudge, DAY) is None


def test_reminder_of_a_meeting_that_has_begun_is_too_late(c, meeting):
    row = mail.member_reminder(seat_of(meeting, c.teacher), 1, now=DAY)

    instead = instead_of_sending(row, now=meeting.start_at)

    assert (instead.state, instead.values) == (MessageState.WITHDRAWN, {"failure": "too_late"})
