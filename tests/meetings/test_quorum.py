from datetime import date

import pytest
from django.utils import timezone

from meetings.models import Requirement
from meetings.quorum import NEEDS, doubled_roles, wanted_seats
from students.models import (
    Assignment,
    Guardianship,
    MeetingKind,
    OutsideKind,
    Position,
    Role,
    SchoolClass,
    Student,
    TeamMember,
)
from tests.cast import cast, guardian, outside, staff, student, teaches

pytestmark = pytest.mark.django_db
ON = date(2026, 12, 3)
IEP_KINDS = [kind for kind in MeetingKind if kind != MeetingKind.SECTION_504]


def seats_of(student, kind=MeetingKind.ANNUAL_REVIEW, on=ON):
    seats = wanted_seats(Student.objects.get(pk=student.pk), kind, on)
    return {seat.key: (seat.requirement.value, [str(person) for person in seat.eligible]) for seat in seats}


def required_of(student, kind, on=ON):
    return [key for key, (requirement, _) in seats_of(student, kind, on).items() if requirement == "required"]


def joins(member, of, role, *, is_required=False):
    return TeamMember.objects.create(student=of, person=member.person, role=role, is_required=is_required)


def test_every_kind_of_meeting_has_its_roles():
    assert set(NEEDS) == set(MeetingKind)


def test_seats_of_an_annual_review():
    c = cast()

    assert seats_of(c.student) == {
        "parent": ("required", ["Elena Rainwater", "Tomas Rainwater"]),
        "lea_representative": ("required", ["Marcus Bell", "Alice Kim"]),
        "special_education_teacher": ("required", ["Dana Ortiz"]),
        "general_education_teacher": ("required", ["Raj Patel"]),
        "parent-2": ("optional", ["Elena Rainwater", "Tomas Rainwater"]),
        "student": ("optional", ["Maya Rainwater"]),
        f"related_service_provider-p{c.speech.pk}": ("optional", ["Jo Lee"]),
    }


@pytest.mark.parametrize(
    ("kind", "roles"),
    [
        ("annual_review", ""),
        ("reevaluation", "evaluation_interpreter"),
        ("initial_eligibility", "evaluation_interpreter"),
        ("initial_iep", ""),
        ("amendment", ""),
        ("transition", ""),
        ("transfer", ""),
        ("parent_requested", ""),
        ("continuation", ""),
    ],
)
def test_required_seats_of_an_iep_team(kind, roles):
    c = cast()
    team = ["parent", "lea_representative", "special_education_teacher", "general_education_teacher"]

    assert required_of(c.student, kind) == team + roles.split()


def test_required_seats_of_a_manifestation_determination():
    c = cast()

    assert required_of(c.student, MeetingKind.MANIFESTATION_DETERMINATION) == [
        "parent",
        "lea_representative",
        "special_education_teacher",
    ]


def test_seats_of_a_section_504_meeting():
    c = cast()

    seats = seats_of(c.student, MeetingKind.SECTION_504)

    assert {key: requirement for key, (requirement, _) in seats.items()} == {
        "lea_representative": "required",
        "general_education_teacher": "required",
        "evaluation_interpreter": "required",
        "parent": "must_be_invited",
        "parent-2": "optional",
        "student": "optional",
        f"related_service_provider-p{c.speech.pk}": "optional",
    }


def test_general_education_teacher_outside_of_general_education():
    c = cast()
    Student.objects.filter(pk=c.student.pk).update(is_in_general_education=False)

    assert "general_education_teacher" not in seats_of(c.student)


@pytest.mark.parametrize(
    ("birth_on", "requirement"),
    [
        (None, "optional"),
        (date(2010, 12, 4), "optional"),
        (date(2010, 12, 3), "must_be_invited"),
        (date(2008, 1, 1), "must_be_invited"),
    ],
)
def test_student_is_invited_from_transition_age(birth_on, requirement):
    c = cast()
    Student.objects.filter(pk=c.student.pk).update(birth_on=birth_on)

    assert seats_of(c.student)["student"] == (requirement, ["Maya Rainwater"])


