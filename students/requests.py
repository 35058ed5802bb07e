"""What a view is called with."""

from django.conf import settings
from django.http import HttpRequest

from students.models import Staff


class StaffRequest(HttpRequest):
    """A request behind the sign-in: whoever makes it is a member of the staff."""

    user: Staff


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from: what the last of our own proxies says, where there is one."""
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    # A sender may write any number of addresses before the ones that our own proxies add.
    if 0 < settings.PROXIES <= len(forwarded):
        return forwarded[-settings.PROXIES]
    return str(request.META.get("REMOTE_ADDR", ""))
