"""What waits to be sent, and the switch that stops all mail. For the district's office."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from meetings.actions import breaker, caps, outbox, pause
from meetings.forms.outbox import ResumeForm
from meetings.models import Message, MessageState, Outbox, OutboxChange, PauseReason
from meetings.views.undelivered import zone_of
from students.access import is_district_wide
from students.requests import StaffRequest

ROWS_SHOWN = 100
CHANGES_SHOWN = 10


@require_safe
def outbox_page(request: StaffRequest) -> HttpResponse:
    _office(request)
    return _page(request)


@require_POST
def outbox_pause(request: StaffRequest) -> HttpResponse:
    _office(request)
    if pause.pause(by=request.user, now=timezone.now()):
        messages.success(request, "Paused. What is written from now on waits until someone starts it again.")
    else:
        messages.warning(request, "It was paused already.")
    return redirect("meetings:outbox")


@require_POST
def outbox_resume(request: StaffRequest) -> HttpResponse:
    _office(request)
    row = Outbox.objects.filter(pk=1).first()
    form = ResumeForm(request.POST, asks=bool(row and row.pause_reason == PauseReason.RESTORED))
    if not form.is_valid():
        return _page(request, form)
    resumed = pause.resume(
        by=request.user, how=form.how_chosen(), paused_at=form.cleaned_data["paused_at"], now=timezone.now()
    )
    if resumed is None:
        messages.warning(request, "Nothing was changed: it was started again already, or paused anew since you looked.")
    else:
        words = f" Withdrawn: {resumed.withdrawn}." if resumed.withdrawn else ""
        messages.success(request, f"Mail goes out again.{words}")
    return redirect("meetings:outbox")


def _office(request: StaffRequest) -> None:
    # It shows mail to everybody; anybody else has no such page.
    if not is_district_wide(request.user):
        raise Http404


def _page(request: StaffRequest, form: ResumeForm | None = None) -> HttpResponse:
    now = timezone.now()
    row = Outbox.objects.select_related("paused_by__person").filter(pk=1).first() or Outbox(pk=1)
    waiting = Message.objects.reported_to(request.user).waiting()
    oldest = outbox.waiting().order_by("not_before_at").first()
    sent = Message.objects.reported_to(request.user).filter(state=MessageState.SENT)
    context: dict[str, Any] = {
        "outbox": row,
        "is_restored": row.pause_reason == PauseReason.RESTORED,
        "waiting": waiting.count(),
        "oldest": oldest,
        "sent_today": sent.filter(sent_at__gt=now - caps.DAY).count(),
        "undelivered": Message.objects.reported_to(request.user).undelivered().count(),
        "is_resting": breaker.is_resting(),
        "most_errors": breaker.MOST_ERRORS,
        "room": caps.room_this_hour(now=now),
        "changes": OutboxChange.objects.select_related("by__person")[:CHANGES_SHOWN],
        "zone": zone_of(request.user),
    }
    if row.paused_at is not None:
        asks = row.pause_reason == PauseReason.RESTORED
        context["form"] = form or ResumeForm(asks=asks, initial={"paused_at": row.paused_at.isoformat()})
        if asks:
            context |= {
                f"{name}{end}": value
                for name, rows in (("older", pause.older(row.paused_at)), ("newer", pause.newer(row.paused_at)))
                for end, value in (("", rows.select_related("recipient")[:ROWS_SHOWN]), ("_count", rows.count()))
            }
    return render(request, "meetings/outbox.html", context)
