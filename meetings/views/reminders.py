"""The district's reminders: what is in force, quiet hours, one rule, and what a meeting on some day would bring."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from meetings.actions.reminder_rule import set_rule, version_of_rule
from meetings.calendars import calendar_of
from meetings.forms.reminders import (
    EVERY,
    AheadForm,
    QuietForm,
    RuleForm,
    WhichRuleForm,
    initial_of_district,
    initial_of_rule,
    kind_of,
)
from meetings.models import RemindedGroup, ReminderRule
from meetings.quiet import quiet_hours
from meetings.reminder_rules import EVERY_KIND, Policy, Rule, policy, rule_of
from meetings.reminder_times import Times
from meetings.views.settings import district_of
from students.editing.district import edit_district
from students.editing.rows import version_of
from students.history import history_of_district, history_of_reminders
from students.models import District, MeetingKind, School
from students.requests import StaffRequest
from students.views.edit_page import conflict, offer_undo, undone

AHEAD = timedelta(days=14)
AT = time(13, 30)
IMPORT_FIRST = "The settings are the district's, which comes with the first roster. Import one first."
FIRST = "Someone changed it meanwhile. Nothing was taken back."


@dataclass(frozen=True)
class Cell:
    """What is in force for one kind and group. `is_own`: set here for just this."""

    kind: str
    group: RemindedGroup
    rule: Rule
    is_own: bool

    @property
    def is_family(self) -> bool:
        return self.group == RemindedGroup.FAMILY


@dataclass(frozen=True)
class Ahead:
    """When a group would be reminded of a meeting."""

    group: RemindedGroup
    at: list[datetime]
    ask_again_after: int | None


@require_http_methods(["GET", "HEAD", "POST"])
def reminders(request: StaffRequest) -> HttpResponse:
    district = district_of(request)
    if district is None:
        messages.info(request, IMPORT_FIRST)
        return redirect("students:import")
    which = WhichRuleForm(request.GET)
    if request.method != "POST" and which.is_valid():
        return redirect("meetings:reminder_rule", which.cleaned_data["kind"], which.cleaned_data["group"])
    form = QuietForm(request.POST or None, initial=initial_of_district(district) | {"version": version_of(district)})
    if request.method != "POST" or not form.is_valid():
        return page(request, district, form)
    before = edit_district(district, form.values(), version=form.cleaned_data["version"])
    if before is None:
        fresh = District.objects.get()
        return page(request, fresh, form, **conflict(form, initial_of_district(fresh), version_of(fresh)))
    if not before:
        messages.info(request, "Nothing was changed.")
        return redirect("meetings:reminders")
    kept = {
        "values": {name: str(value) for name, value in before.items()},
        "version": version_of(District.objects.get()),
    }
    offer_undo(request, "Saved.", reverse("meetings:reminders_restore"), kept)
    return redirect("meetings:reminders")


@require_http_methods(["GET", "HEAD", "POST"])
def reminder_rule(request: StaffRequest, kind: str, group: str) -> HttpResponse:
    district_of(request)
    found = kind_of(kind)
    if found is None or group not in RemindedGroup.values:
        raise Http404
    row = ReminderRule.objects.filter(kind=found, group=group).first()
    initial = initial_of_rule(policy().of(found, group)) | {"version": version_of_rule(row)}
    form = RuleForm(request.POST or None, initial=initial)
    if request.method == "POST" and "usual" in request.POST:
        return _to_usual(request, found, group, row)
    if request.method != "POST" or not form.is_valid():
        return rule_page(request, form, found, group, row)
    before = rule_of(row) if row else None
    if not set_rule(found, group, form.rule(), version=form.cleaned_data["version"]):
        fresh = ReminderRule.objects.filter(kind=found, group=group).first()
        stands = initial_of_rule(policy().of(found, group))
        return rule_page(request, form, found, group, fresh, **conflict(form, stands, version_of_rule(fresh)))
    _offer_back(request, found, group, before)
    return redirect("meetings:reminders")


@require_POST
def reminders_restore(request: StaffRequest) -> HttpResponse:
    district = district_of(request)
    kept = undone(request)
    if district is None or kept is None:
        return redirect("meetings:reminders")
    if "values" in kept:
        is_back = edit_district(district, _values_of(kept["values"]), version=kept["version"]) is not None
    else:
        rule = None if kept["days"] is None else Rule(tuple(kept["days"]), kept["ask_again_after"])
        is_back = set_rule(kept["kind"], kept["group"], rule, version=kept["version"])
    if is_back:
        messages.success(request, "It is as it was.")
    else:
        messages.warning(request, FIRST)
    return redirect("meetings:reminders")


def page(
    request: StaffRequest, district: District, form: QuietForm, *, status: int = 200, **extra: Any
) -> HttpResponse:
    stands = policy()
    context = {
        "form": form,
        "rows": [(kind, label_of(kind), _cells(stands, kind)) for kind in (EVERY_KIND, *stands.kinds())],
        "groups": RemindedGroup.labels,
        "which": WhichRuleForm(),
        "history": _history(),
        **_ahead(request, stands, district),
        **extra,
    }
    return render(request, "meetings/reminders.html", context, status=status)


def rule_page(
    request: StaffRequest,
    form: RuleForm,
    kind: str,
    group: str,
    row: ReminderRule | None,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    context = {
        "form": form,
        "kind_label": label_of(kind),
        "group": RemindedGroup(group),
        "is_own": row is not None,
        "usual": Policy({}).of(kind, group) if kind == EVERY_KIND else policy().of(EVERY_KIND, group),
        "is_every": kind == EVERY_KIND,
        "is_family": group == RemindedGroup.FAMILY,
        **extra,
    }
    return render(request, "meetings/reminder_rule.html", context, status=status)


def label_of(kind: str) -> str:
    """Return what pages call a kind, or all of them."""
    return MeetingKind(kind).label if kind else "Every kind of meeting"


def _to_usual(request: StaffRequest, kind: str, group: str, row: ReminderRule | None) -> HttpResponse:
    if row is None or not set_rule(kind, group, None, version=request.POST.get("version", "")):
        messages.warning(request, "Someone changed it meanwhile. Look again.")
        return redirect("meetings:reminder_rule", kind or EVERY, group)
    _offer_back(request, kind, group, rule_of(row))
    return redirect("meetings:reminders")


def _offer_back(request: StaffRequest, kind: str, group: str, before: Rule | None) -> None:
    row = ReminderRule.objects.filter(kind=kind, group=group).first()
    if (rule_of(row) if row else None) == before:
        messages.info(request, "Nothing was changed.")
        return
    kept = {
        "kind": kind,
        "group": group,
        "days": before and list(before.days_before),
        "ask_again_after": before and before.ask_again_after,
        "version": version_of_rule(row),
    }
    said = "Saved. It holds for what falls due from now on." if row else "The usual rule holds again."
    offer_undo(request, said, reverse("meetings:reminders_restore"), kept)


def _values_of(kept: dict[str, str]) -> dict[str, Any]:
    return {
        name: value == "True" if name == "gathers_reminders" else time.fromisoformat(value)
        for name, value in kept.items()
    }


def _cells(stands: Policy, kind: str) -> list[Cell]:
    return [
        Cell(kind or EVERY, group, stands.of(kind, group), is_own=(kind, group.value) in stands.own)
        for group in RemindedGroup
    ]


def _history() -> list[Any]:
    spoken = {"quiet from", "quiet until", "one mail for several reminders"}
    of_district = [edit for edit in history_of_district() if edit.field in spoken]
    return sorted([*of_district, *history_of_reminders()], key=lambda edit: edit.at, reverse=True)


def _ahead(request: StaffRequest, stands: Policy, district: District) -> dict[str, Any]:
    """Return when each group would be reminded of a meeting on the day that was asked for, at the first school."""
    school = School.objects.visible_to(request.user).filter(gone_at=None).order_by("name").first()
    if school is None:
        return {}
    form = AheadForm(request.GET if "on" in request.GET else {"on": f"{timezone.now() + AHEAD:%Y-%m-%d}"})
    context: dict[str, Any] = {"ahead_form": form, "school": school, "zone": school.time_zone}
    if not form.is_valid():
        return context
    on: date = form.cleaned_data["on"]
    start_at = datetime.combine(on, AT, ZoneInfo(school.time_zone))
    times, quiet = Times(calendar_of(school)), quiet_hours(district)
    found = []
    for group in RemindedGroup:
        rule = stands.of(EVERY_KIND, group)
        falls = times.falls(start_at, rule, is_family=group == RemindedGroup.FAMILY)
        at = [max(fall.due_at, quiet.opens_at(school.time_zone, fall.due_at)) for fall in falls]
        found.append(Ahead(group, at, rule.ask_again_after))
    return context | {"ahead": found, "on": on}
