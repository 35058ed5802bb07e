"""The list of meetings: what comes next first."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from meetings.answers import Answers, answers_of
from meetings.models import Meeting, MeetingStatus, Seat, with_losses
from meetings.standing import missing_seats
from meetings.views.swap import asks_of
from students.models import Student, folded
from students.requests import StaffRequest

PER_PAGE = 25


class Show(StrEnum):
    COMING = "coming"
    MINE = "mine"
    ATTENTION = "attention"
    PAST = "past"


@dataclass(frozen=True)
class Line:
    """One meeting of the list. Whoever only holds a seat reads no more of the student than the invite says."""

    meeting: Meeting
    answers: Answers
    may_see_record: bool
    is_over: bool


@require_safe
def meetings(request: StaffRequest) -> HttpResponse:
    found: QuerySet[Meeting] = Meeting.objects.visible_to(request.user)
    now = timezone.now()
    words = request.GET.get("q", "").strip()
    if words:
        found = _named(found, request, words)
    show = _show(request.GET.get("show", ""))
    counts = {each: _shown(found, each, request, now).count() for each in Show}
    rows = _shown(found, show, request, now).order_by("-start_at" if show is Show.PAST else "start_at", "pk")
    pages = Paginator(_with_seats(rows), PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    seen = Student.objects.visible_to(request.user).filter(pk__in=[row.student_id for row in page])
    records = set(seen.values_list("pk", flat=True))
    lines = [
        Line(meeting, answers_of(meeting.seats.all()), meeting.student_id in records, meeting.end_at <= now)
        for meeting in page
    ]
    context = {"page": page, "lines": lines, "show": show, "counts": counts, "q": words, "now": now}
    context["asks"] = asks_of(request.user, now)
    return render(request, "meetings/list.html", context)


def _show(text: str) -> Show:
    return Show(text) if text in set(Show) else Show.COMING


def _shown(found: QuerySet[Meeting], show: Show, request: StaffRequest, now: datetime) -> QuerySet[Meeting]:
    coming = Q(status=MeetingStatus.BOOKED, end_at__gt=now)
    match show:
        case Show.MINE:
            return found.filter(coming & (Q(seats__holder=request.user.pk) | Q(organizer=request.user.pk))).distinct()
        case Show.ATTENTION:
            unrecorded = Q(status=MeetingStatus.BOOKED, end_at__lte=now)
            lacking = missing_seats(found.filter(coming)).values("meeting")
            return found.filter(unrecorded | Q(pk__in=lacking))
        case Show.PAST:
            return found.exclude(coming)
        case Show.COMING:
            return found.filter(coming)


def _named(found: QuerySet[Meeting], request: StaffRequest, words: str) -> QuerySet[Meeting]:
    """Return the meetings of students so named whose record may be seen: a seat alone shows no student's name."""
    students = Student.objects.visible_to(request.user)
    for word in folded(words).split():
        students = students.filter(person__search_name__contains=word)
    return found.filter(student__in=students)


def _with_seats(rows: QuerySet[Meeting]) -> QuerySet[Meeting]:
    return rows.select_related("student__person", "school", "room", "due_date", "organizer__person").prefetch_related(
        Prefetch("seats", with_losses(Seat.objects.select_related("holder")))
    )
