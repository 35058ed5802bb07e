"""What a roster may look like outside: folder or zip, encodings, line ends, columns, manifest."""

# ruff: noqa: E501 - one case, or one row of a file, is one line

import zipfile
from io import BytesIO

import pytest

from students.models import Person, Student
from students.roster.files import LONGEST_ROW, open_roster
from students.roster.report import BadRows, RosterError
from tests.rosters import BASE, replaced, zipped

EXPECTED = {
    "schools": (2, 0, 0, 0), "terms": (1, 0, 0, 0), "staff": (4, 0, 0, 0), "accounts": (4, 0, 0, 0), "students": (2, 0, 0, 0),
    "guardians": (2, 0, 0, 0), "outside": (1, 0, 0, 0), "outside_details": (1, 0, 0, 0), "assignments": (4, 0, 0, 0),
    "guardian_details": (2, 0, 0, 0), "student_records": (2, 0, 0, 0), "guardianships": (2, 0, 0, 0), "classes": (2, 0, 0, 0),
    "class_terms": (2, 0, 0, 0), "enrollments": (4, 0, 0, 0), "bell": (3, 0, 0, 0), "calendar": (2, 0, 0, 0),
    "rooms": (1, 0, 0, 0), "due_dates": (3, 0, 0, 0), "team": (2, 0, 0, 0), "hours": (4, 0, 0, 0), "meetings": (2, 0, 0, 0),
}  # fmt: skip


def test_folder_imports_everything(rosters):
    report = rosters.take()
    assert (report.bad_rows, report.as_counts(), report.version) == ([], EXPECTED, "1.1")


@pytest.mark.parametrize("prefix", ["", "export 2026/"])
def test_zip_imports_the_same(rosters, tmp_path, prefix):
    path = zipped(rosters.write(), tmp_path / "roster.zip", prefix)
    assert rosters.take(path).as_counts() == EXPECTED


def test_uploaded_zip_imports_the_same(rosters, tmp_path):
    upload = BytesIO(zipped(rosters.write(), tmp_path / "roster.zip").read_bytes())
    assert rosters.take(upload).as_counts() == EXPECTED


@pytest.mark.parametrize(
    "shape",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.rstrip("\n"),
        lambda text: "\ufeff" + text.rstrip("\n").replace("\n", "\r\n"),
        lambda text: text + "\n\n",
        lambda text: text.replace("active", "").replace("true", "1"),
    ],
    ids=["bom", "crlf", "cr", "no newline at the end", "bom, crlf, no newline", "empty lines", "empty status"],
)
def test_shape_of_the_text_makes_no_difference(rosters, shape):
    report = rosters.take(rosters.write(**{name: shape(text) for name, text in BASE.items()}))
    assert (list(map(str, report.bad_rows)), report.as_counts()) == ([], EXPECTED)


def test_columns_in_any_order_with_more_of_them(rosters):
    users = [line.rsplit(",", 1)[0] for line in BASE["users"].splitlines()]
    header = "METADATA.shoeSize," + users[0].replace("sourcedId,status", "STATUS, sourcedId ,ext_colour")
    lines = [f"44,{line.split(',', 2)[1]},{line.split(',', 2)[0]},blue,{line.split(',', 2)[2]}" for line in users[1:]]
    report = rosters.take(rosters.write(users="\n".join([header, *lines])))
    assert (list(map(str, report.bad_rows)), report.as_counts()) == ([], EXPECTED)


def test_windows_1252_is_read_and_said(rosters):
    users = BASE["users"].replace("Maya", "Máyå").encode("cp1252")
    report = rosters.take(rosters.write(users=users))
    assert report.notes == ["users.csv is not UTF-8. It was read as Windows-1252: check names with accents."]
    person = Person.objects.get(sourced_id="s-maya")
    assert (person.given_name, person.search_name) == ("Máyå", "rainwater maya maya")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"users": BASE["users"].encode("utf-16")}, "users.csv is UTF-16. Save it as “CSV UTF-8” and import it again."),
        (replaced("users", "givenName", "first"), "users.csv lacks the column givenName."),
        (replaced("iep", "student,", "pupil,"), "iep.csv lacks the column student."),
        (replaced("users", "role,givenName", "part,given"), "users.csv lacks the column givenName. users.csv lacks the column role."),
        ({"users": ""}, " ".join(f"users.csv lacks the column {name}." for name in ("sourcedId", "givenName", "familyName", "role"))),
        (replaced("iep", "team\n", "student\n"), "iep.csv has a column twice."),
        ({"users": BASE["users"] + 'x,"' + "y" * 140_000}, "users.csv, line 11, cannot be read: field larger than field limit (131072)"),
        ({"users": BASE["users"].encode() + b"\x81"}, "users.csv, after line 0, cannot be read: it is neither UTF-8 nor Windows-1252."),
        ({"manifest": "propertyName,value\nfile.roles,bulk\n"}, "manifest.csv names roles.csv, but it is not there."),
        ({"manifest": "propertyName,value\nfile.users,some\n"}, "manifest.csv says 'some' of users.csv: it is bulk, delta or absent."),
        ({"manifest": "propertyName,value\noneroster.version,2.0\n"}, "manifest.csv says OneRoster 2.0: 1.1 and 1.2 can be read."),
    ],
    ids=["utf-16", "needed column", "needed column of ours", "two columns", "empty file", "column twice", "endless cell", "no encoding",
         "file not there", "unknown mode", "unknown version"],
)  # fmt: skip
def test_unusable_file_is_named(rosters, files, reason):
    with pytest.raises(RosterError) as stopped:
        rosters.take(rosters.write(**files))
    assert str(stopped.value) == reason
    assert not Person.objects.exists()


