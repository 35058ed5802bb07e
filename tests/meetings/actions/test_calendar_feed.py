"""The private address of somebody's feed: made, renewed, closed."""

from datetime import UTC, datetime, timedelta

import pytest

from meetings import ics_feed
from meetings.actions.calendar_feed import close_feed, open_feed
from meetings.models import CalendarFeed
from meetings.tokens import hash_of
from students.models import Person, Staff
from tests.booking import NOW
from tests.cast import cast
from tests.races import at_once

LATER = NOW + timedelta(hours=2)


@pytest.fixture
def c(db):
    return cast()


def test_address_is_random_and_only_its_hash_is_kept(c):
    token = open_feed(c.teacher.person, now=NOW)

    row = CalendarFeed.objects.get()
    assert len(token) == 43
    assert (row.token_hash, row.person, row.created_at, row.revoked_at) == (hash_of(token), c.teacher.person, NOW, None)
    assert token not in str(vars(row))
    assert ics_feed.find(token) == row


def test_renewed_address_ends_the_one_before(c):
    old, new = open_feed(c.teacher.person, now=NOW), open_feed(c.teacher.person, now=LATER)

    assert (ics_feed.find(old), ics_feed.find(new).created_at) == (None, LATER)
    assert CalendarFeed.objects.filter(revoked_at=None).count() == 1


def test_closed_address_ends(c):
    token = open_feed(c.teacher.person, now=NOW)

    assert close_feed(c.teacher.person, now=LATER)
    assert not close_feed(c.teacher.person, now=LATER)
    assert ics_feed.find(token) is None


def test_address_of_someone_who_left_ends(c):
    token = open_feed(c.teacher.person, now=NOW)
    accounts = Staff.objects.get_queryset().filter(pk=c.teacher.pk)

    accounts.update(is_active=False)
    assert ics_feed.find(token) is None
    accounts.update(is_active=True)
    assert ics_feed.find(token) is not None
    Person.objects.filter(pk=c.teacher.pk).update(gone_at=datetime(2026, 11, 1, tzinfo=UTC))
    assert ics_feed.find(token) is None


@pytest.mark.django_db(transaction=True)
def test_addresses_made_at_the_same_moment_leave_the_last_one_open():
    person = cast().teacher.person

    tokens = at_once(*[lambda: open_feed(person, now=NOW)] * 6)

    assert [len(token) for token in tokens] == [43] * 6
    assert CalendarFeed.objects.filter(revoked_at=None).count() == 1
    assert sum(ics_feed.find(token) is not None for token in tokens) == 1
