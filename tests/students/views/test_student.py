from datetime import UTC, date, datetime, time

import pghistory
import pytest
import time_machine
from django.urls import reverse

from meetings.models import Attempt, FamilyTime
from students.history import Deed, Edit, history_of_staff, history_of_student
from students.models import DueDate, Guardian, Guardianship, Person, Staff, Student, TeamMember
from tests.cast import cast, guardian, staff, teaches
from tests.meetings.booked import NOW, book

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def people():
    return cast()


def page_of(client, viewer, row):
    client.force_login(viewer)
    return client.get(reverse("students:student", args=[row.pk]))


def words(response):
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize(
    ("who", "status"),
    [("case_manager", 200), ("speech", 200), ("administrator", 200), ("colleague", 404), ("stranger", 404)],
)
def test_student_page_is_for_those_with_a_legitimate_interest(client, people, who, status):
    assert page_of(client, getattr(people, who), people.student).status_code == status


def test_student_page_tells_family_team_and_what_was_tried(client, people):
    FamilyTime.objects.create(
        guardian=people.mother.person,
        student=people.student,
        says="works",
        weekday=4,
        start=time(13, 0),
        end=time(15, 0),
        said_at=NOW,
        recorded_by=people.case_manager,
    )
    Attempt.objects.create(
        student=people.student,
        guardian=people.mother.person,
        way="phone",
        result="left_message",
        note="Asked for Thursday.",
        happened_at=NOW,
        entered_at=NOW,
        by=people.case_manager,
    )
    book(people)

    page = page_of(client, people.case_manager, people.student)

    text = words(page)
    for said in (
        "Elena Rainwater can come Thursdays, 1:00 – 3:00 PM",
        "Phone call to Elena Rainwater: left a message",
        "Asked for Thursday.",
        "Thursday, December 3, 1:30 – 2:30 PM",
        "elena.rainwater@family.example",
        "Fri, Dec 11",
    ):
        assert said in text
    assert [(member.person.full_name, member.role_label) for member in page.context["team"]] == [
        ("Dana Ortiz", "Special education teacher"),
        ("Raj Patel", "General education teacher"),
        ("Jo Lee", "Related service provider"),
    ]


def test_guardian_under_a_no_contact_order_is_marked_and_has_no_address_here(client, people):
    Guardianship.objects.filter(guardian=people.father).update(is_no_contact=True)
    Person.objects.filter(pk=people.father.pk).update(phone="(555) 555-0199")

    page = words(page_of(client, people.case_manager, people.student))

    assert (
        '<strong>Tomas Rainwater</strong> <span class="quiet">father</span> <span class="tag tag-missing">No contact'
        in page
    )
    assert "tomas.rainwater@family.example" not in page
    assert "555-0199" not in page


def test_last_day_is_said_to_be_unknown_beyond_the_calendar(client, people):
    DueDate.objects.filter(pk=people.due.pk).update(due_on=date(2028, 5, 3))

    assert "the school calendar does not reach so far" in words(page_of(client, people.case_manager, people.student))


def test_student_without_due_date_family_or_team_says_so(client, people):
    DueDate.objects.all().delete()
    TeamMember.objects.all().delete()
    Guardianship.objects.all().delete()

    page = words(page_of(client, people.case_manager, people.student))

    for said in (
        "No due date",
        "Set the due date",
        "No guardian is on record",
        "No meeting is booked",
        "Nothing is logged",
    ):
        assert said in page


def test_student_page_takes_the_same_queries_however_much_there_is(client, people, django_assert_num_queries):
    book(people)
    client.force_login(people.case_manager)
    address = reverse("students:student", args=[people.student.pk])
    client.get(address)
    Person.objects.filter(pk=people.mother.pk).update(phone="1")
    with django_assert_num_queries(41):
        client.get(address)
    for n in range(2):
        guardian(f"Aunt {n}", people.student)
        member = staff(f"Helper {n}", people.school)
        TeamMember.objects.create(student=people.student, person=member.person, role="other")
        teaches(member, people.student, "6", title=f"Art {n}")
        Attempt.objects.create(student=people.student, way="phone", result="reached", happened_at=NOW, entered_at=NOW)
        Person.objects.filter(pk=people.mother.pk).update(phone=f"2{n}")
        kind = ("reevaluation", "transition")[n]
        due = DueDate.objects.create(student=people.student, kind=kind, due_on=date(2027, 1, 3))
        book(people, due_date=due)
    with django_assert_num_queries(41):
        client.get(address)


