"""Enter what starts a clock of the law, with the due date that follows from it, and withdraw what was a mistake."""

from datetime import date, datetime

from django.db import IntegrityError, transaction

from students.models import ClockEvent, ClockStart, DueDate, Source, Staff, Student


class StartedAlready(Exception):  # noqa: N818  It is an answer, not a fault.
    """This happened on this day already, by what is on record."""


def start_clock(
    student: Student,
    event: ClockEvent,
    on: date,
    *,
    note: str,
    due: tuple[str, date] | None,
    by: Staff,
    now: datetime,
) -> ClockStart:
    """Record what happened, and make the due date of this kind and day, where one follows. Raises StartedAlready.

    A due date of the kind that is open already stays as people left it, unless the new one is earlier: the law's day
    is the first of the two.
    """
    try:
        with transaction.atomic():
            row = _due_date(student, *due, on, by) if due else None
            return ClockStart.objects.create(
                student=student, event=event, on=on, note=note, due_date=row, entered_at=now, entered_by=by
            )
    except IntegrityError as error:
        raise StartedAlready from error


@transaction.atomic
def withdraw_clock(start: ClockStart, *, by: Staff, now: datetime) -> bool:
    """Withdraw what was entered by mistake, and close the due date that it made; return False where that was done."""
    rows = ClockStart.objects.filter(pk=start.pk, withdrawn_at=None)
    if not rows.update(withdrawn_at=now, withdrawn_by=by):
        return False
    others = ClockStart.objects.filter(due_date=start.due_date_id, withdrawn_at=None)
    if start.due_date_id and not others.exists():
        DueDate.objects.open().filter(pk=start.due_date_id).update(
            closed_at=now, closed_why="What it was counted from was entered by mistake"
        )
    return True


def _due_date(student: Student, kind: str, due_on: date, counted_from_on: date, by: Staff) -> DueDate:
    standing = DueDate.objects.open().select_for_update(no_key=True).filter(student=student, kind=kind).first()
    if standing is None:
        return DueDate.objects.create(
            student=student,
            kind=kind,
            due_on=due_on,
            counted_from_on=counted_from_on,
            source=Source.PEOPLE,
            created_by=by,
        )
    if due_on < standing.due_on:
        DueDate.objects.filter(pk=standing.pk).update(
            due_on=due_on, counted_from_on=counted_from_on, source=Source.PEOPLE
        )
    return standing
