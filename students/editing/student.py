"""Add and edit a student."""

from datetime import datetime

from django.db import transaction

from meetings import queue
from students.editing.rows import Values, change, new_person, owned, version_of
from students.models import Person, PersonKind, Student


@transaction.atomic
def add_student(names: Values, record: Values) -> Student:
    """Make a student with their person and return it."""
    return Student.objects.create(person=new_person(PersonKind.STUDENT, names), **record)


@transaction.atomic
def edit_student(student: Student, names: Values, record: Values, *, version: str) -> bool:
    """Change what differs; return False, and change nothing, where someone changed the student since `version`."""
    held = hold(student.pk)
    if version_of_student(held) != version:
        return False
    change(held.person, names)
    change(held, record)
    queue.enqueue("review_meetings_of", pk=held.pk)
    return True


@transaction.atomic
def mark_left(student: Student, *, now: datetime) -> bool:
    """Keep that the student has left; return False where that was known. No roster brings them back by itself."""
    person = hold(student.pk).person
    return person.gone_at is None and bool(change(person, {"gone_at": now}))


@transaction.atomic
def take_back(student: Student) -> bool:
    """Keep that the student is here; return False where they are. The roster says again when they leave."""
    person = hold(student.pk).person
    if person.gone_at is None:
        return False
    marks = [name for name in person.edited_fields if name != "gone_at"]
    Person.objects.filter(pk=person.pk).update(gone_at=None, edited_fields=marks)
    return True


def version_of_student(student: Student) -> str:
    """Return the version of a student that came with their person."""
    return version_of(student.person, student)


def hold(pk: int) -> Student:
    """Return the student with their person, both held still until the transaction ends."""
    rows = Student.objects.select_for_update(no_key=True, of=("self", "person")).select_related("person")
    return rows.get(pk=pk)


def own_list(student: Student, name: str) -> None:
    """Mark a list of the student, such as `team`, as people's own: the roster neither adds to it nor takes from it."""
    held = hold(student.pk)
    Student.objects.filter(pk=student.pk).update(edited_fields=owned(held.edited_fields, [name]))
