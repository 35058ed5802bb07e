"""What iep.csv says: by when the next meetings must be, and who is on the team."""

from students.roster.changes import Merge
from students.roster.scope import NEVER, person_label
from students.roster.staging import Staged

NO_LONGER = "No longer in iep.csv"


def due_dates(staged: Staged) -> Merge:
    gone = """t.source = 'roster' AND t.student_id IN (
        SELECT s.person_id FROM students_student s JOIN students_person p ON p.id = s.person_id
        WHERE p.sourced_id IS NOT NULL AND p.sourced_id NOT IN (SELECT student FROM roster_iep)
            AND NOT EXISTS (SELECT FROM roster_unread u WHERE u.file = 'iep' AND u.id = p.sourced_id))"""
    return Merge(
        "due_dates", "students_duedate", ("student_id", "kind"),
        """SELECT s.person_id AS student_id, due.kind, due.due_on, p.given_name || ' ' || p.family_name AS label
           FROM roster_iep i JOIN students_person p ON p.sourced_id = i.student
           JOIN students_student s ON s.person_id = p.id
           CROSS JOIN LATERAL (
               VALUES ('annual_review', i.annual_due), ('reevaluation', i.reevaluation_due)
           ) AS due(kind, due_on)
           WHERE due.due_on IS NOT NULL""",
        ("due_on",), only_new={"source": "'roster'", "note": "''", "closed_why": "''"}, among="t.closed_at IS NULL",
        # A meeting that was held here closed this date already: the file is only behind.
        can_be_new=f"""NOT EXISTS (
            SELECT FROM students_duedate c WHERE c.student_id = w.student_id AND c.kind = w.kind
            AND c.closed_at IS NOT NULL
            AND c.due_on >= w.due_on AND c.closed_why <> '{NO_LONGER}')""",
        theirs="t.source = 'people'",
        gone=gone if staged.is_bulk("iep") else NEVER, gone_sets=f"closed_at = %(now)s, closed_why = '{NO_LONGER}'",
        gone_label=person_label("student_id"), removable="t.source = 'roster' AND t.closed_at IS NULL",
    )  # fmt: skip


def team(staged: Staged) -> Merge:
    gone = """t.source = 'roster' AND t.student_id IN (
        SELECT s.person_id FROM students_student s JOIN students_person p ON p.id = s.person_id
        JOIN roster_iep i ON i.student = p.sourced_id WHERE NOT 'team' = ANY(s.edited_fields))"""
    return Merge(
        "team", "students_teammember", ("student_id", "person_id", "role"),
        """SELECT DISTINCT s.person_id AS student_id, m.id AS person_id, split_part(part, E'\\x1f', 2) AS role,
               m.given_name || ' ' || m.family_name || ' for ' || p.given_name || ' ' || p.family_name AS label,
               'team' = ANY(s.edited_fields) AS is_edited
           FROM roster_iep i CROSS JOIN LATERAL unnest(i.team) AS part
           JOIN students_person p ON p.sourced_id = i.student
           JOIN students_student s ON s.person_id = p.id
           JOIN students_person m ON m.sourced_id = split_part(part, E'\\x1f', 1)""",
        only_new={"is_required": "FALSE", "source": "'roster'"}, theirs="t.source = 'people'",
        # Whose role on the team was changed here does not come back in the old one.
        is_refused="""w.is_edited OR EXISTS (SELECT FROM students_teammember m WHERE m.student_id = w.student_id
            AND m.person_id = w.person_id AND m.source = 'people')""",
        gone=gone if staged.has_column("iep", "team") else NEVER,
        gone_label=f"{person_label('person_id')} || ' for ' || {person_label('student_id')}",
    )  # fmt: skip
