"""The hours that a roster brings: what hours.csv says of a person replaces what it said before."""

# ruff: noqa: S608 - queries are put together from names of this module alone

from collections.abc import Iterator

from students.roster.changes import Merge
from students.roster.scope import NEVER
from students.roster.staging import Staged

# Who changed hours of one kind here owns that kind of hours: the roster's may say otherwise.
OWNED_HERE = """EXISTS (
    SELECT FROM meetings_weeklyhours o WHERE o.source = 'people'
    AND o.person_id = {row}.person_id AND o.kind = {row}.kind)"""

# Every change of hours is kept as they were before: what the roster brought and people changed does not come back.
CHANGED_HERE = """EXISTS (
    SELECT FROM meetings_weeklyhoursevent e WHERE e.pgh_label = 'changed' AND e.source = 'roster'
    AND e.person_id = w.person_id AND e.kind = w.kind AND e.start = w.start AND e."end" = w."end"
    AND e.day_type = w.day_type AND e.weekday IS NOT DISTINCT FROM w.weekday
    AND e.school_id IS NOT DISTINCT FROM w.school_id)"""


def merges(staged: Staged) -> Iterator[Merge]:
    """Yield the merge of hours.csv, where it came. Periods become times by the bells, which are written before."""
    if staged.has("hours"):
        yield Merge(
            "hours", "meetings_weeklyhours", ("person_id", "school_id", "weekday", "day_type", "start", "end", "kind"),
            WANTED,
            only_new={"source": "'roster'"}, may_be_empty=frozenset({"school_id", "weekday"}),
            is_refused=f"{OWNED_HERE.format(row='w')} OR {CHANGED_HERE}",
            gone=NEVER if "hours" in staged.left_out else REPLACED,
            gone_label="(SELECT p.given_name || ' ' || p.family_name FROM students_person p WHERE p.id = t.person_id)",
        )  # fmt: skip


# What the file says of a person replaces what it said before.
REPLACED = f"""t.source = 'roster' AND NOT {OWNED_HERE.format(row="t")} AND t.person_id IN (
    SELECT p.id FROM students_person p JOIN roster_hours h ON h.staff = p.sourced_id)"""

# A period without a day is one of every day type that has it; on a weekday it has the times of an ordinary day.
WANTED = """
    SELECT DISTINCT p.id AS person_id, s.id AS school_id, h.weekday::smallint AS weekday,
        CASE WHEN h.weekday IS NULL THEN coalesce(h.day_type, b.day_type) ELSE '' END AS day_type,
        coalesce(h.start, b.start) AS start, coalesce(h."end", b."end") AS "end", h.kind,
        p.given_name || ' ' || p.family_name AS label
    FROM roster_hours h JOIN students_person p ON p.sourced_id = h.staff
    LEFT JOIN students_school s ON s.sourced_id = h.school
    LEFT JOIN students_bellperiod b ON h.period IS NOT NULL AND b.school_id = s.id AND b.period = h.period
        AND (b.day_type = h.day_type OR (h.day_type IS NULL AND (h.weekday IS NULL OR b.day_type = (
            SELECT first.day_type FROM students_bellperiod first
            WHERE first.school_id = s.id AND first.period = h.period
            ORDER BY first.day_type = s.default_day_type DESC, lower(first.day_type) = 'regular' DESC, first.day_type
            LIMIT 1))))
    WHERE h.period IS NULL OR b.id IS NOT NULL
"""
