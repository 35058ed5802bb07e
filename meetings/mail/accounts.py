"""Mails that let a staff member sign in. Their link is made when they are sent: nothing secret rests in a row."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from meetings.mail.outgoing import Letter, may_write_to, write
from meetings.models import Message, MessageKind
from students.models import Staff

INVITATION = "account:invitation:"
RESETS_APART_MINUTES = 10


def account_invitation(staff: Staff, *, now: datetime) -> Message | None:
    """Invite a staff member to choose a password."""
    return _write(staff, "account_invitation", f"{INVITATION}{now:%Y-%m-%d}", now)


def password_reset(staff: Staff, *, now: datetime) -> Message | None:
    """Send the link to choose another password; at most one in ten minutes, however often it is asked for."""
    slot = now.minute // RESETS_APART_MINUTES
    return _write(staff, "password_reset", f"account:reset:{now:%Y-%m-%dT%H}:{slot}", now)


def set_password_address(staff: Staff, about: str) -> str:
    """Return a fresh address at which this staff member may choose a password, for as long as the settings say."""
    name = "invitation_confirm" if about.startswith(INVITATION) else "password_reset_confirm"
    uid = urlsafe_base64_encode(force_bytes(staff.pk))
    token = default_token_generator.make_token(staff)
    return f"{settings.BASE_URL}{reverse(name, args=[uid, token])}"


def _write(staff: Staff, template: str, about: str, now: datetime) -> Message | None:
    if not may_write_to(staff.person):
        return None
    letter = Letter(
        to=staff.person,
        about=about,
        kind=MessageKind.ACCOUNT,
        template=template,
        zone="UTC",
        words=lambda: {
            "staff": staff,
            "first_name": staff.get_short_name(),
            "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 60 * 60),
            "site": urlsplit(settings.BASE_URL).netloc,
        },
        # The address that they sign in with, not another one that a roster may hold.
        address=staff.login,
        expires_at=now + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
    )
    return write(letter, now=now)
