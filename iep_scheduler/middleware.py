"""Sign-in by default, and who did what."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect
from pghistory import middleware as pghistory

from iep_scheduler import pages
from meetings.actions.busy import HELD_TOO_LONG, sqlstate
from students.access import is_district_wide
from students.forms import roster

CONFLICT, TOO_LARGE = 409, 413
MOST_BYTES = 3 * 2**20  # Django takes forms of 2.5 MB; files it would write to the disk to any size.
MOST_OF_A_ROSTER = roster.MOST_BYTES + MOST_BYTES


HEALTH = {"/healthz": pages.healthz, "/readyz": pages.readyz}


class HealthMiddleware:
    """Answer /healthz and /readyz to whoever asks from the machine itself, under any host name and without TLS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = HEALTH.get(request.path_info, self.get_response)
        return answer(request)


class SizeMiddleware:
    """Refuse a body that is too large before it is read: rosters from those who may import one, else forms."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Without a length nothing is read at all.
        size = int(request.META.get("CONTENT_LENGTH") or 0)
        if size > MOST_BYTES and size > most_bytes_of(request):
            return render(request, "413.html", status=TOO_LARGE)
        return self.get_response(request)


def most_bytes_of(request: HttpRequest) -> int:
    may_import = request.path_info == reverse("students:import") and is_district_wide(request.user)
    return MOST_OF_A_ROSTER if may_import else MOST_BYTES


class PrivateMiddleware:
    """Have no browser or proxy keep a page that someone who is signed in was shown."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not response.has_header("Cache-Control") and request.user.is_authenticated:
            response["Cache-Control"] = "private, no-store"
        return response


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page asks for a sign-in unless its view says otherwise, and returns to where one was."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseRedirect | HttpResponseClientRedirect:
        answer = redirect_to_login(page_of(request), self.get_login_url(view_func))
        # A plain redirect would put the whole sign-in page into the fragment that htmx asked for.
        return HttpResponseClientRedirect(answer.url) if request.headers.get("HX-Request") else answer


def page_of(request: HttpRequest) -> str:
    """Return the address of the page the request came from, which a GET can open again."""
    if request.method in {"GET", "HEAD"} and not request.headers.get("HX-Request"):
        return request.get_full_path()
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "/"
    if not url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}):
        return "/"
    parts = urlsplit(page)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


class HeldMiddleware:
    """Say so where someone else holds what a view wants to change, and keep what was typed for another try.

    Asked of views alone: what fails after a view, such as a session's row, may follow a change that was made.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DatabaseError) or sqlstate(error) not in HELD_TOO_LONG:
            return None
        return render(request, "409.html", {"typed": typed(request)}, status=CONFLICT)


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the fields of a form that was sent, but for passwords, which stay out of pages, and Django's own."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if "password" not in name and name != "csrfmiddlewaretoken"
        for value in values
    ]


class HistoryMiddleware(pghistory.HistoryMiddleware):
    """Write beside each change who made it. Not the address: a parent's holds the key to the page."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        return {"user": super().get_context(request)["user"]}
