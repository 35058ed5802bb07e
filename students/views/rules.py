"""The rules that hold here, each with its source: for everyone to read, and for the district's office to set."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from students.access import is_district_wide
from students.editing.rules import SetAlready, choose_state, end_rule, hold_again, set_rule
from students.forms.rule import RuleForm, StateForm, initial_of
from students.models import District, RuleOverride
from students.profiles import RuleKey, profiles
from students.requests import StaffRequest
from students.rules import InForce, rules_in_force
from students.views.edit_page import offer_undo, undone

CONFLICT = 409


@require_safe
def rules(request: StaffRequest) -> HttpResponse:
    """They concern nobody: every member of the staff may read them."""
    district = District.objects.first() or District()
    context = {
        "district": district,
        "profile": profiles().get(district.state),
        "rules": list(rules_in_force(_today()).values()),
        "may_edit": is_district_wide(request.user),
        "state_form": StateForm(initial={"state": district.state}),
    }
    return render(request, "students/rules.html", context)


@require_POST
def rules_state(request: StaffRequest) -> HttpResponse:
    _keeper(request)
    form = StateForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a state of the list.")
    elif choose_state(form.cleaned_data["state"]):
        messages.success(request, "The rules below hold from now on. Due dates that are open stay as they are.")
    return redirect("students:rules")


@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: StaffRequest, key: str) -> HttpResponse:
    _keeper(request)
    here = _rule(key)
    replaces = here.override or here.coming
    shown = here.suggestion if here.suggestion and request.GET.get("confirm") else here.rule
    initial = initial_of(shown, replaces, _today()) | {"version": str(replaces.pk if replaces else "")}
    form = RuleForm(request.POST or None, rule=here.profile, initial=initial)
    if request.method != "POST" or not form.is_valid():
        return _page(request, here, form)
    version = form.cleaned_data["version"]
    try:
        set_rule(
            here.rule.key,
            form.values(),
            replaces=int(version) if version.isdigit() else None,
            by=request.user,
            now=timezone.now(),
        )
    except SetAlready:
        form.renew(str(replaces.pk if replaces else ""))
        return _page(request, here, form, is_late=True, status=CONFLICT)
    messages.success(request, "Saved. It holds from the day you gave.")
    return redirect("students:rules")


@require_POST
def rule_end(request: StaffRequest, key: str) -> HttpResponse:
    _keeper(request)
    override = get_object_or_404(RuleOverride, key=_rule(key).rule.key, ended_at=None)
    if end_rule(override, by=request.user, now=timezone.now()):
        offer_undo(
            request,
            "The profile's rule holds again.",
            reverse("students:rule_restore", args=[key]),
            {"pk": override.pk},
        )
    return redirect("students:rules")


@require_POST
def rule_restore(request: StaffRequest, key: str) -> HttpResponse:
    _keeper(request)
    kept = undone(request)
    if kept is not None:
        override = get_object_or_404(RuleOverride, pk=kept["pk"], key=_rule(key).rule.key)
        if hold_again(override):
            messages.success(request, "The district's rule holds again.")
        else:
            messages.warning(request, "Another rule was set meanwhile. It stays.")
    return redirect("students:rules")


def _keeper(request: StaffRequest) -> None:
    if not is_district_wide(request.user):
        raise Http404


def _rule(key: str) -> InForce:
    if key not in set(RuleKey):
        raise Http404
    return rules_in_force(_today())[RuleKey(key)]


def _page(request: StaffRequest, here: InForce, form: RuleForm, *, status: int = 200, **extra: Any) -> HttpResponse:
    past = RuleOverride.objects.filter(key=here.rule.key).select_related("made_by__person", "ended_by__person")
    return render(request, "students/rule.html", {"here": here, "form": form, "past": past, **extra}, status=status)


def _today() -> date:
    return timezone.now().date()
