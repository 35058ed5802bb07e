"""What single rows cannot tell: ids that nobody has, rows that contradict each other or what is here already."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from students.models import CalendarDay
from students.roster.layouts import LAYOUTS, Layout
from students.roster.report import BadRow
from students.roster.staging import Staged

STAFF_ROLES = (
    "'teacher', 'aide', 'administrator', 'proctor', 'siteAdministrator', 'districtAdministrator', "
    "'systemAdministrator', 'principal', 'counselor'"
)


@dataclass(frozen=True)
class Reference:
    """A field that names rows of another file."""

    file: str
    column: str
    field: str
    to: str
    words: str
    is_list: bool = False
    optional_file: str = ""  # Not checked where this file did not come.


REFERENCES = (
    Reference("classes", "schoolSourcedId", "school", "school", "a school in {orgs}"),
    Reference("classes", "courseSourcedId", "course", "course", "in {courses}", optional_file="courses"),
    Reference("classes", "termSourcedIds", "terms", "term", "in {academicSessions}", True, "academicSessions"),
    Reference("users", "orgSourcedIds", "orgs", "org", "in {orgs}", True),
    Reference("users", "primaryOrgSourcedId", "primary_org", "org", "in {orgs}"),
    Reference("users", "agentSourcedIds", "agents", "user", "in {users}", True),
    Reference("roles", "userSourcedId", "user_id", "user", "in {users}"),
    Reference("roles", "orgSourcedId", "org", "org", "in {orgs}"),
    Reference("enrollments", "classSourcedId", "class", "class", "in {classes}"),
    Reference("enrollments", "userSourcedId", "user_id", "user", "in {users}"),
    Reference("demographics", "sourcedId", "id", "user", "in {users}"),
    Reference("iep", "student", "student", "student", "a student in {users}"),
    Reference("iep", "case_manager", "case_manager", "staff", "a staff member in {users}"),
    Reference("iep", "team", "team", "adult", "a staff member in {users} or a person in {outside}", True),
    Reference("iep", "special_education_classes", "special_classes", "class", "in {classes}", True),
    Reference("contacts", "guardian", "guardian", "guardian", "a parent or guardian in {users}"),
    Reference("contacts", "student", "student", "student", "a student in {users}"),
    Reference("representatives", "school", "school", "school", "a school in {orgs}"),
    Reference("representatives", "staff", "staff", "staff", "a staff member in {users}"),
    Reference("bell", "school", "school", "school", "a school in {orgs}"),
    Reference("calendar", "school", "school", "school", "a school in {orgs}"),
    Reference("rooms", "school", "school", "school", "a school in {orgs}"),
    Reference("hours", "staff", "staff", "adult", "a staff member in {users} or a person in {outside}"),
    Reference("hours", "school", "school", "school", "a school in {orgs}"),
    Reference("meetings", "student", "student", "student", "a student in {users}"),
    Reference("meetings", "school", "school", "school", "a school in {orgs}"),
    Reference("meetings", "members", "members", "person", "a person in {users} or {outside}", True),
)

# Kind, the file that owns it, ids in the waiting tables, ids here.
KNOWN = (
    ("org", "orgs", "SELECT id FROM roster_orgs WHERE NOT coalesce(deleted, FALSE)",
     "SELECT sourced_id FROM students_school WHERE gone_at IS NULL "
     "UNION SELECT sourced_id FROM students_district WHERE sourced_id IS NOT NULL"),
    ("school", "orgs", "SELECT id FROM roster_orgs WHERE NOT coalesce(deleted, FALSE) AND lower(type) = 'school'",
     "SELECT sourced_id FROM students_school WHERE gone_at IS NULL"),
    ("term", "academicSessions", "SELECT id FROM roster_academicsessions WHERE NOT coalesce(deleted, FALSE)",
     "SELECT sourced_id FROM students_term"),
    ("course", "courses", "SELECT id FROM roster_courses WHERE NOT coalesce(deleted, FALSE)", ""),
    ("class", "classes", "SELECT id FROM roster_classes WHERE NOT coalesce(deleted, FALSE)",
     "SELECT sourced_id FROM students_schoolclass WHERE gone_at IS NULL"),
    ("user", "users", "SELECT id FROM roster_users WHERE NOT coalesce(deleted, FALSE)",
     "SELECT sourced_id FROM students_person WHERE gone_at IS NULL AND kind <> 'outside'"),
    ("student", "users", "SELECT id FROM roster_people WHERE is_student",
     "SELECT sourced_id FROM students_person WHERE gone_at IS NULL AND id IN (SELECT person_id FROM students_student)"),
    ("staff", "users", "SELECT id FROM roster_people WHERE is_staff",
     "SELECT sourced_id FROM students_person WHERE gone_at IS NULL AND id IN (SELECT person_id FROM students_staff)"),
    ("guardian", "users", "SELECT id FROM roster_people WHERE is_guardian",
     "SELECT sourced_id FROM students_person WHERE gone_at IS NULL AND id IN (SELECT person_id FROM students_guardian)"),
    ("outside", "outside", "SELECT id FROM roster_outside",
     "SELECT sourced_id FROM students_person WHERE gone_at IS NULL AND kind = 'outside'"),
)  # fmt: skip


def prepare(staged: Staged, *, leaves_out: bool) -> None:
    """Work out who is what and which ids exist. With `leaves_out`, rows that could not be read are unknown too."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS roster_role, roster_people, roster_known")
        cursor.execute(_roles_sql(staged), {"on": staged.on})
        cursor.execute("CREATE INDEX ON roster_role (user_id)")
        cursor.execute(PEOPLE)
        cursor.execute("CREATE UNIQUE INDEX ON roster_people (id)")
        if not leaves_out:
            cursor.execute(WITHOUT_ROLE)
        cursor.execute("CREATE TEMP TABLE roster_known (kind text, id text) ON COMMIT DROP")
        for kind, file, waiting, here in KNOWN:
            # What is here and vanishes from a bulk file is not there to be named.
            queries = [waiting] + ([] if staged.is_bulk(file) or not here else [here])
            if not leaves_out:
                queries.append(f"SELECT id FROM roster_unread WHERE file = '{file}'")  # noqa: S608
            cursor.execute(f"INSERT INTO roster_known SELECT '{kind}', id FROM ({' UNION '.join(queries)}) AS ids(id)")  # noqa: S608
        cursor.execute(
            "INSERT INTO roster_known SELECT 'adult', id FROM roster_known WHERE kind IN ('staff', 'outside')"
        )
        cursor.execute(
            "INSERT INTO roster_known SELECT DISTINCT 'person', id FROM roster_known "
            "WHERE kind IN ('staff', 'outside', 'student', 'guardian')"
        )
        cursor.execute("CREATE INDEX ON roster_known (kind, id)")
        cursor.execute("ANALYZE roster_role, roster_people, roster_known")


