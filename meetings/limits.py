"""How often a private address may be used.

Families' pages take an answer: counted in the database, because several processes answer.

A try beyond the limit leaves no row, so that a flood does not fill the table; rows older than a minute go with the
next try. Two tries at the same instant both count, so that at worst one too many is refused, never one too many let in.
"""

from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.utils.crypto import salted_hmac

from meetings.models import LinkTry

WINDOW = timedelta(minutes=1)
PER_ADDRESS = 30
PER_TOKEN = 10
PER_FEED = 600  # In a minute, in each process: only a calendar that has gone mad asks so often.
MOST_CLEARED = 500


def too_many(address: str, token: str, *, now: datetime) -> bool:
    """Count one try from this address at this token; return whether either has made too many in a minute."""
    keys = ((f"address:{address}", PER_ADDRESS), (f"token:{token}", PER_TOKEN))
    return any(_is_over(_hashed(key), most, now) for key, most in keys)


def polls_too_often(token: str) -> bool:
    """Count one look at a calendar feed, in the memory of this process: reading a feed writes nothing."""
    key = f"feed:{_hashed(token)}"
    cache.add(key, 0, timeout=WINDOW.total_seconds())
    try:
        return cache.incr(key) > PER_FEED
    except ValueError:
        # Dropped between the two lines, because many others asked.
        return False


def _is_over(key: str, most: int, now: datetime) -> bool:
    recent = LinkTry.objects.filter(key=key, at__gt=now - WINDOW)
    if recent.count() >= most:
        return True
    _clear(now)
    LinkTry.objects.create(key=key, at=now)
    return recent.count() > most


def _clear(now: datetime) -> None:
    with transaction.atomic():
        # Two tries that clear the same rows must not wait for each other.
        old = LinkTry.objects.select_for_update(skip_locked=True).filter(at__lte=now - WINDOW)
        LinkTry.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:MOST_CLEARED])).delete()


def _hashed(key: str) -> str:
    return salted_hmac("meetings.limits", key, algorithm="sha256").hexdigest()
