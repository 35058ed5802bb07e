"""Fault 18: what the outbox does with a mail server that refuses, drops, hangs, greylists or is overrun."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from meetings import mail
from meetings.actions import breaker, outbox
from meetings.models import Message, MessageState, Outbox, Seat
from students.models import Role
from tests.cast import cast, person
from tests.faulty_mailserver import Fault, FaultyMailServer
from tests.meetings.booked import NOW, book, now_of, seat_of

pytestmark = pytest.mark.django_db

QUEUED, SENT, FAILED = MessageState.QUEUED, MessageState.SENT, MessageState.FAILED
TWO_HOURS = 120


@pytest.fixture
def server(settings):
    server = FaultyMailServer()
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 10
    yield server
    server.stop()


@pytest.fixture
def message(server):
    c = cast()
    return mail.invite(seat_of(book(c), c.teacher), now=NOW)


def guests(number):
    meeting = seat_meeting()
    people = [person("outside", f"Guest {n}", email=f"guest{n}@outside.example") for n in range(number)]
    return [mail.invite(Seat.objects.create(meeting=meeting, role=Role.OTHER, holder=who), now=NOW) for who in people]


def seat_meeting():
    return Seat.objects.first().meeting


def drain():
    return outbox.drain(now_of, limit=50, seconds=20)


def minute_passes():
    """A minute later: what waits has a minute less to wait, and so has the rest of all senders."""
    Message.objects.update(not_before_at=F("not_before_at") - timedelta(minutes=1))
    Outbox.objects.update(rests_until_at=F("rests_until_at") - timedelta(minutes=1))


def wait_is_over():
    Message.objects.update(not_before_at=Now() - timedelta(seconds=1))


def fate(message):
    row = Message.objects.get(pk=message.pk)
    return row.state, row.failure, row.attempts


def minutes_to_wait(message):
    wait = Message.objects.filter(pk=message.pk).annotate(wait=F("not_before_at") - Now()).get().wait
    return round(wait.total_seconds() / 60)


def test_server_that_refuses_connections_for_two_hours_is_not_flooded_and_nothing_is_lost(message, server):
    server.fault = Fault.CLOSE

    for _ in range(TWO_HOURS):
        drain()
        minute_passes()
    asked = server.tries
    server.fault = Fault.NONE
    for _ in range(6):
        drain()
        minute_passes()

    # Once a minute until the twentieth error, then once in each rest of five minutes.
    assert asked == breaker.MOST_ERRORS + (TWO_HOURS - breaker.MOST_ERRORS) // 5
    assert fate(message) == (SENT, "", 1)
    assert (len(server.messages), Outbox.objects.get().errors_in_a_row) == (1, 0)


def test_line_dropped_before_the_answer_is_tried_again_with_the_same_bytes(message, server):
    server.fault = Fault.DROP
    drain()
    assert (fate(message), minutes_to_wait(message)) == ((QUEUED, "", 1), 1)
    server.heal()
    wait_is_over()

    assert drain() == 1

    assert fate(message) == (SENT, "", 2)
    assert len(server.taken) == 2
    assert server.taken[0] == server.taken[1]
    assert [got["Message-ID"] for got in server.messages] == [message.message_id]


def test_server_that_hangs_is_left_after_the_timeout_and_tried_again(message, server, settings):
    settings.EMAIL_TIMEOUT = 1
    server.fault = Fault.HANG

    drain()

    assert (fate(message), minutes_to_wait(message)) == ((QUEUED, "", 1), 1)
    assert "timed out" in Message.objects.get(pk=message.pk).last_error


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("RCPT", "451 4.7.1 Greylisted, try again"),
        ("RCPT", "450 4.2.0 Mailbox busy"),
        ("RCPT", "452 4.2.2 Mailbox full"),
        ("RCPT", "421 4.3.0 Closing"),
        ("MAIL", "421 4.7.0 Too many connections"),
        ("MAIL", "452 4.3.1 Out of space"),
        ("DATA", "432 4.3.2 Concurrency limit exceeded"),
        ("BODY", "451 4.3.0 Local error"),
        ("BODY", "421 4.4.2 Closing"),
        ("MAIL", "530 5.7.0 Authentication required"),
    ],
)
def test_passing_refusal_waits_a_minute_and_then_arrives_once(message, server, command, words):
    server.answer(command, words)
    drain()
    assert (fate(message), minutes_to_wait(message), server.messages) == ((QUEUED, "", 1), 1, [])
    assert words[:3] in Message.objects.get(pk=message.pk).last_error
    server.heal()
    wait_is_over()

    assert drain() == 1

    assert (fate(message), len(server.messages)) == ((SENT, "", 2), 1)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("MAIL", "552 5.3.4 Message too big"),
        ("RCPT", "550 5.1.1 No such user"),
        ("RCPT", "552 5.2.2 Mailbox full"),
        ("DATA", "554 5.7.1 Refused"),
        ("BODY", "552 5.3.4 Message too big"),
        ("BODY", "554 5.6.0 Refused"),
    ],
)
def test_lasting_refusal_fails_at_once_and_says_when_and_why(message, server, command, words):
    server.answer(command, words)

    drain()

    row = Message.objects.get(pk=message.pk)
    assert fate(message) == (FAILED, "refused", 1)
    assert (row.failed_at, row.settled, words[:3] in row.last_error) == (NOW, "", True)
    assert list(Message.objects.undelivered()) == [row]


def test_server_that_refuses_everything_for_a_while_is_given_up_after_the_plan(message, server):
    server.answer("RCPT", "451 4.7.1 Greylisted")
    for _ in range(7):
        drain()
        wait_is_over()

    assert fate(message) == (FAILED, "gave_up", 7)


def test_one_refused_mail_does_not_cost_the_connection(message, server):
    guests(5)
    server.answer("RCPT", "550 5.1.1 No such user", address="guest2@outside.example")

    assert drain() == 5
    assert server.tries == 1


def test_all_addresses_bad_fail_one_by_one_until_all_senders_rest(message, server):
    guests(30)
    server.answer("RCPT", "550 5.1.1 No such user")

    drain()

    assert Message.objects.filter(state=FAILED, failure="refused").count() == breaker.MOST_ERRORS
    assert Message.objects.filter(state=QUEUED, attempts=0).count() == 11
    assert (breaker.is_resting(), server.tries) == (True, 1)
    assert drain() == 0
    assert server.tries == 1


def test_errors_of_several_senders_count_together_and_one_success_ends_them(message, server):
    guests(30)
    server.answer("RCPT", "451 4.3.2 Come back later")
    for _ in range(4):
        drain()

    assert (Outbox.objects.get().errors_in_a_row, breaker.is_resting()) == (20, True)
    assert Message.objects.filter(attempts=1).count() == 20

    server.heal()
    Outbox.objects.update(rests_until_at=Now() - timedelta(seconds=1))
    assert drain() == 11
    assert (Outbox.objects.get().errors_in_a_row, breaker.is_resting()) == (0, False)
