"""The people who work here: persons, accounts, and what they do at which school."""

# ruff: noqa: S608 - queries are put together from names of this package alone

from students.roster.changes import Merge
from students.roster.persons import persons
from students.roster.scope import NEVER, is_whole, person_label, vanished
from students.roster.staging import Staged

ADMINISTRATORS = "'administrator', 'siteAdministrator', 'principal', 'districtAdministrator'"


def staff(staged: Staged) -> Merge:
    return persons(staged, "staff", "p.is_staff")


def accounts(staged: Staged) -> Merge:
    return Merge(
        "accounts", "students_staff", ("person_id",),
        """SELECT o.id AS person_id, nullif(u.email, '') AS login, coalesce(u.enabled, TRUE) AS is_active,
                coalesce(u.position,
                    CASE WHEN r.is_principal THEN 'principal' WHEN r.is_counselor THEN 'counselor' END) AS position,
                CASE WHEN u.id IN (SELECT case_manager FROM roster_iep) THEN 'special_education_teacher'
                    WHEN r.is_teacher THEN 'teacher' WHEN r.is_aide THEN 'aide' ELSE 'other' END AS usual_position,
                r.is_district_wide, u.given_name || ' ' || u.family_name AS label
            FROM roster_users u JOIN roster_people p ON p.id = u.id JOIN students_person o ON o.sourced_id = u.id
            LEFT JOIN (
                SELECT user_id, bool_or(role = 'principal') AS is_principal,
                    bool_or(role = 'counselor') AS is_counselor,
                    bool_or(role = 'teacher') AS is_teacher, bool_or(role = 'aide') AS is_aide,
                    bool_or(role = 'districtAdministrator'
                        OR role = 'administrator' AND org IN (SELECT id FROM roster_orgs WHERE lower(type) = 'district')
                        OR role = 'administrator' AND org IN (SELECT sourced_id FROM students_district)
                    ) AS is_district_wide
                FROM roster_role GROUP BY user_id
            ) r ON r.user_id = u.id
            WHERE p.is_staff AND NOT coalesce(u.deleted, FALSE)""",
        ("login", "position", "is_active", "is_district_wide"), "person_id",
        only_new={
            # Nobody knows it: an invitation lets them choose their own.
            "password": "'!' || replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')",
            "is_superuser": "FALSE", "is_staff": "FALSE", "edited_fields": "'{}'", "position": "w.usual_position",
        },
        can_be_new="w.login IS NOT NULL",
        edited="t.edited_fields",
        gone=_account_gone(staged), gone_sets="is_active = FALSE", gone_label=person_label("person_id"),
    )  # fmt: skip


def _account_gone(staged: Staged) -> str:
    left = vanished(staged, "users", "TRUE").replace("t.sourced_id", "p.sourced_id")
    if not left:
        return NEVER
    return f"""t.is_active AND NOT 'is_active' = ANY(t.edited_fields)
        AND t.person_id IN (SELECT p.id FROM students_person p WHERE {left})"""


def assignments(staged: Staged) -> Merge:
    by_role = f"""
        SELECT user_id AS staff, org AS school, bool_or(role IN ({ADMINISTRATORS})) AS is_administrator
        FROM roster_role GROUP BY user_id, org"""
    as_here = """
        UNION ALL SELECT p.sourced_id, s.sourced_id, NULL FROM students_assignment a
        JOIN students_person p ON p.id = a.staff_id JOIN students_school s ON s.id = a.school_id
        WHERE s.sourced_id IN (SELECT school FROM roster_representatives)"""
    all_named = (
        "s.sourced_id IN (SELECT school FROM roster_representatives)"
        if is_whole(staged, "representatives")
        else "FALSE"
    )
    return Merge(
        "assignments", "students_assignment", ("staff_id", "school_id"),
        f"""SELECT p.id AS staff_id, s.id AS school_id, bool_or(found.is_administrator) AS is_administrator,
                CASE WHEN bool_or(r.staff IS NOT NULL) THEN TRUE WHEN {all_named} THEN FALSE END AS is_representative,
                min(p.given_name || ' ' || p.family_name || ', ' || s.name) AS label
            FROM ({by_role} UNION ALL SELECT staff, school, NULL FROM roster_representatives
                  {"" if staged.is_bulk("users") else as_here}) AS found
            JOIN students_person p ON p.sourced_id = found.staff JOIN students_staff t ON t.person_id = p.id
            JOIN students_school s ON s.sourced_id = found.school
            LEFT JOIN roster_representatives r ON r.staff = found.staff AND r.school = found.school
            WHERE NOT 'schools' = ANY(t.edited_fields)
                OR EXISTS (SELECT FROM students_assignment a WHERE a.staff_id = p.id AND a.school_id = s.id)
            GROUP BY p.id, s.id""",
        ("is_administrator", "is_representative"),
        only_new={"edited_fields": "'{}'"}, edited="t.edited_fields",
        gone=_assignments_gone(staged),
        gone_label=person_label("staff_id") + " || ', ' || (SELECT name FROM students_school WHERE id = t.school_id)",
    )  # fmt: skip


def _assignments_gone(staged: Staged) -> str:
    source = "roles" if staged.has("roles") else "users"
    if not staged.has(source) or source in staged.left_out:
        return NEVER
    said = "p.sourced_id IS NOT NULL" if staged.is_bulk(source) else "p.sourced_id IN (SELECT user_id FROM roster_role)"
    return f"""t.edited_fields = '{{}}' AND t.staff_id IN (
        SELECT s.person_id FROM students_staff s JOIN students_person p ON p.id = s.person_id
        WHERE {said} AND NOT 'schools' = ANY(s.edited_fields))"""