def _roles_sql(staged: Staged) -> str:
    """Return who has which role where: in users.csv until OneRoster 1.1, in roles.csv since 1.2."""
    if staged.has("roles"):
        return """
            CREATE TEMP TABLE roster_role ON COMMIT DROP AS
            SELECT r.user_id, r.role, coalesce(r.org, u.primary_org) AS org,
                row_number() OVER (
                    PARTITION BY r.user_id
                    ORDER BY (r.org = u.primary_org) DESC NULLS LAST, (lower(r.role_type) = 'primary') DESC NULLS LAST, r.row
                ) AS rank
            FROM roster_roles r LEFT JOIN roster_users u ON u.id = r.user_id
            WHERE NOT coalesce(r.deleted, FALSE) AND NOT coalesce(u.deleted, FALSE) AND r.role <> 'ext'
                AND coalesce(r.end_on, %(on)s) >= %(on)s"""
    return """
        CREATE TEMP TABLE roster_role ON COMMIT DROP AS
        SELECT u.id AS user_id, u.role, org.id AS org, coalesce(org.rank, 1) AS rank
        FROM roster_users u LEFT JOIN LATERAL unnest(u.orgs) WITH ORDINALITY AS org(id, rank) ON TRUE
        WHERE NOT coalesce(u.deleted, FALSE) AND u.role <> 'ext'"""


