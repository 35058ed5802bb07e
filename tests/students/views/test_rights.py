import pytest

from students.models import Assignment, Role, TeamMember
from students.views.rights import administered_by, keeps_account
from tests.cast import cast, staff, student

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return cast()


def keeps(user, row):
    return keeps_account(user, row, administered_by(user))


def test_administrator_keeps_the_accounts_of_their_school(people):
    assert [keeps(people.administrator, row) for row in (people.teacher, people.speech, people.vice_principal)] == [
        True
    ] * 3


@pytest.mark.parametrize("bond", ["case manager", "team"])
@pytest.mark.parametrize("is_active", [True, False])
def test_administrator_keeps_no_account_that_sees_a_student_elsewhere(people, bond, is_active):
    jo = staff("Jo Gadget", people.school, is_active=is_active)
    otis = student("Otis Marigold", people.other_school, jo if bond == "case manager" else people.stranger)
    if bond == "team":
        TeamMember.objects.create(student=otis, person=jo.person, role=Role.RELATED_SERVICE_PROVIDER)

    assert (keeps(people.administrator, jo), keeps(people.director, jo)) == (False, True)


@pytest.mark.parametrize("right", ["is_superuser", "is_staff", "is_district_wide"])
def test_administrator_keeps_no_account_above_their_own(people, right):
    assert not keeps(people.administrator, staff("Ike Toggle", people.school, **{right: True}))


@pytest.mark.parametrize("right", ["is_superuser", "is_staff"])
def test_director_keeps_no_account_of_support_staff_but_their_own(people, right):
    ike = staff("Ike Toggle", **{right: True})
    director = staff("Ruth Lantern", is_district_wide=True, **{right: True})

    assert not keeps(people.director, ike)
    assert keeps(director, director)
    assert keeps(staff("Root Marigold", is_district_wide=True, is_superuser=True), ike)


def test_administrator_of_two_schools_keeps_whoever_works_at_both(people):
    Assignment.objects.create(staff=people.administrator, school=people.other_school, is_administrator=True)
    jo = staff("Jo Gadget", people.school, people.other_school)

    assert (keeps(people.administrator, jo), keeps(people.vice_principal, jo)) == (True, False)
