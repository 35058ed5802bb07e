"""Take a roster in: all of it or nothing, in one transaction. No mail is sent. A dry run is the same, taken back."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pghistory
import pgtrigger
from django.db import connection, transaction

from meetings import queue
from meetings.actions import import_hours, import_meetings
from meetings.models import MeetingStatus, Seat
from students.models import District, Person, folded
from students.roster import changes, checks, kinds
from students.roster.changes import Merge
from students.roster.files import Files, open_roster
from students.roster.report import BadRows, Disagreement, LeftShort, Removal, Report, RosterError
from students.roster.staging import Staged, stage

ONE_AT_A_TIME = 7_052_026
DISTRICT_PK = 1

Told = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Options:
    """What the person who imports has chosen."""

    is_dry_run: bool = False
    skips_bad_rows: bool = False
    allows_removals: bool = False


class _TakeBack(Exception):  # noqa: N818 - not an error: the way out of a transaction that leaves nothing behind
    pass


def import_roster(
    source: Path | IO[bytes], *, options: Options, bad_rows_file: Path, now: datetime, told: Told = lambda *_: None
) -> Report:
    """Import a folder or a zip of OneRoster and own files, and return what changed, or would change.

    Nothing is written in a dry run, with bad rows unless they are to be left out, and where more of a kind of people
    would go than the district allows without being asked. `told` hears of progress: a stage, done, of how much.
    Raises RosterError where the files cannot be used at all.
    """
    report = Report(is_dry_run=options.is_dry_run)
    bad = BadRows(bad_rows_file)
    try:
        with open_roster(source) as files, transaction.atomic(), pghistory.context(source="roster"):
            _Import(files, options, report, bad, now, told).run()
    except _TakeBack:
        pass
    finally:
        bad.close()
    report.bad_rows, report.bad_row_count = sorted(bad.shown, key=lambda row: (row.file, row.row)), bad.count
    return report


class _Import:
    """One import on its way through the files, the checks and the tables."""

    def __init__(self, files: Files, options: Options, report: Report, bad: BadRows, now: datetime, told: Told) -> None:
        self.files, self.options, self.report, self.bad, self.now, self.told = files, options, report, bad, now, told

    def run(self) -> None:
        _take_turn()
        staged = stage(self.files, on=self.now.date(), bad=self.bad, told=self.told)
        self.report.version, self.report.files = staged.version, [staged.shown_name(name) for name in staged.modes]
        self._check(staged)
        self._stop_for_bad_rows()
        self._write(staged)
        self._stop_for_bad_rows()
        self.report.notes += staged.notes
        self.report.left_short = _left_short(self.now)
        if self.options.is_dry_run or (self.report.removals and not self.options.allows_removals):
            raise _TakeBack
        queue.enqueue("review_all")
        self.report.is_written = True

    def _check(self, staged: Staged) -> None:
        """Find every bad row. Where they are left out, rows that named them are bad too, until none is found."""
        leaves_out = self.options.skips_bad_rows
        while True:
            self.told("checks", 0, 1)
            checks.prepare(staged, leaves_out=leaves_out)
            found: set[tuple[str, int]] = set()
            for file, bad in checks.find(staged):
                found.add((file, bad.row))
                self.bad.add(bad)
            if not found or not leaves_out:
                return
            checks.leave_out(staged, found)

    def _stop_for_bad_rows(self) -> None:
        self.report.bad_rows_left_out = self.options.skips_bad_rows and self.bad.count > 0
        if self.bad.count and not self.options.skips_bad_rows:
            raise _TakeBack

    def _write(self, staged: Staged) -> None:
        _keep_district(staged)
        self.report.notes += _adopt_accounts()
        parameters = {"now": self.now, "on": self.now.date(), "special_education": _special_education()}
        merges = [*kinds.merges(staged), *import_hours.merges(staged)]
        for done, merge in enumerate(merges):
            self.told(merge.kind, done, len(merges))
            self._apply(merge, parameters)
        _fold_edited_names()
        if staged.has("bell"):
            _choose_day_types()
        if staged.has("meetings"):
            self.told("meetings", len(merges), len(merges))
            self.report.kinds.append(import_meetings.book_all(staged, self.bad, self.report, self.now))

    def _apply(self, merge: Merge, parameters: dict[str, Any]) -> None:
        changes.prepare(merge, parameters)
        found = changes.compare(merge)
        self.report.kinds.append(found)
        self._note_disagreements(merge)
        if merge.removable and found.gone:
            self._note_removal(merge, found.gone)
        with connection.cursor() as cursor:
            if found.gone:
                cursor.execute(changes.gone_sql(merge), parameters)
            if found.changed:
                cursor.execute(changes.update_sql(merge), parameters)
            if found.added:
                # Rows that say they are the roster's need no entry of their insert: it would take ten minutes.
                with pgtrigger.ignore(*_entries_of_inserts()):
                    cursor.execute(changes.insert_sql(merge))
                # The next merges join this table: not knowing its new size, the database may choose a way of hours.
                cursor.execute(f"ANALYZE {merge.table}")

    def _note_disagreements(self, merge: Merge) -> None:
        for count, rows in (changes.disagreements(merge), changes.refused(merge)):
            self.report.disagreement_count += count
            self.report.disagreements += [Disagreement(merge.kind, label, tuple(fields)) for label, fields in rows]

    def _note_removal(self, merge: Merge, gone: int) -> None:
        district, existing = District.objects.get(pk=DISTRICT_PK), changes.existing(merge)
        if gone * 100 > existing * district.removal_share:
            self.report.removals.append(Removal(merge.kind, gone, existing))


def _take_turn() -> None:
    """Let one import run at a time, for as long as it needs."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute("SET LOCAL temp_buffers = '64MB'")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        if not cursor.fetchone()[0]:
            raise RosterError("Another roster is being imported. Wait until it is done.")


