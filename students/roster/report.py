"""What an import found and what it changes, as values that a page, a terminal and a job can all show."""

import csv
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

SHOWN = 200


class RosterError(Exception):
    """The roster as a whole cannot be used. Its text says why, in plain words."""


@dataclass(frozen=True)
class BadRow:
    """One row that cannot be taken in. The row is counted as a spreadsheet counts: the header is row 1."""

    file: str
    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, row {self.row}, {self.column}: {self.reason}"


def _closed_to_others(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class BadRows:
    """Every bad row of every file: the first ones kept to be shown, all of them written to a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shown: list[BadRow] = []
        self.count = 0
        # It quotes cells of the roster: for its owner alone, wherever it lies.
        self._file = open(path, "w", encoding="utf-8", newline="", opener=_closed_to_others)  # noqa: SIM115
        self._writer = csv.writer(self._file)
        self._writer.writerow(["file", "row", "column", "reason"])

    def add(self, bad: BadRow) -> None:
        self.count += 1
        if len(self.shown) < SHOWN:
            self.shown.append(bad)
        self._writer.writerow([bad.file, bad.row, bad.column, bad.reason])

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True)
class Change:
    """One row that the roster adds, changes or takes away; `fields` holds (field, before, after) of a change."""

    what: str
    label: str
    fields: tuple[tuple[str, str | None, str | None], ...] = ()


@dataclass
class KindChanges:
    """What happens to one kind of rows, with some of it by name."""

    kind: str
    added: int = 0
    changed: int = 0
    gone: int = 0
    unchanged: int = 0
    samples: list[Change] = field(default_factory=list)

    @property
    def has_changes(self) -> bool:
        return bool(self.added or self.changed or self.gone)


@dataclass(frozen=True)
class Removal:
    """A kind of people of whom more would go than the district allows without being asked."""

    kind: str
    gone: int
    existing: int


@dataclass(frozen=True)
class Disagreement:
    """Where the roster sees otherwise what people here own: (field, here, roster)."""

    kind: str
    label: str
    fields: tuple[tuple[str, str | None, str | None], ...]


@dataclass(frozen=True)
class LeftShort:
    """A booked meeting with somebody in it whom this roster no longer has."""

    meeting_id: int
    person: str
    role: str
    start_at: datetime


@dataclass
class Report:
    """The outcome of one import, or of its dry run."""

    is_dry_run: bool = False
    is_written: bool = False
    version: str = ""
    files: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    kinds: list[KindChanges] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)
    disagreement_count: int = 0
    left_short: list[LeftShort] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    bad_rows: list[BadRow] = field(default_factory=list)
    bad_row_count: int = 0
    bad_rows_left_out: bool = False

    @property
    def has_changes(self) -> bool:
        return any(kind.has_changes for kind in self.kinds)

    def changes(self) -> Iterator[KindChanges]:
        return (kind for kind in self.kinds if kind.has_changes)

    def as_json(self) -> dict[str, Any]:
        """Return the report as values that JSON can hold."""
        return asdict(self) | {
            "left_short": [asdict(seat) | {"start_at": seat.start_at.isoformat()} for seat in self.left_short]
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the report that `as_json` was made of."""
        report = cls(**values)
        report.kinds = [KindChanges(**kind) for kind in values["kinds"]]
        for kind in report.kinds:
            kind.samples = [Change(**sample) for sample in kind.samples]  # type: ignore[arg-type]
        report.bad_rows = [BadRow(**row) for row in values["bad_rows"]]
        report.removals = [Removal(**removal) for removal in values["removals"]]
        report.disagreements = [Disagreement(**found) for found in values["disagreements"]]
        report.left_short = [
            LeftShort(**seat | {"start_at": datetime.fromisoformat(seat["start_at"])}) for seat in values["left_short"]
        ]
        return report

    def as_counts(self) -> dict[str, tuple[int, int, int, int]]:
        """Return added, changed, gone and unchanged by kind."""
        return {kind.kind: (kind.added, kind.changed, kind.gone, kind.unchanged) for kind in self.kinds}
