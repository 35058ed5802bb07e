"""The import page: upload a zip, see what would change, then import. For the district's own staff."""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from meetings.actions.read_upload import LOST_AFTER, check_again, confirm_upload, keep_upload
from students.access import is_district_wide
from students.forms.roster import ConfirmForm, UploadForm
from students.models import RosterUpload, School, UploadState
from students.requests import StaffRequest
from students.roster.report import Report

SHOWN = 10


@require_http_methods(["GET", "HEAD", "POST"])
def roster(request: StaffRequest) -> HttpResponse:
    uploads = RosterUpload.objects.visible_to(request.user)
    if not is_district_wide(request.user):
        raise Http404
    is_sent = request.method == "POST"
    form = UploadForm(request.POST if is_sent else None, request.FILES if is_sent else None)
    if is_sent and form.is_valid():
        file = form.cleaned_data["roster"]
        upload = keep_upload(file.name or "roster.zip", file.read(), by=request.user, now=timezone.now())
        return redirect("students:import_one", upload.pk)
    past = uploads.defer("content", "bad_rows").select_related("uploaded_by__person")[:SHOWN]
    return render(request, "students/import.html", {"form": form, "uploads": past, "zone": zone()})


@require_safe
@never_cache
def roster_one(request: StaffRequest, pk: int) -> HttpResponse:
    upload = found(request, pk)
    return page(request, upload, None, timezone.now())


@require_POST
def roster_confirm(request: StaffRequest, pk: int) -> HttpResponse:
    upload, now = found(request, pk), timezone.now()
    if upload.report is None or upload.state != UploadState.CHECKED:
        return redirect("students:import_one", pk)
    form = ConfirmForm(request.POST, report=Report.from_json(upload.report))
    if not form.is_valid():
        return page(request, upload, form, now)
    said = {name: form.cleaned_data.get(name, False) for name in ("skips_bad_rows", "allows_removals")}
    if not confirm_upload(upload, **said, now=now):
        messages.warning(request, "Someone else was first. This is how it stands.")
    return redirect("students:import_one", pk)


@require_POST
def roster_again(request: StaffRequest, pk: int) -> HttpResponse:
    upload = found(request, pk)
    if not check_again(upload, now=timezone.now()):
        messages.warning(request, "It is being worked on, or is kept no longer. Upload it again if it does not end.")
    return redirect("students:import_one", pk)


@require_safe
@never_cache
def roster_bad_rows(request: StaffRequest, pk: int) -> HttpResponse:
    upload = get_object_or_404(RosterUpload.objects.visible_to(request.user).only("bad_rows"), pk=pk)
    headers = {"Content-Disposition": 'attachment; filename="bad-rows.csv"'}
    return HttpResponse("\ufeff" + upload.bad_rows, content_type="text/csv; charset=utf-8", headers=headers)


def found(request: StaffRequest, pk: int) -> RosterUpload:
    rows = RosterUpload.objects.visible_to(request.user).defer("content", "bad_rows")
    return get_object_or_404(rows.select_related("uploaded_by__person"), pk=pk)


def zone() -> str:
    """Return the zone in which the district tells the time: that of its first school."""
    return School.objects.order_by("pk").values_list("time_zone", flat=True).first() or "UTC"


def page(request: StaffRequest, upload: RosterUpload, form: ConfirmForm | None, now: datetime) -> HttpResponse:
    report = Report.from_json(upload.report) if upload.report and not upload.is_running else None
    is_kept = RosterUpload.objects.filter(pk=upload.pk, content__isnull=False).exists()
    if form is None and report is not None and upload.state == UploadState.CHECKED and is_kept:
        form = ConfirmForm(report=report)
    is_lost = now - upload.state_since > LOST_AFTER
    context = {"upload": upload, "report": report, "form": form, "is_lost": is_lost, "zone": zone()}
    return render(request, "students/import_one.html", context)
