"""The rules between rows: which ids must exist, and what may not stand beside what."""

# ruff: noqa: S608 - queries are put together from names of this package alone

from dataclasses import dataclass

from students.models import CalendarDay


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
     """SELECT sourced_id FROM students_school WHERE gone_at IS NULL
        UNION SELECT sourced_id FROM students_district WHERE sourced_id IS NOT NULL"""),
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
     """SELECT sourced_id FROM students_person
        WHERE gone_at IS NULL AND id IN (SELECT person_id FROM students_guardian)"""),
    ("outside", "outside", "SELECT id FROM roster_outside",
     "SELECT sourced_id FROM students_person WHERE gone_at IS NULL AND kind = 'outside'"),
)  # fmt: skip

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
        AND NOT EXISTS (SELECT FROM students_student s JOIN students_person o ON o.id = s.person_id
                        WHERE o.sourced_id = u.id)
        ORDER BY u.row"""),
    ("users", "email", """
        SELECT u.row, 'is empty: a staff member signs in with it'
        FROM roster_users u JOIN roster_people p ON p.id = u.id
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
        SELECT o.row, '''' || o.id || ''' is also in users.csv'
        FROM roster_outside o JOIN roster_users u ON u.id = o.id"""),
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
