"""The demo's mailbox: what would have been sent, to anyone, with links that can be followed. Only in the demo.

Who reads it can open every family's page and choose a password for anyone: it is open to all while nobody in it is
real, else to a superuser alone, who could do as much.
"""

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from meetings.mail.wire import answered_at, filled, invite_of
from meetings.models import Message, MessageState
from students.made_up import is_made_up_district
from students.models import School, folded

PER_PAGE = 50
MAIL_CSP = {"default-src": [NONE], "style-src": [UNSAFE_INLINE], "frame-ancestors": [SELF], "base-uri": [NONE]}


@login_not_required
@never_cache
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """List the messages, newest first; `to` narrows by name or address."""
    rows = _demo_messages(request)
    asked = request.GET.get("to", "").strip()
    if asked:
        rows = rows.filter(Q(recipient__search_name__contains=folded(asked)) | Q(to_address__icontains=asked))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "demo/mailbox.html", {"page": page, "asked": asked, "zone": _zone()})


@login_not_required
@never_cache
@require_safe
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one message as it was sent, its invite and its links."""
    row = get_object_or_404(_demo_messages(request), pk=pk)
    text, _ = _filled(row)
    invite = invite_of(row).decode() if row.ics else ""
    context = {
        "row": row,
        "text": text,
        "invite": invite,
        "from": settings.DEFAULT_FROM_EMAIL,
        "answered_at": answered_at(row),
        "zone": _zone(),
    }
    return render(request, "demo/message.html", context)


@login_not_required
@never_cache
@require_safe
@xframe_options_sameorigin
@csp_replace(MAIL_CSP)  # type: ignore[arg-type]
def html(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the HTML of one message, for the frame in its page; a link in it opens in the whole window."""
    _, body = _filled(get_object_or_404(_demo_messages(request), pk=pk))
    return HttpResponse(body.replace("<head>", '<head><base target="_top">', 1))


@login_not_required
@never_cache
@require_safe
def ics(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the invite of one message as the file that was attached."""
    row = get_object_or_404(_demo_messages(request), pk=pk)
    if not row.ics:
        raise Http404
    headers = {"Content-Disposition": 'attachment; filename="invite.ics"'}
    return HttpResponse(
        invite_of(row), content_type=f"text/calendar; charset=utf-8; method={row.ics_method}", headers=headers
    )


def _demo_messages(request: HttpRequest) -> QuerySet[Message]:
    # These pages have no addresses outside of the demo; this holds even if somebody gives them one.
    if not settings.DEMO_MAILBOX:
        raise Http404
    # A district that tries the product with its own roster and without a mail server is a demo by its settings.
    if not (is_made_up_district() or request.user.is_superuser):
        raise Http404
    return Message.objects.select_related("recipient__staff", "meeting__school", "link").order_by("-created_at", "-pk")


def _filled(row: Message) -> tuple[str, str]:
    # A link's secret address may be gone by now, and the mail is still to be read.
    return (row.text, row.html) if row.state == MessageState.WITHDRAWN else filled(row)


def _zone() -> str:
    return School.objects.values_list("time_zone", flat=True).first() or settings.TIME_ZONE
