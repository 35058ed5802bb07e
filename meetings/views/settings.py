"""How times are ranked, for everyone; and the district's settings of scheduling, for its office."""

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from meetings.forms.settings import SettingsForm, initial_of
from meetings.weights import WEIGHTS, Number, Weight, weights_of
from students.access import is_district_wide
from students.editing.district import edit_district
from students.editing.rows import version_of
from students.history import WEIGHT, Edit, history_of_district
from students.models import District
from students.requests import StaffRequest
from students.views.edit_page import conflict, offer_undo, undone


@dataclass(frozen=True)
class Line:
    """One term of the ranking, and what it weighs here."""

    weight: Weight
    here: Number


@require_safe
def ranking(request: StaffRequest) -> HttpResponse:
    """Say how times are ranked: it concerns nobody, so every member of the staff may read it."""
    district = District.objects.first() or District()
    weights = weights_of(district.ranking_weights)
    context = {
        "district": district,
        "lines": [Line(weight, weights[weight.term]) for weight in WEIGHTS],
        "may_edit": is_district_wide(request.user),
    }
    return render(request, "meetings/ranking.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: StaffRequest) -> HttpResponse:
    district = district_of(request)
    if district is None:
        messages.info(request, "The settings are the district's, which comes with the first roster. Import one first.")
        return redirect("students:import")
    form = SettingsForm(request.POST or None, initial=initial_of(district) | {"version": version_of(district)})
    if request.method == "POST" and form.put_back(request.POST.get("usual", "")):
        return page(request, form, is_put_back=True)
    if request.method != "POST" or not form.is_valid():
        return page(request, form)
    before = edit_district(district, form.values(), version=form.cleaned_data["version"])
    if before is None:
        fresh = District.objects.get()
        return page(request, form, **conflict(form, initial_of(fresh), version_of(fresh)))
    _say(request, before)
    return redirect("meetings:settings")


@require_POST
def settings_restore(request: StaffRequest) -> HttpResponse:
    district = district_of(request)
    kept = undone(request)
    if district is not None and kept is not None:
        if edit_district(district, kept["values"], version=kept["version"]) is None:
            messages.warning(request, "Someone changed the settings meanwhile. Nothing was taken back.")
        else:
            messages.success(request, "The settings are as they were.")
    return redirect("meetings:settings")


def district_of(request: StaffRequest) -> District | None:
    """Return the district, for whoever keeps it; for anybody else there is no such page."""
    if not is_district_wide(request.user):
        raise Http404
    return District.objects.first()


def page(request: StaffRequest, form: SettingsForm, *, status: int = 200, **extra: Any) -> HttpResponse:
    context = {"form": form, "history": [_in_words(edit) for edit in history_of_district()], **extra}
    return render(request, "meetings/settings.html", context, status=status)


def _say(request: StaffRequest, before: dict[str, Any]) -> None:
    if not before:
        messages.info(request, "Nothing was changed.")
        return
    kept = {"values": before, "version": version_of(District.objects.get())}
    offer_undo(request, "Saved. Times are ranked with it from now on.", reverse("meetings:settings_restore"), kept)


def _in_words(edit: Edit) -> Edit:
    """Return a line of the history with the name of the term that was weighed."""
    labels = {weight.term.value: f"“{weight.label}”" for weight in WEIGHTS}
    return replace(edit, about=labels.get(edit.about, edit.about)) if edit.field == WEIGHT else edit
