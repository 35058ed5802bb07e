import pytest
from django.apps import apps
from django.db import connection

from students.models import Student
from tests.cast import cast

pytestmark = pytest.mark.django_db


def test_change_is_kept_as_it_was_before_by_any_path():
    people = cast()
    entries = apps.get_model("students", "StudentEvent").objects.order_by("pgh_id")
    assert not entries.exists()

    Student.objects.filter(pk=people.student.pk).update(grade="5")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE students_student SET grade = '6' WHERE person_id = %s", [people.student.pk])
        cursor.execute("UPDATE students_student SET grade = '6' WHERE person_id = %s", [people.student.pk])

    assert list(entries.values_list("pgh_label", "grade")) == [("changed", "4"), ("changed", "5")]
