"""Every kind of rows that a roster brings, in the order in which they are written."""

from collections.abc import Iterator

from students.roster import families, ieps, lessons, persons, schools, staff
from students.roster.changes import Merge
from students.roster.staging import Staged


def merges(staged: Staged) -> Iterator[Merge]:
    """Yield the merges that the files of this roster ask for. Each may rest on the rows that those before it wrote."""
    if staged.has("orgs"):
        yield schools.schools(staged)
    if staged.has("academicSessions"):
        yield schools.terms()
    yield from _people(staged)
    yield from _families(staged)
    yield from _lessons(staged)
    yield from _days(staged)
    if staged.has("iep"):
        yield ieps.due_dates(staged)
        yield ieps.team(staged)


def _people(staged: Staged) -> Iterator[Merge]:
    if staged.has("users") or staged.has("roles"):
        yield staff.staff(staged)
        yield staff.accounts(staged)
        yield families.students(staged)
    if staged.has("users") or staged.has("contacts"):
        yield families.guardians(staged)
    if staged.has("outside"):
        yield persons.outside_persons(staged)
        yield persons.outside_details()
    if staged.has("users") or staged.has("roles") or staged.has("representatives"):
        yield staff.assignments(staged)


def _families(staged: Staged) -> Iterator[Merge]:
    if staged.has("users") or staged.has("contacts"):
        yield families.guardian_details()
    if staged.has("users") or staged.has("iep") or staged.has("demographics"):
        yield families.student_records(staged)
    if staged.has("users") or staged.has("contacts"):
        yield families.guardianships(staged)


def _lessons(staged: Staged) -> Iterator[Merge]:
    if staged.has("classes"):
        yield lessons.school_classes(staged)
        if staged.has_column("classes", "terms"):
            yield lessons.class_terms()
    if staged.has("enrollments"):
        yield lessons.enrollments(staged)


def _days(staged: Staged) -> Iterator[Merge]:
    if staged.has("bell"):
        yield schools.bell(staged)
    if staged.has("calendar"):
        yield schools.calendar(staged)
    if staged.has("rooms"):
        yield schools.rooms(staged)