# Whoever came without a role (a delta of OneRoster 1.2) stays what they are here.
PEOPLE = f"""
    CREATE TEMP TABLE roster_people ON COMMIT DROP AS
    SELECT user_id AS id, bool_or(role = 'student') AS is_student, bool_or(role IN ({STAFF_ROLES})) AS is_staff,
        bool_or(role IN ('parent', 'guardian')) AS is_guardian
    FROM roster_role GROUP BY user_id
    UNION ALL
    SELECT u.id, s.person_id IS NOT NULL, t.person_id IS NOT NULL, g.person_id IS NOT NULL
    FROM roster_users u JOIN students_person p ON p.sourced_id = u.id
    LEFT JOIN students_student s ON s.person_id = p.id LEFT JOIN students_staff t ON t.person_id = p.id
    LEFT JOIN students_guardian g ON g.person_id = p.id
    WHERE NOT coalesce(u.deleted, FALSE) AND NOT EXISTS (SELECT FROM roster_role r WHERE r.user_id = u.id)
"""  # noqa: S608


# Said once, of their own row, and not again of every row that names them.
WITHOUT_ROLE = """
    INSERT INTO roster_unread SELECT 'users', u.id FROM roster_users u
    WHERE NOT coalesce(u.deleted, FALSE) AND u.role IS DISTINCT FROM 'ext'
        AND NOT EXISTS (SELECT FROM roster_people p WHERE p.id = u.id)
        AND NOT EXISTS (SELECT FROM roster_roles r WHERE r.user_id = u.id)
"""


def find(staged: Staged) -> Iterator[tuple[str, BadRow]]:
    """Yield every bad row that the waiting rows show together, with the name of its file's layout."""
    for layout in LAYOUTS:
        if staged.has(layout.name):
            yield from _run(staged, layout.name, *_duplicates(layout))
    for reference in REFERENCES:
        if staged.has(reference.file) and (not reference.optional_file or staged.has(reference.optional_file)):
            yield from _run(staged, reference.file, reference.column, _reference_sql(reference, staged))
    for file, column, query in RULES:
        if staged.has(file):
            yield from _run(staged, file, column, query)


def leave_out(bad: set[tuple[str, int]]) -> None:
    """Take rows, named by layout and row, out of the waiting tables."""
    with connection.cursor() as cursor:
        for layout in LAYOUTS:
            rows = [row for name, row in bad if name == layout.name]
            if rows:
                cursor.execute(f"DELETE FROM {layout.table} WHERE row = ANY(%s)", [rows])  # noqa: S608


def _run(staged: Staged, file: str, column: str, query: str) -> Iterator[tuple[str, BadRow]]:
    if not query:
        return
    shown = staged.shown_name(file)
    with connection.cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(1000):
            for row, reason in rows:
                yield file, BadRow(shown, row, column, reason)


def _duplicates(layout: Layout) -> tuple[str, str]:
    if not layout.key:
        return "", ""
    fields = ", ".join(f'"{name}"' for name in layout.key)
    names = ", ".join(layout.field(name).name for name in layout.key)
    shown = " || ', ' || ".join(f'"{name}"::text' for name in layout.key)
    return (
        names,
        f"""
        SELECT row, '''' || named || ''' is already in row ' || first FROM (
            SELECT row, {shown} AS named, min(row) OVER (PARTITION BY {fields}) AS first FROM {layout.table}
        ) AS found WHERE row > first ORDER BY row""",
    )  # noqa: S608


def _reference_sql(reference: Reference, staged: Staged) -> str:
    files = ("orgs", "users", "classes", "courses", "academicSessions", "outside")
    words = reference.words.format(**{name: staged.shown_name(name) for name in files}).replace("'", "''")
    table = f"roster_{reference.file.lower()}"
    values = f"unnest(t.{reference.field})" if reference.is_list else f"(SELECT t.{reference.field})"
    value = f"split_part(v.value, E'\\x1f', 1)" if reference.field in {"team", "members"} else "v.value"  # noqa: F541
    alive = "NOT coalesce(t.deleted, FALSE) AND " if staged.has_column(reference.file, "deleted") else ""
    return f"""
        SELECT t.row, '''' || {value} || ''' is not {words}'
        FROM {table} t CROSS JOIN LATERAL {values} AS v(value)
        WHERE {alive} v.value IS NOT NULL
            AND NOT EXISTS (SELECT FROM roster_known k WHERE k.kind = '{reference.to}' AND k.id = {value})
        ORDER BY t.row"""  # noqa: S608


SCHOOL_OF = """
    SELECT id AS org, id AS school FROM roster_known WHERE kind = 'school'
"""

