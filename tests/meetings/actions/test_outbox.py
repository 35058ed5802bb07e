"""The outbox against a real database and a real mail server."""

import socket
from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from meetings import mail, tokens
from meetings.actions import outbox, reasons
from meetings.models import (
    Answer,
    Attempt,
    Meeting,
    MeetingStatus,
    Message,
    MessageKind,
    MessageState,
    Outbox,
    Seat,
)
from students.models import DueDate, Guardianship, Person, Role
from tests.cast import cast, person
from tests.meetings.booked import NOW, book, link_of, now_of, seat_of

pytestmark = pytest.mark.django_db

QUEUED, SENDING, SENT = MessageState.QUEUED, MessageState.SENDING, MessageState.SENT
FAILED, WITHDRAWN = MessageState.FAILED, MessageState.WITHDRAWN


@pytest.fixture
def c():
    return cast()


def drain(limit=50, seconds=20):
    return outbox.drain(now_of, limit=limit, seconds=seconds)


def invite(c, meeting=None, who=None):
    meeting = meeting or book(c)
    return mail.invite(seat_of(meeting, who or c.teacher), now=NOW)


def guests(meeting, number):
    """Write an invite to each of that many guests."""
    people = [person("outside", f"Guest {n}", email=f"guest{n}@outside.example") for n in range(number)]
    return [
        mail.invite(Seat.objects.create(meeting=meeting, role=Role.OTHER, holder=guest), now=NOW) for guest in people
    ]


def row_of(message):
    return Message.objects.get(pk=message.pk)


def wait_is_over():
    Message.objects.update(not_before_at=Now() - timedelta(seconds=1))


def minutes_to_wait(message):
    waits = Message.objects.filter(pk=message.pk).annotate(wait=F("not_before_at") - Now()).get().wait
    return round(waits.total_seconds() / 60)


# Sending


def test_drain_sends_what_waits_and_marks_it(c, mail_server):
    message = invite(c)

    assert drain() == 1

    row = row_of(message)
    assert (row.state, row.attempts, row.sent_at, row.last_error) == (SENT, 1, NOW, "")
    assert [got["Message-ID"] for got in mail_server.messages] == [message.message_id]
    assert drain() == 0
    assert len(mail_server.messages) == 1


