"""Every kind of rows that the roster brings, in the order in which they are written: schools, people, classes, due dates."""

from collections.abc import Iterator

from students.roster.changes import Merge
from students.roster.staging import Staged

NEVER = ""
NO_LONGER = "No longer in iep.csv"
ADMINISTRATORS = "'administrator', 'siteAdministrator', 'principal', 'districtAdministrator'"
PERSON_LABEL = "(SELECT p.given_name || ' ' || p.family_name FROM students_person p WHERE p.id = t.{column})"
NAMES_EDITED = "t.edited_fields && ARRAY['given_name', 'family_name', 'preferred_name']::varchar[]"


def merges(staged: Staged) -> Iterator[Merge]:
    """Yield the merges that the files of this roster ask for. Each may rest on the rows that those before it wrote."""
    if staged.has("orgs"):
        yield schools(staged)
    if staged.has("academicSessions"):
        yield terms()
    yield from people(staged)
    if staged.has("users") or staged.has("roles") or staged.has("representatives"):
        yield assignments(staged)
    if staged.has("users") or staged.has("contacts"):
        yield guardian_details()
    if staged.has("users") or staged.has("iep") or staged.has("demographics"):
        yield student_records(staged)
    if staged.has("users") or staged.has("contacts"):
        yield guardianships(staged)
    yield from classes(staged)
    yield from days(staged)
    if staged.has("iep"):
        yield due_dates(staged)
        yield team(staged)


def vanished(staged: Staged, name: str, live: str = "t.gone_at IS NULL") -> str:
    """Return which rows of the roster may go: all in a bulk file, in a delta those that it names."""
    if staged.is_bulk(name):
        return f"{live} AND t.sourced_id IS NOT NULL"
    if staged.has(name):
        return f"{live} AND t.sourced_id IN (SELECT id FROM roster_{name.lower()} WHERE deleted)"
    return NEVER


def schools(staged: Staged) -> Merge:
    return Merge(
        "schools", "students_school", ("sourced_id",),
        """SELECT id AS sourced_id, name, short_name, phone, office_contact, address, time_zone, name AS label
           FROM roster_orgs WHERE lower(type) = 'school' AND NOT coalesce(deleted, FALSE)""",
        ("name", "short_name", "phone", "office_contact", "address", "time_zone", "gone_at"),
        only_new={"default_day_type": "''", "minutes_before_bell": "30", "minutes_after_bell": "45"},
        gone=vanished(staged, "orgs"), gone_sets="gone_at = %(now)s", gone_label="t.name",
    )  # fmt: skip


def terms() -> Merge:
    return Merge(
        "terms", "students_term", ("sourced_id",),
        """SELECT id AS sourced_id, title, kind, start_on, end_on, title AS label
           FROM roster_academicsessions WHERE NOT coalesce(deleted, FALSE)""",
        ("title", "kind", "start_on", "end_on"),
    )  # fmt: skip


def people(staged: Staged) -> Iterator[Merge]:
    if staged.has("users") or staged.has("roles"):
        yield _persons(staged, "staff", "p.is_staff")
        yield accounts(staged)
        yield _persons(staged, "student", "p.is_student AND NOT p.is_staff")
    if staged.has("users") or staged.has("contacts"):
        yield _persons(staged, "guardian", "p.is_guardian AND NOT p.is_staff AND NOT p.is_student")
    if staged.has("outside"):
        yield outside_persons(staged)
        yield outside_details()


PERSON_COLUMNS = (
    "kind", "given_name", "family_name", "preferred_name", "search_name", "email", "phone", "gone_at",
)  # fmt: skip
FIRST_PHONES = """
    SELECT guardian, (array_agg(phone ORDER BY row) FILTER (WHERE phone IS NOT NULL))[1] AS phone
    FROM roster_contacts GROUP BY guardian"""


