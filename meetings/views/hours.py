"""One's own week, and the weekly hours that one keeps. An administrator may look at a colleague's."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_time
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from meetings.actions.hours import add_hours, change_hours, drop_hours
from meetings.forms.hours import HoursForm, initial_of_hours
from meetings.models import Commitment, WeeklyHours
from meetings.ownweek import monday_of, week_of, zone_of
from students.editing.rows import version_of
from students.history import history_of_hours
from students.models import BellPeriod, School, Staff
from students.requests import StaffRequest
from students.views.edit_page import conflict, offer_undo, undone
from students.views.rights import administered_by, kept_staff

SAME = "You have these hours already."
WEEK = timedelta(days=7)
COMMITMENTS_SHOWN = 100


@dataclass(frozen=True)
class Desk:
    """Whose hours they are, where they work, and the zone in which their times are typed and shown."""

    staff: Staff
    schools: list[School]
    zone: str
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.zone)).date()


def desk_of(staff: Staff) -> Desk:
    schools = list(School.objects.filter(assignments__staff=staff.pk, gone_at=None).order_by("name"))
    near = schools or list(School.objects.visible_to(staff).order_by("name")[:1])
    return Desk(staff, schools, zone_of(near, ZoneInfo(timezone.get_default_timezone_name())), timezone.now())


@require_safe
def hours(request: StaffRequest) -> HttpResponse:
    desk = desk_of(whose(request))
    is_own = desk.staff.pk == request.user.pk
    monday = asked_monday(request, desk)
    context: dict[str, Any] = {
        "staff": desk.staff,
        "is_own": is_own,
        "schools": desk.schools,
        "zone": desk.zone,
        "today": desk.today,
        "week": week_of(desk.staff.person, desk.schools, desk.zone, monday, now=desk.now),
        "previous": monday - WEEK,
        "next": monday + WEEK,
        "rows": WeeklyHours.objects.filter(person=desk.staff.pk).select_related("school"),
    }
    if is_own:
        coming = Commitment.objects.filter(person=desk.staff.pk, end_at__gt=desk.now).prefetch_related("takers")
        context |= {"commitments": coming[:COMMITMENTS_SHOWN], "history": history_of_hours(desk.staff.person)}
    return render(request, "meetings/hours.html", context)


def whose(request: StaffRequest) -> Staff:
    """Return the user, or the colleague asked for, whose school the user administers."""
    asked = request.GET.get("staff", "")
    if not asked or asked == str(request.user.pk):
        return request.user
    rows = kept_staff(request.user, administered_by(request.user))
    return get_object_or_404(rows, pk=int(asked) if asked.isdecimal() else 0)


def asked_monday(request: StaffRequest, desk: Desk) -> date:
    try:
        asked = parse_date(request.GET.get("week", ""))
    except ValueError:
        asked = None
    # A week far away has no calendar, and the ends of time have no Monday.
    is_near = asked is not None and abs((asked - desk.today).days) < WEEK.days * 100
    return monday_of(asked if asked and is_near else desk.today)


@require_http_methods(["GET", "HEAD", "POST"])
def hours_add(request: StaffRequest) -> HttpResponse:
    desk = desk_of(request.user)
    form = form_of(request, desk, {})
    if request.method == "POST" and form.is_valid():
        if add_hours(request.user.person, form.columns()):
            messages.success(request, "Saved. Times are proposed with it from now on.")
            return redirect("meetings:hours")
        form.add_error("start", SAME)
    return render(request, "meetings/hours_edit.html", {"form": form, "schools": desk.schools})


@require_http_methods(["GET", "HEAD", "POST"])
def hours_edit(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(own_hours(request.user), pk=pk)
    desk = desk_of(request.user)
    initial = initial_of_hours(row, desk.schools)
    form = form_of(request, desk, initial | {"version": version_of(row)}, row)
    context: dict[str, Any] = {"form": form, "row": row, "schools": desk.schools}
    if request.method != "POST" or not form.is_valid():
        return render(request, "meetings/hours_edit.html", context)
    if form.cleaned_data["version"] != version_of(row):
        context |= conflict(form, initial, version_of(row))
        return render(request, "meetings/hours_edit.html", context, status=context["status"])
    try:
        is_saved = change_hours(row, form.columns())
    except ValueError:
        form.add_error("start", SAME)
        return render(request, "meetings/hours_edit.html", context)
    (messages.success if is_saved else messages.warning)(
        request, "Saved." if is_saved else "These hours were deleted meanwhile."
    )
    return redirect("meetings:hours")


@require_POST
def hours_delete(request: StaffRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(own_hours(request.user), pk=pk)
    names = ("kind", "weekday", "day_type", "school_id", "start", "end")
    kept = {name: getattr(row, name) for name in names}
    kept |= {"start": str(row.start), "end": str(row.end), "person": row.person_id}
    if drop_hours(row):
        offer_undo(request, "The hours are deleted.", reverse("meetings:hours_restore"), kept)
    else:
        messages.warning(request, "These hours come from the office's list. Change them instead.")
    return redirect("meetings:hours")


@require_POST
def hours_restore(request: StaffRequest) -> HttpResponse:
    kept = undone(request)
    if kept is not None and kept.pop("person") == request.user.pk:
        add_hours(request.user.person, kept | {name: parse_time(kept[name]) for name in ("start", "end")})
        messages.success(request, "The hours are back.")
    return redirect("meetings:hours")


def own_hours(user: Staff) -> QuerySet[WeeklyHours]:
    return WeeklyHours.objects.filter(person=user.pk).select_related("school")


def form_of(request: StaffRequest, desk: Desk, initial: dict[str, Any], row: WeeklyHours | None = None) -> HoursForm:
    types = BellPeriod.objects.filter(school__in=desk.schools).values_list("day_type", flat=True)
    day_types = set(types) | ({row.day_type} if row and row.day_type else set())
    schools = list(desk.schools)
    if row and row.school and row.school not in schools:
        schools.append(row.school)
    return HoursForm(request.POST or None, schools=schools, day_types=sorted(day_types), initial=initial)