def _entries_of_inserts() -> list[str]:
    """Return the triggers that write history of added rows."""
    return [
        f"{model._meta.label}:{trigger.name}"  # noqa: SLF001
        for model, trigger in pgtrigger.registered()
        if str(trigger.name).startswith("added")
    ]


def _keep_district(staged: Staged) -> None:
    """Let there be a district, with the name that orgs.csv gives it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id, name FROM roster_orgs WHERE lower(type) = 'district' AND NOT coalesce(deleted, FALSE)
               ORDER BY row LIMIT 1"""
        )
        found = cursor.fetchone()
    district, is_new = District.objects.get_or_create(
        pk=DISTRICT_PK, defaults={"name": found[1] if found else "District"}
    )
    if found and not is_new and district.sourced_id in {None, found[0]}:
        District.objects.filter(pk=DISTRICT_PK).exclude(name=found[1], sourced_id=found[0]).update(
            name=found[1], sourced_id=found[0]
        )
    elif found and is_new:
        District.objects.filter(pk=DISTRICT_PK).update(sourced_id=found[0])


def _special_education() -> list[str]:
    """Return the district's patterns of course codes as regular expressions of the database."""
    patterns = District.objects.get(pk=DISTRICT_PK).special_education_courses
    return ["^" + re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".") + "$" for pattern in patterns]


def _adopt_accounts() -> list[str]:
    """Take accounts that were made by hand, such as the first administrator's, for the staff of the same address.

    What they may do was decided by people, and stays so.
    """
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT t.person_id, u.id FROM roster_users u JOIN roster_people p ON p.id = u.id
            JOIN students_staff t ON t.login = u.email JOIN students_person o ON o.id = t.person_id
            WHERE p.is_staff AND o.sourced_id IS NULL""")
        found = cursor.fetchall()
        cursor.execute(
            """UPDATE students_person p SET sourced_id = found.id
               FROM unnest(%s::bigint[], %s::text[]) AS found(pk, id) WHERE p.id = found.pk""",
            [[pk for pk, _ in found], [id_ for _, id_ in found]],
        )
        cursor.execute(
            """UPDATE students_staff SET edited_fields = edited_fields || '{position,is_active,is_district_wide}'
               WHERE person_id = ANY(%s)""",
            [[pk for pk, _ in found]],
        )
    return [f"{len(found)} accounts made here belong to people of the roster now."] if found else []


def _fold_edited_names() -> None:
    """Set the search column of people whose names come from here and from the roster both."""
    edited = Person.objects.filter(edited_fields__overlap=["given_name", "family_name", "preferred_name"])
    for person in edited.iterator():
        before = person.search_name
        person.fold_names()
        if person.search_name != before:
            Person.objects.filter(pk=person.pk).update(search_name=folded(person.search_name))


def _choose_day_types() -> None:
    """Give each school an ordinary day: `regular` where its bells know one, else the first of bell.csv."""
    with connection.cursor() as cursor:
        cursor.execute("""
            UPDATE students_school s SET default_day_type = found.day_type FROM (
                SELECT DISTINCT ON (school) school, day_type FROM roster_bell
                ORDER BY school, lower(day_type) = 'regular' DESC, row
            ) AS found
            WHERE found.school = s.sourced_id AND NOT EXISTS (
                SELECT FROM students_bellperiod b WHERE b.school_id = s.id AND b.day_type = s.default_day_type)""")


def _left_short(now: datetime) -> list[LeftShort]:
    """Return the seats of booked meetings whose holder is gone."""
    seats = Seat.objects.filter(
        meeting__status=MeetingStatus.BOOKED, meeting__start_at__gt=now, holder__gone_at__isnull=False
    ).select_related("holder", "meeting")
    return [
        LeftShort(seat.meeting_id, str(seat.holder), seat.get_role_display(), seat.meeting.start_at)
        for seat in seats.order_by("meeting__start_at", "pk")
    ]
