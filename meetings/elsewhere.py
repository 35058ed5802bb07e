"""The meetings and commitments elsewhere in which somebody else could take a seat, as the core asks for them.

Only seats at the same school, held by staff, in roles that one person can fill as well as another, come into question:
nobody stands in for a parent, a student or a child's own therapist. Meetings that do not matter to the search stay
what they are for everyone in them: time that is taken.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from django.db.models import Prefetch

from meetings.availability import Availability, Held
from meetings.core.intervals import Span, instant_of, whole_minutes
from meetings.core.seats import HeldSeat
from meetings.core.seats import Meeting as CoreMeeting
from meetings.models import Answer, Commitment, Meeting, Seat
from meetings.quorum import DOUBLED
from students.models import (
    Assignment,
    MeetingKind,
    Person,
    PersonKind,
    Position,
    Role,
    School,
    TeamMember,
)
from students.teachers import general_education_teachers_of

# Roles for which another person is as lawful: 34 CFR 300.321(a)(2) to (5) ask for one, not for this one.
CAN_CHANGE_HANDS = frozenset(
    {
        Role.LEA_REPRESENTATIVE,
        Role.SPECIAL_EDUCATION_TEACHER,
        Role.GENERAL_EDUCATION_TEACHER,
        Role.EVALUATION_INTERPRETER,
    }
)


@dataclass(frozen=True)
class Around:
    """Where and when: a school, the minutes of the window, the date whose classes decide, and what it is asked for."""

    school: School
    window: Span
    on: date
    now: datetime
    rest_minutes: int
    without: Meeting | None = None
    doubled: frozenset[Role] = DOUBLED


@dataclass(frozen=True)
class Elsewhere:
    """The meetings and commitments that matter, with the people who could take a seat in them."""

    meetings: tuple[Meeting, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    takers: Mapping[int, tuple[Person, ...]] = field(default_factory=dict)
    around: Around | None = None

    @cached_property
    def people(self) -> dict[int, Person]:
        """Everyone who could take a seat, by id."""
        named = [person for people in self.takers.values() for person in people]
        named += [person for row in self.commitments for person in takers_of_commitment(row)]
        return {person.pk: person for person in named}

    def held(self, people: Iterable[int]) -> Held:
        """Return which rows count as seats that could change hands, for these people."""
        known = set(people)
        seats = {row.pk: {seat.holder_id for seat in staff_seats(row)} & known for row in self.meetings}
        return Held(
            {pk: {holder for holder in holders if holder is not None} for pk, holders in seats.items()},
            frozenset(row.pk for row in self.commitments if row.person_id in known),
        )

    def core_meetings(self, hours: Mapping[int, Availability]) -> tuple[CoreMeeting, ...]:
        """Return them as the core's values, with the seats of these people. Whom it disturbs least comes first."""
        commitments = [_core_commitment(row, hours) for row in self.commitments if row.person_id in hours]
        return (*commitments, *(self._core_meeting(row, hours) for row in sorted(self.meetings, key=_disturbed)))

    def seat(self, key: str) -> Seat:
        """Return the seat that the core knows by this id."""
        return self._seats[key]

    def commitment(self, key: str) -> Commitment | None:
        """Return the commitment that the core knows by the id of its meeting; None for a meeting."""
        return next((row for row in self.commitments if commitment_key(row) == key), None)

    @cached_property
    def _seats(self) -> dict[str, Seat]:
        return {str(seat.pk): seat for row in self.meetings for seat in row.seats.all()}

    def _core_meeting(self, row: Meeting, hours: Mapping[int, Availability]) -> CoreMeeting:
        around = self.around
        assert around is not None  # noqa: S101 - there are meetings, so there is a school
        span = whole_minutes(row.start_at, row.end_at)
        rest = Span(span.start - around.rest_minutes, span.end + around.rest_minutes)
        seats = tuple(
            HeldSeat(
                str(seat.pk),
                str(seat.holder_id),
                least_disturbed_first(self.takers.get(seat.pk, ()), hours),
                may_double=seat.role in around.doubled,
                blocks=(rest,) if around.rest_minutes else (),
            )
            for seat in staff_seats(row)
            if seat.holder_id in hours
        )
        return CoreMeeting(f"meeting:{row.pk}", *span, is_locked(row, around.now), seats)


def staff_seats(row: Meeting) -> Iterator[Seat]:
    """Yield the seats that staff hold and have not declined: what takes their time."""
    for seat in row.seats.all():
        if seat.holder is not None and seat.holder.kind == PersonKind.STAFF and seat.answer != Answer.NO:
            yield seat


def is_locked(row: Meeting, now: datetime) -> bool:
    """Return whether nobody of this meeting may be swapped: its people are to be kept, or it has begun."""
    return row.keeps_people or row.start_at <= now


def least_disturbed_first(people: Iterable[Person], hours: Mapping[int, Availability]) -> tuple[str, ...]:
    """Return them by their id in the core: the school's own before the district's, then the fewest meetings first."""

    def disturbed(person: Person) -> tuple[bool, int]:
        return person.staff.is_district_wide, hours[person.pk].meetings

    return tuple(str(person.pk) for person in sorted(people, key=disturbed) if person.pk in hours)


def commitment_key(row: Commitment) -> str:
    """Return the id of a commitment in the core."""
    return f"commitment:{row.pk}"


def takers_of_commitment(row: Commitment) -> list[Person]:
    """Return who could take a commitment and still works here."""
    return [person for person in row.takers.all() if person.gone_at is None and person.pk != row.person_id]


