"""Who teaches a student, by the enrollments on a date."""

from datetime import date

from django.db.models import Q, QuerySet

from students.models import Enrollment, EnrollmentRole, Person, SchoolClass, Student

HOMEROOM = "homeroom"


def general_education_teachers(student: Student, on: date) -> list[Person]:
    """Return the teachers of the student's classes on a date, special education left out, 34 CFR 300.321(a)(2).

    The homeroom teacher comes first, then whoever has the student for the most periods. In one query.
    """
    taught = Enrollment.objects.filter(
        active_on(on),
        school_class__in=_classes_of(student, on),
        role=EnrollmentRole.TEACHER,
        person__gone_at=None,
        person__staff__is_active=True,
    ).select_related("person__staff", "school_class")
    people: dict[int, Person] = {}
    for enrollment in sorted(taught, key=_closest_first):
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


def _classes_of(student: Student, on: date) -> QuerySet[SchoolClass]:
    return SchoolClass.objects.filter(
        runs_on(on),
        pk__in=Enrollment.objects.filter(active_on(on), person_id=student.pk, role=EnrollmentRole.STUDENT).values(
            "school_class"
        ),
        is_special_education=False,
        gone_at=None,
    )


def _closest_first(enrollment: Enrollment) -> tuple[bool, int, str, int]:
    taught = enrollment.school_class
    is_homeroom = HOMEROOM in taught.title.casefold()
    return not is_homeroom, -len(taught.periods), enrollment.person.search_name, enrollment.person_id
