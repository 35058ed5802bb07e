import pytest
from django.core.exceptions import ImproperlyConfigured

from meetings import sealed

ADDRESS = "https://calendar.google.com/calendar/ical/dana/private-0a1b/basic.ics"


def test_seal_and_unseal(settings):
    settings.STORE_KEY = "one"
    first, second = sealed.seal(ADDRESS), sealed.seal(ADDRESS)

    assert (sealed.unseal(first), sealed.unseal(second)) == (ADDRESS, ADDRESS)
    assert first != second
    assert b"private-0a1b" not in first


def test_wrong_key_says_so_plainly(settings):
    settings.STORE_KEY = "one"
    kept = sealed.seal(ADDRESS)
    settings.STORE_KEY = "another"

    for opening in (sealed.unseal, sealed.renewed):
        with pytest.raises(sealed.WrongKeyError, match="STORE_KEY does not open what was stored with another one"):
            opening(kept)
    with pytest.raises(sealed.WrongKeyError):
        sealed.unseal(b"nothing sealed")


def test_new_key_before_the_old_one_takes_over(settings):
    settings.STORE_KEY = "old"
    kept = sealed.seal(ADDRESS)

    settings.STORE_KEY = "new, old"
    assert sealed.unseal(kept) == ADDRESS
    renewed = sealed.renewed(kept)

    settings.STORE_KEY = "new"
    assert sealed.unseal(renewed) == ADDRESS
    with pytest.raises(sealed.WrongKeyError):
        sealed.unseal(kept)


def test_empty_key(settings):
    settings.STORE_KEY = " , "

    with pytest.raises(ImproperlyConfigured):
        sealed.seal(ADDRESS)
