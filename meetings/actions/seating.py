"""What is to be booked, as values, and who may hold a seat."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from meetings.models import Requirement
from students.models import Person, PersonKind, Role, Student


@dataclass(frozen=True)
class SeatPlan:
    """One seat of a meeting to be: `holder_id` is a person's pk, None where nobody fills it yet."""

    role: str
    requirement: str
    holder_id: int | None


@dataclass(frozen=True)
class MeetingPlan:
    """A meeting to be: what for, where, when (UTC instants) and with whom."""

    kind: str
    due_date_id: int | None
    school_id: int
    room_id: int | None
    start_at: datetime
    end_at: datetime
    seats: tuple[SeatPlan, ...]

    @property
    def holder_ids(self) -> set[int]:
        """Return everybody who holds a seat of the plan, by pk."""
        return {seat.holder_id for seat in self.seats if seat.holder_id is not None}

    @property
    def needed_ids(self) -> set[int]:
        """Return whose time must be had. A further parent is notified even where they are taken."""
        further = (Role.PARENT, Requirement.OPTIONAL)
        seats = (seat for seat in self.seats if (seat.role, seat.requirement) != further)
        return {seat.holder_id for seat in seats if seat.holder_id is not None}


class Barred(Exception):  # noqa: N818  It is an answer, not a fault.
    """Somebody may not hold a seat: gone, an account closed, or a guardian who must not be written to."""

    def __init__(self, people: Iterable[Person]) -> None:
        super().__init__("may not hold a seat")
        self.people = tuple(people)


def family_of(student: Student) -> list[Person]:
    """Return the guardians who are asked and written to: with education rights, no order against it, and here."""
    return list(
        Person.objects.filter(
            guardian__guardianships__student=student,
            guardian__guardianships__has_education_rights=True,
            guardian__guardianships__is_no_contact=False,
            gone_at=None,
        )
        .select_related("guardian")
        .order_by("guardian__guardianships__pk")
    )


def with_family(seats: Iterable[SeatPlan], family: Iterable[Person]) -> tuple[SeatPlan, ...]:
    """Return the seats with one for each guardian: every parent is notified, 34 CFR 300.322(a).

    A guardian without a seat takes an empty one of a parent, else one more, optional.
    """
    planned = list(seats)
    seated = {seat.holder_id for seat in planned}
    for person in family:
        if person.pk in seated:
            continue
        empty = next((n for n, seat in enumerate(planned) if seat.role == Role.PARENT and seat.holder_id is None), None)
        if empty is None:
            planned.append(SeatPlan(Role.PARENT, Requirement.OPTIONAL, person.pk))
        else:
            planned[empty] = replace(planned[empty], holder_id=person.pk)
    return tuple(planned)


def refuse_barred(holder_ids: Iterable[int], student: Student, family: Iterable[Person]) -> dict[int, Person]:
    """Return the holders by pk. Raises Barred for those who may not hold a seat, ValueError for an unknown pk."""
    wanted = set(holder_ids)
    people = Person.objects.select_related("staff", "guardian").in_bulk(wanted)
    if unknown := wanted - people.keys():
        raise ValueError(f"no person {sorted(unknown)}")
    parents = {person.pk for person in family}
    if barred := [person for person in people.values() if not _may_hold(person, student, parents)]:
        raise Barred(barred)
    return people


def _may_hold(person: Person, student: Student, parents: set[int]) -> bool:
    if person.gone_at is not None:
        return False
    match person.kind:
        case PersonKind.STAFF:
            return person.staff.is_active
        case PersonKind.GUARDIAN:
            return person.pk in parents
        case PersonKind.STUDENT:
            return bool(person.pk == student.pk)
        case _:
            return True
