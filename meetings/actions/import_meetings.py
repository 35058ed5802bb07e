"""The meetings that were booked before the school began here: meetings.csv. Nobody is mailed about them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from meetings.actions import busy
from meetings.actions.seating import MeetingPlan, SeatPlan, with_family
from meetings.core.intervals import instant_of
from meetings.core.schooldays import instant_at
from meetings.models import Answer, Busy, Meeting, MeetingChange, Requirement, Seat
from meetings.quorum import NEEDS
from meetings.wallclock import wall_time
from students.models import DueDate, Guardianship, MeetingKind, Person, PersonKind, Role, Room, School, Student
from students.roster.cells import SEPARATOR
from students.roster.report import BadRow, BadRows, Change, Disagreement, KindChanges, Report
from students.roster.staging import Staged

FILE = "meetings"
SAMPLES = 10


@dataclass(frozen=True)
class Line:
    """One row of meetings.csv with its names looked up. Members are (person, role, answer)."""

    row: int
    id: str
    kind: str
    student: Student
    school: School
    room: Room | None
    start_at: datetime
    end_at: datetime
    members: tuple[tuple[Person, str, str], ...]

    @property
    def label(self) -> str:
        day = self.start_at.astimezone(ZoneInfo(self.school.time_zone)).date()
        return f"{self.student.person.full_name}, {MeetingKind(self.kind).label}, {day}"

    @property
    def taken(self) -> list[tuple[str, int]]:
        people = {person.pk for person, _, answer in self.members if answer != Answer.NO} | {self.student.pk}
        return [("person", pk) for pk in sorted(people)] + ([("room", self.room.pk)] if self.room else [])


class Unusable(Exception):  # noqa: N818  It is said of a row: it cannot be booked.
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


def book_all(staged: Staged, bad: BadRows, report: Report, now: datetime) -> KindChanges:
    """Book every row of meetings.csv that is not here yet, and return what was done. Clashes become bad rows.

    A meeting that is here already belongs to people: where the file says otherwise it is a disagreement.
    """
    changes = KindChanges(FILE)
    book = _Book(staged, now)
    for row in book.rows:
        try:
            line = book.line(row)
            if (here := book.here.get(line.id)) is not None:
                changes.unchanged += 1
                report.disagreements += _disagreements(line, here)
                continue
            book.add(line)
            changes.added += 1
            if len(changes.samples) < SAMPLES:
                changes.samples.append(Change("added", line.label))
        except Unusable as fault:
            bad.add(BadRow(staged.shown_name(FILE), row["row"], fault.column, fault.reason))
    report.disagreement_count += sum(1 for found in report.disagreements if found.kind == FILE)
    book.write()
    return changes


class _Book:
    """The rows of the file beside what is here, loaded once."""

    def __init__(self, staged: Staged, now: datetime) -> None:
        self.shown, self.now = staged.shown_name(FILE), now
        self.rows = list(_rows())
        ids = {row["student"] for row in self.rows} | {
            part.split(SEPARATOR)[0] for row in self.rows for part in row["members"]
        }
        self.people = {str(person.sourced_id): person for person in _people(ids)}
        self.students = Student.objects.select_related("person", "case_manager__person").in_bulk(
            [person.pk for person in self.people.values() if person.kind == PersonKind.STUDENT]
        )
        self.schools = {school.sourced_id: school for school in School.objects.exclude(sourced_id=None)}
        self.rooms = {(room.school_id, room.name): room for room in Room.objects.filter(is_active=True)}
        self.here = {str(meeting.roster_id): meeting for meeting in Meeting.objects.exclude(roster_id=None)}
        self.due = {
            (due.student_id, due.kind): due.pk for due in DueDate.objects.open().filter(student__in=self.students)
        }
        self.due_taken = dict.fromkeys(
            Meeting.objects.booked().exclude(due_date=None).values_list("due_date", flat=True), "here"
        )
        self.families = _families(self.students)
        busy.lock(person.pk for person in self.people.values())
        self.taken = _taken(self.people.values(), self.rooms.values())
        self.lines: list[Line] = []

    def line(self, row: dict[str, Any]) -> Line:
        """Return the row with its names looked up. Raises Unusable."""
        school, student = self.schools[row["school"]], self.students[self.people[row["student"]].pk]
        room = self.rooms.get((school.pk, row["room"]))
        if row["room"] and room is None:
            raise Unusable("room", f"'{row['room']}' is not a room of {school.name}")
        members = tuple(self._member(part, student) for part in row["members"])
        start_at, end_at = (_instant(school, row[name]) for name in ("start", "end"))
        return Line(row["row"], row["id"], row["kind"], student, school, room, start_at, end_at, members)

    def _member(self, part: str, student: Student) -> tuple[Person, str, str]:
        who, role, answer = part.split(SEPARATOR)
        person = self.people[who]
        barred = person.kind == PersonKind.GUARDIAN and person not in self.families[student.pk]
        if barred or (person.kind == PersonKind.STUDENT and person.pk != student.pk):
            raise Unusable(
                "members", f"'{who}' may not be asked about this student: no education rights, or no contact"
            )
        return person, role, answer or Answer.NONE

    def add(self, line: Line) -> None:
        """Take the people, the room and the due date for one line. Raises Unusable where one of them is taken."""
        if self.organizer(line) is None:
            raise Unusable("members", "has no staff member: somebody has to lead the meeting")
        for key in line.taken:
            for start_at, end_at, where, name in self.taken[key]:
                if line.start_at < end_at and start_at < line.end_at:
                    raise Unusable("start", f"{name or self._name(key)} is already taken then: {where}")
        due = self.due.get((line.student.pk, line.kind))
        if due in self.due_taken:
            raise Unusable(
                "student", f"already has a booked {MeetingKind(line.kind).label.lower()}: {self.due_taken[due]}"
            )
        if due is not None:
            self.due_taken[due] = f"{self.shown}, row {line.row}"
        for key in line.taken:
            self.taken[key].append((line.start_at, line.end_at, f"{self.shown}, row {line.row}", self._name(key)))
        self.lines.append(line)

    def organizer(self, line: Line) -> Person | None:
        """Return who leads: the case manager of an IEP meeting, else the first staff member."""
        manager = line.student.case_manager
        if manager is not None and line.kind != MeetingKind.SECTION_504:
            return manager.person
        return next((person for person, _, _ in line.members if person.kind == PersonKind.STAFF), None)

    def _name(self, key: tuple[str, int]) -> str:
        kind, pk = key
        if kind == "room":
            return next(room.name for room in self.rooms.values() if room.pk == pk)
        return next(person.full_name for person in self.people.values() if person.pk == pk)

    def write(self) -> None:
        """Write meetings, seats, busy time and history, nobody being told."""
        meetings = Meeting.objects.bulk_create([self._meeting(line) for line in self.lines], batch_size=500)
        Seat.objects.bulk_create(self._seats(meetings), batch_size=1000)
        rows = [row for meeting, line in zip(meetings, self.lines, strict=True) for row in _busy_rows(meeting, line)]
        Busy.objects.bulk_create(sorted(rows, key=lambda row: (row.person_id or 0, row.room_id or 0)), batch_size=1000)
        MeetingChange.objects.bulk_create(
            [
                MeetingChange(
                    meeting=meeting, what=MeetingChange.What.BOOKED, detail=_placed(meeting, line), at=self.now
                )
                for meeting, line in zip(meetings, self.lines, strict=True)
            ],
            batch_size=1000,
        )

    def _meeting(self, line: Line) -> Meeting:
        organizer = self.organizer(line)
        assert organizer is not None  # noqa: S101 - such a line was refused
        return Meeting(
            roster_id=line.id,
            kind=line.kind,
            student=line.student,
            due_date_id=self.due.get((line.student.pk, line.kind)),
            school=line.school,
            room=line.room,
            start_at=line.start_at,
            end_at=line.end_at,
            wall_start=wall_time(line.school.time_zone, line.start_at),
            organizer_id=organizer.pk,
            booked_at=self.now,
        )

    def _seats(self, meetings: Iterable[Meeting]) -> Iterator[Seat]:
        for meeting, line in zip(meetings, self.lines, strict=True):
            answers = {(person.pk, role): answer for person, role, answer in line.members}
            for seat in _plan(line, self.families[line.student.pk]).seats:
                answer = answers.get((seat.holder_id or 0, seat.role), Answer.NONE)
                if seat.holder_id == meeting.organizer_id and answer == Answer.NONE:
                    answer = Answer.YES
                answered_at = self.now if answer != Answer.NONE else None
                yield Seat(
                    meeting=meeting, role=seat.role, requirement=seat.requirement, holder_id=seat.holder_id,
                    answer=answer, answered_at=answered_at,
                )  # fmt: skip


def _rows() -> Iterator[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT row, id, kind, student, school, room, start, "end", members FROM roster_meetings ORDER BY row'
        )
        names = ("row", "id", "kind", "student", "school", "room", "start", "end", "members")
        for values in cursor.fetchall():
            row = dict(zip(names, values, strict=True))
            yield row | {"members": row["members"] or []}


def _people(ids: Iterable[str]) -> Iterable[Person]:
    return Person.objects.filter(sourced_id__in=ids, gone_at=None)


def _families(students: Iterable[int]) -> dict[int, list[Person]]:
    families: dict[int, list[Person]] = defaultdict(list)
    rows = Guardianship.objects.filter(
        student__in=students, has_education_rights=True, is_no_contact=False, guardian__person__gone_at=None
    )
    for row in rows.select_related("guardian__person").order_by("pk"):
        families[row.student_id].append(row.guardian.person)
    return families


Taken = dict[tuple[str, int], list[tuple[datetime, datetime, str, str]]]


def _taken(people: Iterable[Person], rooms: Iterable[Room]) -> Taken:
    taken: Taken = defaultdict(list)
    rows = Busy.objects.filter(person__in=list(people)) | Busy.objects.filter(room__in=list(rooms))
    for row in rows.select_related("person", "room"):
        key = ("person", row.person_id) if row.person_id else ("room", row.room_id)
        name = row.person.full_name if row.person else row.room.name if row.room else ""
        taken[key].append((row.during.lower, row.during.upper, "booked here", name))  # type: ignore[index]
    return taken


def _instant(school: School, wall: datetime) -> datetime:
    return instant_of(instant_at(school.time_zone, wall.date(), wall.hour * 60 + wall.minute))


def _plan(line: Line, family: list[Person]) -> MeetingPlan:
    """Return the seats: the members', one for each guardian, and an empty one where a required role has nobody."""
    needs = NEEDS[MeetingKind(line.kind)]
    seats: list[SeatPlan] = []
    for person, role, _ in line.members:
        required = role in {Role.FAMILY_INTERPRETER, Role.EVALUATION_INTERPRETER}
        # One parent at the table is enough; another one is welcome.
        if role == Role.PARENT and any(seat.role == Role.PARENT for seat in seats):
            requirement = Requirement.OPTIONAL
        else:
            requirement = needs.get(Role(role), Requirement.REQUIRED if required else Requirement.OPTIONAL)
        seats.append(SeatPlan(role, requirement, person.pk))
    for role, requirement in needs.items():
        is_wanted = role != Role.GENERAL_EDUCATION_TEACHER or line.student.is_in_general_education
        if requirement == Requirement.REQUIRED and is_wanted and not any(seat.role == role for seat in seats):
            seats.append(SeatPlan(role, requirement, None))
    due_date_id = None
    room_id = line.room.pk if line.room else None
    return MeetingPlan(
        line.kind, due_date_id, line.school.pk, room_id, line.start_at, line.end_at, with_family(seats, family)
    )  # fmt: skip


def _busy_rows(meeting: Meeting, line: Line) -> Iterator[Busy]:
    during = (line.start_at, line.end_at)
    for kind, pk in line.taken:
        if kind == "person":
            yield Busy(person_id=pk, during=during, meeting=meeting)
        else:
            yield Busy(room_id=pk, during=during, meeting=meeting)


def _placed(meeting: Meeting, line: Line) -> dict[str, str]:
    room = line.room.name if line.room else ""
    return {
        "start_at": meeting.start_at.isoformat(),
        "end_at": meeting.end_at.isoformat(),
        "room": room,
        "source": "roster",
    }


def _disagreements(line: Line, here: Meeting) -> Iterator[Disagreement]:
    said = {"start": (here.start_at, line.start_at), "end": (here.end_at, line.end_at), "kind": (here.kind, line.kind)}
    fields = tuple((name, str(ours), str(theirs)) for name, (ours, theirs) in said.items() if ours != theirs)
    if fields:
        yield Disagreement(FILE, line.label, fields)
