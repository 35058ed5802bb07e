"""What `docs/reliability.md` says of faults and tests is true of the tests that there are."""

import re

from django.conf import settings

FAULTS = {*range(1, 25), 34, 37, 38, 39}
ROW = re.compile(r"^\| (\d+) \|.*\| (.*) \|$", re.MULTILINE)


def table():
    """Return the names of the tests of each fault."""
    page = (settings.BASE_DIR / "docs" / "reliability.md").read_text()
    return {int(number): re.findall(r"`(test_\w+)`", tests) for number, tests in ROW.findall(page)}


def names_there():
    files = (settings.BASE_DIR / "tests").rglob("test_*.py")
    return {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)}


def test_every_fault_of_the_list_has_a_test():
    assert {number: len(named) > 0 for number, named in table().items()} == dict.fromkeys(FAULTS, True)


def test_every_test_that_the_table_names_exists():
    there = names_there()

    assert {number: missing for number, named in table().items() if (missing := sorted(set(named) - there))} == {}
