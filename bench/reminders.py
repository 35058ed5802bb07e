"""How long planning takes in a large district: python bench/reminders.py [STUDENTS]

Makes the district in an empty database of its own on the embedded server: 100,000 students in 200 schools, each with
one booked meeting of five seats on the school days of the year to come, a due date, a family whose notice was sent, and
what was written of reminders until yesterday. Then plans at 8 AM on a school day, again ten minutes later with nothing
left to do, and once more with one mail for each reminder. Prints the time in all and the time to find, the processor
time of both, how many mails, the queries and the most memory that the process held.
"""

import os
import platform
import resource
import sys
import time as clock
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iep_scheduler.settings")

import django  # noqa: E402

from iep_scheduler import postgres  # noqa: E402

NAME = "bench_reminders"
SCHOOLS, STAFF = 200, 60
FIRST, LAST = date(2026, 11, 2), date(2027, 6, 11)
TODAY = date(2026, 12, 2)  # A Wednesday.
NOW = datetime(2026, 12, 2, 13, tzinfo=UTC)  # 8 AM at school.


def main():
    students = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    postgres.start()
    django.setup()
    from django.db import connection  # noqa: PLC0415 - after the set-up

    from tests.database import use_migrated_template  # noqa: PLC0415

    use_migrated_template()
    template = connection.settings_dict["TEST"]["TEMPLATE"]
    with connection._nodb_cursor() as cursor:  # noqa: SLF001
        cursor.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        cursor.execute(f'CREATE DATABASE {NAME} TEMPLATE "{template}"')
    connection.close()
    connection.settings_dict["NAME"] = NAME
    # Making the district takes longer than any page may.
    connection.settings_dict["OPTIONS"] = connection.settings_dict["OPTIONS"] | {"options": ""}
    try:
        print(
            f"{datetime.now(UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores,"
            f" load {os.getloadavg()[0]:.1f}"
        )
        made = clock.perf_counter()
        make(students)
        print(f"made in {clock.perf_counter() - made:.0f} s: {counted()}")
        measure()
    finally:
        connection.close()
        with connection._nodb_cursor() as cursor:  # noqa: SLF001
            cursor.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


def make(students):
    from django.db import connection  # noqa: PLC0415

    from students import models as m  # noqa: PLC0415

    m.District.objects.create(pk=1, name="Big District")
    m.Term.objects.create(sourced_id="y", title="Year", kind="schoolYear", start_on=date(2026, 8, 24), end_on=LAST)
    schools = m.School.objects.bulk_create(
        m.School(name=f"School {n}", short_name=f"S{n}", default_day_type="regular", phone="(555) 555-0100")
        for n in range(SCHOOLS)
    )
    m.BellPeriod.objects.bulk_create(
        m.BellPeriod(school=school, day_type="regular", period=str(k), start=time(7 + k), end=time(7 + k, 50))
        for school in schools
        for k in range(1, 7)
    )
    m.CalendarDay.objects.bulk_create(
        m.CalendarDay(school=school, on=date(2026, 11, day), day_type="closed")
        for school in schools
        for day in (26, 27)
    )
    staff = people("staff", SCHOOLS * STAFF, email=True)
    m.Staff.objects.bulk_create((m.Staff(person=row, login=row.email) for row in staff), batch_size=5000)
    children, parents = people("student", students), people("guardian", students, email=True)
    with connection.cursor() as cursor:
        # No checks of foreign keys and no histories: these rows fit, and making them is not what is measured.
        cursor.execute("SET session_replication_role = replica")
        run(
            cursor,
            SQL.format(
                first_school=schools[0].pk,
                schools=SCHOOLS,
                first_staff=staff[0].pk,
                staff=STAFF,
                first_child=children[0].pk,
                first_parent=parents[0].pk,
                students=students,
            ),
        )
        days = [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1)]
        days = [day for day in days if day.isoweekday() <= 5 and day not in {date(2026, 11, 26), date(2026, 11, 27)}]  # noqa: PLR2004
        cursor.execute(
            "CREATE TEMPORARY TABLE day AS SELECT * FROM unnest(%s::date[]) WITH ORDINALITY d(on_, n)", [days]
        )
        run(cursor, MEETINGS.format(first_child=children[0].pk, days=len(days), staff=STAFF, today=TODAY))
        cursor.execute("SET session_replication_role = DEFAULT")


def run(cursor, statements):
    for statement in statements.split(";;"):
        cursor.execute(statement)
        cursor.execute("ANALYZE")


