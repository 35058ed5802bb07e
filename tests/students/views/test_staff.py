import pytest
import time_machine
from django.urls import reverse

from meetings.models import Message
from students.models import Assignment, Staff
from tests.booking import NOW, booked
from tests.cast import cast, staff
from tests.students.views.pages import as_opened, save, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def people():
    return cast()


def names(page):
    return [one.person.full_name for one in page.context["page"]]


def posts(row):
    found = Assignment.objects.filter(staff=row).select_related("school").order_by("school__name")
    return [(post.school.name, post.is_administrator, post.is_representative, post.edited_fields) for post in found]


def account(row):
    row = Staff.objects.get(pk=row.pk)
    return {
        "person": (row.person.full_name, row.person.email, row.person.edited_fields),
        "account": (row.login, row.position, row.is_district_wide, row.is_active, row.edited_fields),
    }


@pytest.mark.parametrize(
    ("who", "status"),
    [("administrator", 200), ("director", 200), ("case_manager", 404), ("colleague", 404), ("stranger", 404)],
)
def test_staff_pages_are_for_administrators_and_the_district(client, people, who, status):
    client.force_login(getattr(people, who))

    pages = [
        client.get(reverse("students:staff")),
        client.get(reverse("students:staff_add")),
        client.get(reverse("students:staff_edit", args=[people.teacher.pk])),
    ]

    assert [page.status_code for page in pages] == [status] * 3
    assert (reverse("students:staff") in words(client.get(reverse("meetings:list")))) is (status == 200)


def test_administrator_lists_the_staff_of_their_schools_and_the_district_everyone(client, people):
    client.force_login(people.administrator)
    assert names(client.get(reverse("students:staff"))) == [
        "Marcus Bell",
        "Alice Kim",
        "Jo Lee",
        "Dana Ortiz",
        "Raj Patel",
        "Priya Shah",
    ]
    assert client.get(reverse("students:staff_edit", args=[people.stranger.pk])).status_code == 404

    client.force_login(people.director)
    assert names(client.get(reverse("students:staff"), {"q": "REED"})) == ["Tom Reed"]
    assert names(client.get(reverse("students:staff"), {"q": "nobody"})) == []


def test_staff_is_edited_and_each_table_owns_what_changed_in_it(client, people):
    client.force_login(people.administrator)
    here = people.school.pk

    save(
        client,
        "students:staff_edit",
        [people.teacher.pk],
        preferred_name="Rajan",
        login="Rajan.Patel@schools.example",
        position="counselor",
        **{f"is_representative-{here}": "on"},
    )

    assert account(people.teacher) == {
        "person": ("Rajan Patel", "rajan.patel@schools.example", ["preferred_name", "email"]),
        "account": ("rajan.patel@schools.example", "counselor", False, True, ["login", "position"]),
    }
    assert posts(people.teacher) == [("Willow Bend Elementary", False, True, ["is_representative"])]


def test_login_of_somebody_else_is_a_clear_error(client, people):
    client.force_login(people.administrator)
    before = account(people.teacher)

    page = save(client, "students:staff_edit", [people.teacher.pk], login=people.stranger.login.upper(), phone="1")

    assert page.context["form"].errors == {"login": ["Another account signs in with this address."]}
    assert page.context["form"]["phone"].value() == "1"
    assert account(people.teacher) == before


def test_staff_is_added_without_a_password_and_invited(client, people):
    client.force_login(people.administrator)

    save(client, "students:staff_add", given_name="Noor", family_name="Lantern", login="Noor@schools.example")

    added = Staff.objects.get(login="noor@schools.example")
    assert account(added) == {
        "person": ("Noor Lantern", "noor@schools.example", []),
        "account": ("noor@schools.example", "teacher", False, True, []),
    }
    assert posts(added) == [("Willow Bend Elementary", False, False, ["is_administrator", "is_representative"])]
    assert not added.has_usable_password()

    url = reverse("students:staff_invite", args=[added.pk])
    assert "An invitation to noor@schools.example is on its way." in words(client.post(url, follow=True))
    with time_machine.travel(NOW.replace(minute=30), tick=False):
        assert "was sent an invitation today already" in words(client.post(url, follow=True))
    assert [message.to_address for message in Message.objects.all()] == ["noor@schools.example"]


def test_closed_account_cannot_be_invited_and_names_the_seats_left_short(client, people):
    meeting = booked(people)
    client.force_login(people.administrator)

    saved = save(client, "students:staff_edit", [people.teacher.pk], is_active=None)
    page = client.get(saved.url)

    assert account(people.teacher)["account"][3:] == (False, ["is_active"])
    assert not Staff.objects.get(pk=people.teacher.pk).has_usable_password()
    assert [(one.seat.meeting, one.seat.role, one.may_open) for one in page.context["short"]] == [
        (meeting, "general_education_teacher", True)
    ]
    assert "No invitation was written" in words(
        client.post(reverse("students:staff_invite", args=[people.teacher.pk]), follow=True)
    )


