import io

import pytest
from django.core.management import CommandError, call_command
from django_q.models import OrmQ

from meetings.models import Message
from students.models import District, School, Staff

pytestmark = pytest.mark.django_db
GIVEN = {
    "email": "Dana.Ortiz@schools.example",
    "name": "Dana Ortiz",
    "district": "Fable Valley",
    "school": "Willow Bend Elementary",
    "time_zone": "America/Chicago",
}


def run_setup(**changed):
    said = io.StringIO()
    call_command("setup", stdout=said, **(GIVEN | changed))
    return said.getvalue()


def test_setup_of_an_empty_database_makes_an_administrator_who_chooses_a_password():
    said = run_setup()

    staff = Staff.objects.get()
    assert (staff.login, staff.get_full_name()) == ("dana.ortiz@schools.example", "Dana Ortiz")
    assert staff.is_district_wide
    assert staff.is_staff
    assert not staff.has_usable_password()
    assert District.objects.get().name == "Fable Valley"
    assert list(School.objects.values_list("name", "time_zone")) == [("Willow Bend Elementary", "America/Chicago")]
    assert "Dana Ortiz administers Fable Valley.\nChoose a password here: http://" in said


def test_setup_with_a_mail_server_sends_the_invitation(settings):
    settings.EMAIL_GIVEN = True

    run_setup()

    assert Message.objects.get().to_address == "dana.ortiz@schools.example"
    assert OrmQ.objects.get().key == "quick"


def test_setup_of_a_district_that_exists_keeps_its_name():
    District.objects.create(pk=1, name="Old Name")

    run_setup()

    assert District.objects.get().name == "Old Name"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"email": "dana"}, "dana is not an email address."),
        ({"time_zone": "Chicago"}, "Chicago is not a time zone."),
        ({"name": None}, "Give --name: Their first and last name."),
        ({"district": ""}, "Still missing: Name of the district."),
    ],
)
def test_setup_with_a_wrong_answer_says_so_and_makes_nothing(changed, words):
    with pytest.raises(CommandError, match=words):
        run_setup(**changed)

    assert (District.objects.count(), Staff.objects.count()) == (0, 0)


def test_setup_for_an_address_that_has_an_account_is_refused():
    run_setup()

    with pytest.raises(CommandError, match="has an account already"):
        run_setup(email="dana.ortiz@SCHOOLS.example")

    assert Staff.objects.count() == 1
