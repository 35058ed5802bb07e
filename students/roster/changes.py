"""What the waiting rows would change: one merge for each kind of rows, compared by the database."""

# ruff: noqa: S608 - queries are put together from names of this package alone

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from students.roster.report import Change, KindChanges

SAMPLES = 10
DISAGREEMENTS = 200

Differences = list[tuple[str, list[tuple[str, str | None, str | None]]]]  # A label, and (field, here, roster).


@dataclass(frozen=True)
class Merge:
    """How one table follows the roster. All texts are SQL; `w` is a wanted row, `t` a row of the table.

    `wanted` gives the key, the owned columns and a label. A wanted value of NULL says nothing: what is here stays.
    A column named in `t.edited_fields` and a row that is `theirs` belong to people: they are compared, never changed.
    """

    kind: str
    table: str
    key: tuple[str, ...]
    wanted: str
    owned: tuple[str, ...] = ()
    pk: str = "id"
    only_new: Mapping[str, str] = field(default_factory=dict)  # Columns that are written once.
    can_be_new: str = "TRUE"  # Which wanted rows are whole enough to be inserted.
    is_refused: str = "FALSE"  # Which wanted rows people here took away or replaced: they are not brought back.
    among: str = "TRUE"  # Which rows of the table take part.
    theirs: str = "FALSE"
    edited: str = ""  # The array that names edited columns, where the table has one.
    edited_by: Mapping[str, str] = field(default_factory=dict)  # Columns that follow from several edited ones.
    gone: str = ""  # Which rows go when they are not wanted; empty: none.
    gone_sets: str = ""  # How they go: a SET list; empty: deleted.
    gone_label: str = "''"
    removable: str = ""  # Of which rows only a share may go without being asked; empty: no such limit.
    may_be_empty: frozenset[str] = frozenset()  # Keys and columns in which NULL is a value.

    @property
    def waiting(self) -> str:
        return f"wanted_{self.kind}"

    @property
    def on(self) -> str:
        # Rows without a unique key may have empty parts, and equality never holds for these.
        return " AND ".join(
            f't."{column}" {"IS NOT DISTINCT FROM" if column in self.may_be_empty else "="} w."{column}"'
            for column in self.key
        )

    @property
    def is_new(self) -> str:
        return f"({self.can_be_new}) AND ({self.is_refused}) IS NOT TRUE"

    def is_edited(self, column: str) -> str:
        if column in self.edited_by:
            return self.edited_by[column]
        return f"'{column}' = ANY({self.edited})" if self.edited else "FALSE"

    def says_otherwise(self, column: str) -> str:
        if column == "gone_at":  # Whoever is wanted is here.
            return "t.gone_at IS NOT NULL"
        is_said = "" if column in self.may_be_empty else f'w."{column}" IS NOT NULL AND '
        return f'{is_said}w."{column}" IS DISTINCT FROM t."{column}"'

    def column_changes(self, column: str) -> str:
        return f"({self.says_otherwise(column)} AND NOT {self.is_edited(column)})"

    @property
    def changes(self) -> str:
        differing = " OR ".join(self.column_changes(column) for column in self.owned) or "FALSE"
        return f"NOT ({self.theirs}) AND ({differing})"

    def column_disagrees(self, column: str) -> str:
        return f"({self.says_otherwise(column)} AND (({self.theirs}) OR {self.is_edited(column)}))"