def test_session_of_a_closed_account_ends_at_once(client, people):
    other = type(client)()
    other.force_login(people.teacher)
    assert other.get(reverse("meetings:list")).status_code == 200
    client.force_login(people.administrator)

    save(client, "students:staff_edit", [people.teacher.pk], is_active=None)
    assert other.get(reverse("meetings:list")).status_code == 302

    save(client, "students:staff_edit", [people.teacher.pk], is_active="on")
    assert other.get(reverse("meetings:list")).status_code == 302


def test_administrator_says_only_what_an_itinerant_is_at_their_own_school(client, people):
    Assignment.objects.create(staff=people.speech, school=people.other_school)
    client.force_login(people.administrator)
    here, there = people.school.pk, people.other_school.pk
    before = account(people.speech)

    save(
        client,
        "students:staff_edit",
        [people.speech.pk],
        login="mine@schools.example",
        given_name="Taken",
        **{f"is_representative-{here}": "on", f"is_administrator-{there}": "on"},
    )

    assert account(people.speech) == before
    assert posts(people.speech) == [
        ("Lincoln Middle", False, False, []),
        ("Willow Bend Elementary", False, True, ["is_representative"]),
    ]
    assert client.post(reverse("students:staff_invite", args=[people.speech.pk])).status_code == 404


def test_administrator_gives_nobody_the_whole_district(client, people):
    client.force_login(people.administrator)

    save(client, "students:staff_edit", [people.teacher.pk], is_district_wide="on")
    assert account(people.teacher)["account"][2] is False

    client.force_login(people.director)
    save(client, "students:staff_edit", [people.teacher.pk], is_district_wide="on")
    assert account(people.teacher)["account"][2] is True

    client.force_login(people.administrator)
    assert client.get(reverse("students:staff_edit", args=[people.teacher.pk])).context["form"].is_kept is False


def test_nobody_locks_themselves_out(client, people):
    client.force_login(people.administrator)
    here = people.school.pk

    page = save(
        client,
        "students:staff_edit",
        [people.administrator.pk],
        is_active=None,
        **{f"is_administrator-{here}": None},
    )

    assert set(page.context["form"].errors) == {"is_active", f"is_administrator-{here}"}
    assert account(people.administrator)["account"][3] is True


def test_school_taken_away_by_hand_is_not_given_back_by_a_roster(client, people):
    Assignment.objects.create(staff=people.teacher, school=people.other_school)
    client.force_login(people.director)

    save(client, "students:staff_edit", [people.teacher.pk], **{f"works-{people.other_school.pk}": None})

    assert posts(people.teacher) == [("Willow Bend Elementary", False, False, [])]
    assert account(people.teacher)["account"][4] == ["schools"]


def test_staff_changed_meanwhile_shows_both(client, people):
    client.force_login(people.administrator)
    url = reverse("students:staff_edit", args=[people.teacher.pk])
    opened = as_opened(client.get(url))
    Assignment.objects.filter(staff=people.teacher).update(is_representative=True)

    page = client.post(url, opened | {"position": "counselor"})

    assert page.status_code == 409
    assert [(one.label, one.now, one.typed) for one in page.context["differences"]] == [
        ("Position", "Teacher", "Counselor"),
        ("LEA representative: Willow Bend Elementary", "yes", "no"),
    ]


def test_staff_needs_a_school(client, people):
    client.force_login(people.director)

    page = save(client, "students:staff_add", given_name="Noor", login="noor@schools.example")

    assert page.context["form"].non_field_errors() == ["Tick at least one school where they work."]
    assert not Staff.objects.filter(login="noor@schools.example").exists()


def test_list_takes_the_same_queries_however_many_there_are(client, people, django_assert_num_queries):
    client.force_login(people.administrator)
    url = reverse("students:staff")
    client.get(url)
    with django_assert_num_queries(11):
        client.get(url)
    for n in range(5):
        staff(f"Helper {n}", people.school, people.other_school)
    with django_assert_num_queries(11):
        client.get(url)


def test_zone_in_which_a_member_of_the_staff_lives_is_kept(client, people):
    client.force_login(people.director)

    save(client, "students:staff_edit", [people.teacher.pk], time_zone="America/Denver")

    people.teacher.person.refresh_from_db()
    assert (people.teacher.person.time_zone, "time_zone" in people.teacher.person.edited_fields) == (
        "America/Denver",
        True,
    )
