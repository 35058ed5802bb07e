from typing import Self

from django.db import models
from django.db.models import F, Q

from meetings.models.availability import Commitment
from meetings.models.meeting import Answer, Joins, Meeting, Seat
from students.access import Viewer, student_q
from students.models import DueDate, MeetingKind, Person, Room, School, Staff, Student
from students.models.history import tracked


class SwapState(models.TextChoices):
    OPEN = "open", "Asked"
    DONE = "done", "Done"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "No answer in time"
    WITHDRAWN = "withdrawn", "Taken back"
    OVERTAKEN = "overtaken", "No longer possible"


class SwapQuerySet(models.QuerySet["Swap"]):
    def visible_to(self, viewer: Viewer) -> Self:
        # By id, as for meetings: beside the joins of a page those that decide would need DISTINCT.
        return self.filter(pk__in=Swap.objects.filter(student_q(viewer, "student__")).order_by().values("pk"))

    def open(self) -> Self:
        return self.filter(state=SwapState.OPEN)


@tracked()
class Swap(models.Model):
    """An ask to change seats elsewhere so that one time opens for a student's meeting.

    With `repairs` it frees `repairer` for that seat of a booked meeting; without, the meeting that it opens is booked
    once everyone who would take over has said yes. `seats` is then the plan: [role, requirement, person's pk or null].
    """

    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="swaps")
    kind = models.CharField(max_length=40, choices=MeetingKind.choices)
    due_date = models.ForeignKey(DueDate, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    seats = models.JSONField(default=list, blank=True)
    repairs = models.ForeignKey(Seat, on_delete=models.CASCADE, null=True, blank=True, related_name="swaps")
    repairer = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    said_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Who said they can come."
    )
    joins = models.CharField(max_length=10, choices=Joins.choices, blank=True)
    said = models.CharField(max_length=200, blank=True, help_text="What they said, as it was typed.")
    waiver_note = models.CharField(max_length=255, blank=True, help_text="Where the waiver of notice is kept.")
    has_waiver = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=SwapState.choices, default=SwapState.OPEN)
    asked_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="asked_swaps")
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    meeting = models.ForeignKey(
        Meeting, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="What it led to."
    )

    objects = SwapQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [models.Index(fields=["state", "expires_at"])]
        constraints = [
            models.CheckConstraint(condition=Q(end_at__gt=F("start_at")), name="swap_ends_after_start"),
            # The same form posted twice asks nobody twice.
            models.UniqueConstraint(
                fields=["student", "kind"], condition=Q(state="open", repairs=None), name="one_open_swap_per_meeting"
            ),
            models.UniqueConstraint(
                fields=["repairs"], condition=Q(state="open", repairs__isnull=False), name="one_open_swap_per_seat"
            ),
        ]

    def __str__(self) -> str:
        return f"swap {self.pk}"


@tracked()
class SwapMove(models.Model):
    """One seat, or one commitment, that goes from one person to another, and what the latter answered."""

    swap = models.ForeignKey(Swap, on_delete=models.CASCADE, related_name="moves")
    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, null=True, blank=True, related_name="moves")
    commitment = models.ForeignKey(Commitment, on_delete=models.CASCADE, null=True, blank=True, related_name="moves")
    giver = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    taker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="asked_to_take")
    answer = models.CharField(max_length=10, choices=Answer.choices, default=Answer.NONE)
    answered_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=255, blank=True)
    recorded_by = models.ForeignKey(
        Staff, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Who says they agreed."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(seat__isnull=False, commitment=None) | Q(seat=None, commitment__isnull=False),
                name="swap_move_of_one_thing",
            ),
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="swap_move_changes_hands"),
        ]

    def __str__(self) -> str:
        return f"move {self.pk} of swap {self.swap_id}"
