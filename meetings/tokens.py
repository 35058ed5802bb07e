"""Parent links: private addresses that can be made again at any time, of which only a hash is kept."""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import F
from django.urls import reverse

from meetings.models import Meeting, ParentLink
from students.models import Person

VIEW_AFTER_END = timedelta(days=1)


class LinkState(StrEnum):
    """What a link still opens. The page looks the same for all but the first."""

    OPEN = "open"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


def token_of(link: ParentLink) -> str:
    """Return the 256-bit token of this link's generation, in 43 URL-safe characters."""
    digest = hmac.digest(settings.LINK_KEY.encode(), f"{link.pk}:{link.generation}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def hash_of(token: str) -> str:
    """Return the SHA-256 of a token in hex, which is all that the database keeps."""
    # The token has 256 random bits, so a plain hash cannot be guessed back.
    return hashlib.sha256(token.encode()).hexdigest()


def address_of(link: ParentLink) -> str:
    """Return the whole address of the parent page that this link opens."""
    return f"{settings.BASE_URL}{reverse('meetings:parent', args=[token_of(link)])}"


def expiry_of(meeting: Meeting) -> datetime:
    """Return until when the links of a meeting may be opened: a day after it ends."""
    return meeting.end_at + VIEW_AFTER_END


def make_link(meeting: Meeting, guardian: Person, *, expires_at: datetime, now: datetime) -> ParentLink:
    """Return the one link of this guardian to this meeting, made here if there is none.

    A link that exists keeps its address and gets the new end; one that was revoked stays revoked.
    """
    link, created = ParentLink.objects.get_or_create(
        meeting=meeting, guardian=guardian, defaults={"created_at": now, "expires_at": expires_at}
    )
    if created:
        # The token is made from the key of the row, which exists only now.
        link.token_hash = hash_of(token_of(link))
        ParentLink.objects.filter(pk=link.pk).update(token_hash=link.token_hash)
    elif link.expires_at != expires_at:
        link.expires_at = expires_at
        ParentLink.objects.filter(pk=link.pk).update(expires_at=expires_at)
    return link


def renew(link: ParentLink, now: datetime) -> bool:
    """Give the link a new address, open again until its meeting's end; the old address ends at once.

    Return False where someone else renewed it first.
    """
    fresh = ParentLink(pk=link.pk, generation=link.generation + 1)
    won = ParentLink.objects.filter(pk=link.pk, generation=link.generation).update(
        generation=F("generation") + 1,
        token_hash=hash_of(token_of(fresh)),
        created_at=now,
        expires_at=expiry_of(link.meeting),
        revoked_at=None,
    )
    link.refresh_from_db()
    return won == 1


def revoke(link: ParentLink, now: datetime) -> bool:
    """Close the link. Return False where it was closed before."""
    return ParentLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now) == 1


def find(token: str) -> ParentLink | None:
    """Return the link with this token, open or not, in the one query that every token costs."""
    return (
        ParentLink.objects.select_related("meeting__school", "meeting__student__person", "meeting__room", "guardian")
        .filter(token_hash=hash_of(token))
        .first()
    )


def state_of(link: ParentLink | None, now: datetime) -> LinkState:
    """Return what a found link still opens."""
    if link is None:
        return LinkState.UNKNOWN
    if link.revoked_at is not None:
        return LinkState.REVOKED
    return LinkState.EXPIRED if link.expires_at <= now else LinkState.OPEN
