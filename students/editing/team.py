"""Add, edit and remove a member of a student's team."""

from django.db import transaction

from meetings import queue
from students.editing.rows import Values, change, new_person, version_of
from students.editing.student import own_list
from students.models import Outside, Person, PersonKind, Source, Student, TeamMember


@transaction.atomic
def add_member(student: Student, person: Person, *, role: str, is_required: bool) -> TeamMember | None:
    """Put someone on the team in this role; return None where they are on it in this role already."""
    row, is_new = TeamMember.objects.get_or_create(
        student=student, person=person, role=role, defaults={"is_required": is_required, "source": Source.PEOPLE}
    )
    return row if is_new else None


@transaction.atomic
def add_outside_member(
    student: Student, names: Values, details: Values, *, role: str, is_required: bool
) -> TeamMember | None:
    """Put someone on record who has no account here, and on the team."""
    person = new_person(PersonKind.OUTSIDE, names)
    Outside.objects.create(person=person, **details)
    return add_member(student, person, role=role, is_required=is_required)


@transaction.atomic
def edit_member(member: TeamMember, values: Values, names: Values, details: Values, *, version: str) -> bool:
    """Change what differs; return False, and change nothing, where someone changed the member since `version`.

    `names` and `details` are those of someone from outside, empty for staff. Raises IntegrityError where the person
    is on the team in the new role already.
    """
    held = _hold(member.pk)
    if held is None or version_of_member(held) != version:
        return False
    change(held.person, names)
    if details:
        change(held.person.outside, details)
    if change(held, values):
        TeamMember.objects.filter(pk=held.pk).update(source=Source.PEOPLE)
    queue.enqueue("review_meetings_of", pk=held.student_id)
    return True


@transaction.atomic
def remove_member(member: TeamMember) -> bool:
    """Take someone off the team; return False where they were taken off before. A later roster does not undo it."""
    deleted, _ = TeamMember.objects.filter(pk=member.pk).delete()
    if deleted:
        own_list(member.student, "team")
        queue.enqueue("review_meetings_of", pk=member.student_id)
    return bool(deleted)


def version_of_member(member: TeamMember) -> str:
    """Return the version of a member that came with their person."""
    outside = [member.person.outside] if member.person.kind == PersonKind.OUTSIDE else []
    return version_of(member, member.person, *outside)


def _hold(pk: int) -> TeamMember | None:
    rows = TeamMember.objects.select_related("person", "student")
    return rows.select_for_update(no_key=True, of=("self", "person")).filter(pk=pk).first()
