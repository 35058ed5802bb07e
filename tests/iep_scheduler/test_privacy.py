"""What browsers and others on the way may keep of a page, and how much anybody may send."""

import pytest
from django.conf import settings as used
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from iep_scheduler.middleware import MOST_BYTES
from students.forms import roster
from tests.cast import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return cast()


def test_page_of_someone_signed_in_is_kept_nowhere(client, people):
    client.force_login(people.case_manager)

    for page in (reverse("students:mine"), reverse("students:student", args=[people.student.pk]), "/no/such/page"):
        assert "no-store" in client.get(page)["Cache-Control"]


def test_page_of_nobody_may_be_kept(client):
    assert "Cache-Control" not in client.get(reverse("password_reset_done"))


def test_what_was_said_to_someone_stays_with_their_session(client, people):
    client.force_login(people.case_manager)
    data = {"guardian": people.mother.pk, "way": "phone", "result": "no_answer"}
    answer = client.post(reverse("meetings:student_attempt", args=[people.student.pk]), data)

    assert answer.status_code == 302
    assert "messages" not in client.cookies


@pytest.mark.parametrize("page", ["/accounts/login/", "/p/nothing/", "/import/", "/students/add/"])
def test_body_without_measure_is_not_read(client, page):
    answer = client.post(page, {}, headers={"Content-Length": str(MOST_BYTES + 1)})

    assert answer.status_code == 413


def upload(client):
    sent = SimpleUploadedFile("roster.zip", b"x" * (MOST_BYTES + 1))
    return client.post(reverse("students:import"), {"roster": sent}).status_code


def test_roster_may_be_as_large_as_its_form_says(client, people, monkeypatch):
    client.force_login(people.case_manager)
    assert upload(client) == 413
    client.force_login(people.director)
    assert upload(client) == 302

    monkeypatch.setattr("iep_scheduler.middleware.MOST_OF_A_ROSTER", MOST_BYTES)
    assert upload(client) == 413


def test_roster_that_its_form_takes_is_not_too_large_before():
    assert used.DATA_UPLOAD_MAX_MEMORY_SIZE <= MOST_BYTES < roster.MOST_BYTES