def test_drain_in_the_demo_sends_nothing_and_marks_it(c, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    message = invite(c)

    assert drain() == 1
    assert row_of(message).state == SENT


def test_drain_leaves_alone_what_may_not_go_yet(c, mail_server):
    message = invite(c)
    Message.objects.update(not_before_at=Now() + timedelta(minutes=5))

    assert drain() == 0
    assert (row_of(message).state, mail_server.messages) == (QUEUED, [])


def test_drain_stops_at_its_limit(c, mail_server):
    guests(book(c), 3)

    assert drain(limit=2) == 2
    assert Message.objects.filter(state=QUEUED).count() == 1


def test_drain_stops_when_its_time_is_over(c, mail_server):
    invite(c)

    assert drain(seconds=0) == 0


def test_drain_uses_one_connection_for_a_batch(c, mail_server):
    guests(book(c), 3)
    connections = set()
    mail_server.handle_RCPT = _keeping(connections, mail_server.handle_RCPT)

    drain()

    assert (len(mail_server.messages), len(connections)) == (3, 1)


def _keeping(connections, handle):
    async def handle_rcpt(server, session, envelope, address, options):
        connections.add(session.peer)
        return await handle(server, session, envelope, address, options)

    return handle_rcpt


@pytest.mark.parametrize("write", [mail.parent_link, mail.parent_moved, mail.parent_no_answer])
def test_a_notice_to_a_parent_is_an_attempt_once_it_is_sent(c, mail_server, write):
    meeting = book(c)
    link = link_of(meeting, c.mother)
    write(link, now=NOW)
    assert not Attempt.objects.exists()

    drain()

    fields = ("student", "meeting", "guardian", "way", "result", "happened_at", "entered_at", "by")
    assert list(Attempt.objects.values_list(*fields)) == [
        (c.student.pk, meeting.pk, c.mother.pk, "email", "sent", NOW, NOW, None)
    ]


def test_an_invite_to_staff_is_no_attempt(c, mail_server):
    invite(c)

    drain()

    assert not Attempt.objects.exists()


# Refusals


def test_a_passing_refusal_is_tried_again_by_plan_and_then_given_up(c, mail_server):
    message = invite(c)
    mail_server.refuse[message.to_address] = "451 4.7.1 Greylisted, try again"
    waits = []

    for _ in range(6):
        drain()
        assert row_of(message).state == QUEUED
        waits.append(minutes_to_wait(message))
        wait_is_over()
    drain()

    assert waits == [1, 5, 10, 20, 30, 30]
    row = row_of(message)
    assert (row.state, row.attempts) == (FAILED, 7)
    assert "451" in row.last_error


def test_a_greylisted_mail_arrives_once(c, mail_server):
    message = invite(c)
    mail_server.refuse[message.to_address] = "451 4.7.1 Greylisted, try again"
    drain()
    mail_server.refuse.clear()

    assert drain() == 0
    wait_is_over()
    assert drain() == 1

    assert (row_of(message).attempts, len(mail_server.messages)) == (2, 1)


def test_a_lasting_refusal_fails_at_once(c, mail_server):
    message = invite(c)
    mail_server.refuse[message.to_address] = "550 5.1.1 No such user"

    drain()

    row = row_of(message)
    assert (row.state, row.attempts) == (FAILED, 1)
    assert "550" in row.last_error


def test_one_refused_among_many(c, mail_server):
    rows = guests(book(c), 4)
    mail_server.refuse[rows[1].to_address] = "550 5.1.1 No such user"

    assert drain() == 3
    assert [row_of(row).state for row in rows] == [SENT, FAILED, SENT, SENT]


@pytest.mark.parametrize(
    "poison",
    [
        {"subject": "Two\nlines"},
        {"to_address": "a@b.example\r\nBcc: c@d.example"},
        {"to_address": ""},
        {"reply_to": "a@b.example\nBcc: c@d.example"},
        {"ics": b"\xff\xfe"},
        {"kind": "nothing we know"},
        {"about": "", "kind": MessageKind.DUE_NUDGE},
        {"text": "https://link.invalid/ without a link"},
    ],
)
def test_a_poison_row_fails_at_once_and_does_not_stop_the_others(c, mail_server, poison):
    rows = guests(book(c), 3)
    Message.objects.filter(pk=rows[0].pk).update(**poison)

    drain()

    assert [row_of(row).state for row in rows[1:]] == [SENT, SENT]
    bad = row_of(rows[0])
    assert (bad.state, bad.failure, bad.failed_at, bad.attempts) == (FAILED, "broken", NOW, 1)
    assert bad.last_error
    assert {got["To"] for got in mail_server.messages} == {rows[1].to_address, rows[2].to_address}
    assert (Outbox.objects.get().errors_in_a_row, list(Message.objects.undelivered())) == (0, [bad])


def test_many_poison_rows_in_a_row_do_not_end_the_batch(c, mail_server):
    rows = guests(book(c), 12)
    Message.objects.filter(pk__in=[row.pk for row in rows[:11]]).update(subject="Two\nlines")

    assert drain() == 1
    assert row_of(rows[11]).state == SENT


def test_a_domain_of_other_letters_is_written_in_ascii_on_the_wire(c, mail_server):
    message = invite(c)
    Message.objects.update(to_address="raj@m\u00fcnchen.example")

    assert drain() == 1
    assert mail_server.messages[0].envelope_to == ["raj@xn--mnchen-3ya.example"]
    assert row_of(message).state == SENT


def test_a_name_as_long_as_the_columns_hold_arrives(c, mail_server):
    c.teacher.person.given_name, c.teacher.person.family_name = "N\u00fa\u00f1ez" * 24, "\u674e" * 120
    c.teacher.person.save()
    meeting = book(c)
    rows = [invite(c, meeting), invite(c, meeting, c.vice_principal)]

    assert drain() == 2
    assert [row_of(row).state for row in rows] == [SENT, SENT]
    assert len(c.teacher.person.full_name) == 241


def test_many_errors_in_a_row_end_the_batch(c, mail_server):
    rows = guests(book(c), 8)
    mail_server.refuse.update({row.to_address: "451 4.3.2 Come back later" for row in rows})

    drain()

    assert Message.objects.filter(attempts=1).count() == outbox.MOST_ERRORS_IN_A_ROW


def test_a_server_that_is_down_costs_no_try(c, mail_server, settings):
    message = invite(c)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = nobody.getsockname()[1]

    for _ in range(10):
        assert drain() == 0

    row = row_of(message)
    assert (row.state, row.attempts) == (QUEUED, 0)


def test_a_server_that_drops_the_line_is_tried_again(c, mail_server):
    message = invite(c)
    mail_server.refuse[message.to_address] = "421 4.3.0 Closing"

    drain()

    assert (row_of(message).state, minutes_to_wait(message)) == (QUEUED, 1)


# The reason, looked at once more


def cancelled(c, meeting):
    Meeting.objects.update(status=MeetingStatus.CANCELLED, version=2, sequence=1)


def moved(c, meeting):
    Meeting.objects.update(version=2, sequence=1)


def past(c, meeting):
    Meeting.objects.update(start_at=NOW - timedelta(hours=2), end_at=NOW - timedelta(hours=1))


def held(c, meeting):
    Meeting.objects.update(status=MeetingStatus.HELD)


def gone(c, meeting):
    Person.objects.filter(pk__in=[c.teacher.pk, c.mother.pk]).update(gone_at=NOW)


def seats_taken_away(c, meeting):
    meeting.seats.all().delete()


@pytest.mark.parametrize("change", [cancelled, moved, past, held, gone, seats_taken_away])
def test_nothing_is_sent_whose_reason_is_gone_since(c, mail_server, change):
    meeting = book(c)
    invite(c, meeting)
    mail.member_reminder(seat_of(meeting, c.teacher), 7, now=NOW)
    link = link_of(meeting, c.mother)
    mail.parent_link(link, now=NOW)
    mail.parent_no_answer(link, now=NOW)

    change(c, meeting)
    drain()

    assert mail_server.messages == []
    assert set(Message.objects.values_list("state", flat=True)) == {WITHDRAWN}


def test_an_invite_is_sent_although_another_seat_changed_hands(c, mail_server):
    message = invite(c)
    Meeting.objects.update(version=2)

    drain()

    assert row_of(message).state == SENT


@pytest.mark.parametrize("change", [{"has_education_rights": False}, {"is_no_contact": True}])
def test_nothing_is_sent_to_a_guardian_who_must_not_be_written_to(c, mail_server, change):
    meeting = book(c)
    link = link_of(meeting, c.mother)
    rows = [mail.parent_link(link, now=NOW), mail.parent_cancelled(link, "", now=NOW)]

    Guardianship.objects.filter(guardian=c.mother).update(**change)
    Meeting.objects.update(status=MeetingStatus.CANCELLED)
    drain()

    assert [row_of(row).state for row in rows] == [WITHDRAWN, WITHDRAWN]
    assert (mail_server.messages, Attempt.objects.count()) == ([], 0)


def test_no_link_is_sent_that_was_closed_since(c, mail_server):
    link = link_of(book(c), c.mother)
    row = mail.parent_link(link, now=NOW)

    tokens.revoke(link, NOW)
    drain()

    assert (row_of(row).state, mail_server.messages) == (WITHDRAWN, [])


@pytest.mark.parametrize(("answer", "wanted"), [(Answer.YES, "parent-1d"), (Answer.NONE, "parent-no-answer")])
def test_a_family_gets_the_reminder_that_fits_its_answer_now(c, mail_server, answer, wanted):
    meeting = book(c)
    link = link_of(meeting, c.mother)
    mail.parent_no_answer(link, now=NOW)
    mail.parent_day_before(link, now=NOW)

    Seat.objects.filter(holder=c.mother.pk).update(answer=answer)
    drain()

    assert list(Message.objects.filter(state=SENT).values_list("about", flat=True)) == [
        f"meeting:{meeting.pk}:s0:{wanted}"
    ]


def test_a_member_who_said_no_meanwhile_is_not_reminded(c, mail_server):
    meeting = book(c)
    row = mail.member_reminder(seat_of(meeting, c.teacher), 7, now=NOW)

    Seat.objects.filter(holder=c.teacher.pk).update(answer=Answer.NO)
    drain()

    assert row_of(row).state == WITHDRAWN


def test_a_cancellation_is_sent_of_a_cancelled_meeting(c, mail_server):
    meeting = book(c, status=MeetingStatus.CANCELLED, version=2, sequence=1)
    row = mail.cancellation(seat_of(meeting, c.teacher), "Snow", now=NOW)

    drain()

    assert row_of(row).state == SENT


def test_a_cancellation_is_not_sent_to_who_was_asked_again_since(c, mail_server):
    meeting = book(c)
    row = mail.cancellation(seat_of(meeting, c.teacher), "", now=NOW)

    drain()

    assert row_of(row).state == WITHDRAWN


def test_a_nudge_is_not_sent_once_the_meeting_is_booked_or_the_date_closed(c, mail_server):
    rows = [mail.due_nudge(c.due, days, last_on=c.due.due_on, now=NOW) for days in (30, 14)]
    drain(limit=1)
    book(c)
    drain()

    assert [row_of(row).state for row in rows] == [SENT, WITHDRAWN]

    Meeting.objects.all().delete()
    row = mail.due_nudge(c.due, 7, last_on=c.due.due_on, now=NOW)
    DueDate.objects.update(closed_at=NOW)
    drain()

    assert row_of(row).state == WITHDRAWN


def test_expired_rows_are_withdrawn(c, mail_server):
    message = invite(c)
    Message.objects.update(expires_at=NOW)

    assert drain() == 0
    assert (row_of(message).state, row_of(message).attempts) == (WITHDRAWN, 0)


def test_a_row_that_expires_between_claim_and_send_is_withdrawn(c, mail_server):
    message = invite(c)
    clock = iter([NOW, *[message.expires_at] * 5])

    outbox.drain(lambda: next(clock), limit=5, seconds=20)

    assert (row_of(message).state, mail_server.messages) == (WITHDRAWN, [])


def test_a_meeting_moved_or_cancelled_between_claim_and_send_is_not_told_of_its_old_time(c, mail_server):
    for change in (cancelled, moved):
        meeting = book(c)
        row = mail.member_reminder(seat_of(meeting, c.teacher), 7, now=NOW)
        claimed = outbox.claim(NOW)
        change(c, meeting)

        with outbox.Post() as post:
            post.open()
            assert outbox.send(claimed, post, now_of) == WITHDRAWN
        assert (row_of(row).state, mail_server.messages) == (WITHDRAWN, [])
        Meeting.objects.all().delete()


# Claims


def test_a_claimed_row_is_nobody_elses_for_ten_minutes(c):
    message = invite(c)
    claimed = outbox.whole(outbox.claim(NOW))

    assert (claimed.pk, claimed.state, claimed.attempts) == (message.pk, SENDING, 1)
    assert outbox.claim(NOW) is None

    Message.objects.update(claimed_at=Now() - outbox.LEASE + timedelta(seconds=30))
    assert outbox.claim(NOW) is None

    Message.objects.update(claimed_at=Now() - outbox.LEASE - timedelta(seconds=1))
    again = outbox.whole(outbox.claim(NOW))
    assert (again.pk, again.attempts) == (message.pk, 2)
    assert again.claim != claimed.claim


def test_only_the_last_claim_marks_the_row(c, mail_server):
    invite(c)
    first = outbox.claim(NOW)
    late = outbox.whole(first)
    Message.objects.update(claimed_at=Now() - outbox.LEASE - timedelta(seconds=1))
    taken = outbox.whole(outbox.claim(NOW))

    assert outbox._mark_sent(late, NOW) is None
    assert outbox.whole(first) is None
    assert row_of(late).state == SENDING
    assert outbox._mark_sent(taken, NOW) == SENT


def test_a_row_whose_senders_die_each_time_is_given_up(c, mail_server):
    message = invite(c)
    Message.objects.update(
        state=SENDING, attempts=outbox.MOST_ATTEMPTS, claimed_at=Now() - outbox.LEASE - timedelta(seconds=1)
    )

    drain()

    row = row_of(message)
    assert (row.state, row.failure, mail_server.messages) == (FAILED, "sender_stopped", [])


def test_two_tries_of_one_row_are_the_same_to_the_byte(c, mail_server):
    invite(c)
    raw = []
    handle = mail_server.handle_DATA

    async def keep(server, session, envelope):
        raw.append(bytes(envelope.content))
        await handle(server, session, envelope)
        return "451 4.3.0 Try again" if len(raw) == 1 else "250 OK"

    mail_server.handle_DATA = keep

    drain()
    wait_is_over()
    drain()

    assert len(raw) == 2
    assert raw[0] == raw[1]


def test_every_kind_of_message_has_a_reason_to_look_at():
    assert set(reasons.CHECKS) == set(MessageKind)


def test_a_server_that_does_not_say_goodbye_loses_nothing(c, mail_server):
    message = invite(c)

    async def hang_up(server, session, envelope):
        return "421 4.4.2 Bye"

    mail_server.handle_QUIT = hang_up

    assert drain() == 1
    assert row_of(message).state == SENT
