from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import AnonymousUser

from meetings.models import Commitment, Meeting, Message, Seat
from students.access import administered_q, editor_q
from students.models import DueDate, Role, School, Staff, Student
from tests.cast import cast, staff, student

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return cast()


@pytest.fixture
def meeting(people):
    return Meeting.objects.create(
        kind="annual_review",
        student=people.student,
        school=people.school,
        start_at=datetime(2026, 12, 3, 18, 30, tzinfo=UTC),
        end_at=datetime(2026, 12, 3, 19, 30, tzinfo=UTC),
        organizer=people.case_manager,
        booked_at=datetime(2026, 11, 23, 15, tzinfo=UTC),
    )


def names(found):
    return sorted(str(row) for row in found)


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("case_manager", True),
        ("speech", True),
        ("administrator", True),
        ("director", True),
        ("colleague", False),
        ("teacher", False),
        ("stranger", False),
    ],
)
def test_student_and_due_date_seen_by_legitimate_interest_alone(people, who, sees):
    viewer = getattr(people, who)
    expected = [people.student] if sees else []
    assert list(Student.objects.visible_to(viewer)) == expected
    assert list(DueDate.objects.visible_to(viewer)) == ([people.due] if sees else [])


def test_student_of_another_school_stays_with_that_school(people):
    otis = student("Otis Marigold", people.other_school, people.stranger)
    assert list(Student.objects.visible_to(people.stranger)) == [otis]
    assert list(Student.objects.visible_to(people.administrator)) == [people.student]
    assert set(Student.objects.visible_to(people.director)) == {people.student, otis}


def test_meeting_seen_by_its_seats_but_not_the_record(people, meeting):
    Seat.objects.create(meeting=meeting, role=Role.GENERAL_EDUCATION_TEACHER, holder=people.teacher.person)
    assert list(Meeting.objects.visible_to(people.teacher)) == [meeting]
    assert list(Student.objects.visible_to(people.teacher)) == []
    assert list(Meeting.objects.visible_to(people.colleague)) == []
    assert list(Meeting.objects.visible_to(people.stranger)) == []


def test_message_is_not_seen_by_a_seat_alone(people, meeting):
    Seat.objects.create(meeting=meeting, role=Role.GENERAL_EDUCATION_TEACHER, holder=people.teacher.person)
    now = datetime(2026, 11, 23, 15, tzinfo=UTC)
    notice = Message.objects.create(
        recipient=people.mother.person,
        about="meeting:1:s0:parent-link",
        kind="parent_link",
        meeting=meeting,
        to_address="elena.rainwater@family.example",
        subject="School meeting",
        text="You are invited to a meeting for Maya.",
        message_id="<2@schools.example>",
        dated_at=now,
        not_before_at=now,
        created_at=now,
    )
    assert list(Message.objects.visible_to(people.case_manager)) == [notice]
    assert list(Message.objects.visible_to(people.teacher)) == []


def test_message_without_a_meeting_is_seen_by_nobody(people):
    now = datetime(2026, 11, 23, 15, tzinfo=UTC)
    Message.objects.create(
        recipient=people.administrator.person,
        about="digest:2026-W48",
        kind="digest",
        to_address="marcus.bell@schools.example",
        subject="Due dates",
        text="",
        message_id="<1@schools.example>",
        dated_at=now,
        not_before_at=now,
        created_at=now,
    )
    assert not Message.objects.visible_to(people.administrator).exists()


def test_school_and_colleagues_are_those_of_ones_own_schools(people):
    assert names(School.objects.visible_to(people.stranger)) == ["Lincoln Middle"]
    assert names(Staff.objects.visible_to(people.stranger)) == ["Tom Reed"]
    assert names(Staff.objects.visible_to(people.colleague)) == [
        "Alice Kim",
        "Dana Ortiz",
        "Jo Lee",
        "Marcus Bell",
        "Priya Shah",
        "Raj Patel",
    ]
    assert len(Staff.objects.visible_to(people.director)) == 8


def test_commitment_is_seen_inside_the_school_alone(people):
    duty = Commitment.objects.create(
        person=people.teacher.person,
        kind="duty",
        start_at=datetime(2026, 12, 3, 18, 30, tzinfo=UTC),
        end_at=datetime(2026, 12, 3, 19, 30, tzinfo=UTC),
    )
    assert list(Commitment.objects.visible_to(people.colleague)) == [duty]
    assert list(Commitment.objects.visible_to(people.stranger)) == []


def test_signed_out_and_ended_accounts_see_nothing(people, meeting):
    ended = staff("Old Director", is_district_wide=True, is_active=False)
    for viewer in (AnonymousUser(), ended):
        for model in (Student, DueDate, School, Staff, Meeting, Message, Commitment):
            assert not model.objects.visible_to(viewer).exists()
        assert not School.objects.filter(administered_q(viewer)).exists()
        assert not Student.objects.filter(editor_q(viewer)).exists()
