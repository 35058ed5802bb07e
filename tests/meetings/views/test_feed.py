"""The private address of a feed, as calendars ask for it."""

import logging
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from iep_scheduler.logs import hide
from meetings import limits
from meetings.actions.calendar_feed import close_feed, open_feed
from students.models import Staff
from tests.booking import NOW, START, booked
from tests.cast import cast, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def monday(time_machine):
    cache.clear()
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def c():
    found = cast()
    booked(found)
    return found


def url_of(token):
    return reverse("meetings:feed", args=[token])


def test_feed_is_a_calendar_for_whoever_has_its_address(c):
    token = open_feed(c.teacher.person, now=NOW)

    answer = Client().get(url_of(token))

    assert answer.status_code == 200
    assert answer.content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.cookies == {}


def test_unchanged_feed_is_not_sent_again(c):
    url = url_of(open_feed(c.teacher.person, now=NOW))
    etag = Client().get(url).headers["ETag"]

    same = Client().get(url, headers={"If-None-Match": etag})
    weak = Client().get(url, headers={"If-None-Match": f"W/{etag}"})
    other = Client().get(url, headers={"If-None-Match": '"something else"'})

    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
    assert same.headers["Cache-Control"] == "private, no-cache"
    assert (weak.status_code, other.status_code) == (304, 200)


def test_changed_meeting_is_sent_anew(c, time_machine):
    url = url_of(open_feed(c.teacher.person, now=NOW))
    etag = Client().get(url).headers["ETag"]
    booked(c, start=START + timedelta(days=7), due_date_id=None, kind="amendment")

    answer = Client().get(url, headers={"If-None-Match": etag})

    assert (answer.status_code, answer.content.count(b"BEGIN:VEVENT")) == (200, 2)
    assert answer.headers["ETag"] != etag


def test_head_says_what_get_says_without_the_body(c):
    url = url_of(open_feed(c.teacher.person, now=NOW))
    got, head = Client().get(url), Client().head(url)

    assert (head.status_code, head.content, head.headers) == (200, b"", got.headers)


def test_unknown_revoked_and_closed_addresses_look_the_same(c):
    revoked = open_feed(c.teacher.person, now=NOW)
    close_feed(c.teacher.person, now=NOW)
    of_one_who_left = open_feed(c.speech.person, now=NOW)
    Staff.objects.get_queryset().filter(pk=c.speech.pk).update(is_active=False)

    answers = [Client().get(url_of(token)) for token in ("x" * 43, revoked, of_one_who_left, "x")]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({(answer.content, *sorted(answer.headers.items())) for answer in answers}) == 1


def test_signing_in_shows_nobody_elses_feed(c, client):
    client.force_login(c.director)

    assert client.get(url_of("x" * 43)).status_code == 404


def test_address_stays_out_of_the_log(c, caplog):
    token = open_feed(c.teacher.person, now=NOW)
    close_feed(c.teacher.person, now=NOW)

    with caplog.at_level(logging.INFO):
        Client().get(url_of(token))

    assert [token in hide(record.getMessage()) for record in caplog.records] == [False]


def test_calendar_gone_mad_is_told_to_wait_a_minute(c, time_machine):
    token, other = open_feed(c.teacher.person, now=NOW), url_of(open_feed(c.speech.person, now=NOW))
    mad = url_of(token)

    asked = [limits.polls_too_often(token) for _ in range(599)]
    last, refused = Client().get(mad), Client().get(mad)

    assert asked == [False] * 599
    assert (last.status_code, refused.status_code) == (200, 429)
    assert refused.headers["Retry-After"] == "60"
    assert Client().get(other).status_code == 200
    time_machine.move_to(NOW + timedelta(seconds=61), tick=False)
    assert Client().get(mad).status_code == 200


def test_feed_polled_by_200_clients_with_etags_costs_two_queries_each_and_sends_nothing_again(c):
    tokens = [open_feed(staff(f"Member {n}", c.school).person, now=NOW) for n in range(150)]
    tokens += [open_feed(c.teacher.person, now=NOW)] * 50
    etags = [Client().get(url_of(token)).headers["ETag"] for token in tokens]

    with CaptureQueriesContext(connection) as queries:
        answers = [
            Client().get(url_of(token), headers={"If-None-Match": etag})
            for token, etag in zip(tokens, etags, strict=True)
        ]

    assert [answer.status_code for answer in answers] == [304] * 200
    assert sum(len(answer.content) for answer in answers) == 0
    assert len(queries) == 200 * 2
    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []
