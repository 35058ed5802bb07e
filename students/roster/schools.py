"""Schools and their days: terms, bells, the calendar, rooms."""

from students.roster.changes import Merge
from students.roster.scope import both, named_schools, vanished
from students.roster.staging import Staged


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


def bell(staged: Staged) -> Merge:
    return Merge(
        "bell", "students_bellperiod", ("school_id", "day_type", "period"),
        """SELECT s.id AS school_id, b.day_type, b.period, b.start, b."end",
               s.name || ', ' || b.day_type || ', ' || b.period AS label
           FROM roster_bell b JOIN students_school s ON s.sourced_id = b.school""",
        ("start", "end"), gone=named_schools(staged, "bell"), gone_label="t.day_type || ', ' || t.period",
    )  # fmt: skip


def calendar(staged: Staged) -> Merge:
    within = """t."on" BETWEEN (SELECT min(f."on") FROM roster_calendar f)
        AND (SELECT max(f."on") FROM roster_calendar f)"""
    return Merge(
        "calendar", "students_calendarday", ("school_id", "on"),
        """SELECT s.id AS school_id, c."on",
               CASE WHEN lower(c.day_type) = 'closed' THEN 'closed' ELSE c.day_type END AS day_type,
               s.name || ', ' || c."on" AS label
           FROM roster_calendar c JOIN students_school s ON s.sourced_id = c.school""",
        ("day_type",), gone=both(named_schools(staged, "calendar"), within), gone_label='t."on"::text',
    )  # fmt: skip


def rooms(staged: Staged) -> Merge:
    return Merge(
        "rooms", "students_room", ("school_id", "name"),
        """SELECT s.id AS school_id, r.room AS name, r.capacity, TRUE AS is_active, s.name || ', ' || r.room AS label
           FROM roster_rooms r JOIN students_school s ON s.sourced_id = r.school""",
        ("capacity", "is_active"),
        gone=both(named_schools(staged, "rooms"), "t.is_active"), gone_sets="is_active = FALSE", gone_label="t.name",
    )  # fmt: skip
