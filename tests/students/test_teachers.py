from datetime import UTC, date, datetime

import pytest

from students.models import Enrollment, SchoolClass, Term
from students.teachers import general_education_teachers
from tests.cast import cast, staff, teaches

pytestmark = pytest.mark.django_db
ON = date(2026, 12, 3)


def names(student, on=ON):
    return [str(person) for person in general_education_teachers(student, on)]


def test_teachers_homeroom_first_then_most_periods():
    c = cast()
    teaches(staff("Ida Brook", c.school), c.student, "6", title="Music")
    teaches(staff("Abe Stone", c.school), c.student, "6", title="Art")
    teaches(staff("Zoe Hart", c.school), c.student, title="Homeroom 4B")

    assert names(c.student) == ["Zoe Hart", "Raj Patel", "Ida Brook", "Abe Stone"]


def test_teacher_of_two_classes_counts_once():
    c = cast()
    teaches(c.teacher, c.student, "6", title="Art")

    assert names(c.student) == ["Raj Patel"]


@pytest.mark.parametrize("role", ["teacher", "student"])
@pytest.mark.parametrize(
    ("begin_on", "end_on", "teaches_on"),
    [
        (None, None, True),
        (ON, ON, True),
        (date(2026, 12, 4), None, False),
        (None, date(2026, 12, 2), False),
    ],
)
def test_enrollment_of_either_counts_on_its_dates(role, begin_on, end_on, teaches_on):
    c = cast()
    Enrollment.objects.filter(role=role).update(begin_on=begin_on, end_on=end_on)

    assert names(c.student) == (["Raj Patel"] if teaches_on else [])


def test_class_counts_in_its_terms_alone():
    c = cast()
    Term.objects.update(end_on=date(2026, 12, 2))

    assert names(c.student) == []


def test_class_without_terms_counts_always():
    c = cast()
    SchoolClass.objects.get().terms.clear()

    assert names(c.student) == ["Raj Patel"]


@pytest.mark.parametrize("change", [{"is_special_education": True}, {"gone_at": datetime(2026, 9, 1, tzinfo=UTC)}])
def test_class_of_special_education_or_gone_gives_no_teacher(change):
    c = cast()
    SchoolClass.objects.update(**change)

    assert names(c.student) == []


def test_teachers_in_one_query(django_assert_num_queries):
    c = cast()
    with django_assert_num_queries(1):
        assert names(c.student) == ["Raj Patel"]
    teaches(staff("Ida Brook", c.school), c.student, "6", title="Music")
    with django_assert_num_queries(1):
        assert names(c.student) == ["Raj Patel", "Ida Brook"]