def elsewhere_of(around: Around, people: Iterable[int], most: int) -> Elsewhere:
    """Return what could change hands for these people in up to `most` swaps, in eight queries, or none for 0."""
    if not most:
        return Elsewhere()
    meetings, commitments = _meetings(around), _commitments(around)
    takers = _Takers(around, meetings).found
    reached, kept, taken = set(people), set[int](), set[int]()
    for _ in range(most):
        new = {row.pk for row in meetings if not is_locked(row, around.now) and _frees(row, reached, takers)} - kept
        given = {row.pk for row in commitments if row.person_id in reached} - taken
        kept, taken = kept | new, taken | given
        reached |= {
            person.pk
            for row in meetings
            if row.pk in new
            for seat in row.seats.all()
            for person in takers.get(seat.pk, ())
        }
        reached |= {person.pk for row in commitments if row.pk in given for person in takers_of_commitment(row)}
    rows = tuple(row for row in meetings if row.pk in kept)
    wanted = {seat.pk: takers[seat.pk] for row in rows for seat in row.seats.all() if seat.pk in takers}
    return Elsewhere(rows, tuple(row for row in commitments if row.pk in taken), wanted, around)


def _frees(row: Meeting, people: set[int], takers: Mapping[int, tuple[Person, ...]]) -> bool:
    return any(seat.holder_id in people and seat.pk in takers for seat in row.seats.all())


def _disturbed(row: Meeting) -> tuple[bool, datetime, int]:
    """Put 504 meetings before those of IEP teams, whose families were told who represents the agency; then by time."""
    return row.kind != MeetingKind.SECTION_504, row.start_at, row.pk


def _core_commitment(row: Commitment, hours: Mapping[int, Availability]) -> CoreMeeting:
    takers = least_disturbed_first(takers_of_commitment(row), hours)
    return CoreMeeting(
        commitment_key(row),
        *whole_minutes(row.start_at, row.end_at),
        seats=(HeldSeat("whole", str(row.person_id), takers),),
    )


def _meetings(around: Around) -> list[Meeting]:
    rows = Meeting.objects.booked().filter(
        school=around.school, start_at__lt=instant_of(around.window.end), end_at__gt=instant_of(around.window.start)
    )
    if around.without is not None:
        rows = rows.exclude(pk=around.without.pk)
    seats = Prefetch("seats", Seat.objects.select_related("holder"))
    return list(rows.select_related("student__case_manager__person").prefetch_related(seats))


def _commitments(around: Around) -> list[Commitment]:
    rows = Commitment.objects.filter(
        is_transferable=True,
        person__staff__assignments__school=around.school,
        start_at__gt=around.now,
        start_at__lt=instant_of(around.window.end),
        end_at__gt=instant_of(around.window.start),
    )
    takers = Prefetch("takers", Person.objects.filter(staff__is_active=True, gone_at=None).select_related("staff"))
    return [row for row in rows.prefetch_related(takers) if takers_of_commitment(row)]


class _Takers:
    """Who else could hold each seat: the rules of `quorum`, for the students of many meetings at once."""

    def __init__(self, around: Around, meetings: Sequence[Meeting]) -> None:
        self.around = around
        self.students = {row.student_id for row in meetings}
        self.team = self._team()
        self.representatives, self.psychologists = self._assigned()
        self.teachers = general_education_teachers_of(self.students, around.on)
        self.found = {
            seat.pk: others
            for row in meetings
            for seat in staff_seats(row)
            if seat.role in CAN_CHANGE_HANDS and (others := self._others(row, seat))
        }

    def _others(self, row: Meeting, seat: Seat) -> tuple[Person, ...]:
        """Return who else, each once; nobody where the team wants this very person at every meeting."""
        team = self.team[row.student_id]
        if any(m.person_id == seat.holder_id and m.role == seat.role and m.is_required for m in team):
            return ()
        named = [member.person for member in team if member.role == seat.role]
        eligible = {person.pk: person for person in self._eligible(row, seat.role, named)}
        eligible.pop(seat.holder_id or 0, None)
        return tuple(eligible.values())

    def _eligible(self, row: Meeting, role: str, named: list[Person]) -> list[Person]:
        if role == Role.LEA_REPRESENTATIVE:
            return self.representatives
        if role == Role.GENERAL_EDUCATION_TEACHER:
            return self.teachers.get(row.student_id, []) + named
        manager = row.student.case_manager
        special = [manager.person] if manager and manager.is_active and manager.person.gone_at is None else []
        if role == Role.SPECIAL_EDUCATION_TEACHER:
            return special + named
        return named or self.psychologists or special

    def _team(self) -> dict[int, list[TeamMember]]:
        rows = TeamMember.objects.filter(
            student__in=self.students, role__in=CAN_CHANGE_HANDS, person__gone_at=None, person__staff__is_active=True
        )
        found: dict[int, list[TeamMember]] = defaultdict(list)
        for member in rows.select_related("person__staff"):
            found[member.student_id].append(member)
        return found

    def _assigned(self) -> tuple[list[Person], list[Person]]:
        """Return the school's representatives, its own before those of the whole district, and its psychologists."""
        rows = Assignment.objects.filter(
            school=self.around.school, staff__is_active=True, staff__person__gone_at=None
        ).select_related("staff__person")
        ordered = sorted(rows, key=lambda row: (row.staff.is_district_wide, row.staff.person.search_name, row.staff_id))
        return (
            [row.staff.person for row in ordered if row.is_representative],
            [row.staff.person for row in ordered if row.staff.position == Position.PSYCHOLOGIST],
        )