def _persons(staged: Staged, kind: str, who: str) -> Merge:
    # A guardian whose contacts came without users.csv is here already: nothing but the phone is said.
    contacts_alone = f"""
        UNION ALL SELECT c.guardian, '{kind}', NULL, NULL, NULL, NULL, NULL, c.phone, p.given_name || ' ' || p.family_name
        FROM ({FIRST_PHONES}) c JOIN students_person p ON p.sourced_id = c.guardian AND p.kind = '{kind}'
        WHERE c.guardian NOT IN (SELECT id FROM roster_users)"""  # noqa: S608
    return Merge(
        {"staff": "staff", "student": "students", "guardian": "guardians"}[kind], "students_person", ("sourced_id",),
        f"""SELECT u.id AS sourced_id, '{kind}' AS kind, u.given_name, u.family_name, u.preferred_name, u.search_name,
                u.email, coalesce(c.phone, u.sms, u.phone) AS phone, u.given_name || ' ' || u.family_name AS label
            FROM roster_users u JOIN roster_people p ON p.id = u.id LEFT JOIN ({FIRST_PHONES}) c ON c.guardian = u.id
            WHERE {who} AND NOT coalesce(u.deleted, FALSE)
            {contacts_alone if kind == "guardian" else ""}""",  # noqa: S608
        PERSON_COLUMNS,
        only_new={"edited_fields": "'{}'"}, can_be_new="w.given_name IS NOT NULL",
        edited="t.edited_fields", edited_by={"search_name": NAMES_EDITED},
        gone=_with(vanished(staged, "users"), f"t.kind = '{kind}' AND NOT 'gone_at' = ANY(t.edited_fields)"),
        gone_sets="gone_at = %(now)s", gone_label="t.given_name || ' ' || t.family_name",
        removable=f"t.kind = '{kind}' AND t.sourced_id IS NOT NULL AND t.gone_at IS NULL",
    )  # fmt: skip


def _with(condition: str, more: str) -> str:
    return f"{condition} AND {more}" if condition else NEVER


def accounts(staged: Staged) -> Merge:
    return Merge(
        "accounts", "students_staff", ("person_id",),
        f"""SELECT o.id AS person_id, nullif(u.email, '') AS login, coalesce(u.enabled, TRUE) AS is_active,
                coalesce(u.position, CASE WHEN r.is_principal THEN 'principal' WHEN r.is_counselor THEN 'counselor' END) AS position,
                CASE WHEN u.id IN (SELECT case_manager FROM roster_iep) THEN 'special_education_teacher'
                    WHEN r.is_teacher THEN 'teacher' WHEN r.is_aide THEN 'aide' ELSE 'other' END AS usual_position,
                r.is_district_wide, u.given_name || ' ' || u.family_name AS label
            FROM roster_users u JOIN roster_people p ON p.id = u.id JOIN students_person o ON o.sourced_id = u.id
            LEFT JOIN (
                SELECT user_id, bool_or(role = 'principal') AS is_principal, bool_or(role = 'counselor') AS is_counselor,
                    bool_or(role = 'teacher') AS is_teacher, bool_or(role = 'aide') AS is_aide,
                    bool_or(role = 'districtAdministrator'
                        OR role = 'administrator' AND org IN (SELECT id FROM roster_orgs WHERE lower(type) = 'district')
                        OR role = 'administrator' AND org IN (SELECT sourced_id FROM students_district)) AS is_district_wide
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
        gone=_account_gone(staged), gone_sets="is_active = FALSE", gone_label=PERSON_LABEL.format(column="person_id"),
    )  # fmt: skip


def _account_gone(staged: Staged) -> str:
    left = vanished(staged, "users", "TRUE").replace("t.sourced_id", "p.sourced_id")
    if not left:
        return NEVER
    return f"""t.is_active AND NOT 'is_active' = ANY(t.edited_fields)
        AND t.person_id IN (SELECT p.id FROM students_person p WHERE {left})"""  # noqa: S608


def assignments(staged: Staged) -> Merge:
    by_role = f"""
        SELECT user_id AS staff, org AS school, bool_or(role IN ({ADMINISTRATORS})) AS is_administrator
        FROM roster_role GROUP BY user_id, org"""  # noqa: S608
    as_here = """
        UNION ALL SELECT p.sourced_id, s.sourced_id, NULL FROM students_assignment a
        JOIN students_person p ON p.id = a.staff_id JOIN students_school s ON s.id = a.school_id
        WHERE s.sourced_id IN (SELECT school FROM roster_representatives)"""
    return Merge(
        "assignments", "students_assignment", ("staff_id", "school_id"),
        f"""SELECT p.id AS staff_id, s.id AS school_id, bool_or(found.is_administrator) AS is_administrator,
                CASE WHEN s.sourced_id IN (SELECT school FROM roster_representatives)
                    THEN bool_or(r.staff IS NOT NULL) END AS is_representative,
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
        gone_label=f"{PERSON_LABEL.format(column='staff_id')} || ', ' || (SELECT name FROM students_school WHERE id = t.school_id)",
    )  # fmt: skip


