"""Which roles a kind of meeting requires, and who may fill each for one student: 34 CFR 300.321 and 104.35(c)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from meetings.models import Requirement
from students.models import (
    Assignment,
    District,
    Guardianship,
    Language,
    MeetingKind,
    Outside,
    OutsideKind,
    Person,
    Position,
    Role,
    Student,
    TeamMember,
)
from students.teachers import general_education_teachers

TRANSITION_AGE = 16  # 34 CFR 300.320(b)

REQUIRED, OPTIONAL, INVITED = Requirement.REQUIRED, Requirement.OPTIONAL, Requirement.MUST_BE_INVITED

Needs = dict[Role, Requirement]

# 34 CFR 300.321(a)(1) to (4). Whoever interprets evaluation results may be one of these, (a)(5): a seat of its own
# stands where evaluation results are what the meeting is about.
IEP_TEAM: Needs = {
    Role.PARENT: REQUIRED,
    Role.LEA_REPRESENTATIVE: REQUIRED,
    Role.SPECIAL_EDUCATION_TEACHER: REQUIRED,
    Role.GENERAL_EDUCATION_TEACHER: REQUIRED,
    Role.STUDENT: OPTIONAL,
}
EVALUATION: Needs = IEP_TEAM | {Role.EVALUATION_INTERPRETER: REQUIRED}

NEEDS: dict[MeetingKind, Needs] = {
    MeetingKind.ANNUAL_REVIEW: IEP_TEAM,
    MeetingKind.REEVALUATION: EVALUATION,
    MeetingKind.INITIAL_ELIGIBILITY: EVALUATION,
    MeetingKind.INITIAL_IEP: IEP_TEAM,
    MeetingKind.AMENDMENT: IEP_TEAM,
    # 300.321(b)(1): the student is invited whenever transition is a purpose of the meeting, at any age.
    MeetingKind.TRANSITION: IEP_TEAM | {Role.STUDENT: INVITED},
    # 300.530(e)(1): the agency, the parent, and the members whom these two find relevant.
    MeetingKind.MANIFESTATION_DETERMINATION: IEP_TEAM | {Role.GENERAL_EDUCATION_TEACHER: OPTIONAL},
    MeetingKind.TRANSFER: IEP_TEAM,
    MeetingKind.PARENT_REQUESTED: IEP_TEAM,
    # 104.35(c): people who know the child, the meaning of the evaluation data, and the placement options.
    MeetingKind.SECTION_504: {
        Role.PARENT: INVITED,
        Role.LEA_REPRESENTATIVE: REQUIRED,
        Role.GENERAL_EDUCATION_TEACHER: REQUIRED,
        Role.EVALUATION_INTERPRETER: REQUIRED,
        Role.STUDENT: OPTIONAL,
    },
    MeetingKind.CONTINUATION: IEP_TEAM,
}

DOUBLED = frozenset({Role.EVALUATION_INTERPRETER})  # 300.321(a)(5)
PERSONAL = (Role.RELATED_SERVICE_PROVIDER, Role.OTHER, Role.FAMILY_INTERPRETER)


@dataclass(frozen=True)
class WantedSeat:
    """A role that one meeting has, and the people who may fill it, those whom it disturbs least first."""

    key: str
    role: Role
    requirement: Requirement
    eligible: tuple[Person, ...]
    may_double: bool = False

    @property
    def is_required(self) -> bool:
        return self.requirement == Requirement.REQUIRED

    @property
    def is_invited(self) -> bool:
        """Families, and students who must be, are invited whether or not anyone knows that they can come."""
        return self.role == Role.PARENT or self.requirement == Requirement.MUST_BE_INVITED


def doubled_roles(district: District) -> frozenset[Role]:
    """Return the roles whose holder may have another seat too: 300.321(a)(5), and (d) where the district says so."""
    return DOUBLED | {Role.LEA_REPRESENTATIVE} if district.representative_may_double else DOUBLED


def wanted_seats(
    student: Student, kind: MeetingKind | str, on: date, *, doubled: frozenset[Role] = DOUBLED
) -> list[WantedSeat]:
    """Return the seats of such a meeting for this student on a date, required ones first, in at most seven queries.

    A seat that nobody may fill has no eligible people: it is missing at every time, and the page says so. Who holds one
    of a `doubled` role may have another seat too.
    """
    found = _Found(student, on, doubled)
    seats = list(_seats(found, NEEDS[MeetingKind(kind)]))
    return sorted(seats, key=lambda seat: not seat.is_required)


def may_fill(student: Student, role: Role | str, on: date) -> set[int]:
    """Return by pk who may fill a role, also those whom `wanted_seats` passes over for somebody whom the team names."""
    return {person.pk for person in _Found(student, on, DOUBLED).eligible(Role(role))}


class _Found:
    """What the rows say of one student's people."""

    def __init__(self, student: Student, on: date, doubled: frozenset[Role]) -> None:
        self.student = student
        self.on = on
        self.doubled = doubled
        self.guardianships = _guardianships(student)
        self.team = _team(student)
        self.assignments = _assignments(student)
        self.case_manager = list(
            Person.objects.filter(staff__caseload=student, gone_at=None, staff__is_active=True).select_related("staff")
        )
        self.teachers = general_education_teachers(student, on) if student.is_in_general_education else []

    def named(self, role: Role, *, required: bool = False) -> list[Person]:
        return [member.person for member in self.team if member.role == role and (member.is_required or not required)]

    def eligible(self, role: Role) -> list[Person]:
        if role == Role.LEA_REPRESENTATIVE:
            return [row.staff.person for row in self.assignments if row.is_representative]
        if role == Role.SPECIAL_EDUCATION_TEACHER:
            return _distinct(self.case_manager + self.named(role))
        if role == Role.GENERAL_EDUCATION_TEACHER:
            return _distinct(self.teachers + self.named(role))
        return self.evaluation_interpreters()

    def evaluation_interpreters(self) -> list[Person]:
        """Whom the team named; else the school's psychologists; else the special education teachers may double."""
        psychologists = [row.staff.person for row in self.assignments if row.staff.position == Position.PSYCHOLOGIST]
        return self.named(Role.EVALUATION_INTERPRETER) or psychologists or self.eligible(Role.SPECIAL_EDUCATION_TEACHER)