def people(kind, number, *, email=False):
    from students.models import Person  # noqa: PLC0415

    rows = [
        Person(
            kind=kind, given_name=f"{kind.title()}{n}", family_name="Example",
            email=f"{kind}{n}@big.example.org" if email else "",
        )
        for n in range(number)
    ]  # fmt: skip
    for row in rows:
        row.fold_names()
    return Person.objects.bulk_create(rows, batch_size=5000)


# By number, so that each school has its students and its staff: much faster than rows made in Python.
SQL = """
INSERT INTO students_student (person_id, school_id, grade, has_iep, case_manager_id, is_in_general_education,
  home_language, needs_interpreter, edited_fields)
SELECT {first_child} + n, {first_school} + n % {schools}, '4', true,
  {first_staff} + (n % {schools}) * {staff} + (n / {schools}) % 10, true, 'en', false, '{{}}'
FROM generate_series(0, {students} - 1) n;;
INSERT INTO students_guardian (person_id, language, language_name, needs_interpreter, contact_by, postal_address,
  edited_fields)
SELECT {first_parent} + n, CASE WHEN n % 5 = 0 THEN 'es' ELSE 'en' END, '', false, 'email', '', '{{}}'
FROM generate_series(0, {students} - 1) n;;
INSERT INTO students_guardianship (student_id, guardian_id, relationship, has_education_rights, is_no_contact,
  edited_fields, source)
SELECT {first_child} + n, {first_parent} + n, 'mother', true, false, '{{}}', 'roster'
FROM generate_series(0, {students} - 1) n
"""

MEETINGS = """
INSERT INTO students_duedate (student_id, kind, due_on, source, note, closed_why)
SELECT s.person_id, 'annual_review', d.on_ + 14, 'roster', '', ''
FROM students_student s JOIN day d ON d.n = (s.person_id - {first_child}) / 7 % {days} + 1;;
INSERT INTO meetings_meeting (uid, kind, student_id, due_date_id, school_id, start_at, end_at, status, organizer_id,
  version, sequence, keeps_people, changed_why, booked_at)
SELECT gen_random_uuid(), 'annual_review', s.person_id, due.id, s.school_id,
  (due.due_on - 14 + make_interval(hours => 9 + (s.person_id % 6)::int)) AT TIME ZONE 'America/New_York',
  (due.due_on - 14 + make_interval(hours => 10 + (s.person_id % 6)::int)) AT TIME ZONE 'America/New_York',
  'booked', s.case_manager_id, 1, 0, false, '', '2026-09-01T15:00Z'
FROM students_student s JOIN students_duedate due ON due.student_id = s.person_id;;
INSERT INTO meetings_seat (meeting_id, role, requirement, holder_id, answer, joins, note)
SELECT m.id, 'parent', 'required', g.guardian_id,
  (ARRAY['yes', 'yes', 'none', 'no', 'yes'])[m.id % 5 + 1], '', ''
FROM meetings_meeting m JOIN students_guardianship g USING (student_id);;
INSERT INTO meetings_seat (meeting_id, role, requirement, holder_id, answer, joins, note)
SELECT m.id, (ARRAY['special_education_teacher', 'lea_representative', 'general_education_teacher',
    'related_service_provider'])[k], CASE WHEN k = 4 THEN 'optional' ELSE 'required' END,
  CASE k WHEN 1 THEN m.organizer_id
    ELSE m.organizer_id - (m.organizer_id - (SELECT min(person_id) FROM students_staff)) % {staff}
      + 10 + (m.id / 200 * 3 + k * 13) % ({staff} - 10) END,
  CASE WHEN m.id % 3 = 0 THEN 'none' ELSE 'yes' END, '', ''
FROM meetings_meeting m, generate_series(1, 4) k;;
INSERT INTO meetings_parentlink (meeting_id, guardian_id, generation, created_at, expires_at)
SELECT m.id, s.holder_id, 1, m.booked_at, m.end_at + interval '1 day'
FROM meetings_meeting m JOIN meetings_seat s ON s.meeting_id = m.id AND s.role = 'parent';;
INSERT INTO meetings_message (recipient_id, about, kind, meeting_id, meeting_version, to_address, reply_to, subject,
  text, html, ics_method, message_id, dated_at, state, attempts, not_before_at, claim, sent_at, last_error, failure,
  settled, created_at)
SELECT w.holder_id, 'meeting:' || w.meeting_id || ':s0:' || w.what, w.kind, w.meeting_id, 1, 'x@big.example.org', '',
  'School meeting', 'As it was sent.', '', '', '<' || gen_random_uuid() || '@big.example.org>', w.sent, 'sent', 1,
  w.sent, gen_random_uuid(), w.sent, '', '', '', w.sent
FROM (
  -- The notice, over eighty days, and the invites.
  SELECT s.holder_id, s.meeting_id,
    CASE s.role WHEN 'parent' THEN 'v1:link-g1' ELSE 'v1:invite' END AS what,
    CASE s.role WHEN 'parent' THEN 'parent_link' ELSE 'invite' END AS kind,
    timestamptz '2026-12-01T15:00Z' - make_interval(hours => (s.meeting_id % 2000)::int) AS sent
  FROM meetings_seat s
  UNION ALL
  -- Silent families were asked again two school days later, but for those of the last days.
  SELECT s.holder_id, s.meeting_id, 'parent-no-answer', 'parent_reminder',
    timestamptz '2026-12-01T15:00Z' - make_interval(hours => (s.meeting_id % 2000)::int) + interval '2 days'
  FROM meetings_seat s WHERE s.role = 'parent' AND s.answer = 'none' AND s.meeting_id % 2000 > 48
  UNION ALL
  SELECT s.holder_id, s.meeting_id, 'member-7d', 'member_reminder',
    (timezone('America/New_York', m.start_at)::date - 7 + interval '8 hours') AT TIME ZONE 'America/New_York'
  FROM meetings_seat s JOIN meetings_meeting m ON m.id = s.meeting_id
  WHERE s.role <> 'parent' AND timezone('America/New_York', m.start_at)::date < date '{today}' + 7
  UNION ALL
  SELECT s.holder_id, s.meeting_id, CASE s.role WHEN 'parent' THEN 'parent-1d' ELSE 'member-1d' END,
    CASE s.role WHEN 'parent' THEN 'parent_reminder' ELSE 'member_reminder' END,
    (timezone('America/New_York', m.start_at)::date - 1 + interval '8 hours') AT TIME ZONE 'America/New_York'
  FROM meetings_seat s JOIN meetings_meeting m ON m.id = s.meeting_id
  WHERE (s.role <> 'parent' OR s.answer = 'yes') AND timezone('America/New_York', m.start_at)::date <= date '{today}'
) w ON CONFLICT DO NOTHING
"""