def prepare(merge: Merge, parameters: Mapping[str, Any]) -> None:
    """Let the wanted rows of a merge wait in a table of their own."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {merge.waiting}")
        cursor.execute(f"CREATE TEMP TABLE {merge.waiting} ON COMMIT DROP AS {merge.wanted}", parameters)
        columns = ", ".join(f'"{column}"' for column in merge.key)
        cursor.execute(f"CREATE INDEX ON {merge.waiting} ({columns})")
        cursor.execute(f"ANALYZE {merge.waiting}")


def compare(merge: Merge) -> KindChanges:
    """Return how many rows of the kind are added, changed, gone and unchanged, and some of them by name."""
    found = KindChanges(merge.kind)
    found.added, found.changed, found.unchanged = _counts(merge)
    found.gone = _count_gone(merge)
    if found.added:
        found.samples += [Change("added", label) for label in _labels(_added(merge, "w.label"))]
    if found.changed:
        found.samples += _changed_samples(merge)
    if found.gone:
        found.samples += [Change("gone", label) for label in _labels(_gone(merge, merge.gone_label))]
    return found


def existing(merge: Merge) -> int:
    """Return how many rows there are of which only a share may go."""
    return int(_value(f"SELECT count(*) FROM {merge.table} t WHERE {merge.removable}"))


def disagreements(merge: Merge) -> tuple[int, Differences]:
    """Return how many rows the roster sees otherwise than people who own them, and the first with what differs."""
    differing = " OR ".join(merge.column_disagrees(column) for column in merge.owned if column != "search_name")
    if not differing or (not merge.edited and merge.theirs == "FALSE"):
        return 0, []
    base = f"FROM {merge.waiting} w JOIN {merge.table} t ON {merge.on} AND {merge.among} WHERE {differing}"
    fields = _field_list(merge, merge.column_disagrees)
    count = int(_value(f"SELECT count(*) {base}"))
    rows = _query(f"SELECT w.label, {fields} {base} ORDER BY w.label LIMIT {DISAGREEMENTS}") if count else []
    return count, [(label, [_field(text) for text in fields]) for label, fields in rows]


def refused(merge: Merge) -> tuple[int, Differences]:
    """Return how many rows of the roster are kept out because people took them away here, and the first of them."""
    if merge.is_refused == "FALSE":
        return 0, []
    base = f"""FROM {merge.waiting} w LEFT JOIN {merge.table} t ON {merge.on} AND {merge.among}
        WHERE t."{merge.pk}" IS NULL AND ({merge.is_refused})"""
    rows = _query(f"SELECT w.label {base} ORDER BY w.label LIMIT {DISAGREEMENTS}")
    return int(_value(f"SELECT count(*) {base}")) if rows else 0, [(str(label), []) for (label,) in rows]


def _counts(merge: Merge) -> tuple[int, int, int]:
    """Return how many are added, changed and unchanged."""
    return _query(f"""
        SELECT count(*) FILTER (WHERE t."{merge.pk}" IS NULL AND {merge.is_new}),
            count(*) FILTER (WHERE t."{merge.pk}" IS NOT NULL AND {merge.changes}),
            count(*) FILTER (WHERE t."{merge.pk}" IS NOT NULL AND ({merge.changes}) IS NOT TRUE)
        FROM {merge.waiting} w LEFT JOIN {merge.table} t ON {merge.on} AND {merge.among}""")[0]


def _added(merge: Merge, what: str) -> str:
    return f"""
        SELECT {what} FROM {merge.waiting} w LEFT JOIN {merge.table} t ON {merge.on} AND {merge.among}
        WHERE t."{merge.pk}" IS NULL AND {merge.is_new}"""


def _gone(merge: Merge, what: str) -> str:
    return f"""
        SELECT {what} FROM {merge.table} t
        WHERE {merge.gone} AND {merge.among} AND NOT EXISTS (SELECT FROM {merge.waiting} w WHERE {merge.on})"""


def insert_sql(merge: Merge) -> str:
    """Return the statement that adds the wanted rows that are not here."""
    values = {column: f'w."{column}"' for column in merge.key}
    values |= dict(merge.only_new)
    values |= {column: _or_default(merge, column) for column in merge.owned if column != "gone_at"}
    names = ", ".join(f'"{column}"' for column in values)
    return f"INSERT INTO {merge.table} ({names}) {_added(merge, ', '.join(values.values()))}"


def update_sql(merge: Merge) -> str:
    """Return the statement that changes the rows, and in them the columns alone, that are the roster's and differ."""
    sets = ", ".join(
        f'"{column}" = CASE WHEN {merge.column_changes(column)} THEN {_new_value(column)} ELSE t."{column}" END'
        for column in merge.owned
    )
    return f"""
        UPDATE {merge.table} t SET {sets} FROM {merge.waiting} w
        WHERE {merge.on} AND {merge.among} AND {merge.changes}"""


