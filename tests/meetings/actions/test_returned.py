"""Messages that come back."""

import pytest

from meetings import reply_addresses
from meetings.actions import incoming
from meetings.actions.returned import clear_address
from meetings.models import BouncedAddress, IncomingMail, Message, MessageState
from tests import cast as people
from tests import incoming as mails
from tests.booking import HOUR, NOW, booked

pytestmark = pytest.mark.django_db

LATER = NOW + HOUR


@pytest.fixture(autouse=True)
def replies(settings):
    settings.REPLIES_ADDRESS = mails.REPLIES


@pytest.fixture
def cast():
    return people.cast()


@pytest.fixture
def notice(cast):
    """The notice to Elena Rainwater, which was sent."""
    row = booked(cast).messages.get(recipient=cast.mother.pk)
    Message.objects.filter(pk=row.pk).update(state=MessageState.SENT, sent_at=NOW)
    row.refresh_from_db()
    return row


def take_in(raw, now=LATER):
    return incoming.take_in(raw, door="mailbox", now=now)


def became(message):
    message.refresh_from_db()
    return message.state, message.failure, message.failed_at, message.settled


def to_of(message):
    return reply_addresses.return_address(message.pk)


def addresses():
    return list(BouncedAddress.objects.values_list("person", "address", "status", "bounced_at", "cleared_at"))


@pytest.mark.parametrize("shape", [mails.returned, mails.returned_by_exchange, mails.returned_by_qmail])
def test_bounce_marks_the_message_and_the_address_the_same_day(cast, notice, shape):
    row = take_in(shape(to_of(notice)))

    assert (row.kind, row.state, row.message, row.person, row.meeting) == (
        "bounce",
        "applied",
        notice,
        cast.mother.person,
        notice.meeting,
    )
    assert became(notice) == ("failed", "bounced", LATER, "")
    assert list(Message.objects.visible_to(cast.case_manager).undelivered()) == [notice]
    status = "5.1.10" if shape is mails.returned_by_exchange else "5.1.1"
    assert addresses() == [(cast.mother.pk, "elena.rainwater@family.example", status, LATER, None)]


def test_delay_is_kept_and_changes_nothing(notice):
    row = take_in(mails.returned(to_of(notice), action="delayed", status="4.4.1"))

    assert (row.kind, row.state, became(notice), addresses()) == ("delay", "kept", ("sent", "", None, ""), [])


@pytest.mark.parametrize("status", ["4.4.7", "5.2.2", "5.2.3", "5.3.4", "5.6.1", "5.7.1"])
def test_bounce_that_is_not_the_address_fault_marks_the_message_alone(notice, status):
    take_in(mails.returned(to_of(notice), status=status))

    assert (became(notice), addresses()) == (("failed", "bounced", LATER, ""), [])


def test_bounce_twice_marks_once(notice):
    rows = [
        take_in(mails.returned(to_of(notice))),
        take_in(mails.returned_by_exchange(to_of(notice)), now=LATER + HOUR),
    ]

    assert [row.state for row in rows] == ["applied", "kept"]
    assert became(notice) == ("failed", "bounced", LATER, "")
    assert len(addresses()) == 1


def test_bounce_to_the_answers_address_is_known_by_the_messages_own_id(cast, notice):
    to = mails.to_of(notice.meeting, cast.mother)

    row = take_in(mails.returned(to, message_id=notice.message_id))

    assert (row.state, row.message, became(notice)[0]) == ("applied", notice, "failed")


@pytest.mark.parametrize("to", ["replies@iep.example.org", "replies+r-1-aaaaaaaaaaaaaaaaaaaaaaaaaa@iep.example.org"])
def test_forged_bounce_changes_nothing(notice, to):
    row = take_in(mails.returned(to, message_id=notice.message_id))

    assert (row.kind, row.state, row.why, row.message) == ("bounce", "kept", "unknown_address", None)
    assert (became(notice), addresses()) == (("sent", "", None, ""), [])


def test_bounce_about_another_persons_message_changes_nothing(cast, notice):
    to = mails.to_of(notice.meeting, cast.teacher)

    row = take_in(mails.returned(to, message_id=notice.message_id))

    assert (row.state, row.why, became(notice)[0]) == ("kept", "unknown_address", "sent")


def test_bounce_of_a_message_that_is_gone_changes_nothing(notice):
    row = take_in(mails.returned(reply_addresses.return_address(notice.pk + 1000)))

    assert (row.state, row.why) == ("kept", "unknown_address")


@pytest.mark.parametrize("state", ["queued", "withdrawn"])
def test_bounce_of_a_message_that_was_not_sent_leaves_it(notice, state):
    Message.objects.filter(pk=notice.pk).update(state=state)

    assert take_in(mails.returned(to_of(notice))).state == "kept"
    assert became(notice)[0] == state


def test_address_is_bad_until_it_is_changed(cast, notice):
    take_in(mails.returned(to_of(notice)))
    assert list(BouncedAddress.objects.standing().values_list("person", flat=True)) == [cast.mother.pk]

    cast.mother.person.email = "elena@new.example"
    cast.mother.person.save()

    assert not BouncedAddress.objects.standing().exists()


def test_address_is_right_once_someone_says_so(cast, notice):
    take_in(mails.returned(to_of(notice)))
    row = BouncedAddress.objects.get()

    outcomes = [clear_address(row, by=cast.case_manager, now=LATER) for _ in range(2)]

    row.refresh_from_db()
    assert (outcomes, row.cleared_at, row.cleared_by) == ([True, False], LATER, cast.case_manager)
    assert not BouncedAddress.objects.standing().exists()


def test_address_that_bounces_again_is_bad_again(cast, notice):
    take_in(mails.returned(to_of(notice)))
    clear_address(BouncedAddress.objects.get(), by=cast.case_manager, now=LATER)

    take_in(mails.returned_by_exchange(to_of(notice)), now=LATER + HOUR)

    assert BouncedAddress.objects.standing().count() == 1


def test_who_sees_a_bad_address(cast, notice):
    take_in(mails.returned(to_of(notice)))

    seen = {
        who: BouncedAddress.objects.visible_to(getattr(cast, who)).count()
        for who in ("case_manager", "speech", "administrator", "director", "teacher", "colleague", "stranger")
    }

    assert seen == {
        "case_manager": 1,
        "speech": 1,
        "administrator": 1,
        "director": 1,
        "teacher": 0,
        "colleague": 0,
        "stranger": 0,
    }
    assert IncomingMail.objects.visible_to(cast.teacher).count() == 0
