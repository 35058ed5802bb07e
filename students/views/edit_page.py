"""What the edit pages share: what someone else changed meanwhile, and the way to take back a removal."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from students.forms.edit import EditForm
from students.models import Student
from students.requests import StaffRequest

CONFLICT = 409
UNDO_SECONDS = 60 * 60


def conflict(form: EditForm, current: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return what a page needs that was saved after someone else had changed the row: both, and nothing is lost."""
    form.renew(version)
    return {"differences": form.differences(current), "is_conflict": True, "status": CONFLICT}


def back_to(request: StaffRequest, student: Student) -> HttpResponse:
    """Return to the student, or to one's own list where the change took the student out of one's sight."""
    if Student.objects.visible_to(request.user).filter(pk=student.pk).exists():
        return redirect("students:student", student.pk)
    return redirect("students:mine")


def offer_undo(request: StaffRequest, text: str, url: str, kept: Mapping[str, Any]) -> None:
    """Say what was removed, beside a button that posts what was kept of it, signed, to `url`."""
    context = {"text": text, "url": url, "what": signing.dumps(dict(kept), salt=url)}
    said = render_to_string("components/undo.html", context, request)
    # The template has escaped what is said.
    messages.success(request, mark_safe(said), extra_tags="undo")  # noqa: S308


def undone(request: StaffRequest) -> dict[str, Any] | None:
    """Return what was kept for this very address, or None where it was not, or too long ago."""
    try:
        kept: dict[str, Any] = signing.loads(request.POST.get("what", ""), salt=request.path, max_age=UNDO_SECONDS)
    except signing.BadSignature:
        messages.warning(request, "That cannot be taken back any more. Add it anew.")
        return None
    return kept
