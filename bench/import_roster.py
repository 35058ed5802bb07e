"""How long an import takes: python bench/import_roster.py [STUDENTS]

Writes a roster of that size (50,000 by default) with guardians, classes, enrollments and IEPs, and imports it into an
empty database of its own on the embedded server: a dry run, the import, and the import again. Prints seconds and the
peak memory of this process; the database server's is fixed by its settings.
"""

import csv
import os
import platform
import resource
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iep_scheduler.settings")

import django  # noqa: E402

from iep_scheduler import postgres  # noqa: E402

NAME = "bench_import_roster"
PER_SCHOOL, PER_CLASS, CLASSES_EACH, TWO_OF_FIVE = 1000, 25, 6, 3


def main():
    students = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as folder:
        rows = write(Path(folder), students)
        python = f"Python {platform.python_version()}"
        print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores, {python}")
        print(", ".join(f"{count:,} {name}" for name, count in rows.items()))
        run(Path(folder))


def run(folder):
    postgres.start()
    django.setup()
    from django.db import connection  # noqa: PLC0415 - after the set-up

    from tests.database import use_migrated_template  # noqa: PLC0415

    use_migrated_template()
    template = connection.settings_dict["TEST"]["TEMPLATE"]
    with connection._nodb_cursor() as cursor:  # noqa: SLF001
        cursor.execute(f"DROP DATABASE IF EXISTS {NAME}")
        cursor.execute(f'CREATE DATABASE {NAME} TEMPLATE "{template}"')
    connection.close()
    connection.settings_dict["NAME"] = NAME
    try:
        for words in ("dry run", "import", "again"):
            measure(folder, words)
    finally:
        connection.close()
        with connection._nodb_cursor() as cursor:  # noqa: SLF001
            cursor.execute(f"DROP DATABASE IF EXISTS {NAME}")


def measure(folder, words):
    from meetings.actions.import_roster import Options, import_roster  # noqa: PLC0415 - after the set-up

    clock = Clock()
    report = import_roster(
        folder,
        options=Options(is_dry_run=words == "dry run"),
        bad_rows_file=folder / "bad.txt",
        now=datetime.now(UTC),
        told=clock.tell,
    )
    clock.tell("end", 1, 1)
    added = sum(kind.added for kind in report.kinds)
    changed = sum(kind.changed + kind.gone for kind in report.kinds)
    counts = f"{added:,} added, {changed:,} changed or gone, {report.bad_row_count} bad rows"
    print(f"{words}: {sum(clock.stages.values()):.1f} s, {counts}, peak memory {memory():.0f} MB")
    slowest = sorted(clock.stages.items(), key=lambda item: -item[1])[:6]
    print("   " + ", ".join(f"{name} {took:.1f} s" for name, took in slowest))


class Clock:
    """How long each stage took."""

    def __init__(self):
        self.stages, self.stage, self.since = defaultdict(float), "start", time.perf_counter()

    def tell(self, stage, done, total):
        now = time.perf_counter()
        self.stages[self.stage] += now - self.since
        self.stage, self.since = stage, now


def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write(folder, students):
    """Write the files and return how many rows each has."""
    schools, counts = max(students // PER_SCHOOL, 1), {}
    teachers = students * CLASSES_EACH // PER_CLASS // 5
    today = datetime.now(UTC).date()
    begin, end = (today - timedelta(90)).isoformat(), (today + timedelta(200)).isoformat()

    def put(name, header, rows):
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(header.split())
            counts[name] = 0
            for row in rows:
                writer.writerow(row)
                counts[name] += 1

    put(
        "orgs",
        "sourcedId status name type parentSourcedId ext_time_zone",
        [("d", "active", "Big District", "district", "", "")]
        + [(f"o{n}", "active", f"School {n}", "school", "d", "America/New_York") for n in range(schools)],
    )
    put(
        "academicSessions",
        "sourcedId status title type startDate endDate",
        [("y", "active", "Year", "schoolYear", begin, end)],
    )
    classes = students * CLASSES_EACH // PER_CLASS
    put(
        "classes",
        "sourcedId status title classCode schoolSourcedId termSourcedIds periods",
        ((f"c{n}", "active", f"Class {n}", f"X{n}", f"o{n % schools}", "y", str(n % 6 + 1)) for n in range(classes)),
    )
    put(
        "users",
        "sourcedId status enabledUser orgSourcedIds role username givenName familyName email phone "
        "agentSourcedIds grades",
        users(students, teachers, schools),
    )
    put(
        "enrollments",
        "sourcedId status classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate",
        enrollments(students, teachers, schools, classes, begin, end),
    )
    put("demographics", "sourcedId status birthDate", ((f"s{n}", "active", "2015-05-05") for n in range(students)))
    put(
        "iep",
        "student case_manager annual_due reevaluation_due general_education home_language interpreter team",
        (
            (
                f"s{n}",
                f"t{n // 20 % teachers}",
                (today + timedelta(n % 365)).isoformat(),
                (today + timedelta(400 + n % 600)).isoformat(),
                "yes",
                "en",
                "no",
                f"t{n % teachers}:related_service_provider",
            )
            for n in range(0, students, 7)
        ),
    )
    put(
        "contacts",
        "guardian student relationship education_rights no_contact language interpreter contact_by phone address",
        (
            (
                f"g{n}-{g}",
                f"s{n}",
                "mother",
                "yes",
                "no",
                "es" if n % 7 == 0 else "en",
                "no",
                "email",
                "614-555-0100",
                "1 Acorn Lane",
            )
            for n in range(students)
            for g in range(1 + (n % 5 < TWO_OF_FIVE))
        ),
    )
    shutil.copyfile(folder / "orgs.csv", folder / "unknown-extra.csv")
    return counts


def users(students, teachers, schools):
    for n in range(teachers):
        yield (
            f"t{n}",
            "active",
            "true",
            f"o{n % schools}",
            "teacher",
            "",
            f"Given{n}",
            f"Teacher{n}",
            f"t{n}@big.example.org",
            "",
            "",
            "",
        )
    for n in range(students):
        guardians = [f"g{n}-{g}" for g in range(1 + (n % 5 < TWO_OF_FIVE))]
        yield (
            f"s{n}",
            "active",
            "true",
            f"o{n % schools}",
            "student",
            "",
            f"Given{n}",
            f"Child{n}",
            "",
            "",
            ",".join(guardians),
            f"{n % 13:02}",
        )
        for guardian in guardians:
            yield (
                guardian,
                "active",
                "false",
                f"o{n % schools}",
                "parent",
                "",
                "Parent",
                f"Child{n}",
                f"{guardian}@example.com",
                "",
                f"s{n}",
                "",
            )


def enrollments(students, teachers, schools, classes, begin, end):
    per_school = classes // schools
    for n in range(students):
        for k in range(CLASSES_EACH):
            c = n % schools + schools * ((n // schools * CLASSES_EACH + k) % per_school)
            yield f"e{n}-{k}", "active", f"c{c}", f"o{n % schools}", f"s{n}", "student", "false", begin, end
    for c in range(classes):
        yield f"et{c}", "active", f"c{c}", f"o{c % schools}", f"t{c % teachers}", "teacher", "true", begin, end


main()
