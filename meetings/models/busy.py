from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    BigIntegerRangeField,
    DateTimeRangeField,
    RangeOperators,
)
from django.db import models
from django.db.models import F, Func, Q, Value

from meetings.models.availability import Commitment
from meetings.models.meeting import Meeting
from students.models import Person, Room


def only(field: str) -> Func:
    """Return the range that holds one id alone: `&&` on it is equality, and needs no btree_gist."""
    return Func(F(field), F(field), Value("[]"), function="int8range", output_field=BigIntegerRangeField())


class Busy(models.Model):
    """Who or what is taken when. Written by actions alone, in the order of `person_id, room_id`.

    A row ends with what it stands for: actions delete it in the same transaction.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="busy")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, blank=True, related_name="busy")
    during = DateTimeRangeField()
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, null=True, blank=True, related_name="busy")
    commitment = models.ForeignKey(Commitment, on_delete=models.CASCADE, null=True, blank=True, related_name="busy")

    class Meta:
        verbose_name_plural = "busy times"
        constraints = [
            # int8range(NULL, NULL) is unbounded and would clash with everyone: hence one constraint each, conditional.
            ExclusionConstraint(
                name="person_in_one_place",
                expressions=[(only("person"), RangeOperators.OVERLAPS), ("during", RangeOperators.OVERLAPS)],
                condition=Q(person__isnull=False),
            ),
            ExclusionConstraint(
                name="room_used_once",
                expressions=[(only("room"), RangeOperators.OVERLAPS), ("during", RangeOperators.OVERLAPS)],
                condition=Q(room__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False, room=None) | Q(person=None, room__isnull=False),
                name="busy_person_or_room",
            ),
            models.CheckConstraint(
                condition=Q(meeting__isnull=False, commitment=None) | Q(meeting=None, commitment__isnull=False),
                name="busy_for_one_reason",
            ),
            # An empty range never clashes and an unbounded one always does.
            models.CheckConstraint(
                condition=Q(during__isempty=False, during__lower_inf=False, during__upper_inf=False),
                name="busy_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id or self.room_id} {self.during}"