def _seats(found: _Found, needs: Needs) -> Iterator[WantedSeat]:
    for role, requirement in needs.items():
        if role == Role.PARENT:
            yield from _parent_seats(found, requirement)
        elif role == Role.STUDENT:
            yield _student_seat(found, requirement)
        elif role != Role.GENERAL_EDUCATION_TEACHER or found.student.is_in_general_education:
            yield from _role_seats(found, role, requirement)
    yield from _interpreter_seats(found)
    yield from _personal_seats(found)


def _parent_seats(found: _Found, requirement: Requirement) -> Iterator[WantedSeat]:
    guardians = tuple(row.guardian.person for row in found.guardianships)
    yield WantedSeat("parent", Role.PARENT, requirement, guardians)
    for n in range(2, len(guardians) + 1):
        yield WantedSeat(f"parent-{n}", Role.PARENT, OPTIONAL, guardians)


def _student_seat(found: _Found, requirement: Requirement) -> WantedSeat:
    if requirement == OPTIONAL and _age(found.student.birth_on, found.on) >= TRANSITION_AGE:
        requirement = INVITED
    return WantedSeat("student", Role.STUDENT, requirement, (found.student.person,))


def _role_seats(found: _Found, role: Role, requirement: Requirement) -> Iterator[WantedSeat]:
    """Yield one seat for whoever is eligible, or one for each person whom the team wants at every meeting."""
    eligible = found.eligible(role)
    wanted = [person for person in found.named(role, required=True) if person in eligible]
    if not wanted:
        yield WantedSeat(role.value, role, requirement, tuple(eligible), role in found.doubled)
    for n, person in enumerate(wanted, start=1):
        key = role.value if n == 1 else f"{role.value}-{n}"
        yield WantedSeat(key, role, REQUIRED, (person,), role in found.doubled)


def _interpreter_seats(found: _Found) -> Iterator[WantedSeat]:
    languages = _languages(found)
    if not languages:
        return
    outside = Outside.objects.filter(
        kind=OutsideKind.FAMILY_INTERPRETER, languages__overlap=sorted(languages), person__gone_at=None
    ).select_related("person")
    speakers = list(outside.order_by("person__search_name", "pk"))
    for n, language in enumerate(sorted(languages), start=1):
        people = found.named(Role.FAMILY_INTERPRETER) + [row.person for row in speakers if language in row.languages]
        key = Role.FAMILY_INTERPRETER.value if n == 1 else f"{Role.FAMILY_INTERPRETER.value}-{n}"
        yield WantedSeat(key, Role.FAMILY_INTERPRETER, REQUIRED, tuple(_distinct(people)))


def _personal_seats(found: _Found) -> Iterator[WantedSeat]:
    """Yield a seat for each member who speaks for one service or subject: nobody else can take it."""
    needs_interpreter = bool(_languages(found))
    for member in found.team:
        if member.role not in PERSONAL or (member.role == Role.FAMILY_INTERPRETER and needs_interpreter):
            continue
        requirement = REQUIRED if member.is_required else OPTIONAL
        yield WantedSeat(f"{member.role}-p{member.person_id}", Role(member.role), requirement, (member.person,))


def _languages(found: _Found) -> set[str]:
    """Return the languages for which the family needs an interpreter, 34 CFR 300.322(e)."""
    needed = {row.guardian.language for row in found.guardianships if row.guardian.needs_interpreter}
    home = found.student.home_language
    if found.student.needs_interpreter and (home != Language.ENGLISH or not needed):
        needed.add(home)
    return needed


def _guardianships(student: Student) -> list[Guardianship]:
    rows = Guardianship.objects.filter(
        student=student, has_education_rights=True, is_no_contact=False, guardian__person__gone_at=None
    )
    return list(rows.select_related("guardian__person"))


def _team(student: Student) -> list[TeamMember]:
    works_here = Q(person__staff=None) | Q(person__staff__is_active=True)
    return list(
        TeamMember.objects.filter(works_here, student=student, person__gone_at=None).select_related("person__staff")
    )


def _assignments(student: Student) -> list[Assignment]:
    rows = Assignment.objects.filter(
        Q(is_representative=True) | Q(staff__position=Position.PSYCHOLOGIST),
        school_id=student.school_id,
        staff__is_active=True,
        staff__person__gone_at=None,
    )
    return list(rows.select_related("staff__person").order_by("staff__person__search_name", "staff"))


def _age(birth_on: date | None, on: date) -> int:
    if birth_on is None:
        return 0
    return on.year - birth_on.year - ((on.month, on.day) < (birth_on.month, birth_on.day))


def _distinct(people: Iterable[Person]) -> list[Person]:
    return list({person.pk: person for person in people}.values())


def people_of(seats: Sequence[WantedSeat]) -> dict[int, Person]:
    """Return everyone who is eligible for any of the seats, by id."""
    return {person.pk: person for seat in seats for person in seat.eligible}