def edits_without_time(found):
    return [(edit.who, edit.deed, edit.what, edit.about, edit.field, edit.old, edit.new) for edit in found]


def test_history_tells_who_changed_what_from_what_to_what(people):
    Student.objects.filter(pk=people.student.pk).update(grade="5", case_manager=people.colleague)
    Guardian.objects.filter(pk=people.mother.pk).update(language="es", needs_interpreter=True)
    with pghistory.context(user=people.case_manager.pk):
        Person.objects.filter(pk=people.mother.pk).update(phone="(555) 555-0111", edited_fields=["phone"])
        Student.objects.filter(pk=people.student.pk).update(birth_on=date(2017, 3, 4))

    found = [edit for edit in history_of_student(people.student) if edit.deed is Deed.CHANGED]

    assert sorted(edits_without_time(found)) == sorted(
        [
            ("Dana Ortiz", "changed", "person", "Elena Rainwater", "phone", "(555) 555-0107", "(555) 555-0111"),
            ("Dana Ortiz", "changed", "student", "", "birth date", "", ""),
            ("", "changed", "student", "", "grade", "4", "5"),
            ("", "changed", "student", "", "case manager", "Dana Ortiz", "Priya Shah"),
            ("", "changed", "guardian", "Elena Rainwater", "language", "English", "Spanish"),
            ("", "changed", "guardian", "Elena Rainwater", "needs interpreter", "no", "yes"),
        ]
    )


def test_history_chains_changes_of_one_row(people):
    for due_on in (date(2026, 12, 14), date(2026, 12, 16)):
        DueDate.objects.filter(pk=people.due.pk).update(due_on=due_on)
    TeamMember.objects.filter(student=people.student).delete()

    found = [edit for edit in history_of_student(people.student) if edit.deed is not Deed.ADDED]

    assert sorted(edits_without_time(found)) == [
        ("", "changed", "duedate", "Annual review", "due date", "Dec 11, 2026", "Dec 14, 2026"),
        ("", "changed", "duedate", "Annual review", "due date", "Dec 14, 2026", "Dec 16, 2026"),
        ("", "deleted", "teammember", "Jo Lee (Related service provider)", "", "", ""),
    ]


def test_history_leaves_out_the_details_of_a_guardian_under_a_no_contact_order(people):
    Guardianship.objects.filter(guardian=people.father).update(is_no_contact=True)
    Person.objects.filter(pk=people.father.pk).update(phone="(555) 555-0199")

    found = [edit for edit in history_of_student(people.student) if edit.deed is Deed.CHANGED]

    assert edits_without_time(found) == [
        ("", "changed", "guardianship", "Tomas Rainwater", "no contact order", "no", "yes")
    ]


def test_history_of_staff_names_the_school(people):
    people.teacher.assignments.update(is_representative=True)
    Staff.objects.filter(pk=people.teacher.pk).update(position="principal")

    found = [edit for edit in history_of_staff(people.teacher) if edit.deed is Deed.CHANGED]

    assert sorted(edits_without_time(found)) == [
        ("", "changed", "assignment", "Willow Bend Elementary", "may represent the agency", "no", "yes"),
        ("", "changed", "staff", "", "position", "Teacher", "Principal"),
    ]


def test_history_reads_as_a_sentence(client, people):
    with pghistory.context(user=people.case_manager.pk):
        Person.objects.filter(pk=people.mother.pk).update(phone="(555) 555-0111")
        Person.objects.filter(pk=people.father.pk).update(phone="")
        Student.objects.filter(pk=people.student.pk).update(birth_on=date(2017, 3, 4))

    page = words(page_of(client, people.case_manager, people.student))

    assert "Dana Ortiz</strong> changed the phone of Elena Rainwater from (555) 555-0107 to (555) 555-0111" in page
    assert "Dana Ortiz</strong> cleared the phone of Tomas Rainwater, which was (555) 555-0107" in page
    assert "Dana Ortiz</strong> changed the birth date</li>" in page
    assert "the roster added Jo Lee (Related service provider) to the team" in page


def test_edit_is_a_value():
    at = datetime(2026, 11, 23, tzinfo=UTC)
    assert Edit(at, "", Deed.ADDED, "guardian") == Edit(at, "", Deed.ADDED, "guardian", "", "", "", "", True)
