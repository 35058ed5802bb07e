"""An ask to take over: the page of whoever is asked, and of whoever asked."""

from datetime import datetime

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from meetings.actions.swap import Outcome, answer, withdraw
from meetings.forms.swap import CoverForm
from meetings.models import Answer, Meeting, Swap, SwapMove
from students.models import Staff, Student
from students.requests import StaffRequest


@require_http_methods(["GET", "HEAD", "POST"])
def swap(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(seen_by(request.user), pk=pk)
    now = timezone.now()
    own = row.moves.select_related("swap").filter(taker=request.user.pk).first()
    form = CoverForm(request.POST or None)
    if request.method == "POST" and own is not None and form.is_valid():
        return _answer(request, own, form, now=now)
    return _page(request, row, form, now=now)


def _answer(request: StaffRequest, own: SwapMove, form: CoverForm, *, now: datetime) -> HttpResponse:
    match answer(own, says=form.cleaned_data["answer"], note=form.cleaned_data["note"], now=now):
        case Outcome.DONE:
            messages.success(request, "Thank you. It is done, and everyone is told. You have an invite.")
        case Outcome.WAITING:
            messages.success(request, "Thank you. Somebody else still has to say yes; then you get an invite.")
        case Outcome.DECLINED:
            messages.success(request, "Thank you for saying so. Nothing has changed for you.")
        case Outcome.OVERTAKEN:
            messages.warning(request, "Thank you. It is too late: somebody was taken meanwhile. Nothing has changed.")
        case _:
            messages.info(request, "This ask has ended already. Nothing has changed for you.")
    return redirect("meetings:swap", own.swap_id)


@require_POST
def take_back(request: StaffRequest, pk: int) -> HttpResponse:
    kept = Swap.objects.visible_to(request.user)
    row = get_object_or_404(kept, pk=pk)
    if withdraw(row, now=timezone.now()):
        messages.success(request, "Taken back. Whoever was asked is told.")
    else:
        messages.info(request, "This ask had ended already.")
    return redirect("meetings:swap", row.pk)


def seen_by(user: Staff) -> QuerySet[Swap]:
    """Return the swaps that a user may look at: those of their students, and those in which they are asked."""
    kept = Swap.objects.visible_to(user).order_by().values("pk")
    asked = SwapMove.objects.filter(taker=user.pk).values("swap")
    rows = Swap.objects.filter(Q(pk__in=kept) | Q(pk__in=asked))
    return rows.select_related("student__person", "school", "room", "asked_by__person", "meeting", "said_by")


def asks_of(user: Staff, now: datetime) -> list[SwapMove]:
    """Return what the user is asked to take over and has not answered, in one query."""
    rows = SwapMove.objects.filter(
        taker=user.pk, answer=Answer.NONE, swap__in=Swap.objects.open(), swap__expires_at__gt=now
    )
    return list(rows.select_related("swap__asked_by__person", "swap__school", "giver", "seat__meeting", "commitment"))


def _page(request: StaffRequest, row: Swap, form: CoverForm, *, now: datetime) -> HttpResponse:
    moves = list(row.moves.select_related("giver", "taker", "recorded_by__person", "seat__meeting__room", "commitment"))
    keeps = Student.objects.visible_to(request.user).filter(pk=row.student_id).exists()
    is_open = row.state == "open" and row.expires_at > now
    context = {
        "swap": row,
        "moves": moves,
        "form": form,
        "own": next((move for move in moves if move.taker_id == request.user.pk), None),
        "keeps": keeps,
        "is_open": is_open,
        "zone": row.school.time_zone,
        "seen_meeting": Meeting.objects.visible_to(request.user).filter(pk=row.meeting_id or 0).first(),
    }
    return render(request, "meetings/swap.html", context)
