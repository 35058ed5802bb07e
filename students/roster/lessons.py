"""Classes, the terms in which they run, and who is in them."""

# ruff: noqa: S608 - queries are put together from names of this package alone

from students.roster.changes import Merge
from students.roster.scope import person_label, vanished
from students.roster.staging import Staged


def school_classes(staged: Staged) -> Merge:
    code = "coalesce(nullif(k.code, ''), c.code, '')" if staged.has("courses") else "nullif(c.code, '')"
    by_iep = staged.has_column("iep", "special_classes")
    return Merge(
        "classes", "students_schoolclass", ("sourced_id",),
        f"""SELECT c.id AS sourced_id, s.id AS school_id, c.title, c.periods::varchar[] AS periods,
                {code} AS course_code,
                CASE WHEN EXISTS (
                        SELECT FROM unnest(array_append(k.subjects || c.subjects, k.code)) AS code
                        WHERE code ~* ANY(%(special_education)s::text[]))
                    OR c.id IN (SELECT unnest(special_classes) FROM roster_iep) THEN TRUE
                    WHEN {by_iep} OR cardinality(%(special_education)s::text[]) > 0
                    THEN FALSE END AS is_special_education,
                c.title AS label
            FROM roster_classes c JOIN students_school s ON s.sourced_id = c.school
            LEFT JOIN roster_courses k ON k.id = c.course
            WHERE NOT coalesce(c.deleted, FALSE)""",
        ("school_id", "title", "course_code", "is_special_education", "periods", "gone_at"),
        gone=vanished(staged, "classes"), gone_sets="gone_at = %(now)s", gone_label="t.title",
    )  # fmt: skip


def class_terms() -> Merge:
    return Merge(
        "class_terms", "students_schoolclass_terms", ("schoolclass_id", "term_id"),
        """SELECT DISTINCT c.id AS schoolclass_id, t.id AS term_id, c.title || ', ' || t.title AS label
           FROM roster_classes w CROSS JOIN LATERAL unnest(w.terms) AS named(term)
           JOIN students_schoolclass c ON c.sourced_id = w.id JOIN students_term t ON t.sourced_id = named.term
           WHERE NOT coalesce(w.deleted, FALSE)""",
        gone="""t.schoolclass_id IN (
            SELECT c.id FROM students_schoolclass c JOIN roster_classes r ON r.id = c.sourced_id)""",
        gone_label="(SELECT title FROM students_schoolclass WHERE id = t.schoolclass_id)",
    )  # fmt: skip


def enrollments(staged: Staged) -> Merge:
    return Merge(
        "enrollments", "students_enrollment", ("sourced_id",),
        """SELECT e.id AS sourced_id, c.id AS school_class_id, p.id AS person_id, e.role, e.begin_on, e.end_on,
               p.given_name || ' ' || p.family_name || ', ' || c.title AS label
           FROM roster_enrollments e JOIN students_schoolclass c ON c.sourced_id = e.class
           JOIN students_person p ON p.sourced_id = e.user_id
           WHERE e.role IN ('student', 'teacher', 'aide') AND NOT coalesce(e.deleted, FALSE)""",
        ("school_class_id", "person_id", "role", "begin_on", "end_on"), may_be_empty=frozenset({"begin_on", "end_on"}),
        gone=vanished(staged, "enrollments", "TRUE"), gone_label=person_label("person_id"),
    )  # fmt: skip
