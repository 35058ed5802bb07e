"""The import page in a real browser: upload, look, import; nothing for axe to find, and no sideways scroll."""

import os
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse

from meetings import jobs
from students.models import Person, RosterUpload, Staff, Student
from tests.booking import NOW
from tests.chromium import WIDTHS, axe, sideways
from tests.rosters import BASE, Rosters, replaced, zipped

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PICTURES = os.environ.get("PICTURES", "")  # A folder to leave pictures in, to be looked at.


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=True):
        yield


def looked_at(page, name, width):
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)
    return {f"{name} {width}": (axe(page), sideways(page))}


def later_roster(rosters):
    """A roster with something of everything: bad rows, changes, removals, and what people here know better."""
    Person.objects.filter(sourced_id="g-elena").update(phone="614-555-0199", edited_fields=["phone"])
    users = "".join(line for line in BASE["users"].splitlines(True) if not line.startswith("t-raj"))
    return rosters.write(
        users=users.replace("Maya,Rainwater", "Maya,Rainfall"), **replaced("iep", "2026-12-11", "31/12/2026")
    )  # fmt: skip


@pytest.mark.parametrize("width", WIDTHS)
def test_roster_is_uploaded_looked_at_and_imported(open_page, client, tmp_path, width):
    rosters = Rosters(tmp_path)
    rosters.take()
    archive = zipped(later_roster(rosters), tmp_path / "roster.zip")
    director = Staff.objects.create_user("director@schools.example", given_name="Ruth", is_district_wide=True)
    client.force_login(director)
    page = open_page(width=width)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    page.context.add_cookies([cookie | {"domain": "localhost", "path": "/"}])
    found = {}

    page.goto(reverse("students:import"))
    found |= looked_at(page, "upload", width)
    page.get_by_label("Roster, a zip file").set_input_files(str(archive))
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_role("heading", name="The files are being checked").wait_for()
    found |= looked_at(page, "checking", width)

    # The page asks again by itself, and shows what the worker found.
    jobs.read_roster(RosterUpload.objects.get().pk)
    page.get_by_role("heading", name="Bad rows").wait_for()
    found |= looked_at(page, "checked", width)
    page.get_by_role("button", name="Import").click()
    page.get_by_text("Tick this to go on").first.wait_for()
    page.get_by_label("Leave the bad rows out").check()
    page.get_by_label("Yes, these people have left").check()
    page.get_by_role("button", name="Import").click()
    page.get_by_role("heading", name="The roster is being imported").wait_for()
    jobs.read_roster(RosterUpload.objects.get().pk)
    page.get_by_role("heading", name="What changed").wait_for()
    found |= looked_at(page, "imported", width)

    assert found == dict.fromkeys(found, ([], 0))
    assert Student.objects.get(person__family_name="Rainfall").person.given_name == "Maya"
