"""Due dates: what administrators watch over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from meetings.coverage import (
    FAMILIES_SHOWN,
    Load,
    Scope,
    counts,
    lacks,
    load_by_week,
    most_overdue,
    scope_of,
    waiting_longest,
)
from meetings.models import AttemptWay, IncomingMail
from meetings.standing import Standing, standings, with_students
from meetings.views.due_list import DueFilter, State, due_filter, managers_of
from meetings.views.swap import asks_of
from students.models import DueDate, MeetingKind, School
from students.requests import StaffRequest
from students.templatetags.look import due_in

PER_PAGE = 50
ON_PAPER = 5000
TIMELINE_DAYS = 60
TIMELINE_BACK = timedelta(days=14)
TIMELINE_ROWS = 25
TICK_ROOM = 7  # Percent of the width that a date needs.


@require_safe
def due_dates(request: StaffRequest) -> HttpResponse:
    asked = due_filter(request.GET.dict())
    scope, schools = scope_of(request.user, timezone.now(), asked.school)
    if not schools:
        raise Http404
    return render(
        request,
        "meetings/due.html",
        {
            **top_of(scope),
            "replies_waiting": IncomingMail.objects.visible_to(request.user).waiting().count(),
            **list_of(scope, asked, request),
            "schools": schools,
            "is_one_school": len(scope.schools) == 1,
            "school_name": scope.schools[0].name,
            "timeline": timeline_of(scope),
            "heat": heat_of(load_by_week(scope)),
        },
    )


def top_of(scope: Scope) -> dict[str, object]:
    families = waiting_longest(scope)
    return {
        "today": scope.today[scope.schools[0].pk],
        "now": scope.now,
        "counts": counts(scope),
        "most_overdue": most_overdue(scope),
        "lacks": lacks(scope),
        "families": [(family, tries_in_words(family.tries)) for family in families],
        "families_shown": FAMILIES_SHOWN,
        "asks": asks_of(scope.viewer, scope.now),
    }


def list_of(scope: Scope, asked: DueFilter, request: StaffRequest) -> dict[str, object]:
    per_page = ON_PAPER if request.GET.get("print") else PER_PAGE
    page = Paginator(with_students(asked.chosen(scope)), per_page).get_page(request.GET.get("page"))
    return {
        "page": page,
        "standings": standings(list(page), now=scope.now, calendars=scope.calendars),
        "asked": asked,
        "states": list(State),
        "kinds": MeetingKind.choices,
        "managers": managers_of(scope),
        "columns": columns_of(asked, scope.schools),
        "is_printed": bool(request.GET.get("print")),
    }


@dataclass(frozen=True)
class Column:
    """A heading that sorts: which sort a press asks for, and how it is sorted now."""

    name: str
    label: str
    ask: str
    direction: str = ""


def columns_of(asked: DueFilter, schools: Sequence[School]) -> list[Column]:
    labels = {"student": "Student", "kind": "What is due", "due": "Due", "manager": "Case manager", "school": "School"}
    if len(schools) == 1:
        labels.pop("school")
    return [column_of(name, label, asked) for name, label in [*labels.items(), ("meets", "Meeting")]]


def column_of(name: str, label: str, asked: DueFilter) -> Column:
    if name != asked.sort:
        return Column(name, label, name)
    if asked.is_descending:
        return Column(name, label, name, "descending")
    return Column(name, label, f"-{name}", "ascending")


def tries_in_words(tries: dict[str, int]) -> str:
    """Return "2 phone calls, 1 email"."""
    names = {way: AttemptWay(way).label.lower() for way in tries}
    return ", ".join(
        f"{n} {names[way]}{'s' if n > 1 and way != AttemptWay.IN_PERSON else ''}" for way, n in tries.items()
    )


def timeline_of(scope: Scope) -> dict[str, object]:
    """Return the most urgent due dates on one axis, every place as a percent of its width."""
    today = min(scope.today.values())
    rows = scope.due_dates.filter(due_on__lte=today + timedelta(days=TIMELINE_DAYS)).order_by("due_on", "pk")
    shown = standings(list(with_students(rows)[:TIMELINE_ROWS]), now=scope.now, calendars=scope.calendars)
    first = today - TIMELINE_BACK if any(one.due and one.due.due_on < today for one in shown) else today
    axis = Axis(first, max([today + timedelta(days=28), *(one.due.due_on for one in shown if one.due)]))
    return {
        "today_at": axis.at(today),
        "ticks": [{"at": axis.at(monday), "label": f"{monday:%b} {monday.day}"} for monday in axis.mondays(today)],
        "rows": [timeline_row(one, one.due, axis) for one in shown if one.due],
    }


@dataclass(frozen=True)
class Axis:
    first: date
    last: date

    def at(self, day: date) -> float:
        share = 100 * (day - self.first).days / (self.last - self.first).days
        return min(max(share, 0.0), 100.0)

    def mondays(self, today: date) -> list[date]:
        """Return the Mondays that have room for their date, away from the word "Today"."""
        monday = today - timedelta(days=today.weekday())
        weeks = [monday + timedelta(weeks=n) for n in range(1, (self.last - monday).days // 7 + 1)]
        return [week for week in weeks if self.at(week) - self.at(today) > TICK_ROOM]


def timeline_row(standing: Standing, due: DueDate, axis: Axis) -> dict[str, Any]:
    due_at, today_at = axis.at(due.due_on), axis.at(standing.today)
    zone = ZoneInfo(standing.student.school.time_zone)
    meets_on = standing.meeting.start_at.astimezone(zone).date() if standing.meeting else None
    return {
        "name": standing.student.person.full_name,
        "url": reverse("students:student", args=[standing.student.pk]),
        "text": f"{due_in(due.due_on, standing.today)}, {'meeting booked' if meets_on else 'not booked'}",
        "starts_at": min(due_at, today_at),
        "width": abs(due_at - today_at),
        "due_at": due_at,
        "meets_at": axis.at(meets_on) if meets_on else None,
        "is_booked": meets_on is not None,
    }


def heat_of(load: Load) -> dict[str, object]:
    return {
        "caption": "Meetings per person, by week",
        "corner": "Person",
        "columns": [f"{week:%b} {week.day}" for week in load.weeks],
        "rows": load.people,
        "more": load.people_count - len(load.people),
        "foot_rows": [
            {"name": "Meetings due", "cells": load.due, "total": sum(load.due)},
            {"name": "of these, not booked", "cells": load.not_booked, "total": sum(load.not_booked)},
        ],
    }
