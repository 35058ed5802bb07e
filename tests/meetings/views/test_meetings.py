from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from meetings.actions.book import book
from meetings.actions.cancel import cancel
from meetings.actions.reply import reply_as_staff
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, one_seat_plan

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def shown(client, **query):
    page = client.get(reverse("meetings:list"), query)
    assert page.status_code == 200
    return [line.meeting.pk for line in page.context["lines"]]


def another(cast, name, *, days=1, holder=None):
    pupil = people.student(name, cast.school, cast.case_manager)
    plan = one_seat_plan(pupil, holder or cast.colleague, start=START + timedelta(days=days))
    return book(pupil, plan, by=cast.case_manager, now=NOW)


def test_list_shows_what_comes_first(client):
    cast = people.cast()
    later, first = another(cast, "Pippa Thimble"), booked(cast)
    client.force_login(cast.case_manager)

    assert shown(client) == [first.pk, later.pk]


def test_list_filters(client):
    cast = people.cast()
    meeting, off = booked(cast), another(cast, "Pippa Thimble")
    lacking = another(cast, "Juniper Fable", days=2, holder=cast.teacher)
    cancel(off, by=cast.case_manager, why="Snow", version=1, now=NOW)
    seat = lacking.seats.select_related("meeting", "holder").get(holder=cast.teacher.pk)
    reply_as_staff(seat, answer="no", note="", now=NOW)
    client.force_login(cast.administrator)

    found = {show: shown(client, show=show) for show in ("coming", "mine", "attention", "past", "nonsense")}

    assert found == {
        "coming": [meeting.pk, lacking.pk],
        "mine": [],
        "attention": [lacking.pk],
        "past": [off.pk],
        "nonsense": [meeting.pk, lacking.pk],
    }


def test_list_needs_attention_once_it_is_over_and_not_recorded(client):
    cast = people.cast()
    meeting = booked(cast)
    with time_machine.travel(START + HOUR, tick=False):
        client.force_login(cast.case_manager)

        found = {show: shown(client, show=show) for show in ("coming", "attention", "past")}

    assert found == {"coming": [], "attention": [meeting.pk], "past": [meeting.pk]}


def test_list_finds_a_student_by_name(client):
    cast = people.cast()
    booked(cast)
    found = another(cast, "Núñez Fable")
    client.force_login(cast.case_manager)

    assert shown(client, q="fable nunez") == [found.pk]
    assert shown(client, q="nobody") == []


def test_list_finds_no_name_for_whoever_only_holds_a_seat(client):
    cast = people.cast()
    meeting = booked(cast, teacher=cast.colleague)
    client.force_login(cast.colleague)

    page = client.get(reverse("meetings:list")).content.decode()

    assert shown(client) == [meeting.pk]
    assert shown(client, q="Rainwater") == []
    assert "Maya" in page
    assert "Maya Rainwater" not in page


def test_list_of_a_stranger(client):
    cast = people.cast()
    booked(cast)
    client.force_login(cast.stranger)

    assert {show: shown(client, show=show) for show in ("coming", "attention", "past")} == {
        "coming": [],
        "attention": [],
        "past": [],
    }


def test_list_is_paged(client):
    cast = people.cast()
    rows = [another(cast, f"Student {n}", days=n + 1) for n in range(26)]
    client.force_login(cast.case_manager)

    assert (len(shown(client)), shown(client, page=2)) == (25, [rows[-1].pk])


def test_list_query_count_is_fixed(client):
    cast = people.cast()
    booked(cast)
    client.force_login(cast.case_manager)
    shown(client)

    with CaptureQueriesContext(connection) as few:
        shown(client)
    another(cast, "Pippa Thimble")
    another(cast, "Juniper Fable", days=2)
    with CaptureQueriesContext(connection) as many:
        shown(client)

    assert len(many) == len(few)
