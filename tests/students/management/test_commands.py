"""The import command and the demo, as they are typed."""

import pytest
import time_machine
from django.core.management import CommandError, call_command

from meetings.models import Meeting, Message
from students.management.commands.demo import LOGINS, PASSWORD
from students.models import District, Guardianship, Person, Staff, Student
from students.teachers import general_education_teachers
from tests.rosters import NOW, Rosters, replaced

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def rosters(tmp_path):
    return Rosters(tmp_path)


def said(capsys, *words):
    call_command(*words)
    return capsys.readouterr().out


def test_dry_run_names_what_would_change(rosters, capsys):
    out = said(capsys, "import_roster", str(rosters.write()), "--dry-run")
    assert "Students: 2 added, 0 changed, 0 gone, 0 unchanged\n  added: " in out
    assert out.endswith("A dry run: nothing was written.\n")
    assert not Person.objects.exists()


def test_import_and_the_same_again(rosters, capsys):
    folder = str(rosters.write())
    assert said(capsys, "import_roster", folder).endswith("Imported.\n")
    assert said(capsys, "import_roster", folder) == "Nothing changed.\n"


def test_bad_row_stops_the_import_and_is_named(rosters, tmp_path, capsys):
    folder, bad_rows = rosters.write(**replaced("iep", "2026-12-11", "31/12/2026")), tmp_path / "bad.csv"
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_roster", str(folder), "--bad-rows", str(bad_rows))
    assert capsys.readouterr().out == (
        f"1 bad row. All of them are in {bad_rows}.\n"
        "  iep.csv, row 2, annual_due: '31/12/2026' is not a date (use YYYY-MM-DD)\n"
    )
    out = said(capsys, "import_roster", str(folder), "--skip-bad-rows", "--bad-rows", str(bad_rows))
    assert out.startswith(f"1 bad row, left out. All of them are in {bad_rows}.\n  iep.csv, row 2")
    assert out.endswith("Imported.\n")


def test_removals_stop_the_import_until_they_are_allowed(rosters, capsys):
    rosters.take()
    users = rosters.write()
    later = rosters.write(
        users="".join(line for line in (users / "users.csv").read_text().splitlines(True) if "g-opal" not in line),
        contacts=None,
    )
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_roster", str(later))
    assert capsys.readouterr().out.splitlines()[0] == (
        "1 of 2 parents and guardians would go, more than the district's share. If that is right, add --allow-removals."
    )
    assert said(capsys, "import_roster", str(later), "--allow-removals").endswith("Imported.\n")


def test_what_is_no_roster_is_said(tmp_path):
    with pytest.raises(CommandError, match="is not there"):
        call_command("import_roster", str(tmp_path / "none"))


def test_demo_is_an_import_with_logins(settings, tmp_path, capsys):
    settings.VAR, settings.EMBEDDED_DATABASE = tmp_path, True
    out = said(capsys, "demo")
    assert [line.split()[0] for line in out.splitlines()[1:]] == [
        f"{name}@willowbend.example.org" for name, _ in LOGINS
    ]
    dana = Staff.objects.get(login="dana.ortiz@willowbend.example.org")
    assert dana.check_password(PASSWORD)
    assert (Student.objects.count(), Student.objects.filter(has_iep=True).count(), dana.caseload.count()) == (
        1150,
        181,
        14,
    )
    maya = Student.objects.get(person__given_name="Maya", person__family_name="Rainwater")
    assert str(general_education_teachers(maya, NOW.date())[0]) == "Raj Patel"
    assert [str(row.guardian) for row in maya.guardianships.all()] == ["Elena Rainwater"]
    assert Guardianship.objects.filter(is_no_contact=True).count() == 1
    assert Meeting.objects.filter(kind="section_504").exists()
    assert not Message.objects.exists()
    assert District.objects.get().special_education_courses == ["SPED*"]

    again = said(capsys, "demo", "--if-empty")
    assert again == out
    assert said(capsys, "import_roster", str(tmp_path / "demo")) == "Nothing changed.\n"


def test_demo_refuses_a_database_of_a_district(settings):
    settings.EMBEDDED_DATABASE = False
    with pytest.raises(CommandError, match="DATABASE_URL is set"):
        call_command("demo")
    assert not Person.objects.exists()
