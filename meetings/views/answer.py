"""A member's own answer: "I'll be there", or "I can't come"."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from meetings.actions.busy import Taken
from meetings.actions.reply import reply_as_staff
from meetings.forms.record import AnswerForm
from meetings.models import Answer, Meeting, MeetingStatus, Seat, with_losses
from meetings.views.rights import may_keep, seen_by
from students.requests import StaffRequest

CONFLICT = 409


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: StaffRequest, pk: int) -> HttpResponse:
    # By id: whoever holds two seats would find the meeting twice.
    own = Seat.objects.filter(holder=request.user.pk).values("meeting")
    row = get_object_or_404(seen_by(request.user).filter(pk__in=own), pk=pk)
    now = timezone.now()
    form = AnswerForm(request.POST or None, initial={"version": row.version})
    if request.method == "POST" and form.is_valid():
        return _answer(request, row, form, now=now)
    return _page(request, row, form, now=now)


def _answer(request: StaffRequest, row: Meeting, form: AnswerForm, *, now: datetime) -> HttpResponse:
    said = form.cleaned_data["answer"]
    seat = row.seats.filter(holder=request.user.pk).select_related("holder").order_by("pk")[0]
    seat.meeting = row
    try:
        is_kept = form.cleaned_data["version"] == row.version and reply_as_staff(
            seat, answer=said, note=form.cleaned_data["note"], now=now
        )
    except Taken as taken:
        return _page(request, row, form, now=now, taken=taken)
    if not is_kept:
        messages.warning(request, "This meeting changed meanwhile. Look again, then answer.")
        return _page(request, get_object_or_404(seen_by(request.user), pk=row.pk), form, now=now, changed=True)
    if said == Answer.YES:
        messages.success(request, "Thank you. You will be there.")
    else:
        is_told = row.organizer_id != request.user.pk
        words = f"{row.organizer.person.full_name} knows that you can't come." if is_told else "You can't come."
        messages.success(request, f"Thank you. {words}")
    return redirect("meetings:answer", row.pk)


def _page(
    request: StaffRequest,
    row: Meeting,
    form: AnswerForm,
    *,
    now: datetime,
    taken: Taken | None = None,
    changed: bool = False,
) -> HttpResponse:
    own = list(with_losses(row.seats.filter(holder=request.user.pk)))
    if changed:
        # What was typed stays; what it is about is the meeting as it is now.
        form = AnswerForm(initial={"version": row.version, "note": form.data.get("note", "")})
    context = {
        "meeting": row,
        "zone": row.school.time_zone,
        "form": form,
        "own": own,
        "note": form["note"].value() or (own[0].note if own else ""),
        "taken": taken.busy if taken else (),
        "may_keep": may_keep(request.user, row),
        "is_open": bool(own) and row.status == MeetingStatus.BOOKED and row.start_at > now,
        "has_begun": row.start_at <= now,
    }
    return render(request, "meetings/answer.html", context, status=CONFLICT if taken or changed else 200)
