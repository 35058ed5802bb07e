"""How long pages and loading take in a district of 50 schools: python bench/pages.py [SCHOOLS]

Makes the district in an empty database of its own on the embedded server: each school has 120 staff, 60 students with
an IEP and their families, and 20 booked meetings in the coming weeks. Then measures, for many students in turn: loading
a case from the database without and with the meetings elsewhere, the search, and whole answers of the pages that a case
manager opens most, in one process without a network. Prints the median, the 95th percentile and the queries.
"""

import gc
import os
import platform
import statistics
import sys
import time as clock
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iep_scheduler.settings")

import django  # noqa: E402

from iep_scheduler import postgres  # noqa: E402

NAME = "bench_pages"
STAFF, TEACHERS, STUDENTS, MEETINGS, ROUNDS = 120, 80, 60, 20, 60
DAYS = 42


def main():
    schools = int(sys.argv[1]) if len(sys.argv) > 1 else 50
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
        print(
            f"{datetime.now(UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores,"
            f" load {os.getloadavg()[0]:.1f}"
        )
        for n in range(schools):
            make_school(n)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        measure(schools)
    finally:
        connection.close()
        with connection._nodb_cursor() as cursor:  # noqa: SLF001
            cursor.execute(f"DROP DATABASE IF EXISTS {NAME}")


def people(kind, names, **extra):
    from students.models import Person  # noqa: PLC0415 - after the set-up

    rows = [Person(kind=kind, given_name=name, family_name=f"{kind.title()}", **extra) for name in names]
    for row in rows:
        row.fold_names()
    return Person.objects.bulk_create(rows)


def make_school(n):
    from students import models as m  # noqa: PLC0415

    today = datetime.now(UTC).date()
    if n == 0:
        m.District.objects.create(pk=1, name="Big District")
        year = {"title": "Year", "kind": "schoolYear"}
        m.Term.objects.create(sourced_id="y", start_on=today - timedelta(90), end_on=today + timedelta(200), **year)
    school = m.School.objects.create(name=f"School {n}", default_day_type="regular", time_zone="America/New_York")
    m.BellPeriod.objects.bulk_create(
        m.BellPeriod(school=school, day_type="regular", period=str(k), start=time(7 + k), end=time(7 + k, 50))
        for k in range(1, 7)
    )
    m.Room.objects.bulk_create(m.Room(school=school, name=f"Room {k}", capacity=8 + k) for k in range(4))
    staff = people("staff", [f"S{n}-{k}" for k in range(STAFF)])
    m.Staff.objects.bulk_create(m.Staff(person=row, login=f"{row.given_name}@big.example.org".lower()) for row in staff)
    m.Assignment.objects.bulk_create(
        m.Assignment(staff_id=row.pk, school=school, is_representative=k < 4, is_administrator=k < 2)  # noqa: PLR2004
        for k, row in enumerate(staff)
    )
    make_students(n, school, staff)


def make_students(n, school, staff):
    from students import models as m  # noqa: PLC0415

    today, year = datetime.now(UTC).date(), m.Term.objects.get()
    classes = m.SchoolClass.objects.bulk_create(
        m.SchoolClass(
            sourced_id=f"c{n}-{k}", school=school, title=f"Class {k}", periods=[str(k % 6 + 1), str((k + 2) % 6 + 1)]
        )
        for k in range(TEACHERS)
    )
    m.SchoolClass.terms.through.objects.bulk_create(
        m.SchoolClass.terms.through(schoolclass=row, term=year) for row in classes
    )
    children = people("student", [f"C{n}-{k}" for k in range(STUDENTS)])
    managers = staff[100:110]
    students = m.Student.objects.bulk_create(
        m.Student(person=row, school=school, has_iep=True, case_manager_id=managers[k % 10].pk)
        for k, row in enumerate(children)
    )
    parents = people("guardian", [f"P{n}-{k}" for k in range(STUDENTS)], email="parent@family.example")
    guardians = m.Guardian.objects.bulk_create(m.Guardian(person=row) for row in parents)
    m.Guardianship.objects.bulk_create(
        m.Guardianship(student=student, guardian=row) for student, row in zip(students, guardians, strict=True)
    )
    rows = [
        m.Enrollment(sourced_id=f"t{n}-{k}", school_class=row, person=staff[10 + k % TEACHERS], role="teacher")
        for k, row in enumerate(classes)
    ]
    rows += [
        m.Enrollment(
            sourced_id=f"e{n}-{k}-{p}", school_class=classes[(k * 5 + p) % TEACHERS], person=child, role="student"
        )
        for k, child in enumerate(children)
        for p in range(5)
    ]
    m.Enrollment.objects.bulk_create(rows)
    m.DueDate.objects.bulk_create(
        m.DueDate(student=student, kind="annual_review", due_on=today + timedelta(30 + k % 60))
        for k, student in enumerate(students)
    )
    make_meetings(school, staff, students)


