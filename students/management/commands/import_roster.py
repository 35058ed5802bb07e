"""./run manage import_roster PATH: take in a folder or a zip of OneRoster and own CSV files."""

import sys
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.loader import render_to_string
from django.utils import timezone
from tqdm import tqdm

from meetings.actions.import_roster import Options, import_roster
from students.roster.report import Report, RosterError


class Command(BaseCommand):
    help = "Import a roster: a folder or a zip of OneRoster 1.1 or 1.2 CSV files and our own (docs/import-formats.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="a folder or a zip file")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
        parser.add_argument("--skip-bad-rows", action="store_true", help="leave bad rows out and import the rest")
        parser.add_argument(
            "--allow-removals", action="store_true", help="let more people go than the district's share"
        )
        parser.add_argument("--bad-rows", type=Path, help="the file that every bad row is written to")

    def handle(self, *args: Any, **options: Any) -> None:
        bad_rows = options["bad_rows"] or settings.VAR / "import-bad-rows.csv"
        chosen = Options(options["dry_run"], options["skip_bad_rows"], options["allow_removals"])
        try:
            with Bar(quiet=options["verbosity"] == 0) as bar:
                report = import_roster(
                    options["path"], options=chosen, bad_rows_file=bad_rows, now=timezone.now(), told=bar.tell
                )
        except RosterError as error:
            raise CommandError(str(error)) from error
        if options["verbosity"]:
            self.stdout.write(told(report, bad_rows))
        if not (report.is_written or report.is_dry_run) or (report.bad_row_count and not report.bad_rows_left_out):
            raise CommandError("Nothing was imported.")


def told(report: Report, bad_rows: Path) -> str:
    """Return the report as lines for a terminal."""
    text = render_to_string("students/import_report.txt", {"report": report, "bad_rows_file": bad_rows})
    return "\n".join(line for line in text.splitlines() if line.strip())


class Bar:
    """A progress bar: of the files' bytes while they are read, then of the kinds of rows as they are written."""

    def __init__(self, *, quiet: bool) -> None:
        self._bar = tqdm(
            disable=quiet or not sys.stderr.isatty(), leave=False, bar_format="{desc} {percentage:3.0f}%|{bar}|"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def tell(self, stage: str, done: int, total: int) -> None:
        self._bar.total = total
        self._bar.n = done
        self._bar.set_description(stage.replace("_", " "))
