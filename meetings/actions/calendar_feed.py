"""Give somebody a private address for the calendar of their meetings, another one, or none."""

import secrets
from datetime import datetime

from django.db import transaction

from meetings.models import CalendarFeed
from meetings.tokens import hash_of
from students.models import Person

TOKEN_BYTES = 32


@transaction.atomic
def open_feed(person: Person, *, now: datetime) -> str:
    """Return the token of a new address, of 256 random bits in 43 URL-safe characters. The one before ends with it.

    Only its hash is kept: it can be shown this once.
    """
    # Two tabs that press at once take turns, and the later one's address stands.
    Person.objects.select_for_update().get(pk=person.pk)
    close_feed(person, now=now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    CalendarFeed.objects.create(person=person, token_hash=hash_of(token), created_at=now)
    return token


def close_feed(person: Person, *, now: datetime) -> bool:
    """End the address; return False where there was none."""
    return CalendarFeed.objects.filter(person=person, revoked_at=None).update(revoked_at=now) > 0
