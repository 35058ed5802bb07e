"""Students, their guardians, and what binds them."""

# ruff: noqa: S608 - queries are put together from names of this package alone

from students.roster.changes import Merge
from students.roster.persons import persons
from students.roster.scope import NEVER, not_left_out, person_label
from students.roster.staging import Staged


def students(staged: Staged) -> Merge:
    return persons(staged, "student", "p.is_student AND NOT p.is_staff")


def guardians(staged: Staged) -> Merge:
    return persons(staged, "guardian", "p.is_guardian AND NOT p.is_staff AND NOT p.is_student")


def _first(column: str) -> str:
    return f"(array_agg({column} ORDER BY row) FILTER (WHERE {column} IS NOT NULL))[1]"


def guardian_details() -> Merge:
    return Merge(
        "guardian_details", "students_guardian", ("person_id",),
        f"""SELECT o.id AS person_id, c.language, c.language_name, c.needs_interpreter, c.contact_by, c.postal_address,
                o.given_name || ' ' || o.family_name AS label
            FROM (SELECT id FROM roster_people WHERE is_guardian UNION SELECT guardian FROM roster_contacts) AS who
            JOIN students_person o ON o.sourced_id = who.id
            LEFT JOIN (
                SELECT guardian, {_first("language")} AS language, {_first("language_name")} AS language_name,
                    bool_or(interpreter) AS needs_interpreter, {_first("contact_by")} AS contact_by,
                    {_first("address")} AS postal_address
                FROM roster_contacts GROUP BY guardian
            ) c ON c.guardian = who.id""",
        ("language", "language_name", "needs_interpreter", "contact_by", "postal_address"), "person_id",
        only_new={"edited_fields": "'{}'"}, edited="t.edited_fields",
    )  # fmt: skip


def student_records(staged: Staged) -> Merge:
    no_longer = f"WHEN {not_left_out('iep', 'o.sourced_id')} THEN FALSE" if staged.is_bulk("iep") else ""
    return Merge(
        "student_records", "students_student", ("person_id",),
        f"""SELECT o.id AS person_id, school.id AS school_id, u.grades[1] AS grade, d.birth_on,
                CASE WHEN i.student IS NOT NULL THEN TRUE {no_longer} END AS has_iep, manager.id AS case_manager_id,
                i.general_education AS is_in_general_education, i.home_language, i.interpreter AS needs_interpreter,
                o.given_name || ' ' || o.family_name AS label
            FROM students_person o
            LEFT JOIN roster_users u ON u.id = o.sourced_id AND NOT coalesce(u.deleted, FALSE)
            LEFT JOIN (
                SELECT DISTINCT ON (r.user_id) r.user_id, s.id FROM roster_role r
                JOIN students_school s ON s.sourced_id = r.org AND s.gone_at IS NULL
                WHERE r.role = 'student' ORDER BY r.user_id, r.rank
            ) school ON school.user_id = o.sourced_id
            LEFT JOIN roster_demographics d ON d.id = o.sourced_id AND NOT coalesce(d.deleted, FALSE)
            LEFT JOIN roster_iep i ON i.student = o.sourced_id
            LEFT JOIN students_person manager ON manager.sourced_id = i.case_manager
            LEFT JOIN students_student s ON s.person_id = o.id
            WHERE o.kind = 'student' AND o.sourced_id IS NOT NULL AND o.gone_at IS NULL
                AND (u.id IS NOT NULL OR d.id IS NOT NULL OR i.student IS NOT NULL OR s.has_iep)""",
        ("school_id", "grade", "birth_on", "has_iep", "case_manager_id", "is_in_general_education", "home_language",
         "needs_interpreter"),
        "person_id",
        only_new={"edited_fields": "'{}'"}, can_be_new="w.school_id IS NOT NULL", edited="t.edited_fields",
    )  # fmt: skip


def guardianships(staged: Staged) -> Merge:
    gone = f"""t.source = 'roster' AND t.student_id IN (
        SELECT s.person_id FROM students_student s JOIN students_person p ON p.id = s.person_id
        JOIN roster_users u ON u.id = p.sourced_id WHERE NOT 'guardians' = ANY(s.edited_fields))
        AND t.guardian_id IN (SELECT g.id FROM students_person g WHERE {not_left_out("users", "g.sourced_id")})"""
    may_go = staged.is_bulk("users") and staged.has_column("users", "agents") and "contacts" not in staged.left_out
    return Merge(
        "guardianships", "students_guardianship", ("student_id", "guardian_id"),
        """SELECT s.person_id AS student_id, g.person_id AS guardian_id, c.relationship,
               c.rights AS has_education_rights, c.no_contact AS is_no_contact,
               gp.given_name || ' ' || gp.family_name || ' of ' || sp.given_name || ' ' || sp.family_name AS label,
               'guardians' = ANY(s.edited_fields) AS is_edited
           FROM (
               SELECT u.id AS student, unnest(u.agents) AS guardian FROM roster_users u
               WHERE NOT coalesce(u.deleted, FALSE)
               UNION SELECT unnest(u.agents), u.id FROM roster_users u WHERE NOT coalesce(u.deleted, FALSE)
               UNION SELECT student, guardian FROM roster_contacts
           ) AS pair
           JOIN students_person sp ON sp.sourced_id = pair.student JOIN students_student s ON s.person_id = sp.id
           JOIN students_person gp ON gp.sourced_id = pair.guardian JOIN students_guardian g ON g.person_id = gp.id
           LEFT JOIN roster_contacts c ON c.student = pair.student AND c.guardian = pair.guardian""",
        ("relationship", "has_education_rights", "is_no_contact"),
        only_new={"edited_fields": "'{}'", "source": "'roster'"}, is_refused="w.is_edited",
        theirs="t.source = 'people'", edited="t.edited_fields",
        gone=gone if may_go else NEVER,
        gone_label=f"{person_label('guardian_id')} || ' of ' || {person_label('student_id')}",
    )  # fmt: skip
