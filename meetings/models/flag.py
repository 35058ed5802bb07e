from typing import Self

from django.db import models
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from meetings.models.meeting import Answer, Meeting, Seat
from students.access import Viewer, student_q
from students.models import Person


class FlagCause(models.TextChoices):
    """Why a required seat is no longer filled."""

    EMPTY = "empty", "Nobody holds it"
    DECLINED = "declined", "Said no"
    AWAY = "away", "Away at this time"
    HOURS = "hours", "Not free by their hours"
    LEFT = "left", "No longer works here"
    ROLE = "role", "May no longer fill this role"


# What the holder's own answer does not show.
BESIDES_ANSWERS = (FlagCause.AWAY, FlagCause.HOURS, FlagCause.LEFT, FlagCause.ROLE)


class QuorumFlagQuerySet(models.QuerySet["QuorumFlag"]):
    def visible_to(self, viewer: Viewer) -> Self:
        seen = QuorumFlag.objects.filter(student_q(viewer, "meeting__student__"))
        return self.filter(pk__in=seen.order_by().values("pk"))

    def open(self) -> Self:
        return self.filter(closed_at=None)

    def standing(self) -> Self:
        """Return the open ones that still speak of how the seat stands: a look may be due that closes the others."""
        same = Q(person=F("seat__holder")) | Q(person=None, seat__holder=None)
        said_so = Q(seat__answer=Answer.NO) | ~Q(cause=FlagCause.DECLINED)
        return self.open().filter(same, said_so)


class QuorumFlag(models.Model):
    """A required seat of a booked meeting that lost whoever filled it: raised once, closed when it is filled again."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="flags")
    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="flags")
    cause = models.CharField(max_length=10, choices=FlagCause.choices)
    person = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Who held the seat."
    )
    raised_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = QuorumFlagQuerySet.as_manager()

    class Meta:
        ordering = ["-raised_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["seat"], condition=Q(closed_at=None), name="one_open_flag_per_seat")
        ]

    def __str__(self) -> str:
        return f"flag on seat {self.seat_id}"


def with_losses(seats: QuerySet[Seat]) -> QuerySet[Seat]:
    """Return the seats with `lost_by`: why an open flag says that the holder does not fill it, whatever they said."""
    flags = QuorumFlag.objects.filter(
        seat=OuterRef("pk"), person=OuterRef("holder"), closed_at=None, cause__in=BESIDES_ANSWERS
    )
    return seats.annotate(lost_by=Coalesce(Subquery(flags.order_by().values("cause")[:1]), Value("")))  # type: ignore[no-redef]
