from datetime import date

import pytest
import time_machine
from django.urls import reverse

from students.models import Person, Staff, Student
from tests.booking import booked
from tests.cast import cast, staff, student
from tests.meetings.booked import NOW
from tests.students.views.pages import WHO, as_opened, save, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def people():
    return cast()


def address(people):
    return reverse("students:student_edit", args=[people.student.pk])


def record_of(row):
    row = Student.objects.select_related("person").get(pk=row.pk)
    person = row.person
    return {
        "names": (person.given_name, person.family_name, person.preferred_name, person.search_name),
        "record": (row.grade, row.birth_on, row.has_iep, row.case_manager_id, row.school_id, row.home_language),
        "edited": (person.edited_fields, row.edited_fields),
    }


@pytest.mark.parametrize(("who", "status"), WHO)
def test_student_is_edited_by_case_manager_administrator_and_district(client, people, who, status):
    client.force_login(getattr(people, who))

    assert client.get(address(people)).status_code == status
    assert client.post(address(people), {"given_name": "X"}).status_code == status


@pytest.mark.parametrize(("who", "may_edit"), [("case_manager", True), ("administrator", True), ("speech", False)])
def test_student_page_offers_editing_to_those_who_may(client, people, who, may_edit):
    client.force_login(getattr(people, who))

    page = client.get(reverse("students:student", args=[people.student.pk]))

    assert (address(people) in words(page)) is may_edit
    assert (reverse("students:guardian_add", args=[people.student.pk]) in words(page)) is may_edit


def test_edited_fields_grow_by_exactly_what_changed(client, people):
    client.force_login(people.case_manager)

    saved = save(
        client,
        "students:student_edit",
        [people.student.pk],
        preferred_name="Mai",
        grade="5",
        birth_on="2016-05-04",
        case_manager=str(people.colleague.pk),
    )

    assert saved.status_code == 302
    assert saved.url == reverse("students:mine")  # Hers no longer, and so not hers to look at.
    assert record_of(people.student) == {
        "names": ("Maya", "Rainwater", "Mai", "rainwater mai maya"),
        "record": ("5", date(2016, 5, 4), True, people.colleague.pk, people.school.pk, "en"),
        "edited": (["preferred_name"], ["grade", "birth_on", "case_manager_id"]),
    }


def test_nothing_changed_owns_nothing(client, people):
    client.force_login(people.case_manager)
    before = record_of(people.student)

    save(client, "students:student_edit", [people.student.pk])

    assert record_of(people.student) == before


def test_page_saved_after_someone_else_shows_both_and_keeps_what_was_typed(client, people):
    client.force_login(people.case_manager)
    opened = as_opened(client.get(address(people)))
    Student.objects.filter(pk=people.student.pk).update(grade="6")

    second = client.post(address(people), opened | {"grade": "5"})

    assert second.status_code == 409
    assert [(one.label, one.now, one.typed) for one in second.context["differences"]] == [("Grade", "6", "5")]
    assert second.context["form"]["grade"].value() == "5"
    assert Student.objects.get(pk=people.student.pk).grade == "6"

    client.post(address(people), as_opened(second))

    assert Student.objects.get(pk=people.student.pk).grade == "5"


def test_bad_input_is_kept_beside_its_message_and_nothing_is_saved(client, people):
    client.force_login(people.administrator)
    before = record_of(people.student)
    elsewhere = staff("Far Away", people.other_school)

    page = save(
        client,
        "students:student_edit",
        [people.student.pk],
        given_name="",
        family_name="Brook",
        birth_on="2027-01-01",
        case_manager=str(elsewhere.pk),
    )

    assert page.context["form"].errors == {
        "given_name": ["This field is required."],
        "birth_on": ["That day has not come yet."],
        "case_manager": [f"Select a valid choice. {elsewhere.pk} is not one of the available choices."],
    }
    assert 'value="Brook"' in words(page)
    assert record_of(people.student) == before


def test_case_manager_must_work_at_the_new_school(client, people):
    client.force_login(people.director)

    page = save(client, "students:student_edit", [people.student.pk], school=str(people.other_school.pk))

    assert page.context["form"].errors == {
        "case_manager": ["They do not work at Lincoln Middle. Choose someone who does."]
    }


def test_student_is_added_by_a_case_manager_as_their_own(client, people):
    client.force_login(people.colleague)

    save(client, "students:student_add", given_name="Otis", family_name="Marigold", grade="3")

    added = Student.objects.get(person__given_name="Otis")
    assert record_of(added) == {
        "names": ("Otis", "Marigold", "", "marigold otis otis"),
        "record": ("3", None, True, people.colleague.pk, people.school.pk, "en"),
        "edited": ([], []),
    }


