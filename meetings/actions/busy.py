"""Who and what is taken when: the rows of `Busy`, taken and released in one order.

Every change of a meeting locks its people first (`lock`), then its own rows, so that whoever waits holds nothing that
the other one needs.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from django.db import DatabaseError, transaction
from django.db.models import Q

from meetings.models import Busy, Commitment, Meeting
from students.models import Person, Room

Outcome = TypeVar("Outcome")

# exclusion_violation, unique_violation: someone else was first, and the second look says who.
# deadlock_detected, serialization_failure: the database chose this change to give way.
LOOK_AGAIN = {"23P01", "23505", "40P01", "40001"}
# lock_not_available: somebody else held what is to be changed for longer than the database waits. Nothing is wrong,
# nor is it where the second run of a change had to give way too.
HELD_TOO_LONG = {"55P03", "40P01", "40001"}


class Taken(Exception):  # noqa: N818  It is an answer, not a fault.
    """Somebody, or the room, was taken meanwhile. `busy` are the rows in the way, with their person and room."""

    def __init__(self, busy: Iterable[Busy] = ()) -> None:
        super().__init__("taken meanwhile")
        self.busy = tuple(busy)

    @property
    def people(self) -> tuple[Person, ...]:
        """Return who is taken, each once."""
        return tuple(dict.fromkeys(row.person for row in self.busy if row.person))

    @property
    def room(self) -> Room | None:
        """Return the room, if it is taken."""
        return next((row.room for row in self.busy if row.room), None)


def in_one_go(change: Callable[[], Outcome]) -> Outcome:
    """Run a change in one transaction, and once more where another change came between.

    What came between is committed when the constraint speaks, so the second run sees it in its own checks and can
    name it. Raises Taken where the constraint refuses the second run too.
    """
    try:
        with transaction.atomic():
            return change()
    except DatabaseError as error:
        if sqlstate(error) not in LOOK_AGAIN:
            raise
    try:
        with transaction.atomic():
            return change()
    except DatabaseError as error:
        if sqlstate(error) == "23P01":
            raise Taken from error
        raise


def sqlstate(error: DatabaseError) -> str | None:
    """Return PostgreSQL's own code of an error, https://www.postgresql.org/docs/current/errcodes-appendix.html."""
    return getattr(error.__cause__, "sqlstate", None)


def lock(person_ids: Iterable[int], room_id: int | None = None) -> None:
    """Hold these people, in the order of their ids, then the room, until the transaction ends.

    Rows that point to them can still be written meanwhile: the lock is FOR NO KEY UPDATE.
    """
    people = Person.objects.select_for_update(no_key=True).filter(pk__in=set(person_ids)).order_by("pk")
    list(people.values_list("pk", flat=True))
    if room_id is not None:
        list(Room.objects.select_for_update(no_key=True).filter(pk=room_id).values_list("pk", flat=True))


def in_the_way(
    person_ids: Iterable[int],
    room_id: int | None,
    start_at: datetime,
    end_at: datetime,
    *,
    besides: Meeting | None = None,
) -> list[Busy]:
    """Return the rows that overlap the span, of these people and this room, leaving out those of `besides`."""
    rows = Busy.objects.filter(during__overlap=(start_at, end_at)).filter(
        Q(person__in=set(person_ids)) | (Q(room=room_id) if room_id is not None else Q(pk__in=[]))
    )
    if besides is not None:
        rows = rows.exclude(meeting=besides)
    return list(rows.select_related("person", "room", "meeting").order_by("person_id", "room_id", "during"))


def take(
    person_ids: Iterable[int],
    room_id: int | None,
    start_at: datetime,
    end_at: datetime,
    *,
    meeting: Meeting | None = None,
    commitment: Commitment | None = None,
) -> None:
    """Write one row for each person and the room, in order, for a meeting or for a commitment.

    The database refuses whoever is taken already, with an IntegrityError of sqlstate 23P01.
    """
    reason = {"during": (start_at, end_at), "meeting": meeting, "commitment": commitment}
    rows = [Busy(person_id=pk, **reason) for pk in sorted(set(person_ids))]
    if room_id is not None:
        rows.append(Busy(room_id=room_id, **reason))
    Busy.objects.bulk_create(rows)


def release(meeting: Meeting, *person_ids: int) -> None:
    """Free these people from a meeting; without any, everyone and the room."""
    rows = Busy.objects.filter(meeting=meeting)
    (rows.filter(person__in=person_ids) if person_ids else rows).delete()


def take_again(meeting: Meeting, person_id: int) -> None:
    """Take one person for a meeting where they hold no row of it. Raises Taken with what is in the way.

    The person must be locked by the caller.
    """
    if Busy.objects.filter(meeting=meeting, person=person_id).exists():
        return
    if rows := in_the_way([person_id], None, meeting.start_at, meeting.end_at, besides=meeting):
        raise Taken(rows)
    take([person_id], None, meeting.start_at, meeting.end_at, meeting=meeting)
