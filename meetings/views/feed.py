"""The private address at which a calendar reads somebody's meetings."""

from hashlib import sha256

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from meetings import ics_feed, limits

TOO_MANY = 429


@login_not_required
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Answer with the calendar, or with 304 where it is what the caller has. The token in the path is the authority.

    Reading it leaves no trace: mail scanners and link previews fetch it too.
    """
    found = ics_feed.find(token)
    if found is None:
        raise Http404
    if limits.polls_too_often(token):
        return HttpResponse(status=TOO_MANY, headers={"Retry-After": "60", "Cache-Control": "no-store"})
    with translation.override("en"):
        body = ics_feed.feed_of(found.person, now=timezone.now())
    return _answer(request, body)


def _answer(request: HttpRequest, body: bytes) -> HttpResponseBase:
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["ETag"] = f'"{sha256(body).hexdigest()}"'
    # May be kept by the one who asked, and is asked for again each time.
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    response["Content-Disposition"] = 'inline; filename="meetings.ics"'
    return get_conditional_response(request, etag=response["ETag"], response=response) or response
