"""Who teaches a student, by the enrollments on a date."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet

from students.models import Enrollment, EnrollmentRole, Person, SchoolClass, Student

HOMEROOM = "homeroom"


def general_education_teachers(student: Student, on: date) -> list[Person]:
    """Return the teachers of the student's classes on a date, special education left out, 34 CFR 300.321(a)(2).

    The homeroom teacher comes first, then whoever has the student for the most periods. In one query.
    """
    return _distinct(sorted(_taught(_classes_of([student.pk], on), on), key=_closest_first))


def general_education_teachers_of(student_ids: Iterable[int], on: date) -> dict[int, list[Person]]:
    """Return the same for many students at once, by the student's id, in two queries."""
    learning = Enrollment.objects.filter(
        active_on(on), person__in=student_ids, role=EnrollmentRole.STUDENT, school_class__in=_running(on)
    )
    pairs = list(learning.values_list("person", "school_class"))
    taught: dict[int, list[Enrollment]] = defaultdict(list)
    for enrollment in sorted(_taught({school_class for _, school_class in pairs}, on), key=_closest_first):
        taught[enrollment.school_class_id].append(enrollment)
    found: dict[int, list[Enrollment]] = defaultdict(list)
    for student_id, school_class in pairs:
        found[student_id] += taught[school_class]
    return {pk: _distinct(sorted(rows, key=_closest_first)) for pk, rows in found.items()}


def _taught(classes: QuerySet[SchoolClass] | set[int], on: date) -> QuerySet[Enrollment]:
    return Enrollment.objects.filter(
        active_on(on),
        school_class__in=classes,
        role=EnrollmentRole.TEACHER,
        person__gone_at=None,
        person__staff__is_active=True,
    ).select_related("person__staff", "school_class")


def _distinct(enrollments: Iterable[Enrollment]) -> list[Person]:
    people: dict[int, Person] = {}
    for enrollment in enrollments:
        people.setdefault(enrollment.person_id, enrollment.person)
    return list(people.values())


def active_on(on: date, prefix: str = "") -> Q:
    """Return the condition that an enrollment, reached by `prefix`, counts on a date; an open end goes on."""
    begun = Q(**{f"{prefix}begin_on": None}) | Q(**{f"{prefix}begin_on__lte": on})
    not_over = Q(**{f"{prefix}end_on": None}) | Q(**{f"{prefix}end_on__gte": on})
    return begun & not_over


def runs_on(on: date) -> Q:
    """Return the condition that a class runs on a date: in one of its terms, or always where it has none."""
    return Q(terms=None) | Q(terms__start_on__lte=on, terms__end_on__gte=on)


def _classes_of(student_ids: Iterable[int], on: date) -> QuerySet[SchoolClass]:
    learning = Enrollment.objects.filter(active_on(on), person__in=student_ids, role=EnrollmentRole.STUDENT)
    return _running(on).filter(pk__in=learning.values("school_class"))


def _running(on: date) -> QuerySet[SchoolClass]:
    return SchoolClass.objects.filter(runs_on(on), is_special_education=False, gone_at=None)


def _closest_first(enrollment: Enrollment) -> tuple[bool, int, str, int]:
    taught = enrollment.school_class
    is_homeroom = HOMEROOM in taught.title.casefold()
    return not is_homeroom, -len(taught.periods), enrollment.person.search_name, enrollment.person_id
