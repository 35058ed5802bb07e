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
        return f"{live} AND t.sourced_id IS NOT NULL AND {not_left_out(name, 't.sourced_id')}"
    if staged.has(name):
        return f"{live} AND t.sourced_id IN (SELECT id FROM roster_{name.lower()} WHERE deleted)"
    return NEVER


def not_left_out(name: str, column: str) -> str:
    """Return that a row of a bulk file was not left out as a bad row: whoever it is about is in the file."""
    return f"NOT EXISTS (SELECT FROM roster_unread u WHERE u.file = '{name}' AND u.id = {column})"


def is_whole(staged: Staged, name: str) -> bool:
    """Return whether a bulk file came without a bad row, so that what is not in it is gone."""
    return staged.is_bulk(name) and name not in staged.left_out


def both(condition: str, more: str) -> str:
    """Return that both hold, or never where nothing may go at all."""
    return f"{condition} AND {more}" if condition else NEVER


def named_schools(staged: Staged, file: str) -> str:
    """Return the rows of the schools that a file of ours names: it replaces what it says of these, and of no other."""
    if not is_whole(staged, file):
        return NEVER
    return f"t.school_id IN (SELECT s.id FROM students_school s JOIN roster_{file} f ON f.school = s.sourced_id)"