def _assignments_gone(staged: Staged) -> str:
    source = "roles" if staged.has("roles") else "users"
    if not staged.has(source):
        return NEVER
    said = "p.sourced_id IS NOT NULL" if staged.is_bulk(source) else "p.sourced_id IN (SELECT user_id FROM roster_role)"
    return f"""t.edited_fields = '{{}}' AND t.staff_id IN (
        SELECT s.person_id FROM students_staff s JOIN students_person p ON p.id = s.person_id
        WHERE {said} AND NOT 'schools' = ANY(s.edited_fields))"""  # noqa: S608


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
            ) c ON c.guardian = who.id""",  # noqa: S608
        ("language", "language_name", "needs_interpreter", "contact_by", "postal_address"), "person_id",
        only_new={"edited_fields": "'{}'"}, edited="t.edited_fields",
    )  # fmt: skip


def student_records(staged: Staged) -> Merge:
    no_longer = "WHEN TRUE THEN FALSE" if staged.is_bulk("iep") else ""
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
                AND (u.id IS NOT NULL OR d.id IS NOT NULL OR i.student IS NOT NULL OR s.has_iep)""",  # noqa: S608
        ("school_id", "grade", "birth_on", "has_iep", "case_manager_id", "is_in_general_education", "home_language",
         "needs_interpreter"),
        "person_id",
        only_new={"edited_fields": "'{}'"}, can_be_new="w.school_id IS NOT NULL", edited="t.edited_fields",
    )  # fmt: skip


def guardianships(staged: Staged) -> Merge:
    gone = """t.source = 'roster' AND t.student_id IN (
        SELECT s.person_id FROM students_student s JOIN students_person p ON p.id = s.person_id
        JOIN roster_users u ON u.id = p.sourced_id WHERE NOT 'guardians' = ANY(s.edited_fields))"""
    return Merge(
        "guardianships", "students_guardianship", ("student_id", "guardian_id"),
        """SELECT s.person_id AS student_id, g.person_id AS guardian_id, c.relationship,
               c.rights AS has_education_rights, c.no_contact AS is_no_contact,
               gp.given_name || ' ' || gp.family_name || ' of ' || sp.given_name || ' ' || sp.family_name AS label,
               'guardians' = ANY(s.edited_fields) AS is_edited
           FROM (
               SELECT u.id AS student, unnest(u.agents) AS guardian FROM roster_users u WHERE NOT coalesce(u.deleted, FALSE)
               UNION SELECT unnest(u.agents), u.id FROM roster_users u WHERE NOT coalesce(u.deleted, FALSE)
               UNION SELECT student, guardian FROM roster_contacts
           ) AS pair
           JOIN students_person sp ON sp.sourced_id = pair.student JOIN students_student s ON s.person_id = sp.id
           JOIN students_person gp ON gp.sourced_id = pair.guardian JOIN students_guardian g ON g.person_id = gp.id
           LEFT JOIN roster_contacts c ON c.student = pair.student AND c.guardian = pair.guardian""",
        ("relationship", "has_education_rights", "is_no_contact"),
        only_new={"edited_fields": "'{}'", "source": "'roster'"}, is_refused="w.is_edited",
        theirs="t.source = 'people'", edited="t.edited_fields",
        gone=gone if staged.is_bulk("users") and staged.has_column("users", "agents") else NEVER,
        gone_label=f"{PERSON_LABEL.format(column='guardian_id')} || ' of ' || {PERSON_LABEL.format(column='student_id')}",
    )  # fmt: skip


def classes(staged: Staged) -> Iterator[Merge]:
    if staged.has("classes"):
        yield school_classes(staged)
        if staged.has_column("classes", "terms"):
            yield class_terms()
    if staged.has("enrollments"):
        yield enrollments(staged)


def school_classes(staged: Staged) -> Merge:
    by_iep = staged.has_column("iep", "special_classes")
    return Merge(
        "classes", "students_schoolclass", ("sourced_id",),
        f"""SELECT c.id AS sourced_id, s.id AS school_id, c.title, c.periods::varchar[] AS periods,
                {"coalesce(nullif(k.code, ''), c.code, '')" if staged.has("courses") else "nullif(c.code, '')"} AS course_code,
                CASE WHEN EXISTS (
                        SELECT FROM unnest(array_append(k.subjects || c.subjects, k.code)) AS code
                        WHERE code ~* ANY(%(special_education)s::text[]))
                    OR c.id IN (SELECT unnest(special_classes) FROM roster_iep) THEN TRUE
                    WHEN {by_iep} OR cardinality(%(special_education)s::text[]) > 0 THEN FALSE END AS is_special_education,
                c.title AS label
            FROM roster_classes c JOIN students_school s ON s.sourced_id = c.school
            LEFT JOIN roster_courses k ON k.id = c.course
            WHERE NOT coalesce(c.deleted, FALSE)""",  # noqa: S608
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
        gone="t.schoolclass_id IN (SELECT c.id FROM students_schoolclass c JOIN roster_classes r ON r.id = c.sourced_id)",
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
        gone=vanished(staged, "enrollments", "TRUE"), gone_label=PERSON_LABEL.format(column="person_id"),
    )  # fmt: skip


