"""The made-up district, on any day of the year."""

import csv
from collections import Counter
from datetime import date

import pytest

from demo.generate import generate
from demo.year import year_around
from tests.rosters import Rosters

DAYS = [
    date(2026, 11, 23), date(2026, 7, 4), date(2026, 8, 19), date(2026, 12, 25), date(2027, 1, 2), date(2027, 5, 31),
    date(2027, 6, 14), date(2027, 6, 30), date(2028, 2, 29),
]  # fmt: skip


def rows(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_same_day_gives_the_same_files(tmp_path):
    for name in ("one", "two"):
        generate(tmp_path / name, DAYS[0])
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_any_day_of_the_year_imports_without_a_bad_row(tmp_path, db, today):
    generate(tmp_path / "demo", today)
    report = Rosters(tmp_path).take(tmp_path / "demo")
    assert (list(map(str, report.bad_rows)), report.is_written) == ([], True)


def test_figures_are_those_of_a_real_district(tmp_path):
    generate(tmp_path, DAYS[0])
    ieps = rows(tmp_path, "iep")
    caseloads = {
        manager: sum(row["case_manager"] == manager for row in ieps)
        for manager in {row["case_manager"] for row in ieps}
    }
    due = sorted(min(row["annual_due"], row["reevaluation_due"]) for row in ieps)
    assert (len(ieps), min(caseloads.values()), max(caseloads.values())) == (181, 14, 27)
    assert sum(day < "2026-11-23" for day in due) == 2
    assert 25 <= sum("2026-11-23" <= day <= "2026-12-23" for day in due) <= 50
    months = Counter(day[:7] for day in due)
    assert sum(months[f"2027-0{month}"] for month in (3, 4, 5)) > 1.5 * sum(
        months[f"2027-0{month}"] for month in (1, 2)
    )
    assert {row["kind"] for row in rows(tmp_path, "meetings")} == {"annual review", "reevaluation", "504"}


def test_nobody_can_be_reached(tmp_path):
    generate(tmp_path, DAYS[0])
    people = rows(tmp_path, "users") + rows(tmp_path, "outside")
    assert {row["email"].split("@")[1] for row in people if row["email"]} == {
        "example.com", "example.org", "willowbend.example.org",
    }  # fmt: skip
    phones = [row["phone"] for row in people + rows(tmp_path, "contacts") if row["phone"]]
    assert all(phone.startswith("614-555-01") for phone in phones)


def test_school_year_holds_its_days():
    year = year_around(date(2026, 11, 23))
    assert (year.first, year.last) == (date(2026, 8, 24), date(2027, 6, 22))
    assert [day.isoformat() for day in sorted(year.closed)] == [
        "2026-09-07", "2026-10-12", "2026-11-03", "2026-11-11", "2026-11-26", "2026-11-27",
        "2026-12-23", "2026-12-24", "2026-12-25", "2026-12-28", "2026-12-29", "2026-12-30", "2026-12-31", "2027-01-01",
        "2027-01-18", "2027-02-15", "2027-04-05", "2027-04-06", "2027-04-07", "2027-04-08", "2027-04-09", "2027-05-31",
    ]  # fmt: skip
    assert year_around(date(2027, 7, 1)).first == date(2027, 8, 23)