def test_path_that_is_no_roster_is_said(rosters, tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "empty").mkdir()
    for path, reason in (
        (tmp_path / "missing", f"{tmp_path / 'missing'} is not there."),
        (tmp_path / "notes.txt", "This is neither a folder nor a zip file of CSV files."),
        (tmp_path / "empty", f"There are no CSV files in {tmp_path / 'empty'}."),
    ):
        with pytest.raises(RosterError) as stopped:
            rosters.take(path)
        assert str(stopped.value) == reason


def test_folder_of_unknown_files_is_said(rosters):
    with pytest.raises(RosterError, match=r"None of these files is known here: lunch\.csv\."):
        rosters.take(rosters.only(lunch="a,b\n1,2\n"))


def test_zip_with_nothing_or_too_much_is_said(tmp_path):
    empty, twice = tmp_path / "empty.zip", tmp_path / "twice.zip"
    zipfile.ZipFile(empty, "w").close()
    with zipfile.ZipFile(twice, "w") as archive:
        archive.writestr("a/users.csv", "x")
        archive.writestr("b/Users.csv", "x")
        archive.writestr("__MACOSX/users.csv", "x")
    for path, reason in ((empty, "There are no CSV files in the zip."), (twice, "The zip holds Users.csv twice.")):
        with pytest.raises(RosterError) as stopped, open_roster(path):
            pass
        assert str(stopped.value) == reason


def test_file_that_the_manifest_calls_absent_is_not_read(rosters):
    manifest = "propertyName,value\noneroster.version,1.1\nfile.demographics,absent\n"
    rosters.take(rosters.write(manifest=manifest))
    assert Student.objects.get(person__sourced_id="s-maya").birth_on is None


def test_one_file_alone_is_enough(rosters):
    rosters.take()
    later = rosters.only(iep="student,annual_due\ns-maya,2026-12-18\ns-otis,2026-11-19\n")
    assert {kind: counts for kind, counts in rosters.take(later).as_counts().items() if any(counts[:3])} == {
        "due_dates": (0, 1, 0, 1)
    }


def packed(path, users, **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        archive.writestr("users.csv", users)
    return path


@pytest.mark.parametrize(
    "users",
    ["sourcedId," + "x" * LONGEST_ROW, '"a\n",' * (LONGEST_ROW // 5 + 1), '"a' + "\n" * LONGEST_ROW],
    ids=["one line", "one row of many lines", "one cell of many lines"],
)
def test_row_without_an_end_is_not_read_to_its_end(rosters, tmp_path, users):
    path = packed(tmp_path / "bomb.zip", users, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(RosterError, match=r"users\.csv, .*cannot be read: (a row is longer|field larger)"):
        rosters.take(path)


def test_zip_packed_in_an_unusual_way_says_so(rosters, tmp_path):
    path = packed(tmp_path / "roster.zip", BASE["users"], compression=zipfile.ZIP_LZMA)
    with pytest.raises(RosterError, match=r"holds users\.csv packed in an unusual way"):
        rosters.take(path)


@pytest.mark.parametrize("place", [60, 200])
def test_zip_that_was_damaged_on_its_way_says_so(rosters, tmp_path, place):
    path = packed(tmp_path / "roster.zip", BASE["users"], compression=zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    with pytest.raises(RosterError, match="The zip is damaged"):
        rosters.take(BytesIO(bytes(content)))


def test_name_in_a_zip_leads_nowhere(rosters, tmp_path):
    path = tmp_path / "roster.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in BASE.items():
            archive.writestr(f"../../../outside/{name}.csv", text)

    assert rosters.take(path).as_counts() == EXPECTED
    assert not (tmp_path.parent.parent.parent / "outside").exists()


def test_file_of_bad_rows_is_closed_to_others(tmp_path):
    BadRows(tmp_path / "bad-rows.csv").close()

    assert (tmp_path / "bad-rows.csv").stat().st_mode & 0o777 == 0o600
