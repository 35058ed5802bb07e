"""The door at which a mail server of one's own leaves each reply."""

import hmac
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from meetings.actions.incoming import take_in
from meetings.incoming import MOST_BYTES
from meetings.models import Door

UNAUTHORIZED, TOO_LARGE, UNPROCESSABLE, TRY_LATER = 401, 413, 422, 503
MOST_OF_A_FORM = MOST_BYTES + 16 * 1024  # What a form writes around the mail.
FORMS = {"multipart/form-data", "application/x-www-form-urlencoded"}
FIELDS = ("message", "email", "body-mime")


@csrf_exempt
@login_not_required
@require_POST
def inbound(request: HttpRequest) -> HttpResponse:
    """Take in one mail. The answer is the same whosever it is, or nobody's.

    Exempt from the CSRF check: a mail server sends this, which has no cookie; the secret in the header is the
    authority, and no page can make a browser send it.
    """
    if not settings.INBOUND_SECRET:
        raise Http404
    if not _knows_the_secret(request):
        return HttpResponse("The secret is wrong.\n", status=UNAUTHORIZED, content_type="text/plain")
    if int(request.META.get("CONTENT_LENGTH") or 0) > _most_bytes(request):
        return HttpResponse("A mail of 256 kB is the most.\n", status=TOO_LARGE, content_type="text/plain")
    raw = _mail_of(request)
    if not raw:
        return HttpResponse("There is no mail in it.\n", status=UNPROCESSABLE, content_type="text/plain")
    if len(raw) > MOST_BYTES + 1:
        return HttpResponse("A mail of 256 kB is the most.\n", status=TOO_LARGE, content_type="text/plain")
    try:
        take_in(raw, door=Door.WEBHOOK, now=timezone.now())
    except (OperationalError, InterfaceError):
        return HttpResponse("Try again in a minute.\n", status=TRY_LATER, content_type="text/plain")
    return HttpResponse("Taken in.\n", content_type="text/plain")


def _knows_the_secret(request: HttpRequest) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    # Compared whole, whatever comes: how long it takes says nothing of how much is right.
    is_right = hmac.compare_digest(given.strip().encode(), settings.INBOUND_SECRET.encode())
    return is_right and scheme.lower() == "bearer"


def _most_bytes(request: HttpRequest) -> int:
    return MOST_OF_A_FORM if request.content_type in FORMS else MOST_BYTES + 1


def _mail_of(request: HttpRequest) -> bytes:
    if request.content_type not in FORMS:
        return request.body
    for name in FIELDS:
        if name in request.FILES:
            sent: Any = request.FILES[name]
            return bytes(sent.read(MOST_BYTES + 2))
        if name in request.POST:
            return str(request.POST[name]).encode("utf-8", "surrogateescape")
    return b""
