"""The support pages' own door, and what is not behind it."""

import pytest
from django.contrib import admin
from django.urls import reverse

from students.models import WrongPassword
from tests.cast import cast, staff

pytestmark = pytest.mark.django_db


def test_support_pages_have_no_sign_in_of_their_own(client):
    answer = client.get("/admin/login/?next=/admin/students/school/")

    assert (answer.status_code, answer.url) == (302, "/accounts/login/?next=/admin/students/school/")
    assert client.post("/admin/login/", {"username": "a@b.example", "password": "x"}).status_code == 302
    assert WrongPassword.objects.count() == 0


@pytest.mark.parametrize("page", ["/admin/", "/admin/students/school/", "/admin/login/"])
def test_support_pages_are_not_there_for_other_staff(client, page):
    client.force_login(cast().director)

    assert client.get(page, follow=True).status_code == 404


def test_support_pages_lead_a_visitor_to_the_sign_in(client):
    assert client.get("/admin/", follow=True).redirect_chain[-1] == ("/accounts/login/?next=/admin/", 302)


def test_support_staff_who_sign_in_again_go_on(client):
    client.force_login(staff("Ike Toggle", is_staff=True))

    assert client.get("/admin/login/?next=/admin/").url == "/admin/"
    assert client.get("/admin/login/?next=https://evil.example/").url == "/admin/"


def test_support_pages_run_no_code():
    # A schedule of the queue names any function of Python, with its arguments.
    assert {model._meta.app_label for model in admin.site._registry} == {"students"}


def test_support_staff_find_no_queue(client):
    client.force_login(staff("Ike Toggle", is_staff=True, is_superuser=True))

    assert client.get(reverse("admin:index")).status_code == 200
    assert client.get("/admin/django_q/schedule/add/").status_code == 404
