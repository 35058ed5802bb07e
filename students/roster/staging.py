"""Read every file into waiting tables of this transaction, row by row: a roster of any size needs little memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from students.roster.cells import BadCell, Parse
from students.roster.files import Files
from students.roster.layouts import BY_NAME, LAYOUTS, Column, Layout
from students.roster.report import BadRow, BadRows, RosterError

BULK, DELTA = "bulk", "delta"
Plan = list[tuple[Column, Parse, int | None]]  # How each column is read, and where it stands.
Told = Callable[[str, int, int], None]


@dataclass
class Staged:
    """What waits: which files came and how, which columns they had, and what could not be read."""

    files: Files
    on: date
    bad: BadRows
    version: str
    modes: dict[str, str]
    columns: dict[str, set[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)  # Files with bad rows: what is in these says less than it should.

    def has(self, name: str) -> bool:
        return name in self.modes

    def is_bulk(self, name: str) -> bool:
        return self.modes.get(name) == BULK

    def has_column(self, name: str, fieldname: str) -> bool:
        return fieldname in self.columns.get(name, set())

    def shown_name(self, name: str) -> str:
        return self.files.shown_name(name)


def stage(files: Files, *, on: date, bad: BadRows, told: Told) -> Staged:
    """Read all files into waiting tables. Raises RosterError where a file cannot be used at all."""
    manifest = _manifest(files)
    modes = _modes(files, manifest)
    staged = Staged(files, on, bad, _version(files, manifest), modes)
    faults = [fault for name in modes for fault in _missing_columns(files, BY_NAME[name], staged)]
    if faults:
        raise RosterError(" ".join(faults))
    _make_tables()
    ear = _Ear(told, sum(files.size(name) for name in modes))
    for name in modes:
        ear.file = name
        _stage_file(BY_NAME[name], staged, ear.hear)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(layout.table for layout in LAYOUTS)}")
    staged.notes += files.notes
    return staged


class _Ear:
    """Hears of every line read, and tells of every two hundredth part of the whole."""

    def __init__(self, told: Told, total: int) -> None:
        self.told, self.total, self.file, self.read, self.said = told, total, "", 0, 0

    def hear(self, read: int) -> None:
        self.read += read
        if (self.read - self.said) * 200 >= self.total:
            self.said = self.read
            self.told(self.file, self.read, self.total)


def _manifest(files: Files) -> dict[str, str]:
    if "manifest" not in files:
        return {}
    with files.open("manifest") as rows:
        return {row[0].strip().lower(): row[1].strip().lower() for row in rows if len(row) > 1}


def _modes(files: Files, manifest: dict[str, str]) -> dict[str, str]:
    modes = {}
    for layout in LAYOUTS:
        said = manifest.get(f"file.{layout.name.lower()}", "")
        if said in {BULK, DELTA} and layout.name not in files:
            raise RosterError(f"manifest.csv names {layout.name}.csv, but it is not there.")
        if said not in {"", BULK, DELTA, "absent"}:
            raise RosterError(f"manifest.csv says '{said}' of {layout.name}.csv: it is bulk, delta or absent.")
        if layout.name in files and said != "absent":
            modes[layout.name] = said or BULK
    if not modes:
        raise RosterError(f"None of these files is known here: {', '.join(files.names())}.")
    return modes


def _version(files: Files, manifest: dict[str, str]) -> str:
    said = manifest.get("oneroster.version", "")
    if said and not said.startswith(("1.1", "1.2")):
        raise RosterError(f"manifest.csv says OneRoster {said}: 1.1 and 1.2 can be read.")
    return said[:3] or ("1.2" if "roles" in files else "1.1")


def _missing_columns(files: Files, layout: Layout, staged: Staged) -> Iterator[str]:
    """Yield what the file's header lacks, and note which columns it has."""
    shown = files.shown_name(layout.name)
    with files.open(layout.name) as rows:
        header = _header(next(rows, []))
    if len(set(header) - {""}) < len([name for name in header if name]):
        yield f"{shown} has a column twice."
    found = {column.field for column in layout.columns if _place(column, header) is not None}
    staged.columns[layout.name] = found
    lacking = [column.name for column in layout.columns if column.is_needed and column.field not in found]
    if layout.name == "users" and "role" not in found and "roles" not in files:
        lacking.append("role")
    for name in lacking:
        yield f"{shown} lacks the column {name}."


def _header(cells: Sequence[str]) -> list[str]:
    return [cell.strip().lower() for cell in cells]


def _place(column: Column, header: Sequence[str]) -> int | None:
    return next((header.index(name.lower()) for name in (column.name, *column.also) if name.lower() in header), None)


def _make_tables() -> None:
    with connection.cursor() as cursor:
        # Two imports may share a transaction.
        cursor.execute(f"DROP TABLE IF EXISTS roster_unread, {', '.join(layout.table for layout in LAYOUTS)}")
        for layout in LAYOUTS:
            columns = ", ".join(f'"{name}" {type_}' for name, type_ in layout.fields())
            cursor.execute(f'CREATE TEMP TABLE {layout.table} ("row" integer, {columns}) ON COMMIT DROP')
        cursor.execute("CREATE TEMP TABLE roster_unread (file text, id text) ON COMMIT DROP")


def _stage_file(layout: Layout, staged: Staged, told: Callable[[int], None]) -> None:
    fields = ", ".join(f'"{name}"' for name in ["row", *(name for name, _ in layout.fields())])
    unread: list[str] = []
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY {layout.table} ({fields}) FROM STDIN") as copy:
            for row in _rows(layout, staged, unread, told):
                copy.write_row(row)
        cursor.execute("INSERT INTO roster_unread SELECT %s, unnest(%s::text[])", [layout.name, unread])


def _rows(layout: Layout, staged: Staged, unread: list[str], told: Callable[[int], None]) -> Iterator[list[Any]]:
    shown, names = staged.shown_name(layout.name), [name for name, _ in layout.fields()]
    with staged.files.open(layout.name, told=told) as rows:
        header = _header(next(rows, []))
        plan = [(column, column.parse, _place(column, header)) for column in layout.columns]
        for number, cells in enumerate(rows, start=2):
            if not any(cells):
                continue
            row, faults = _read(layout, plan, cells, len(header))
            for name, reason in faults:
                staged.bad.add(BadRow(shown, number, name, reason))
            if not faults:
                yield [number, *(row[name] for name in names)]
                continue
            staged.left_out.add(layout.name)
            if layout.key:
                unread.append(_key_of(layout, plan, cells))


def _key_of(layout: Layout, plan: Plan, cells: list[str]) -> str:
    """Return the id of a row that cannot be read: other rows that name it are not at fault."""
    place = next(place for column, _, place in plan if column.field == layout.key[0])
    return cells[place].strip() if place is not None and place < len(cells) else ""


def _read(layout: Layout, plan: Plan, cells: list[str], width: int) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return the row's values and everything that is wrong with it."""
    row: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    if len(cells) < width or any(cells[width:]):
        return row, [("all columns", f"has {len(cells)} cells where the header has {width}")]
    for column, parse, place in plan:
        if place is None:
            row[column.field] = None
            continue
        cell = cells[place].strip()
        if not cell and column.is_needed and not column.may_be_blank:
            faults.append((column.name, "is empty"))
            continue
        try:
            row[column.field] = parse(cell)
        except BadCell as error:
            faults.append((column.name, str(error)))
    if not faults:
        faults += layout.finish(row)
    return row, faults