def named_schools(file: str) -> str:
    # These files replace what they say of each school that they name, and leave other schools alone.
    return f"t.school_id IN (SELECT s.id FROM students_school s JOIN roster_{file} f ON f.school = s.sourced_id)"  # noqa: S608


def days(staged: Staged) -> Iterator[Merge]:
    if staged.has("bell"):
        yield bell()
    if staged.has("calendar"):
        yield calendar()
    if staged.has("rooms"):
        yield rooms()


def bell() -> Merge:
    return Merge(
        "bell", "students_bellperiod", ("school_id", "day_type", "period"),
        """SELECT s.id AS school_id, b.day_type, b.period, b.start, b."end",
               s.name || ', ' || b.day_type || ', ' || b.period AS label
           FROM roster_bell b JOIN students_school s ON s.sourced_id = b.school""",
        ("start", "end"), gone=named_schools("bell"), gone_label="t.day_type || ', ' || t.period",
    )  # fmt: skip


def calendar() -> Merge:
    within = """ AND t."on" BETWEEN (SELECT min(f."on") FROM roster_calendar f) AND (SELECT max(f."on") FROM roster_calendar f)"""
    return Merge(
        "calendar", "students_calendarday", ("school_id", "on"),
        """SELECT s.id AS school_id, c."on", CASE WHEN lower(c.day_type) = 'closed' THEN 'closed' ELSE c.day_type END AS day_type,
               s.name || ', ' || c."on" AS label
           FROM roster_calendar c JOIN students_school s ON s.sourced_id = c.school""",
        ("day_type",), gone=named_schools("calendar") + within, gone_label='t."on"::text',
    )  # fmt: skip


def rooms() -> Merge:
    return Merge(
        "rooms", "students_room", ("school_id", "name"),
        """SELECT s.id AS school_id, r.room AS name, r.capacity, TRUE AS is_active, s.name || ', ' || r.room AS label
           FROM roster_rooms r JOIN students_school s ON s.sourced_id = r.school""",
        ("capacity", "is_active"),
        gone=f"t.is_active AND {named_schools('rooms')}", gone_sets="is_active = FALSE", gone_label="t.name",
    )  # fmt: skip


def due_dates(staged: Staged) -> Merge:
    gone = """t.source = 'roster' AND t.student_id IN (
        SELECT s.person_id FROM students_student s JOIN students_person p ON p.id = s.person_id
        WHERE p.sourced_id IS NOT NULL AND p.sourced_id NOT IN (SELECT student FROM roster_iep))"""
    return Merge(
        "due_dates", "students_duedate", ("student_id", "kind"),
        """SELECT s.person_id AS student_id, due.kind, due.due_on, p.given_name || ' ' || p.family_name AS label
           FROM roster_iep i JOIN students_person p ON p.sourced_id = i.student JOIN students_student s ON s.person_id = p.id
           CROSS JOIN LATERAL (VALUES ('annual_review', i.annual_due), ('reevaluation', i.reevaluation_due)) AS due(kind, due_on)
           WHERE due.due_on IS NOT NULL""",
        ("due_on",), only_new={"source": "'roster'", "note": "''", "closed_why": "''"}, among="t.closed_at IS NULL",
        # A meeting that was held here closed this date already: the file is only behind.
        can_be_new=f"""NOT EXISTS (
            SELECT FROM students_duedate c WHERE c.student_id = w.student_id AND c.kind = w.kind AND c.closed_at IS NOT NULL
            AND c.due_on >= w.due_on AND c.closed_why <> '{NO_LONGER}')""",  # noqa: S608
        theirs="t.source = 'people'",
        gone=gone if staged.is_bulk("iep") else NEVER, gone_sets=f"closed_at = %(now)s, closed_why = '{NO_LONGER}'",
        gone_label=PERSON_LABEL.format(column="student_id"), removable="t.source = 'roster' AND t.closed_at IS NULL",
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
           JOIN students_person p ON p.sourced_id = i.student JOIN students_student s ON s.person_id = p.id
           JOIN students_person m ON m.sourced_id = split_part(part, E'\\x1f', 1)""",
        only_new={"is_required": "FALSE", "source": "'roster'"}, theirs="t.source = 'people'",
        # Whose role on the team was changed here does not come back in the old one.
        is_refused="""w.is_edited OR EXISTS (SELECT FROM students_teammember m WHERE m.student_id = w.student_id
            AND m.person_id = w.person_id AND m.source = 'people')""",
        gone=gone if staged.has_column("iep", "team") else NEVER,
        gone_label=f"{PERSON_LABEL.format(column='person_id')} || ' for ' || {PERSON_LABEL.format(column='student_id')}",
    )  # fmt: skip
