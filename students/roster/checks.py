"""What single rows cannot tell: ids that nobody has, rows that contradict each other or what is here already."""

# ruff: noqa: S608 - queries are put together from names of this package alone

from collections.abc import Iterator

from django.db import connection

from students.roster.layouts import LAYOUTS, Layout
from students.roster.report import BadRow
from students.roster.rules import KNOWN, REFERENCES, RULES, Reference
from students.roster.staging import Staged

STAFF_ROLES = (
    "'teacher', 'aide', 'administrator', 'proctor', 'siteAdministrator', 'districtAdministrator', "
    "'systemAdministrator', 'principal', 'counselor'"
)


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
                queries.append(f"SELECT id FROM roster_unread WHERE file = '{file}'")
            cursor.execute(f"INSERT INTO roster_known SELECT '{kind}', id FROM ({' UNION '.join(queries)}) AS ids(id)")
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
                    ORDER BY (r.org = u.primary_org) DESC NULLS LAST,
                        (lower(r.role_type) = 'primary') DESC NULLS LAST, r.row
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
"""


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


def leave_out(staged: Staged, bad: set[tuple[str, int]]) -> None:
    """Take rows, named by layout and row, out of the waiting tables, and remember whose they are: nobody is gone."""
    with connection.cursor() as cursor:
        for layout in LAYOUTS:
            rows = [row for name, row in bad if name == layout.name]
            if rows:
                staged.left_out.add(layout.name)
                if layout.key:
                    cursor.execute(
                        f"""INSERT INTO roster_unread SELECT '{layout.name}', "{layout.key[0]}"
                            FROM {layout.table} WHERE row = ANY(%s)""",
                        [rows],
                    )
                cursor.execute(f"DELETE FROM {layout.table} WHERE row = ANY(%s)", [rows])


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
    )


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
        ORDER BY t.row"""
