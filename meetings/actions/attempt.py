"""Log one try to reach a parent."""

from datetime import datetime

from django.db import transaction

from meetings.actions import busy
from meetings.models import Attempt, Meeting
from students.models import Person, Staff, Student


@transaction.atomic
def log_attempt(  # noqa: PLR0913  Every column of the record, by name.
    student: Student,
    *,
    meeting: Meeting | None,
    guardian: Person | None,
    way: str,
    result: str,
    note: str,
    happened_at: datetime,
    by: Staff,
    now: datetime,
) -> Attempt:
    """Keep the attempt and return it, 34 CFR 300.322(d): when it happened, and beside it when it was entered.

    The same attempt entered twice, by a double click, is one. Raises ValueError for one that has not happened yet.
    """
    if happened_at > now:
        raise ValueError("an attempt is logged after it happened")
    busy.lock([student.pk])
    attempt, _ = Attempt.objects.get_or_create(
        student=student,
        meeting=meeting,
        guardian=guardian,
        way=way,
        result=result,
        note=note,
        happened_at=happened_at,
        by=by,
        defaults={"entered_at": now},
    )
    return attempt
