"""The cast of the tests: a small made-up district, made row by row so that a test can say what differs."""

from dataclasses import dataclass
from datetime import date, time
from typing import Any

from students import made_up
from students.models import (
    Assignment,
    BellPeriod,
    District,
    DueDate,
    Enrollment,
    Guardian,
    Guardianship,
    MeetingKind,
    Outside,
    Person,
    PersonKind,
    Position,
    Role,
    Room,
    School,
    SchoolClass,
    Staff,
    Student,
    TeamMember,
    Term,
)

PASSWORD = "correct horse battery"


def person(kind: str, name: str, **extra: Any) -> Person:
    given, _, family = name.partition(" ")
    row = Person(kind=kind, given_name=given, family_name=family, **extra)
    row.fold_names()
    row.save()
    return row


def staff(name: str, *schools: School, position: str = Position.TEACHER, **extra: Any) -> Staff:
    """A staff member who works at the schools; extra: is_administrator, is_representative, is_district_wide."""
    rights = {key: extra.pop(key) for key in ("is_administrator", "is_representative") if key in extra}
    login = name.lower().replace(" ", ".").replace("'", "") + "@schools.example"
    row = Staff(person=person(PersonKind.STAFF, name, email=login), login=login, position=position, **extra)
    row.set_unusable_password()
    row.save()
    for school in schools:
        Assignment.objects.create(staff=row, school=school, **rights)
    return row


def school(name: str = "Willow Bend Elementary", **extra: Any) -> School:
    """A school with six 60-minute periods from 8:00 to 14:00 on a "regular" day and short ones on "early" days."""
    row = School.objects.create(
        name=name, phone="(555) 555-0142", default_day_type="regular", time_zone="America/New_York", **extra
    )
    bells = [("regular", str(n), time(7 + n), time(8 + n)) for n in range(1, 7)]
    bells += [("early", str(n), time(7 + n), time(7 + n, 45)) for n in range(1, 5)]
    BellPeriod.objects.bulk_create(
        BellPeriod(school=row, day_type=kind, period=period, start=start, end=end) for kind, period, start, end in bells
    )
    return row


def school_year(start_on: date = date(2026, 8, 24), end_on: date = date(2027, 6, 11)) -> Term:
    return Term.objects.create(sourced_id="year", title="2026-27", kind="schoolYear", start_on=start_on, end_on=end_on)


def student(name: str, at: School, case_manager: Staff | None = None, **extra: Any) -> Student:
    return Student.objects.create(
        person=person(PersonKind.STUDENT, name),
        school=at,
        case_manager=case_manager,
        **{"grade": "4", "has_iep": True, **extra},
    )


def guardian(name: str, of: Student, **extra: Any) -> Guardian:
    """A parent with an address; extra may hold fields of Guardian and of Guardianship."""
    rights = {key: extra.pop(key) for key in ("relationship", "has_education_rights", "is_no_contact") if key in extra}
    email = extra.pop("email", name.lower().replace(" ", ".") + "@family.example")
    row = Guardian.objects.create(
        person=person(PersonKind.GUARDIAN, name, email=email, phone="(555) 555-0107"), **extra
    )
    Guardianship.objects.create(student=of, guardian=row, **rights)
    return row


def outside(name: str, kind: str, **extra: Any) -> Outside:
    email = name.lower().replace(" ", ".") + "@outside.example"
    return Outside.objects.create(person=person(PersonKind.OUTSIDE, name, email=email), kind=kind, **extra)


def teaches(teacher: Staff, pupil: Student, *periods: str, title: str = "Grade 4", **extra: Any) -> SchoolClass:
    """A class of the student's school in which the teacher teaches the student in these periods."""
    row = SchoolClass.objects.create(
        sourced_id=f"class-{teacher.pk}-{pupil.pk}-{title}",
        school=pupil.school,
        title=title,
        periods=list(periods),
        **extra,
    )
    row.terms.set(Term.objects.all())
    for who, role in ((teacher.person, "teacher"), (pupil.person, "student")):
        Enrollment.objects.create(sourced_id=f"{row.sourced_id}-{role}", school_class=row, person=who, role=role)
    return row


@dataclass
class Cast:
    district: District
    school: School
    other_school: School
    room: Room
    case_manager: Staff
    colleague: Staff
    stranger: Staff
    administrator: Staff
    vice_principal: Staff
    director: Staff
    teacher: Staff
    speech: Staff
    student: Student
    mother: Guardian
    father: Guardian
    due: DueDate


def as_made_up() -> None:
    """Let the cast be the demo's district, whose mailbox is open to all."""
    District.objects.update(sourced_id=made_up.DISTRICT)
    for row, sourced_id in zip(School.objects.order_by("pk"), made_up.SCHOOLS, strict=False):
        School.objects.filter(pk=row.pk).update(sourced_id=sourced_id)


def cast() -> Cast:
    """Maya Rainwater, grade 4, her family and her team; a colleague at her school; a stranger at another.

    Everyone is free in the contract day 7:30 to 14:45 except Raj Patel, who teaches periods 1 to 5 (8:00 to 13:00).
    """
    district = District.objects.create(pk=1, name="Willow County Schools", phone="(555) 555-0100")
    school_year()
    here, there = school(), school("Lincoln Middle")
    manager = staff("Dana Ortiz", here, position=Position.SPECIAL_EDUCATION_TEACHER)
    teacher = staff("Raj Patel", here)
    speech = staff("Jo Lee", here, position=Position.SPEECH_THERAPIST)
    maya = student("Maya Rainwater", here, manager)
    teaches(teacher, maya, "1", "2", "3", "4", "5")
    TeamMember.objects.create(student=maya, person=speech.person, role=Role.RELATED_SERVICE_PROVIDER)
    return Cast(
        district=district,
        school=here,
        other_school=there,
        room=Room.objects.create(school=here, name="Room 12", capacity=10),
        case_manager=manager,
        colleague=staff("Priya Shah", here, position=Position.SPECIAL_EDUCATION_TEACHER),
        stranger=staff("Tom Reed", there, position=Position.SPECIAL_EDUCATION_TEACHER),
        administrator=staff(
            "Marcus Bell", here, position=Position.PRINCIPAL, is_administrator=True, is_representative=True
        ),
        vice_principal=staff(
            "Alice Kim", here, position=Position.ASSISTANT_PRINCIPAL, is_administrator=True, is_representative=True
        ),
        director=staff("Iris Moss", position=Position.SPECIAL_EDUCATION_DIRECTOR, is_district_wide=True),
        teacher=teacher,
        speech=speech,
        student=maya,
        mother=guardian("Elena Rainwater", maya, relationship="mother"),
        father=guardian("Tomas Rainwater", maya, relationship="father"),
        due=DueDate.objects.create(student=maya, kind=MeetingKind.ANNUAL_REVIEW, due_on=date(2026, 12, 11)),
    )
