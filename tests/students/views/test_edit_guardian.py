import pytest
import time_machine
from django.urls import reverse

from meetings.models import Busy, Meeting, Message, MessageState, ParentLink
from students.models import Guardian, Guardianship, Person, Student
from tests.booking import NOW, booked, busy_of
from tests.cast import cast, guardian, student
from tests.students.views.pages import WHO, as_opened, save, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def people():
    return cast()


def bond_of(people, row=None):
    return Guardianship.objects.get(student=people.student, guardian=row or people.mother)


def kept(bond):
    bond = Guardianship.objects.select_related("guardian__person", "student").get(pk=bond.pk)
    guardian_row, person = bond.guardian, bond.guardian.person
    return {
        "person": (person.full_name, person.email, person.phone, person.edited_fields),
        "guardian": (guardian_row.language, guardian_row.contact_by, guardian_row.edited_fields),
        "bond": (bond.relationship, bond.has_education_rights, bond.is_no_contact, bond.source, bond.edited_fields),
    }


@pytest.mark.parametrize(("who", "status"), WHO)
def test_guardians_are_edited_by_those_who_may_edit_the_student(client, people, who, status):
    client.force_login(getattr(people, who))

    pages = [
        client.get(reverse("students:guardian_add", args=[people.student.pk])),
        client.get(reverse("students:guardian_edit", args=[bond_of(people).pk])),
    ]

    assert [page.status_code for page in pages] == [status, status]


@pytest.mark.parametrize("who", ["speech", "stranger"])
def test_guardianship_is_not_ended_by_others(client, people, who):
    client.force_login(getattr(people, who))

    assert client.post(reverse("students:guardian_end", args=[bond_of(people).pk])).status_code == 404
    assert Guardianship.objects.count() == 2


def test_guardian_is_edited_and_each_table_owns_what_changed_in_it(client, people):
    Guardianship.objects.update(source="roster")
    client.force_login(people.case_manager)

    save(
        client,
        "students:guardian_edit",
        [bond_of(people).pk],
        phone="(555) 555-0199",
        language="es",
        relationship="stepmother",
    )

    assert kept(bond_of(people)) == {
        "person": ("Elena Rainwater", "elena.rainwater@family.example", "(555) 555-0199", ["phone"]),
        "guardian": ("es", "email", ["language"]),
        "bond": ("stepmother", True, False, "people", ["relationship"]),
    }


def test_guardianship_stays_the_rosters_where_only_the_phone_changed(client, people):
    Guardianship.objects.update(source="roster")
    client.force_login(people.case_manager)

    save(client, "students:guardian_edit", [bond_of(people).pk], phone="(555) 555-0199")

    assert kept(bond_of(people))["bond"] == ("mother", True, False, "roster", [])


def test_guardian_is_added_with_what_is_needed_to_reach_them(client, people):
    client.force_login(people.case_manager)
    typed = {"given_name": "Rosa", "family_name": "Rainwater", "contact_by": "phone", "relationship": "aunt"}

    page = save(client, "students:guardian_add", [people.student.pk], **typed)
    assert page.context["form"].errors == {"phone": ["Write the number, or choose another way to reach them."]}
    assert not Person.objects.filter(given_name="Rosa").exists()

    save(client, "students:guardian_add", [people.student.pk], **typed, phone="(555) 555-0188")

    added = Guardianship.objects.get(guardian__person__given_name="Rosa")
    assert kept(added) == {
        "person": ("Rosa Rainwater", "", "(555) 555-0188", []),
        "guardian": ("en", "phone", []),
        "bond": ("aunt", True, False, "people", []),
    }


def test_guardian_of_a_sibling_is_chosen_and_not_made_twice(client, people):
    brother = student("Theo Rainwater", people.school, people.case_manager)
    client.force_login(people.case_manager)

    save(client, "students:guardian_add", [brother.pk], existing=str(people.mother.pk), relationship="mother")

    assert list(brother.guardians.all()) == [people.mother]
    assert Guardian.objects.count() == 2


def test_siblings_whom_one_may_not_see_lend_no_guardian(client, people):
    mine = student("Ann Rainwater", people.school, people.colleague)
    client.force_login(people.colleague)

    page = client.get(reverse("students:guardian_add", args=[mine.pk]))

    assert "existing" not in page.context["form"].fields
    assert "Elena" not in words(page)


