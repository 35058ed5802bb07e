"""Write the weekly hours that a person keeps."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from meetings import queue
from meetings.actions import busy
from meetings.models import WeeklyHours
from students.models import Person, Source

Columns = Mapping[str, Any]  # school_id, weekday or day_type, start, end, kind


@transaction.atomic
def add_hours(person: Person, columns: Columns) -> bool:
    """Keep the hours as the person's own; return False where the very same are kept already."""
    busy.lock([person.pk])
    _, is_new = WeeklyHours.objects.get_or_create(person=person, **columns, defaults={"source": Source.PEOPLE})
    queue.enqueue("review_meetings_of", pk=person.pk, by=person.pk)
    return is_new


@transaction.atomic
def change_hours(row: WeeklyHours, columns: Columns) -> bool:
    """Change the hours, which are the person's own from then on; return False where they are gone by now.

    Raises ValueError where the very same are kept already.
    """
    busy.lock([row.person_id])
    if WeeklyHours.objects.filter(person=row.person_id, **columns).exclude(pk=row.pk).exists():
        raise ValueError("the same hours are kept already")
    queue.enqueue("review_meetings_of", pk=row.person_id, by=row.person_id)
    return WeeklyHours.objects.filter(pk=row.pk).update(**columns, source=Source.PEOPLE) == 1


@transaction.atomic
def drop_hours(row: WeeklyHours) -> bool:
    """Delete the person's own hours; return False where they are gone already, or the roster's."""
    deleted, _ = WeeklyHours.objects.filter(pk=row.pk, source=Source.PEOPLE).delete()
    queue.enqueue("review_meetings_of", pk=row.person_id, by=row.person_id)
    return bool(deleted)
