import pytest
import time_machine
from django.urls import reverse

from students.models import Outside, Person, Source, Student, TeamMember
from tests.cast import cast, outside, staff, student
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


def team_of(people):
    rows = TeamMember.objects.filter(student=people.student).select_related("person").order_by("pk")
    return [(row.person.full_name, row.role, row.is_required, row.source) for row in rows]


JO = ("Jo Lee", "related_service_provider", False, "people")


@pytest.mark.parametrize(("who", "status"), WHO)
def test_team_is_edited_by_those_who_may_edit_the_student(client, people, who, status):
    client.force_login(getattr(people, who))
    member = TeamMember.objects.get()

    pages = [
        client.get(reverse("students:team_add", args=[people.student.pk])),
        client.get(reverse("students:team_edit", args=[member.pk])),
    ]

    assert [page.status_code for page in pages] == [status, status]
    if status == 404:
        assert client.post(reverse("students:team_remove", args=[member.pk])).status_code == 404


def test_staff_of_the_school_is_put_on_the_team(client, people):
    client.force_login(people.case_manager)

    save(client, "students:team_add", [people.student.pk], person=people.teacher.pk, role="other", is_required="on")

    assert team_of(people) == [JO, ("Raj Patel", "other", True, "people")]


def test_staff_of_another_school_is_no_choice(client, people):
    client.force_login(people.case_manager)

    page = save(client, "students:team_add", [people.student.pk], person=people.stranger.pk, role="other")

    assert page.context["form"].errors == {
        "person": [
            f"Select a valid choice. {people.stranger.pk} is not one of the available choices.",
            "Choose a person, or name someone from outside below.",
        ]
    }
    assert team_of(people) == [JO]


def test_someone_new_from_outside_is_made_with_the_member(client, people):
    client.force_login(people.case_manager)

    save(
        client,
        "students:team_add",
        [people.student.pk],
        role="family_interpreter",
        given_name="Amira",
        family_name="Haddad",
        kind="family_interpreter",
        organisation="Lingua",
        email="amira@lingua.example",
        languages=["ar", "es"],
    )

    assert team_of(people)[1] == ("Amira Haddad", "family_interpreter", False, "people")
    made = Outside.objects.select_related("person").get()
    assert (made.kind, made.organisation, made.languages, made.person.email, made.person.search_name) == (
        "family_interpreter",
        "Lingua",
        ["ar", "es"],
        "amira@lingua.example",
        "haddad amira amira",
    )


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"role": "other"}, "person", "Choose a person, or name someone from outside below."),
        (
            {"role": "other", "given_name": "Amira", "person": "both"},
            "given_name",
            "Choose a person above, or name someone new here, not both.",
        ),
        ({"role": "related_service_provider", "person": "again"}, "role", "They are on the team in this role already."),
        ({"given_name": "Amira", "email": "not one"}, "email", "Enter a valid email address."),
    ],
)
def test_bad_input_makes_nobody(client, people, typed, field, message):
    client.force_login(people.case_manager)
    who = {"both": people.teacher.pk, "again": people.speech.pk}
    typed = typed | ({"person": who[typed["person"]]} if "person" in typed else {})

    page = save(client, "students:team_add", [people.student.pk], **typed)

    assert message in page.context["form"].errors[field]
    assert team_of(people) == [JO]
    assert not Person.objects.filter(kind="outside").exists()


def test_member_is_edited_and_is_peoples_from_then_on(client, people):
    TeamMember.objects.update(source=Source.ROSTER)
    client.force_login(people.administrator)
    member = TeamMember.objects.get()

    save(client, "students:team_edit", [member.pk])
    assert team_of(people) == [("Jo Lee", "related_service_provider", False, "roster")]

    save(client, "students:team_edit", [member.pk], is_required="on")
    assert team_of(people) == [("Jo Lee", "related_service_provider", True, "people")]


def test_details_of_someone_from_outside_are_edited_with_the_member(client, people):
    amira = outside("Amira Haddad", "family_interpreter", languages=["ar"])
    member = TeamMember.objects.create(student=people.student, person=amira.person, role="family_interpreter")
    client.force_login(people.case_manager)

    save(client, "students:team_edit", [member.pk], phone="(555) 555-0144", languages=["ar", "es"])

    amira = Outside.objects.select_related("person").get()
    assert (amira.person.phone, amira.person.edited_fields, amira.languages) == (
        "(555) 555-0144",
        ["phone"],
        ["ar", "es"],
    )


def test_role_that_someone_has_already_is_refused(client, people):
    second = TeamMember.objects.create(student=people.student, person=people.speech.person, role="other")
    client.force_login(people.case_manager)

    page = save(client, "students:team_edit", [second.pk], role="related_service_provider")

    assert page.context["form"].errors == {"role": ["They are on the team in this role already."]}


def test_member_changed_meanwhile_shows_both(client, people):
    client.force_login(people.case_manager)
    member = TeamMember.objects.get()
    url = reverse("students:team_edit", args=[member.pk])
    opened = as_opened(client.get(url))
    TeamMember.objects.update(role="other")

    page = client.post(url, opened | {"is_required": "on"})

    assert page.status_code == 409
    assert [(one.label, one.now, one.typed) for one in page.context["differences"]] == [
        ("Role at the table", "Other invited", "Related service provider"),
        ("The team wants this person at every meeting", "no", "yes"),
    ]


def test_member_is_removed_and_put_back(client, people):
    client.force_login(people.case_manager)

    page = client.post(reverse("students:team_remove", args=[TeamMember.objects.get().pk]), follow=True)

    assert team_of(people) == []
    assert Student.objects.get(pk=people.student.pk).edited_fields == ["team"]
    what = words(page).split('name="what" value="')[1].split('"')[0]

    client.post(reverse("students:team_restore", args=[people.student.pk]), {"what": what})

    assert team_of(people) == [JO]


def test_what_was_kept_for_one_student_puts_nobody_on_the_team_of_another(client, people):
    other = student("Theo Quill", people.school, people.case_manager)
    client.force_login(people.case_manager)
    page = client.post(reverse("students:team_remove", args=[TeamMember.objects.get().pk]), follow=True)
    what = words(page).split('name="what" value="')[1].split('"')[0]

    client.post(reverse("students:team_restore", args=[other.pk]), {"what": what})

    assert TeamMember.objects.count() == 0


def test_page_takes_the_same_queries_however_many_may_be_chosen(client, people, django_assert_num_queries):
    client.force_login(people.case_manager)
    url = reverse("students:team_add", args=[people.student.pk])
    client.get(url)
    with django_assert_num_queries(9):
        client.get(url)
    for n in range(3):
        staff(f"Helper {n}", people.school)
        outside(f"Interpreter {n}", "family_interpreter")
    with django_assert_num_queries(9):
        client.get(url)