def test_student_is_invited_to_a_transition_meeting_at_any_age():
    c = cast()

    assert seats_of(c.student, MeetingKind.TRANSITION)["student"] == ("must_be_invited", ["Maya Rainwater"])


def test_parents_without_rights_contact_or_presence_have_no_seat():
    c = cast()
    guardian("Nora Vale", c.student, has_education_rights=False)
    guardian("Ned Vale", c.student, is_no_contact=True)
    gone = guardian("Gus Vale", c.student)
    gone.person.gone_at = timezone.now()
    gone.person.save(update_fields=["gone_at"])
    Guardianship.objects.filter(guardian=c.father).update(is_no_contact=True)

    seats = seats_of(c.student)

    assert seats["parent"] == ("required", ["Elena Rainwater"])
    assert "parent-2" not in seats


def test_people_who_left_hold_no_seat():
    c = cast()
    type(c.vice_principal).objects.filter(pk=c.vice_principal.pk).update(is_active=False)
    for one in (c.case_manager, c.speech, c.teacher):
        one.person.gone_at = timezone.now()
        one.person.save(update_fields=["gone_at"])

    seats = seats_of(c.student)

    assert seats["lea_representative"] == ("required", ["Marcus Bell"])
    assert seats["special_education_teacher"] == ("required", [])
    assert seats["general_education_teacher"] == ("required", [])
    assert f"related_service_provider-p{c.speech.pk}" not in seats


def test_representatives_of_another_school_are_not_eligible():
    c = cast()
    staff("Otto Lane", c.other_school, is_representative=True)

    assert seats_of(c.student)["lea_representative"] == ("required", ["Marcus Bell", "Alice Kim"])


def test_team_members_follow_the_case_manager_and_the_teachers_by_enrollment():
    c = cast()
    joins(c.colleague, c.student, Role.SPECIAL_EDUCATION_TEACHER)
    joins(c.colleague, c.student, Role.GENERAL_EDUCATION_TEACHER)

    seats = seats_of(c.student)

    assert seats["special_education_teacher"] == ("required", ["Dana Ortiz", "Priya Shah"])
    assert seats["general_education_teacher"] == ("required", ["Raj Patel", "Priya Shah"])


def test_members_whom_the_team_requires_have_seats_of_their_own():
    c = cast()
    second = staff("Ida Brook", c.school)
    joins(c.teacher, c.student, Role.GENERAL_EDUCATION_TEACHER, is_required=True)
    joins(second, c.student, Role.GENERAL_EDUCATION_TEACHER, is_required=True)
    TeamMember.objects.filter(person=c.speech.person).update(is_required=True)

    seats = seats_of(c.student)

    assert seats["general_education_teacher"] == ("required", ["Raj Patel"])
    assert seats["general_education_teacher-2"] == ("required", ["Ida Brook"])
    assert seats[f"related_service_provider-p{c.speech.pk}"] == ("required", ["Jo Lee"])


def test_representative_named_by_the_team_must_be_one():
    c = cast()
    joins(c.teacher, c.student, Role.LEA_REPRESENTATIVE, is_required=True)
    joins(c.vice_principal, c.student, Role.LEA_REPRESENTATIVE, is_required=True)

    assert seats_of(c.student)["lea_representative"] == ("required", ["Alice Kim"])


def test_evaluation_interpreter_is_whom_the_team_named_else_a_psychologist_else_the_teacher():
    c = cast()

    def eligible():
        (seat,) = [
            seat
            for seat in wanted_seats(c.student, MeetingKind.REEVALUATION, ON)
            if seat.role == Role.EVALUATION_INTERPRETER
        ]
        assert seat.may_double
        return [str(person) for person in seat.eligible]

    assert eligible() == ["Dana Ortiz"]
    psychologist = staff("Sol Finch", c.school, position=Position.PSYCHOLOGIST)
    assert eligible() == ["Sol Finch"]
    joins(c.speech, c.student, Role.EVALUATION_INTERPRETER)
    assert eligible() == ["Jo Lee"]
    assert not Assignment.objects.get(staff=psychologist).is_representative