def gone_sql(merge: Merge) -> str:
    """Return the statement that takes away what the roster no longer has."""
    ids = _gone(merge, f't."{merge.pk}"')
    if merge.gone_sets:
        return f'UPDATE {merge.table} SET {merge.gone_sets} WHERE "{merge.pk}" IN ({ids})'
    return f'DELETE FROM {merge.table} WHERE "{merge.pk}" IN ({ids})'


def _new_value(column: str) -> str:
    return "NULL" if column == "gone_at" else f'w."{column}"'


# What a new row gets where the roster says nothing.
DEFAULTS = {
    "email": "''", "phone": "''", "preferred_name": "''", "family_name": "''", "short_name": "''",
    "office_contact": "''",
    "address": "''", "postal_address": "''", "time_zone": "'America/New_York'", "course_code": "''", "grade": "''",
    "has_iep": "FALSE", "is_in_general_education": "TRUE", "home_language": "'en'", "needs_interpreter": "FALSE",
    "language": "'en'", "language_name": "''", "contact_by": "'email'", "relationship": "''",
    "has_education_rights": "TRUE", "is_no_contact": "FALSE", "is_administrator": "FALSE", "is_representative": "FALSE",
    "is_district_wide": "FALSE", "is_active": "TRUE", "capacity": "10", "organisation": "''", "languages": "'{}'",
    "periods": "'{}'", "is_special_education": "FALSE",
}  # fmt: skip


def _or_default(merge: Merge, column: str) -> str:
    if column in merge.only_new:
        return f'coalesce(w."{column}", {merge.only_new[column]})'
    return f'coalesce(w."{column}", {DEFAULTS[column]})' if column in DEFAULTS else f'w."{column}"'


def _count_gone(merge: Merge) -> int:
    return int(_value(f"SELECT count(*) FROM ({_gone(merge, '1')}) AS found")) if merge.gone else 0


def _labels(query: str) -> list[str]:
    return [str(label) for (label,) in _query(f"{query} LIMIT {SAMPLES}")]


def _changed_samples(merge: Merge) -> list[Change]:
    rows = _query(f"""
        SELECT w.label, {_field_list(merge, merge.column_changes)}
        FROM {merge.waiting} w JOIN {merge.table} t ON {merge.on} AND {merge.among}
        WHERE {merge.changes} ORDER BY w.label LIMIT {SAMPLES}""")
    return [Change("changed", label, tuple(_field(text) for text in fields)) for label, fields in rows]


def _field_list(merge: Merge, differs: Any) -> str:
    """Return an array with `column, before, after` for each column that differs; ids say nothing to a person."""
    parts = [
        f"CASE WHEN {differs(column)} THEN ARRAY['{column}', {_shown('t', column)}, {_shown('w', column)}] END"
        for column in merge.owned
        if column != "search_name"
    ]
    return f"ARRAY(SELECT array_to_json(part) FROM (VALUES {', '.join(f'({part})' for part in parts)}) AS v(part) WHERE part IS NOT NULL)"  # noqa: E501


def _shown(side: str, column: str) -> str:
    if column.endswith("_id") or column == "gone_at":
        return "NULL"
    return f'{side}."{column}"::text'


def _field(text: Any) -> tuple[str, str | None, str | None]:
    column, before, after = text
    return str(column), before, after


def _query(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _value(query: str) -> Any:
    return _query(query)[0][0]
