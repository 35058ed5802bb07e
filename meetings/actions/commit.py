"""Write the other commitments of a person: a 504 meeting, another meeting, a duty, leave."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from meetings import queue
from meetings.actions import busy
from meetings.models import Busy, Commitment, CommitmentKind, Meeting
from students.models import Person, Staff

# These take the person as a meeting does: nobody sits in two. Leave and duties may lie over a meeting, which is then
# theirs to decline.
TAKES_TIME = frozenset({CommitmentKind.SECTION_504, CommitmentKind.OTHER_MEETING})


@dataclass(frozen=True)
class CommitmentPlan:
    """What a commitment is to be, in UTC instants."""

    kind: str
    title: str
    start_at: datetime
    end_at: datetime
    is_transferable: bool = False
    taker_ids: frozenset[int] = frozenset()


def commit(person: Person, plan: CommitmentPlan, *, by: Staff) -> Commitment:
    """Keep a commitment and take the time of a meeting for it. Raises Taken with what is in the way.

    The same one entered twice, by a double click, is one.
    """
    return busy.in_one_go(lambda: _commit(person, plan, by=by))


def recommit(commitment: Commitment, plan: CommitmentPlan) -> bool:
    """Change a commitment; return False where it is gone by now. Raises Taken."""
    return busy.in_one_go(lambda: _recommit(commitment, plan))


@transaction.atomic
def uncommit(commitment: Commitment) -> bool:
    """Delete a commitment and free its time; return False where it is gone already."""
    deleted, _ = Commitment.objects.filter(pk=commitment.pk).delete()
    queue.enqueue("review_meetings_of", pk=commitment.person_id, by=commitment.person_id)
    return bool(deleted)


def touched(person: Person, start_at: datetime, end_at: datetime) -> list[Meeting]:
    """Return the booked meetings that take the person's time in this span."""
    rows = Meeting.objects.booked().filter(busy__person=person, start_at__lt=end_at, end_at__gt=start_at)
    return list(rows.select_related("school", "student__person").order_by("start_at"))


def _commit(person: Person, plan: CommitmentPlan, *, by: Staff) -> Commitment:
    busy.lock([person.pk])
    same = Commitment.objects.filter(
        person=person, kind=plan.kind, title=plan.title, start_at=plan.start_at, end_at=plan.end_at
    ).first()
    if same is not None:
        return same
    row = Commitment.objects.create(person=person, created_by=by, **_columns(plan))
    row.takers.set(plan.taker_ids)
    _take(row)
    queue.enqueue("review_meetings_of", pk=person.pk, by=by.pk)
    return row


def _recommit(commitment: Commitment, plan: CommitmentPlan) -> bool:
    busy.lock([commitment.person_id])
    if not Commitment.objects.filter(pk=commitment.pk).update(**_columns(plan)):
        return False
    row = Commitment.objects.select_related("person").get(pk=commitment.pk)
    row.takers.set(plan.taker_ids)
    Busy.objects.filter(commitment=row).delete()
    _take(row)
    queue.enqueue("review_meetings_of", pk=row.person_id, by=row.person_id)
    return True


def _columns(plan: CommitmentPlan) -> dict[str, object]:
    return {
        "kind": plan.kind,
        "title": plan.title,
        "start_at": plan.start_at,
        "end_at": plan.end_at,
        "is_transferable": plan.is_transferable,
    }


def _take(row: Commitment) -> None:
    if row.kind not in TAKES_TIME:
        return
    if in_the_way := busy.in_the_way([row.person_id], None, row.start_at, row.end_at):
        raise busy.Taken(in_the_way)
    busy.take([row.person_id], None, row.start_at, row.end_at, commitment=row)
