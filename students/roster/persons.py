"""Whoever holds a seat: names and addresses, whichever kind of person it is."""

# ruff: noqa: S608 - queries are put together from names of this package alone

from students.roster.changes import Merge
from students.roster.scope import NEVER, both, vanished
from students.roster.staging import Staged

NAMES_EDITED = "t.edited_fields && ARRAY['given_name', 'family_name', 'preferred_name']::varchar[]"
PERSON_COLUMNS = (
    "kind", "given_name", "family_name", "preferred_name", "search_name", "email", "phone", "gone_at",
)  # fmt: skip
FIRST_PHONES = """
    SELECT guardian, (array_agg(phone ORDER BY row) FILTER (WHERE phone IS NOT NULL))[1] AS phone
    FROM roster_contacts GROUP BY guardian"""


def persons(staged: Staged, kind: str, who: str) -> Merge:
    # A guardian whose contacts came without users.csv is here already: nothing but the phone is said.
    contacts_alone = f"""
        UNION ALL SELECT c.guardian, '{kind}', NULL, NULL, NULL, NULL, NULL, c.phone,
            p.given_name || ' ' || p.family_name
        FROM ({FIRST_PHONES}) c JOIN students_person p ON p.sourced_id = c.guardian AND p.kind = '{kind}'
        WHERE c.guardian NOT IN (SELECT id FROM roster_users)"""
    return Merge(
        {"staff": "staff", "student": "students", "guardian": "guardians"}[kind], "students_person", ("sourced_id",),
        f"""SELECT u.id AS sourced_id, '{kind}' AS kind, u.given_name, u.family_name, u.preferred_name, u.search_name,
                u.email, coalesce(c.phone, u.sms, u.phone) AS phone, u.given_name || ' ' || u.family_name AS label
            FROM roster_users u JOIN roster_people p ON p.id = u.id LEFT JOIN ({FIRST_PHONES}) c ON c.guardian = u.id
            WHERE {who} AND NOT coalesce(u.deleted, FALSE)
            {contacts_alone if kind == "guardian" else ""}""",
        PERSON_COLUMNS,
        only_new={"edited_fields": "'{}'"}, can_be_new="w.given_name IS NOT NULL",
        edited="t.edited_fields", edited_by={"search_name": NAMES_EDITED},
        gone=both(vanished(staged, "users"), f"t.kind = '{kind}' AND NOT 'gone_at' = ANY(t.edited_fields)"),
        gone_sets="gone_at = %(now)s", gone_label="t.given_name || ' ' || t.family_name",
        removable=f"t.kind = '{kind}' AND t.sourced_id IS NOT NULL AND t.gone_at IS NULL",
    )  # fmt: skip


def outside_persons(staged: Staged) -> Merge:
    gone = (
        "t.kind = 'outside' AND t.sourced_id IS NOT NULL AND t.gone_at IS NULL AND NOT 'gone_at' = ANY(t.edited_fields)"
    )
    return Merge(
        "outside", "students_person", ("sourced_id",),
        """SELECT id AS sourced_id, 'outside' AS kind, given_name, family_name, NULL AS preferred_name, search_name,
               email, phone, given_name || ' ' || family_name AS label FROM roster_outside""",
        PERSON_COLUMNS, only_new={"edited_fields": "'{}'"},
        edited="t.edited_fields", edited_by={"search_name": NAMES_EDITED},
        gone=gone if staged.is_bulk("outside") else NEVER, gone_sets="gone_at = %(now)s",
        gone_label="t.given_name || ' ' || t.family_name",
        removable="t.kind = 'outside' AND t.sourced_id IS NOT NULL AND t.gone_at IS NULL",
    )  # fmt: skip


def outside_details() -> Merge:
    return Merge(
        "outside_details", "students_outside", ("person_id",),
        """SELECT p.id AS person_id, o.kind, o.organisation, o.languages::varchar[] AS languages,
               o.given_name || ' ' || o.family_name AS label
           FROM roster_outside o JOIN students_person p ON p.sourced_id = o.id""",
        ("kind", "organisation", "languages"), "person_id",
    )  # fmt: skip
