"""Add and edit a guardian, and end what binds one to a student."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from meetings.actions.family import close_out
from students.editing.rows import Values, change, new_person, version_of
from students.editing.student import own_list
from students.models import Guardian, Guardianship, PersonKind, Source, Student


@dataclass(frozen=True)
class GuardianValues:
    """What is written of one guardian, by the table that keeps it."""

    person: Values = field(default_factory=dict)
    guardian: Values = field(default_factory=dict)
    bond: Values = field(default_factory=dict)


@transaction.atomic
def add_guardian(student: Student, values: GuardianValues) -> Guardianship:
    """Make a guardian of the student, with their person, and return what binds them."""
    person = new_person(PersonKind.GUARDIAN, values.person)
    guardian = Guardian.objects.create(person=person, **values.guardian)
    return bind(student, guardian, values.bond)


def bind(student: Student, guardian: Guardian, bond: Values) -> Guardianship:
    """Make someone who is on record a guardian of this student too; one who is already stays as they are."""
    row, _ = Guardianship.objects.get_or_create(
        student=student, guardian=guardian, defaults={**bond, "source": Source.PEOPLE}
    )
    return row


@transaction.atomic
def edit_guardian(bond: Guardianship, values: GuardianValues, *, version: str, now: datetime) -> bool:
    """Change what differs; return False, and change nothing, where someone changed it since `version`.

    Whoever may not be asked any more loses their seat and the way to it in the same moment.
    """
    held = _hold(bond.pk)
    if held is None or version_of_guardian(held) != version:
        return False
    change(held.guardian.person, values.person)
    change(held.guardian, values.guardian)
    if change(held, values.bond):
        Guardianship.objects.filter(pk=held.pk).update(source=Source.PEOPLE)
    if held.is_no_contact or not held.has_education_rights:
        close_out(held.student, held.guardian.person, now=now)
    return True


@transaction.atomic
def end_guardianship(bond: Guardianship, *, now: datetime) -> bool:
    """Take a guardian off a student's family, and out of its meetings; return False where it was ended before.

    A later roster does not bring them back. The person stays on record.
    """
    held = _hold(bond.pk)
    if held is None:
        return False
    held.delete()
    own_list(held.student, "guardians")
    close_out(held.student, held.guardian.person, now=now)
    return True


def version_of_guardian(bond: Guardianship) -> str:
    """Return the version of a guardianship that came with its guardian and their person."""
    return version_of(bond.guardian.person, bond.guardian, bond)


def _hold(pk: int) -> Guardianship | None:
    rows = Guardianship.objects.select_related("guardian__person", "student")
    return rows.select_for_update(no_key=True, of=("self", "guardian", "guardian__person")).filter(pk=pk).first()
