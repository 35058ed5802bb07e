"""Which rows a roster may take away, and how those rows are named."""

# ruff: noqa: S608 - queries are put together from names of this package alone

from students.roster.staging import Staged

NEVER = ""


def person_label(column: str) -> str:
    """Return the name of whom a column of the table's row points to."""
    return f"(SELECT p.given_name || ' ' || p.family_name FROM students_person p WHERE p.id = t.{column})"


def vanished(staged: Staged, name: str, live: str = "t.gone_at IS NULL") -> str:
    """Return which rows of the roster may go: all in a bulk file, in a delta those that it names."""
    if staged.is_bulk(name):
        return f"{live} AND t.sourced_id IS NOT NULL"
    if staged.has(name):
        return f"{live} AND t.sourced_id IN (SELECT id FROM roster_{name.lower()} WHERE deleted)"
    return NEVER


def both(condition: str, more: str) -> str:
    """Return that both hold, or never where nothing may go at all."""
    return f"{condition} AND {more}" if condition else NEVER


def named_schools(file: str) -> str:
    # These files replace what they say of each school that they name, and leave other schools alone.
    return f"t.school_id IN (SELECT s.id FROM students_school s JOIN roster_{file} f ON f.school = s.sourced_id)"
