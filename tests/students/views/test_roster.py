"""The import page: upload, see what would change, decide, import. The worker's job is called as the worker does."""

import re
from html import unescape

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django_q.models import OrmQ

from meetings import jobs
from students.models import Guardian, Person, RosterUpload, Staff, Student
from tests.booking import NOW
from tests.cast import cast
from tests.rosters import BASE, Rosters, replaced, zipped

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def director(client):
    row = Staff.objects.create_user("director@schools.example", given_name="Ruth", is_district_wide=True)
    client.force_login(row)
    return row


@pytest.fixture
def rosters(tmp_path):
    return Rosters(tmp_path)


def words(page):
    """Return what a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.content.decode())).split())


def upload(client, folder, name="roster.zip"):
    content = zipped(folder, folder.parent / name).read_bytes()
    page = client.post(reverse("students:import"), {"roster": SimpleUploadedFile(name, content)})
    return RosterUpload.objects.first(), page


def checked(client, folder):
    row, _ = upload(client, folder)
    assert jobs.read_roster(row.pk)
    return RosterUpload.objects.get(pk=row.pk), client.get(reverse("students:import_one", args=[row.pk]))


def confirm(client, row, **said):
    page = client.post(reverse("students:import_confirm", args=[row.pk]), said, follow=True)
    jobs.read_roster(row.pk)
    return page


@pytest.mark.parametrize("who", ["case_manager", "administrator", "stranger", "colleague"])
def test_import_is_for_the_district_alone(client, rosters, who):
    people = cast()
    row = RosterUpload.objects.create(file_name="a.zip", uploaded_at=NOW, state_since=NOW, bad_rows="x")
    client.force_login(getattr(people, who))
    answers = [client.get(reverse("students:import")), upload(client, rosters.write())[1]]
    answers += [client.get(reverse(f"students:{name}", args=[row.pk])) for name in ("import_one", "import_bad_rows")]
    answers += [client.post(reverse(f"students:{name}", args=[row.pk])) for name in ("import_confirm", "import_again")]
    assert [answer.status_code for answer in answers] == [404] * 6
    assert RosterUpload.objects.count() == 1


def test_looking_changes_nothing_and_deciding_is_a_post(client, director):
    row = RosterUpload.objects.create(file_name="a.zip", uploaded_at=NOW, state_since=NOW)
    answers = [client.get(reverse(f"students:{name}", args=[row.pk])) for name in ("import_confirm", "import_again")]
    assert [answer.status_code for answer in answers] == [405, 405]


def test_upload_is_checked_by_the_worker_before_anything_is_written(client, director, rosters):
    row, page = upload(client, rosters.write())
    assert page.url == reverse("students:import_one", args=[row.pk])
    assert OrmQ.objects.count() == 1
    assert "The files are being checked" in words(client.get(page.url))

    jobs.read_roster(row.pk)
    told = words(client.get(page.url))
    assert "Ready to import" in told
    assert "Students 2 0 0 0" in told
    assert not Student.objects.exists()


def test_checked_roster_is_imported_once_it_is_confirmed(client, director, rosters):
    row, _ = checked(client, rosters.write())
    assert "The roster is being imported" in words(confirm(client, row))
    told = words(client.get(reverse("students:import_one", args=[row.pk])))
    assert "Imported Mon, Nov 23" in told
    assert Student.objects.count() == 2
    kept = RosterUpload.objects.get(pk=row.pk)
    assert (kept.state, kept.content, jobs.read_roster(row.pk)) == ("imported", None, False)


def test_bad_rows_are_shown_and_must_be_left_out_knowingly(client, director, rosters):
    row, page = checked(client, rosters.write(**replaced("iep", "2026-12-11", "31/12/2026")))
    told = words(page)
    assert "rows cannot be taken in" in told or "1 row cannot be taken in" in told
    assert "iep.csv, row 2, annual_due: '31/12/2026' is not a date (use YYYY-MM-DD)" in told
    file = client.get(reverse("students:import_bad_rows", args=[row.pk])).content.decode("utf-8-sig")
    assert file.splitlines()[1] == "iep.csv,2,annual_due,'31/12/2026' is not a date (use YYYY-MM-DD)"

    refused = confirm(client, row)
    assert "Tick this to go on" in words(refused)
    assert not Student.objects.exists()

    confirm(client, row, skips_bad_rows="on")
    assert dict(Student.objects.values_list("person__sourced_id", "has_iep")) == {"s-maya": False, "s-otis": True}


def test_removals_are_asked_about(client, director, rosters):
    rosters.take()
    users = "".join(line for line in BASE["users"].splitlines(True) if not line.startswith("g-opal"))
    row, page = checked(client, rosters.write(users=users, contacts=None))
    assert "1 of 2 would go: Parents and guardians ." in words(page)
    assert "Tick this to go on" in words(confirm(client, row))
    confirm(client, row, allows_removals="on")
    assert Guardian.objects.filter(person__gone_at__isnull=False).count() == 1


def test_file_that_is_no_roster_is_said_in_plain_words(client, director):
    file = SimpleUploadedFile("notes.zip", b"hello")
    client.post(reverse("students:import"), {"roster": file})
    row = RosterUpload.objects.get()
    jobs.read_roster(row.pk)
    told = words(client.get(reverse("students:import_one", args=[row.pk])))
    assert "This is neither a folder nor a zip file of CSV files." in told


def test_form_without_a_file_says_so(client, director):
    page = client.post(reverse("students:import"), {})
    assert page.status_code == 200
    assert page.context["form"].errors["roster"] == ["This field is required."]


def test_roster_that_the_worker_lost_can_be_checked_again(client, director, rosters, monday):
    row, _ = upload(client, rosters.write())
    again = reverse("students:import_again", args=[row.pk])
    client.post(again)
    assert OrmQ.objects.count() == 1
    monday.shift(17 * 60)
    assert "The worker may have stopped" in words(client.get(reverse("students:import_one", args=[row.pk])))
    client.post(again)
    assert OrmQ.objects.count() == 2


def test_next_upload_takes_the_place_of_the_one_before(client, director, rosters):
    first, _ = checked(client, rosters.write())
    upload(client, rosters.write())
    told = words(client.get(reverse("students:import_one", args=[first.pk])))
    assert "Checked, and kept no longer" in told
    confirm(client, first)
    assert not Person.objects.filter(kind="student").exists()


def test_nothing_to_change_is_said(client, director, rosters):
    rosters.take()
    _, page = checked(client, rosters.write())
    assert "Nothing would change" in words(page)


def test_what_people_own_is_listed(client, director, rosters):
    rosters.take()
    Person.objects.filter(sourced_id="g-elena").update(phone="614-555-0199", edited_fields=["phone"])
    _, page = checked(client, rosters.write())
    assert "phone: 614-555-0199 here, 614-555-0177 in the roster" in words(page)


def test_page_has_as_many_queries_for_many_uploads(client, director, django_assert_num_queries):
    def look():
        client.get(reverse("students:import"))

    look()
    for n in range(3):
        RosterUpload.objects.create(file_name=f"{n}.zip", uploaded_at=NOW, state_since=NOW, uploaded_by=director)
        with django_assert_num_queries(9):
            look()
