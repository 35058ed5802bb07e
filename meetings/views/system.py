"""The system: whether the jobs of each queue are being done, and on which machines."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from meetings.actions.canary import database_now
from meetings.workers import Limits, QueueState, Trouble, queue_states
from students.access import is_district_wide
from students.requests import StaffRequest


@dataclass(frozen=True)
class Line:
    """One queue, and what is wrong with it."""

    state: QueueState
    trouble: Trouble | None


@require_safe
def system(request: StaffRequest) -> HttpResponse:
    """Show what runs behind the pages: it concerns the district's office."""
    if not is_district_wide(request.user):
        raise Http404
    now = database_now()
    limits = Limits(seen=settings.WORKER_SEEN, ran=settings.CANARY_READY)
    lines = [Line(state, state.trouble(limits)) for state in queue_states(now)]
    return render(
        request,
        "meetings/system.html",
        {
            "now": now,
            "lines": lines,
            "is_well": not any(line.trouble for line in lines),
            "every": timedelta(seconds=settings.CANARY_SECONDS),
        },
    )