def test_order_of_no_contact_closes_every_door(client, people):
    meeting = booked(people)
    before = busy_of(meeting)
    client.force_login(people.case_manager)

    save(client, "students:guardian_edit", [bond_of(people).pk], is_no_contact="on")

    assert kept(bond_of(people))["bond"] == ("mother", True, True, "people", ["is_no_contact"])
    assert [name for name in before if name not in busy_of(meeting)] == ["Elena Rainwater"]
    assert not meeting.seats.filter(holder=people.mother.pk).exists()
    assert ParentLink.objects.get(guardian=people.mother.pk).revoked_at == NOW
    assert set(Message.objects.filter(recipient=people.mother.pk).values_list("state", flat=True)) == {
        MessageState.WITHDRAWN
    }
    change = meeting.changes.first()
    assert (change.what, change.detail) == (
        "seat_changed",
        {"role": "parent", "from": "Elena Rainwater", "to": ""},
    )
    assert Meeting.objects.get(pk=meeting.pk).version == 2
    assert Busy.objects.filter(person=people.father.pk).count() == 1


def test_contact_details_of_someone_under_an_order_are_not_on_the_page(client, people):
    Guardianship.objects.filter(guardian=people.mother).update(is_no_contact=True)
    client.force_login(people.case_manager)

    page = client.get(reverse("students:guardian_edit", args=[bond_of(people).pk]))

    assert "elena.rainwater@family.example" not in words(page)
    assert "555-0107" not in words(page)

    save(client, "students:guardian_edit", [bond_of(people).pk], is_no_contact=None)

    assert kept(bond_of(people))["person"][1:3] == ("elena.rainwater@family.example", "(555) 555-0107")


def test_guardianship_ends_and_is_taken_back(client, people):
    meeting = booked(people)
    client.force_login(people.case_manager)

    page = client.post(reverse("students:guardian_end", args=[bond_of(people).pk]), follow=True)

    assert list(people.student.guardians.all()) == [people.father]
    assert Student.objects.get(pk=people.student.pk).edited_fields == ["guardians"]
    assert not meeting.seats.filter(holder=people.mother.pk).exists()
    what = words(page).split('name="what" value="')[1].split('"')[0]

    client.post(reverse("students:guardian_restore", args=[people.student.pk]), {"what": what})

    assert kept(bond_of(people))["bond"] == ("mother", True, False, "people", [])


def test_what_was_not_signed_here_restores_nobody(client, people):
    client.force_login(people.case_manager)

    page = client.post(reverse("students:guardian_restore", args=[people.student.pk]), {"what": "forged"}, follow=True)

    assert "That cannot be taken back any more." in words(page)
    assert Guardianship.objects.count() == 2


def test_guardian_changed_meanwhile_shows_both(client, people):
    client.force_login(people.case_manager)
    url = reverse("students:guardian_edit", args=[bond_of(people).pk])
    opened = as_opened(client.get(url))
    Person.objects.filter(pk=people.mother.pk).update(phone="(555) 555-0111")

    page = client.post(url, opened | {"phone": "(555) 555-0122"})

    assert page.status_code == 409
    assert [(one.label, one.now, one.typed) for one in page.context["differences"]] == [
        ("Phone", "(555) 555-0111", "(555) 555-0122")
    ]
    assert kept(bond_of(people))["person"][2:] == ("(555) 555-0111", [])


def test_page_of_a_guardian_takes_the_same_queries_however_many_there_are(client, people, django_assert_num_queries):
    client.force_login(people.case_manager)
    url = reverse("students:guardian_edit", args=[bond_of(people).pk])
    client.get(url)
    Person.objects.filter(pk=people.mother.pk).update(phone="1")
    with django_assert_num_queries(18):
        client.get(url)
    for n in range(3):
        guardian(f"Aunt {n}", people.student)
        sibling = student(f"Ann{n} Rainwater", people.school, people.case_manager)
        Guardianship.objects.create(student=sibling, guardian=people.mother)
        Person.objects.filter(pk=people.mother.pk).update(phone=f"2{n}")
    with django_assert_num_queries(18):
        client.get(url)


def test_zone_in_which_a_guardian_lives_is_kept_and_one_off_the_list_stays(client, people):
    client.force_login(people.case_manager)
    zone_of = Person.objects.filter(pk=people.mother.pk).values_list("time_zone", flat=True)

    save(client, "students:guardian_edit", [bond_of(people).pk], time_zone="America/Chicago")
    assert zone_of.get() == "America/Chicago"
    page = save(client, "students:guardian_edit", [bond_of(people).pk], time_zone="Mars/Olympus")
    assert list(page.context["form"].errors) == ["time_zone"]
    Person.objects.filter(pk=people.mother.pk).update(time_zone="Europe/Paris")
    save(client, "students:guardian_edit", [bond_of(people).pk], phone="(555) 555-0198")
    assert zone_of.get() == "Europe/Paris"
    save(client, "students:guardian_edit", [bond_of(people).pk], time_zone="")
    assert zone_of.get() == ""