def make_meetings(school, staff, students):
    from meetings.models import Busy, Meeting, Seat  # noqa: PLC0415

    now = datetime.now(UTC)
    first = now.replace(hour=14, minute=0, second=0, microsecond=0) + timedelta(days=1)
    for k in range(MEETINGS):
        start = first + timedelta(days=2 * k, minutes=45 * (k % 4))
        during = (start, start + timedelta(minutes=45))
        meeting = Meeting.objects.create(
            kind="section_504", student=students[-1 - k], school=school, start_at=during[0], end_at=during[1],
            organizer_id=staff[100].pk, booked_at=now,
        )  # fmt: skip
        holders = {"lea_representative": staff[k % 4], "evaluation_interpreter": staff[115]}
        Seat.objects.bulk_create(Seat(meeting=meeting, role=role, holder=row) for role, row in holders.items())
        Busy.objects.bulk_create(Busy(person=row, during=during, meeting=meeting) for row in holders.values())


def measure(schools):
    from django.conf import settings  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.urls import reverse  # noqa: PLC0415

    from meetings.core.proposals import propose  # noqa: PLC0415
    from students.models import Student  # noqa: PLC0415

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SECURE_SSL_REDIRECT = False
    every = list(Student.objects.select_related("person", "school", "case_manager__person").order_by("pk"))
    chosen = every[:: max(len(every) // ROUNDS, 1)][:ROUNDS]
    print(
        f"{schools} schools of {STAFF} staff, {len(every)} students, {schools * MEETINGS} meetings;"
        f" {len(chosen)} students"
    )
    cases = {}
    report("load a case", [lambda s=s: load(s) for s in chosen])
    report(
        "load it with the meetings elsewhere",
        [lambda s=s: cases.update({s.pk: load(s, with_swaps=True)}) for s in chosen],
    )
    report("search it, two swaps allowed, blockers", [lambda s=s: propose(cases[s.pk].case) for s in chosen])
    # What the searches above keep alive is nothing that a server has: its garbage collection would fall into the pages.
    cases.clear()
    gc.collect()
    gc.freeze()
    clients = {}
    for student in chosen:
        if student.case_manager_id not in clients:
            clients[student.case_manager_id] = Client()
            clients[student.case_manager_id].force_login(student.case_manager)
    for name, query in (("propose", ""), ("can_come", "?said=tomorrow+at+2pm")):
        calls = [
            lambda s=s, name=name, query=query: answer(
                clients[s.case_manager_id], reverse(f"meetings:{name}", args=[s.pk]) + query
            )
            for s in chosen
        ]
        report(f"page {name}", calls)
    report("page mine", [lambda s=s: answer(clients[s.case_manager_id], reverse("students:mine")) for s in chosen])


def load(student, *, with_swaps=False):
    from meetings.loaders import load_case  # noqa: PLC0415

    now = datetime.now(UTC)
    return load_case(
        student, "annual_review", window_start_on=now.date(), window_end_on=now.date() + timedelta(days=DAYS),
        duration=60, step=5, now=now, with_swaps=with_swaps,
    )  # fmt: skip


def answer(client, url):
    response = client.get(url)
    assert response.status_code == 200, (url, response.status_code)  # noqa: S101, PLR2004


def report(name, calls):
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    with CaptureQueriesContext(connection) as queries:
        calls[0]()
    # The median of three each: what else the machine does falls into one of them.
    took = [statistics.median(timed(call) for _ in range(3)) for call in calls]
    p95 = statistics.quantiles(took, n=20)[-1]
    print(f"{name}: median {statistics.median(took):.0f} ms, p95 {p95:.0f} ms, {len(queries)} queries")


def timed(call):
    since = clock.perf_counter()
    call()
    return 1000 * (clock.perf_counter() - since)


main()