def test_student_is_not_added_at_a_school_of_others_nor_to_others(client, people):
    client.force_login(people.colleague)

    page = save(
        client,
        "students:student_add",
        given_name="Otis",
        family_name="Marigold",
        school=str(people.other_school.pk),
        case_manager=str(people.case_manager.pk),
    )

    assert set(page.context["form"].errors) == {"school", "case_manager"}
    assert not Person.objects.filter(given_name="Otis").exists()


def test_add_page_without_a_school_says_so(client, people):
    client.force_login(staff("Noor Lantern"))

    assert "You are on no school's list" in words(client.get(reverse("students:student_add")))


def test_edit_page_takes_the_same_queries_however_many_there_are(client, people, django_assert_num_queries):
    client.force_login(people.administrator)
    client.get(address(people))
    Student.objects.filter(pk=people.student.pk).update(grade="5")
    with django_assert_num_queries(16):
        client.get(address(people))
    for n in range(3):
        staff(f"Helper {n}", people.school)
        student(f"Fern {n}", people.school, people.case_manager)
        Student.objects.filter(pk=people.student.pk).update(grade=str(n))
    with django_assert_num_queries(16):
        client.get(address(people))


def test_case_manager_who_left_stays_until_someone_else_is_chosen(client, people):
    Staff.objects.filter(pk=people.case_manager.pk).update(is_active=False)
    client.force_login(people.administrator)

    saved = save(client, "students:student_edit", [people.student.pk], grade="7")

    assert saved.status_code == 302
    assert Student.objects.get(pk=people.student.pk).case_manager_id == people.case_manager.pk


def test_student_who_left_is_on_no_list_and_can_be_brought_back(client, people):
    client.force_login(people.case_manager)
    left = reverse("students:student_left", args=[people.student.pk])

    gone = client.post(left, follow=True)
    while_gone = client.get(reverse("students:mine")).context["count"]
    client.post(left)
    kept = Person.objects.get(pk=people.student.pk)
    back = client.post(left, {"back": "1"}, follow=True)

    assert "Maya Rainwater has left, and is on no list any more." in words(gone)
    assert (while_gone, kept.gone_at, kept.edited_fields) == (0, NOW, ["gone_at"])
    assert "Maya Rainwater is here again." in words(back)
    person = Person.objects.get(pk=people.student.pk)
    assert (person.gone_at, person.edited_fields) == (None, [])
    assert client.get(reverse("students:mine")).context["count"] == 1


def test_student_who_left_with_a_meeting_booked_is_said_so(client, people):
    booked(people)
    client.force_login(people.case_manager)

    page = client.post(reverse("students:student_left", args=[people.student.pk]), follow=True)

    assert "A meeting is still booked." in words(page)


@pytest.mark.parametrize(("who", "status"), WHO)
def test_student_is_marked_as_left_by_those_who_edit(client, people, who, status):
    client.force_login(getattr(people, who))

    answer = client.post(reverse("students:student_left", args=[people.student.pk]))

    assert answer.status_code == (302 if status == 200 else status)
    assert (Person.objects.get(pk=people.student.pk).gone_at is not None) is (status == 200)


def test_length_of_meetings_is_set_and_taken_back(client, people):
    client.force_login(people.case_manager)
    found = []

    for minutes in ("90", ""):
        save(client, "students:student_edit", [people.student.pk], meeting_minutes=minutes)
        people.student.refresh_from_db()
        page = client.get(reverse("students:student", args=[people.student.pk]))
        found.append(
            (people.student.meeting_minutes, "<dd>90 minutes</dd>" in words(page), "<dd>the usual</dd>" in words(page))
        )

    assert found == [(90, True, False), (None, False, True)]


def test_length_that_only_someone_else_would_set_is_offered_and_kept(client, people):
    Student.objects.filter(pk=people.student.pk).update(meeting_minutes=50)
    client.force_login(people.case_manager)

    page = client.get(address(people))
    save(client, "students:student_edit", [people.student.pk], grade="5")

    people.student.refresh_from_db()
    lengths = [value for value, _ in page.context["form"].fields["meeting_minutes"].choices]
    assert (lengths, people.student.meeting_minutes) == (["", 30, 45, 50, 60, 75, 90, 120], 50)


def test_wish_of_a_family_meanwhile_is_not_overwritten(client, people):
    client.force_login(people.case_manager)
    posted = as_opened(client.get(address(people)))
    Student.objects.filter(pk=people.student.pk).update(meeting_minutes=90)

    page = client.post(address(people), posted)

    people.student.refresh_from_db()
    assert (page.status_code, people.student.meeting_minutes) == (409, 90)
    assert [(one.label, one.now, one.typed) for one in page.context["differences"]] == [
        ("Length of meetings", "90 minutes", "the usual")
    ]
