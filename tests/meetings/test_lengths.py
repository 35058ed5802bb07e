import pytest

from meetings.lengths import longer_than, minutes_for, with_own
from students.models import Student


@pytest.mark.parametrize(
    ("minutes", "longer"), [(15, [30, 45, 60, 75, 90, 120]), (60, [75, 90, 120]), (100, [120]), (120, []), (180, [])]
)
def test_only_more_than_is_planned_can_be_asked_for(minutes, longer):
    assert longer_than(minutes) == longer


def test_length_is_what_is_kept_for_the_student_else_the_usual():
    assert (minutes_for(Student(meeting_minutes=90)), minutes_for(Student())) == (90, 60)


def test_own_length_is_among_those_to_choose_from():
    assert (with_own(60), with_own(50)) == ([30, 45, 60, 75, 90, 120], [30, 45, 50, 60, 75, 90, 120])
