"""The staff of one's schools: list, add, edit, invite."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from meetings import mail, queue
from meetings.models import Meeting, MeetingStatus, Seat
from meetings.views.bounced import bounced_of
from students.editing.staff import LoginTaken, add_staff, edit_staff, version_of_staff
from students.forms.staff import StaffForm, initial_of
from students.history import history_of_staff
from students.models import Assignment, School, Staff, Student, folded
from students.requests import StaffRequest
from students.views.edit_page import conflict
from students.views.rights import administered_by, keeps_account, kept_staff

STAFF_PER_PAGE = 50
SEATS_SHOWN = 50
CLASH = "Another account signs in with this address."
POSTS = Prefetch("assignments", Assignment.objects.select_related("school").order_by("school__name"))


@dataclass(frozen=True)
class LeftShort:
    """A meeting to come in which someone whose account is closed holds a seat. Without `url`, another school's."""

    seat: Seat
    may_open: bool


@require_safe
def staff(request: StaffRequest) -> HttpResponse:
    schools = schools_of(request)
    words = request.GET.get("q", "").strip()
    rows = matching(kept_staff(request.user, schools), words).prefetch_related(POSTS)
    page = Paginator(rows.order_by("person__search_name", "pk"), STAFF_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "students/staff.html", {"page": page, "q": words})


def matching(rows: QuerySet[Staff], words: str) -> QuerySet[Staff]:
    """Return those whose name or address holds every word, accents and case aside."""
    for word in folded(words).split():
        rows = rows.filter(Q(person__search_name__contains=word) | Q(login__contains=word))
    return rows


@require_http_methods(["GET", "HEAD", "POST"])
def staff_add(request: StaffRequest) -> HttpResponse:
    schools = schools_of(request)
    form = StaffForm(request.POST or None, schools=schools, user=request.user, initial=first_tick(schools))
    if request.method == "POST" and form.is_valid():
        try:
            added = add_staff(form.names(), form.account(), form.posts())
        except LoginTaken:
            form.add_error("login", CLASH)
        else:
            messages.success(request, f"{added.person.full_name} is on record. Send an invitation to let them sign in.")
            return redirect("students:staff_edit", added.pk)
    return render(request, "students/staff_edit.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def staff_edit(request: StaffRequest, pk: int) -> HttpResponse:
    schools = schools_of(request)
    row = get_object_or_404(kept_staff(request.user, schools), pk=pk)
    form = form_of(request, row, schools)
    if request.method != "POST" or not form.is_valid():
        return page(request, row, form)
    try:
        version = form.cleaned_data["version"]
        is_saved = edit_staff(row, form.names(), form.account(), form.posts(), version=version)
    except LoginTaken:
        form.add_error("login", CLASH)
        return page(request, row, form)
    if not is_saved:
        fresh = get_object_or_404(kept_staff(request.user, schools), pk=pk)
        return page(request, fresh, form, **conflict(form, shown_of(fresh, schools), version_of_staff(fresh)))
    messages.success(request, "Saved.")
    if kept_staff(request.user, schools).filter(pk=row.pk).exists():
        return redirect("students:staff_edit", row.pk)
    return redirect("students:staff")


@require_POST
def staff_invite(request: StaffRequest, pk: int) -> HttpResponse:
    schools = schools_of(request)
    row = get_object_or_404(kept_staff(request.user, schools), pk=pk)
    if not keeps_account(request.user, row, schools):
        raise Http404
    now = timezone.now()
    message = mail.account_invitation(row, now=now)
    if message is None:
        messages.warning(request, "No invitation was written: the account is closed, or they have left.")
    elif message.created_at != now:
        messages.info(request, f"{row.person.full_name} was sent an invitation today already.")
    else:
        queue.enqueue("send_outbox")
        messages.success(request, f"An invitation to {row.login} is on its way.")
    return redirect("students:staff_edit", row.pk)


def schools_of(request: StaffRequest) -> QuerySet[School]:
    """Return the schools that the user administers; for anybody else there is no such page."""
    schools = administered_by(request.user)
    if not request.user.is_district_wide and not schools.exists():
        raise Http404
    return schools


def first_tick(schools: QuerySet[School]) -> dict[str, bool]:
    """Return the one school ticked, where there is but one."""
    only = list(schools[:2])
    return {f"works-{only[0].pk}": True} if len(only) == 1 else {}


def form_of(request: StaffRequest, row: Staff, schools: QuerySet[School]) -> StaffForm:
    initial = shown_of(row, schools) | {"version": version_of_staff(row)}
    is_kept = keeps_account(request.user, row, schools)
    return StaffForm(
        request.POST or None, schools=schools, user=request.user, staff=row, is_kept=is_kept, initial=initial
    )


def shown_of(row: Staff, schools: QuerySet[School]) -> dict[str, Any]:
    """Return what the form shows, every tick of the schools among it."""
    ticks = {
        f"{tick}-{school.pk}": False
        for school in schools
        for tick in ("works", "is_administrator", "is_representative")
    }
    return ticks | initial_of(row, row.assignments.filter(school__in=schools))


def page(request: StaffRequest, row: Staff, form: StaffForm, *, status: int = 200, **extra: Any) -> HttpResponse:
    context = {
        "staff": row,
        "form": form,
        "history": history_of_staff(row),
        "elsewhere": row.assignments.exclude(school__in=form.schools).select_related("school"),
        "short": [] if row.is_active else left_short(request, row, timezone.now()),
        "caseload": Student.objects.filter(case_manager=row, has_iep=True, person__gone_at=None).count(),
        "has_password": row.has_usable_password(),
        "zone": zone_of(row),
        "bounced": bounced_of(request.user, [row.pk]).get(row.pk),
        **extra,
    }
    return render(request, "students/staff_edit.html", context, status=status)


def zone_of(row: Staff) -> str:
    school = row.schools.first()
    return school.time_zone if school else timezone.get_default_timezone_name()


def left_short(request: StaffRequest, row: Staff, now: datetime) -> list[LeftShort]:
    """Return the seats that someone holds in meetings to come."""
    seats = Seat.objects.filter(
        holder=row.pk, meeting__status=MeetingStatus.BOOKED, meeting__start_at__gt=now
    ).select_related("meeting__school", "meeting__student__person")
    found = list(seats.order_by("meeting__start_at")[:SEATS_SHOWN])
    seen = set(
        Meeting.objects.visible_to(request.user)
        .filter(pk__in=[seat.meeting_id for seat in found])
        .values_list("pk", flat=True)
    )
    return [LeftShort(seat, seat.meeting_id in seen) for seat in found]