def test_family_interpreter_is_required_in_each_language_that_is_needed():
    c = cast()
    guardian("Rosa Vega", c.student, language="es", needs_interpreter=True)
    Student.objects.filter(pk=c.student.pk).update(needs_interpreter=True, home_language="ar")
    outside("Ines Prado", OutsideKind.FAMILY_INTERPRETER, languages=["es", "pt"])
    outside("Omar Haddad", OutsideKind.FAMILY_INTERPRETER, languages=["ar"])
    outside("Ann Cole", OutsideKind.ADVOCATE, languages=["es"])

    seats = seats_of(c.student)

    assert seats["family_interpreter"] == ("required", ["Omar Haddad"])
    assert seats["family_interpreter-2"] == ("required", ["Ines Prado"])


def test_family_interpreter_of_the_team_comes_first():
    c = cast()
    Student.objects.filter(pk=c.student.pk).update(needs_interpreter=True, home_language="es")
    outside("Ines Prado", OutsideKind.FAMILY_INTERPRETER, languages=["es"])
    named = outside("Lia Moreno", OutsideKind.FAMILY_INTERPRETER, languages=[])
    joins(named, c.student, Role.FAMILY_INTERPRETER)

    seats = seats_of(c.student)

    assert seats["family_interpreter"] == ("required", ["Lia Moreno", "Ines Prado"])
    assert f"family_interpreter-p{named.pk}" not in seats


def test_home_in_english_adds_no_language_to_that_of_a_guardian():
    c = cast()
    Student.objects.filter(pk=c.student.pk).update(needs_interpreter=True)
    guardian("Rosa Vega", c.student, language="es", needs_interpreter=True)

    seats = seats_of(c.student)

    assert [key for key in seats if key.startswith("family_interpreter")] == ["family_interpreter"]


def test_interpreter_nobody_needs_is_a_member_like_others():
    c = cast()
    named = outside("Lia Moreno", OutsideKind.FAMILY_INTERPRETER, languages=["es"])
    joins(named, c.student, Role.FAMILY_INTERPRETER)

    assert seats_of(c.student)[f"family_interpreter-p{named.pk}"] == ("optional", ["Lia Moreno"])


def test_families_and_students_of_age_are_invited_whether_or_not_they_can_come():
    c = cast()
    seats = wanted_seats(c.student, MeetingKind.TRANSITION, ON)

    assert {seat.key for seat in seats if seat.is_invited} == {"parent", "parent-2", "student"}
    assert {seat.requirement for seat in seats if seat.key == "student"} == {Requirement.MUST_BE_INVITED}


def test_wanted_seats_take_as_many_queries_for_many_people(django_assert_num_queries):
    c = cast()
    few = Student.objects.select_related("person").get(pk=c.student.pk)
    with django_assert_num_queries(5):
        wanted_seats(few, MeetingKind.REEVALUATION, ON)
    for n in range(12):
        guardian(f"Guardian {n}", c.student)
        joins(staff(f"Therapist {n}", c.school), c.student, Role.RELATED_SERVICE_PROVIDER)
        staff(f"Principal {n}", c.school, is_representative=True)
        teaches(staff(f"Teacher {n}", c.school), c.student, "6", title=f"Class {n}")
    with django_assert_num_queries(5):
        seats = wanted_seats(few, MeetingKind.REEVALUATION, ON)
    assert [len(seat.eligible) for seat in seats[:4]] == [14, 14, 1, 13]


def test_class_without_students_of_ours_gives_no_teacher():
    c = cast()
    teaches(c.colleague, student("Juniper Fable", c.school), "6")
    SchoolClass.objects.filter(enrollments__person=c.teacher.person).update(is_special_education=True)

    assert seats_of(c.student)["general_education_teacher"] == ("required", [])


@pytest.mark.parametrize(
    ("says", "doubled"), [(False, ["evaluation_interpreter"]), (True, ["lea_representative", "evaluation_interpreter"])]
)
def test_representative_holds_another_seat_where_the_district_says_so(says, doubled):
    c = cast()
    c.district.representative_may_double = says

    seats = wanted_seats(c.student, MeetingKind.REEVALUATION, ON, doubled=doubled_roles(c.district))

    assert [seat.key for seat in seats if seat.may_double] == doubled
