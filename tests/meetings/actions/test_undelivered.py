"""What a person does about a message that did not arrive."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from icalendar import Calendar

from meetings import mail
from meetings.actions import outbox, undelivered
from meetings.models import Attempt, BouncedAddress, Meeting, Message, MessageState
from students.models import Person
from tests.cast import cast
from tests.meetings.booked import NOW, book, link_of, seat_of
from tests.queued import asked_for

pytestmark = pytest.mark.django_db

QUEUED, SENT, FAILED, WITHDRAWN = (
    MessageState.QUEUED,
    MessageState.SENT,
    MessageState.FAILED,
    MessageState.WITHDRAWN,
)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def c():
    return cast()


def failed(message, failure="refused"):
    Message.objects.filter(pk=message.pk).update(
        state=FAILED, failure=failure, failed_at=NOW, attempts=1, last_error="550 No such user"
    )
    return Message.objects.get(pk=message.pk)


def invite(c):
    return failed(mail.invite(seat_of(book(c), c.teacher), now=NOW))


def notice(c):
    return failed(mail.parent_link(link_of(book(c), c.mother), now=NOW))


def row_of(message):
    return Message.objects.get(pk=message.pk)


def settled(message):
    row = row_of(message)
    return row.state, row.settled, row.settled_by_id, row.settled_at


def drain():
    Message.objects.filter(state=QUEUED).update(not_before_at=F("not_before_at") - undelivered.GRACE)
    return outbox.drain(lambda: LATER, limit=50, seconds=20)


def attempts():
    return list(Attempt.objects.values_list("way", "result", "note", "guardian", "by", "happened_at", "entered_at"))


def test_send_again_waits_a_moment_and_goes_out(c, mail_server):
    message = invite(c)

    assert undelivered.send_again(message, by=c.case_manager, now=NOW) == QUEUED

    assert settled(message) == (QUEUED, "sent_again", c.case_manager.pk, NOW)
    assert asked_for("send_outbox") == [{}]
    assert outbox.drain(lambda: LATER, limit=50, seconds=20) == 0
    assert drain() == 1
    assert [got["Message-ID"] for got in mail_server.messages] == [message.message_id]
    assert (row_of(message).state, row_of(message).failure) == (SENT, "")
    assert not Message.objects.undelivered().exists()


def test_send_again_goes_to_the_address_that_they_have_now_with_an_invite_for_it(c, mail_server):
    message = invite(c)
    Person.objects.filter(pk=c.teacher.pk).update(email="raj@elsewhere.example")

    undelivered.send_again(row_of(message), by=c.case_manager, now=NOW)
    drain()

    (got,) = mail_server.to("raj@elsewhere.example")
    (event,) = Calendar.from_ical(bytes(row_of(message).ics)).walk("VEVENT")
    (before,) = Calendar.from_ical(bytes(message.ics)).walk("VEVENT")
    assert (got["To"], str(event["ATTENDEE"])) == ("raj@elsewhere.example", "mailto:raj@elsewhere.example")
    assert event["ATTENDEE"].params == before["ATTENDEE"].params
    assert {name: event[name].to_ical() for name in event if name != "ATTENDEE"} == {
        name: before[name].to_ical() for name in before if name != "ATTENDEE"
    }


def test_send_again_forgets_that_the_address_bounced(c, mail_server):
    message = invite(c)
    bounce = BouncedAddress.objects.create(person=c.teacher.person, address=message.to_address, bounced_at=NOW)

    undelivered.send_again(message, by=c.case_manager, now=NOW)

    bounce.refresh_from_db()
    assert (bounce.cleared_at, bounce.cleared_by) == (NOW, c.case_manager)
    assert drain() == 1


def test_send_again_that_fails_again_is_on_the_list_again(c, mail_server):
    message = invite(c)
    mail_server.refuse[message.to_address] = "550 5.1.1 No such user"

    undelivered.send_again(message, by=c.case_manager, now=NOW)
    drain()

    assert settled(message) == (FAILED, "", None, None)
    assert list(Message.objects.undelivered()) == [message]


def test_send_again_of_what_has_lost_its_reason_sends_nothing(c, mail_server):
    message = invite(c)
    Meeting.objects.update(version=2, sequence=1)

    assert undelivered.send_again(row_of(message), by=c.case_manager, now=NOW) == WITHDRAWN
    assert settled(message) == (WITHDRAWN, "dismissed", c.case_manager.pk, NOW)
    assert drain() == 0


def test_printed_notice_is_an_attempt_by_letter(c):
    message = notice(c)

    assert undelivered.mark_printed(message, by=c.case_manager, now=NOW)

    assert settled(message) == (FAILED, "printed", c.case_manager.pk, NOW)
    assert attempts() == [("letter", "sent", "", c.mother.pk, c.case_manager.pk, NOW, NOW)]


def test_printed_invite_to_staff_is_no_attempt(c):
    assert undelivered.mark_printed(invite(c), by=c.case_manager, now=NOW)
    assert attempts() == []


def test_call_to_a_guardian_is_an_attempt(c):
    message, before = notice(c), NOW - timedelta(hours=1)

    assert undelivered.mark_called(
        message, result="reached", note="She comes", happened_at=before, by=c.case_manager, now=NOW
    )

    assert settled(message) == (FAILED, "called", c.case_manager.pk, NOW)
    assert attempts() == [("phone", "reached", "She comes", c.mother.pk, c.case_manager.pk, before, NOW)]


def test_call_to_staff_settles_it_alone(c):
    assert undelivered.mark_called(invite(c), happened_at=NOW, by=c.case_manager, now=NOW)
    assert attempts() == []


DEEDS = [
    lambda message, by, now: undelivered.send_again(message, by=by, now=now),
    lambda message, by, now: undelivered.mark_printed(message, by=by, now=now),
    lambda message, by, now: undelivered.mark_called(message, result="reached", happened_at=now, by=by, now=now),
    lambda message, by, now: undelivered.dismiss(message, by=by, now=now),
]


@pytest.mark.parametrize("second", DEEDS)
@pytest.mark.parametrize("first", DEEDS)
def test_what_one_settled_another_does_not_settle_again(c, first, second):
    message = notice(c)
    assert first(message, c.case_manager, NOW)
    stood = settled(message), attempts()

    assert not second(message, c.administrator, LATER)
    assert (settled(message), attempts()) == stood


@pytest.mark.parametrize("deed", DEEDS)
def test_whatever_was_done_can_be_taken_back(c, deed):
    message = notice(c)
    deed(message, c.case_manager, NOW)

    assert undelivered.take_back(row_of(message), by=c.case_manager, settled_at=NOW)

    assert (settled(message), attempts()) == ((FAILED, "", None, None), [])
    assert list(Message.objects.undelivered()) == [message]


def test_what_went_out_or_was_settled_by_another_is_not_taken_back(c, mail_server):
    message = invite(c)
    undelivered.send_again(message, by=c.case_manager, now=NOW)

    assert not undelivered.take_back(message, by=c.administrator, settled_at=NOW)
    drain()
    assert not undelivered.take_back(message, by=c.case_manager, settled_at=NOW)
    assert row_of(message).state == SENT


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_settle_it_once(c):
    message = notice(c)
    start = threading.Barrier(6)

    def press(who):
        start.wait()
        try:
            return undelivered.mark_printed(message, by=who, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(press, [c.case_manager, c.administrator] * 3))

    assert (sum(won), Attempt.objects.count()) == (1, 1)


def test_now_is_the_databases_for_the_moment_it_waits(c):
    message = invite(c)
    undelivered.send_again(message, by=c.case_manager, now=NOW)
    wait = Message.objects.filter(pk=message.pk).annotate(wait=F("not_before_at") - Now()).get().wait
    assert timedelta(0) < wait <= undelivered.GRACE