RULES = (
    # Who is in a bulk file of 1.2 needs a role in roles.csv.
    ("users", "role", """
        SELECT u.row, 'is empty: without a role nobody knows who this is' FROM roster_users u
        WHERE NOT coalesce(u.deleted, FALSE) AND u.role IS DISTINCT FROM 'ext'
            AND NOT EXISTS (SELECT FROM roster_people p WHERE p.id = u.id)
            AND NOT EXISTS (SELECT FROM roster_roles r WHERE r.user_id = u.id) ORDER BY u.row"""),
    ("users", "orgSourcedIds", """
        SELECT u.row, 'names no school: a student has one' FROM roster_users u JOIN roster_people p ON p.id = u.id
        WHERE p.is_student AND NOT EXISTS (
            SELECT FROM roster_role r LEFT JOIN roster_known k ON k.kind = 'org' AND k.id = r.org
            LEFT JOIN roster_known s ON s.kind = 'school' AND s.id = r.org
            WHERE r.user_id = u.id AND r.org IS NOT NULL AND (k.id IS NULL OR s.id IS NOT NULL))
        AND NOT EXISTS (SELECT FROM students_student s JOIN students_person o ON o.id = s.person_id WHERE o.sourced_id = u.id)
        ORDER BY u.row"""),
    ("users", "email", """
        SELECT u.row, 'is empty: a staff member signs in with it' FROM roster_users u JOIN roster_people p ON p.id = u.id
        WHERE p.is_staff AND coalesce(u.email, '') = ''
            AND NOT EXISTS (SELECT FROM students_person o JOIN students_staff t ON t.person_id = o.id
                            WHERE o.sourced_id = u.id AND u.email IS NULL)
        ORDER BY u.row"""),
    ("users", "email", """
        SELECT row, '''' || email || ''' is already the address of the staff member in row ' || first FROM (
            SELECT u.row, u.email, min(u.row) OVER (PARTITION BY u.email) AS first
            FROM roster_users u JOIN roster_people p ON p.id = u.id WHERE p.is_staff AND u.email <> ''
        ) AS found WHERE row > first ORDER BY row"""),
    ("users", "email", """
        SELECT u.row, '''' || u.email || ''' is already the sign-in of ' || o.given_name || ' ' || o.family_name
            || coalesce(' (' || o.sourced_id || ')', '')
        FROM roster_users u JOIN roster_people p ON p.id = u.id JOIN students_staff t ON t.login = u.email
        JOIN students_person o ON o.id = t.person_id
        WHERE p.is_staff AND o.sourced_id IS DISTINCT FROM u.id
            AND (o.sourced_id IS NOT NULL OR EXISTS (SELECT FROM students_person s WHERE s.sourced_id = u.id))
        ORDER BY u.row"""),
    ("outside", "id", """
        SELECT o.row, '''' || o.id || ''' is also in users.csv' FROM roster_outside o JOIN roster_users u ON u.id = o.id"""),
    ("calendar", "day_type", f"""
        SELECT c.row, '''' || c.day_type || ''' is neither a day type of this school''s bell times nor closed'
        FROM roster_calendar c WHERE lower(c.day_type) <> '{CalendarDay.CLOSED}'
            AND NOT EXISTS (SELECT FROM roster_bell b WHERE b.school = c.school AND b.day_type = c.day_type)
            AND NOT EXISTS (SELECT FROM students_bellperiod b JOIN students_school s ON s.id = b.school_id
                            WHERE s.sourced_id = c.school AND b.day_type = c.day_type
                                AND NOT EXISTS (SELECT FROM roster_bell n WHERE n.school = c.school))
        ORDER BY c.row"""),
    ("hours", "period", """
        SELECT h.row, '''' || h.period || ''' is not a period of this school''s bell times'
        FROM roster_hours h WHERE h.period IS NOT NULL
            AND NOT EXISTS (SELECT FROM roster_bell b WHERE b.school = h.school AND b.period = h.period
                                AND b.day_type = coalesce(h.day_type, b.day_type))
            AND NOT EXISTS (SELECT FROM students_bellperiod b JOIN students_school s ON s.id = b.school_id
                            WHERE s.sourced_id = h.school AND b.period = h.period
                                AND b.day_type = coalesce(h.day_type, b.day_type)
                                AND NOT EXISTS (SELECT FROM roster_bell n WHERE n.school = h.school))
        ORDER BY h.row"""),
)  # fmt: skip
