"""A transaction that somebody left open holds a teacher: whoever books is told so, and does not wait for its end."""

import pytest
import time_machine
from django.db import connection
from django.urls import reverse

from meetings.models import Meeting
from tests import cast as people
from tests.booking import NOW, booked
from tests.iep_scheduler.test_held import held
from tests.meetings.views.test_book import address, chosen

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def setting(name):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return cursor.fetchone()[0]


def test_transaction_left_open_is_waited_for_three_seconds_and_ended_after_thirty():
    connection.close()

    assert (setting("lock_timeout"), setting("statement_timeout")) == ("3s", "15s")
    assert setting("idle_in_transaction_session_timeout") == "30s"


def test_booking_with_a_teacher_held_by_an_open_transaction_is_answered_while_it_is_open(client):
    cast = people.cast()
    client.force_login(cast.case_manager)
    form = chosen(client.get(address(cast)))

    with held(cast.teacher.pk):
        # It stays open until this has an answer.
        page = client.post(address(cast), form)

    assert page.status_code == 409
    assert "Someone else is changing this right now" in page.content.decode()
    assert not Meeting.objects.exists()
    assert client.post(address(cast), form).status_code == 302


def test_pages_are_read_while_an_open_transaction_holds_a_teacher(client):
    cast = people.cast()
    meeting = booked(cast)
    client.force_login(cast.case_manager)

    with held(cast.teacher.pk):
        pages = [client.get(reverse("meetings:meeting", args=[meeting.pk])), client.get(reverse("meetings:list"))]

    assert [page.status_code for page in pages] == [200, 200]
