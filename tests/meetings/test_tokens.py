import hashlib
import re
from datetime import timedelta

import pytest

from meetings import tokens
from meetings.models import ParentLink
from meetings.tokens import LinkState
from tests.cast import cast
from tests.meetings.booked import NOW, book, link_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def link():
    c = cast()
    return link_of(book(c), c.mother)


def test_token_has_256_bits_and_only_its_hash_is_kept(link):
    token = tokens.token_of(link)

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    row = ParentLink.objects.values().get()
    assert row["token_hash"] == hashlib.sha256(token.encode()).hexdigest()
    assert token not in map(str, row.values())


def test_token_depends_on_the_link_key(link, settings):
    before = tokens.token_of(link)

    settings.LINK_KEY = "another key"

    assert tokens.token_of(link) != before


def test_make_link_twice_is_the_same_link(link):
    later = tokens.make_link(link.meeting, link.guardian, expires_at=link.expires_at, now=NOW + timedelta(days=1))

    assert (later.pk, later.token_hash, later.created_at) == (link.pk, link.token_hash, NOW)
    assert ParentLink.objects.count() == 1


def test_make_link_of_a_moved_meeting_keeps_the_address_and_moves_the_end(link):
    until = link.expires_at + timedelta(days=7)

    tokens.make_link(link.meeting, link.guardian, expires_at=until, now=NOW)

    row = ParentLink.objects.get()
    assert (row.token_hash, row.expires_at) == (link.token_hash, until)


def test_links_of_two_guardians_differ():
    c = cast()
    meeting = book(c)

    assert tokens.token_of(link_of(meeting, c.mother)) != tokens.token_of(link_of(meeting, c.father))


def test_find_a_known_token(link):
    found = tokens.find(tokens.token_of(link))

    assert found == link
    assert tokens.state_of(found, NOW) == LinkState.OPEN


@pytest.mark.parametrize("token", ["", "x", "ä", "a" * 43, "a" * 5000, "\x00"])
def test_find_an_unknown_token(link, token):
    found = tokens.find(token)

    assert found is None
    assert tokens.state_of(found, NOW) == LinkState.UNKNOWN


def test_find_with_one_character_off(link):
    token = tokens.token_of(link)
    other = "A" if token[0] != "A" else "B"

    assert tokens.find(other + token[1:]) is None


def test_state_until_a_day_after_the_end(link):
    end = link.meeting.end_at + timedelta(days=1)

    assert tokens.state_of(link, end - timedelta(seconds=1)) == LinkState.OPEN
    assert tokens.state_of(link, end) == LinkState.EXPIRED


def test_find_gives_expired_and_revoked_links_too(link):
    assert tokens.revoke(link, NOW)
    found = tokens.find(tokens.token_of(link))

    assert tokens.state_of(found, NOW) == LinkState.REVOKED
    assert not tokens.revoke(link, NOW)


@pytest.mark.parametrize("kind", ["open", "revoked", "expired", "unknown"])
def test_find_costs_one_query_whatever_the_token(link, kind, django_assert_num_queries):
    token = "a" * 43 if kind == "unknown" else tokens.token_of(link)
    if kind == "revoked":
        tokens.revoke(link, NOW)
    if kind == "expired":
        ParentLink.objects.update(expires_at=NOW - timedelta(days=1))

    with django_assert_num_queries(1):
        found = tokens.find(token)
        tokens.state_of(found, NOW)


def test_renew_ends_the_old_address_and_opens_a_new_one(link):
    before = tokens.token_of(link)
    tokens.revoke(link, NOW)

    assert tokens.renew(link, NOW + timedelta(hours=1))

    after = tokens.token_of(link)
    assert (link.generation, link.revoked_at, link.token_hash) == (2, None, tokens.hash_of(after))
    assert tokens.find(before) is None
    assert tokens.find(after) == link


def test_renew_of_a_row_that_was_renewed_meanwhile(link):
    stale = ParentLink.objects.get(pk=link.pk)
    tokens.renew(link, NOW)

    assert not tokens.renew(stale, NOW)
    assert stale.generation == 2


def test_address_of_a_link(link, settings):
    settings.BASE_URL = "https://iep.example.org"

    assert tokens.address_of(link) == f"https://iep.example.org/p/{tokens.token_of(link)}/"
