"""The district's page of what waits, and its switch."""

from datetime import timedelta

import pytest
import time_machine
from django.db.models.functions import Now
from django.urls import reverse

from meetings import mail
from meetings.actions import outbox, pause
from meetings.models import Message, MessageState, Outbox, PauseReason
from tests.cast import cast
from tests.meetings.booked import NOW, book, seat_of

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def c():
    return cast()


@pytest.fixture
def office(client, c):
    client.force_login(c.director)
    return client


def shown(client):
    return " ".join(client.get(reverse("meetings:outbox")).content.decode().split())


def press(client, what, **data):
    answer = client.post(reverse(f"meetings:outbox_{what}"), data, follow=True)
    return [str(one) for one in answer.context["messages"]], " ".join(answer.content.decode().split())


def restored(c):
    """One message waited in the copy, one was written since."""
    meeting = book(c)
    outbox.drain(lambda: NOW, limit=5, seconds=20)
    Outbox.objects.update(identity=f"7:{Outbox.objects.get().identity.partition(':')[2]}")
    old = mail.invite(seat_of(meeting, c.teacher), now=NOW - timedelta(hours=8))
    outbox.drain(lambda: NOW, limit=5, seconds=20)
    return old, mail.invite(seat_of(meeting, c.vice_principal), now=LATER)


def test_page_counts_what_waits_and_what_went(office, c, mail_server):
    meeting = book(c)
    mail.invite(seat_of(meeting, c.teacher), now=NOW)
    outbox.drain(lambda: NOW, limit=5, seconds=20)
    mail.invite(seat_of(meeting, c.vice_principal), now=NOW)

    context = office.get(reverse("meetings:outbox")).context

    assert [context[name] for name in ("waiting", "sent_today", "undelivered")] == [1, 1, 0]


def test_pause_and_start_again(office, c):
    assert "Mail goes out" in shown(office)
    assert press(office, "pause")[0] == ["Paused. What is written from now on waits until someone starts it again."]
    assert press(office, "pause")[0] == ["It was paused already."]
    assert "by Iris Moss" in shown(office)

    said, _ = press(office, "resume", paused_at=Outbox.objects.get().paused_at.isoformat())

    assert said == ["Mail goes out again."]
    assert not pause.is_stopped()
    assert "Who stopped and started it" in shown(office)


def test_start_again_of_an_older_pause_changes_nothing(office, c):
    press(office, "pause")

    said, _ = press(office, "resume", paused_at=(NOW - timedelta(days=1)).isoformat())

    assert pause.is_stopped()
    assert said[0].startswith("Nothing was changed")


def test_after_a_restore_it_lists_what_waits_and_asks(office, c, mail_server):
    restored(c)
    page = shown(office)

    assert "The database was put back from a copy" in page
    assert [office.get(reverse("meetings:outbox")).context[n] for n in ("older_count", "newer_count")] == [1, 1]
    _, page = press(office, "resume", paused_at=NOW.isoformat())
    assert "Choose what becomes of the messages that wait." in page
    assert Outbox.objects.get().pause_reason == PauseReason.RESTORED


def test_after_a_restore_the_copys_messages_are_withdrawn_when_told_so(office, c, mail_server):
    old, new = restored(c)

    said, page = press(office, "resume", paused_at=NOW.isoformat(), how="withdraw_older")

    assert said == ["Mail goes out again. Withdrawn: 1."]
    assert "1 withdrawn" in page
    states = dict(Message.objects.values_list("pk", "state"))
    assert states == {old.pk: MessageState.WITHDRAWN, new.pk: MessageState.QUEUED}


def test_page_says_that_all_senders_rest(office, c):
    Outbox.objects.create(pk=1, errors_in_a_row=20)
    Outbox.objects.update(rests_until_at=Now() + timedelta(minutes=5))

    assert "20 errors in a row. Mail is tried again at" in shown(office)


def test_nobody_else_has_such_a_page(client, c):
    for who in (c.case_manager, c.administrator, c.teacher):
        client.force_login(who)
        assert client.get(reverse("meetings:outbox")).status_code == 404
        assert client.post(reverse("meetings:outbox_pause")).status_code == 404
        assert client.post(reverse("meetings:outbox_resume"), {"paused_at": NOW.isoformat()}).status_code == 404
    assert not Outbox.objects.exists()
