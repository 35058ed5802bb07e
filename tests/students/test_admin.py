import pytest
from django.urls import reverse

from students.models import District
from tests.cast import cast, staff

pytestmark = pytest.mark.django_db

PAGES = ("district", "school", "term", "bellperiod", "calendarday", "room")


@pytest.mark.parametrize("page", PAGES)
def test_support_staff_may_set_up_schools(client, page):
    cast()
    client.force_login(staff("Ike Toggle", is_staff=True, is_superuser=True))

    assert client.get(reverse(f"admin:students_{page}_changelist")).status_code == 200


def test_district_is_one_and_stays(client):
    cast()
    client.force_login(staff("Ike Toggle", is_staff=True, is_superuser=True))

    assert client.get(reverse("admin:students_district_add")).status_code == 403
    assert client.post(reverse("admin:students_district_delete", args=[1])).status_code == 403
    assert District.objects.count() == 1


def test_admin_is_closed_to_a_director(client):
    people = cast()
    client.force_login(people.director)

    answer = client.get(reverse("admin:students_district_changelist"))

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("admin:login"))


@pytest.mark.parametrize("page", ["student", "person", "staff", "guardian"])
def test_records_of_people_have_no_support_page(client, page):
    client.force_login(staff("Ike Toggle", is_staff=True, is_superuser=True))

    assert client.get(f"/admin/students/{page}/").status_code == 404
