"""A roster that came by the import page: kept, checked by the worker, and imported when a person says so."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction

from meetings import queue
from meetings.actions.import_roster import Options, import_roster
from students.models import RosterUpload, Staff, UploadState
from students.roster.report import Report, RosterError

JOB = "read_roster"
RUNNING = (UploadState.CHECKING, UploadState.IMPORTING)
# The worker ends a job after 15 minutes: what runs longer runs no more.
LOST_AFTER = timedelta(minutes=16)


@transaction.atomic
def keep_upload(file_name: str, content: bytes, *, by: Staff, now: datetime) -> RosterUpload:
    """Keep an uploaded roster and have it checked. What others left there is not kept any longer."""
    RosterUpload.objects.exclude(state__in=RUNNING).update(content=None, bad_rows="")
    upload = RosterUpload.objects.create(
        file_name=file_name[:255], content=content, uploaded_by=by, uploaded_at=now, state_since=now
    )
    queue.enqueue(JOB, pk=upload.pk)
    return upload


@transaction.atomic
def confirm_upload(upload: RosterUpload, *, skips_bad_rows: bool, allows_removals: bool, now: datetime) -> bool:
    """Have a checked roster imported; return False where it is not waiting for that any more."""
    waiting = RosterUpload.objects.filter(pk=upload.pk, state=UploadState.CHECKED, content__isnull=False)
    won = waiting.update(
        state=UploadState.IMPORTING, state_since=now, skips_bad_rows=skips_bad_rows, allows_removals=allows_removals
    )
    if won:
        queue.enqueue(JOB, pk=upload.pk)
    return won == 1


@transaction.atomic
def check_again(upload: RosterUpload, *, now: datetime) -> bool:
    """Have a roster checked once more that failed, or that the worker lost; return False where it needs none."""
    rows = RosterUpload.objects.filter(pk=upload.pk, content__isnull=False)
    lost = rows.filter(state__in=RUNNING, state_since__lt=now - LOST_AFTER) | rows.filter(
        state__in=[UploadState.FAILED, UploadState.CHECKED]
    )
    won = lost.update(state=UploadState.CHECKING, state_since=now, failure="")
    if won:
        queue.enqueue(JOB, pk=upload.pk)
    return won == 1


def read_upload(pk: int, *, now_of: Callable[[], datetime]) -> bool:
    """Check or import an uploaded roster, as its state says; return False where there is nothing to do.

    Safe to run twice: imports run one at a time, and one that ran already changes nothing.
    """
    upload = RosterUpload.objects.filter(pk=pk, state__in=RUNNING, content__isnull=False).first()
    if upload is None:
        return False
    is_check = upload.state == UploadState.CHECKING
    options = Options(is_check, upload.skips_bad_rows or is_check, upload.allows_removals)
    with TemporaryDirectory() as folder:
        bad_rows_file = Path(folder) / "bad-rows.csv"
        try:
            report = import_roster(
                BytesIO(bytes(upload.content or b"")), options=options, bad_rows_file=bad_rows_file, now=now_of()
            )
        except RosterError as error:
            return _end(upload, UploadState.FAILED, failure=str(error), now=now_of())
        bad_rows = bad_rows_file.read_text(encoding="utf-8")
    return _end(upload, _state_after(report, is_check=is_check), report=report, bad_rows=bad_rows, now=now_of())


def _state_after(report: Report, *, is_check: bool) -> UploadState:
    # A person decides anew where rows or removals came up that they have not seen.
    return UploadState.CHECKED if is_check or not report.is_written else UploadState.IMPORTED


def _end(
    upload: RosterUpload,
    state: UploadState,
    *,
    now: datetime,
    report: Report | None = None,
    bad_rows: str = "",
    failure: str = "",
) -> bool:
    """Write the outcome, unless another run of the same job did."""
    values: dict[str, object] = {"state": state, "state_since": now, "failure": failure, "bad_rows": bad_rows}
    if report is not None:
        values["report"] = report.as_json()
    if state == UploadState.IMPORTED:
        values["content"] = None
    mine = RosterUpload.objects.filter(pk=upload.pk, state=upload.state, state_since=upload.state_since)
    return mine.update(**values) == 1
