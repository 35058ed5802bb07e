"""Someone else holds what is to be changed for longer than the database waits: who, how long, what is kept."""

import re
from contextlib import contextmanager
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.urls import reverse

from iep_scheduler.middleware import typed as typed_of
from meetings import tokens
from meetings.models import Meeting, Reply
from tests import cast as people
from tests.booking import NOW, booked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def _short_wait(db):
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    yield
    # The setting must not stay with the connection of the tests that follow.
    connection.close()


@contextmanager
def held(*people_of_it):
    """Hold these people on another connection, as a change that takes long does."""
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT id FROM students_person WHERE id = ANY(%s) FOR UPDATE", [list(people_of_it)])
        yield
    finally:
        other.rollback()
        other.close()


def hidden(page):
    """What the page's own form would post again."""
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.content.decode())
    return {name: unescape(value) for name, value in fields if name != "csrfmiddlewaretoken"}


def test_change_of_a_meeting_that_is_held_can_be_tried_again_as_typed(client):
    cast = people.cast()
    meeting = booked(cast)
    client.force_login(cast.case_manager)
    address = reverse("meetings:reschedule", args=[meeting.pk])
    typed = {
        "version": "1", "day": "2026-12-04", "time": "13:30", "minutes": "60", "room": str(cast.room.pk),
        "why": "The bus & the rain", "despite": "1",
    }  # fmt: skip

    with held(cast.teacher.pk):
        page = client.post(address, typed)
    text = page.content.decode()

    assert page.status_code == 409
    assert "Someone else is changing this right now" in text
    assert "Nothing was saved. Try again in a moment; what you typed is kept." in text
    assert hidden(page) == typed
    assert Meeting.objects.get().version == 1
    assert client.post(address, typed).status_code == 302
    assert Meeting.objects.get().version == 2


def test_passwords_do_not_come_back(rf):
    request = rf.post("/", {"login": "otis@schools.example", "new_password1": "x", "csrfmiddlewaretoken": "y"})

    assert typed_of(request) == [("login", "otis@schools.example")]


def test_family_keeps_what_it_typed_where_the_meeting_is_held(client):
    cast = people.cast()
    meeting = booked(cast)
    address = reverse("meetings:parent", args=[tokens.token_of(meeting.parent_links.get(guardian=cast.mother.pk))])
    typed = {"version": "1", "answer": "yes", "who": "self", "note": "We bring grandma"}

    with held(cast.mother.pk):
        page = client.post(address, typed)
        spanish = client.post(f"{address}?lang=es", typed)

    assert (page.status_code, spanish.status_code) == (409, 409)
    assert "Someone at the school is changing this meeting right now." in page.content.decode()
    assert "Alguien de la escuela está cambiando esta reunión" in spanish.content.decode()
    assert "We bring grandma" in page.content.decode()
    assert not Reply.objects.exists()