def counted():
    from meetings.models import Meeting, Message, Seat  # noqa: PLC0415
    from students.models import DueDate  # noqa: PLC0415

    models = (DueDate, Meeting, Seat, Message)
    counts = [(model._meta.verbose_name_plural, model.objects.count()) for model in models]  # noqa: SLF001
    return ", ".join(f"{number:,} {name}" for name, number in counts)


def measure():
    from meetings.models import Gathered, Message  # noqa: PLC0415
    from students.models import District  # noqa: PLC0415

    before = Message.objects.count()
    report("8:00 AM", NOW)
    print(f"  {Gathered.objects.count():,} reminders lie in mails with several")
    report("8:10 AM, nothing left", NOW + timedelta(minutes=10))
    Gathered.objects.all().delete()
    Message.objects.filter(created_at__gte=NOW).delete()
    assert Message.objects.count() == before  # noqa: S101
    District.objects.update(gathers_reminders=False)
    report("8:00 AM, each reminder in a mail of its own", NOW)


def report(name, now):
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from meetings.actions import remind  # noqa: PLC0415
    from meetings.falling_due import all_schools, due_reminders  # noqa: PLC0415
    from meetings.quiet import quiet_hours  # noqa: PLC0415
    from meetings.reminder_rules import policy  # noqa: PLC0415

    since, worked = clock.perf_counter(), processor()
    found = due_reminders(policy(), all_schools(), quiet_hours(None), now)
    find, find_worked = clock.perf_counter() - since, processor() - worked
    with CaptureQueriesContext(connection) as queries:
        since, worked = clock.perf_counter(), processor()
        written = remind.plan(now)
        whole, worked = clock.perf_counter() - since, processor() - worked
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name}: {whole:.2f} s in all, {find:.2f} s of them to find {len(found):,} reminders;"
        f" processor time, ours and the database's, {worked:.2f} s and {find_worked:.2f} s;"
        f" {written:,} mails, {len(queries)} queries, {most:.0f} MB, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def processor():
    """Return the processor time of this process and of its server process: what a free machine would take."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return clock.process_time() + sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
