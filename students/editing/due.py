"""Add, edit, close and open again a due date."""

from datetime import datetime

from django.db import IntegrityError, transaction

from students.editing.rows import Values, change, version_of
from students.models import DueDate, Source, Staff, Student


class OpenAlready(Exception):  # noqa: N818  It is an answer, not a fault.
    """The student has an open due date of this kind."""


def add_due_date(student: Student, values: Values, *, by: Staff) -> DueDate:
    """Make an open due date and return it. Raises OpenAlready."""
    try:
        with transaction.atomic():
            return DueDate.objects.create(student=student, source=Source.PEOPLE, created_by=by, **values)
    except IntegrityError as error:
        raise OpenAlready from error


def edit_due_date(due: DueDate, values: Values, *, version: str) -> bool:
    """Change what differs; return False where someone changed or closed it since `version`. Raises OpenAlready."""
    try:
        with transaction.atomic():
            held = DueDate.objects.open().select_for_update(no_key=True).filter(pk=due.pk).first()
            if held is None or version_of(held) != version:
                return False
            if change(held, values):
                DueDate.objects.filter(pk=held.pk).update(source=Source.PEOPLE)
            return True
    except IntegrityError as error:
        raise OpenAlready from error


def close_due_date(due: DueDate, *, why: str, now: datetime) -> bool:
    """Close it without a meeting; return False where it was closed before."""
    rows = DueDate.objects.open().filter(pk=due.pk)
    return rows.update(closed_at=now, closed_why=why, source=Source.PEOPLE) == 1


def reopen_due_date(due: DueDate) -> bool:
    """Open it again; return False where it is open. Raises OpenAlready where another one of its kind is open."""
    try:
        with transaction.atomic():
            rows = DueDate.objects.filter(pk=due.pk, closed_at__isnull=False)
            return rows.update(closed_at=None, closed_why="") == 1
    except IntegrityError as error:
        raise OpenAlready from error
