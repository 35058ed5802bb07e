from typing import Self

from django.db import models
from django.db.models import F, Q

from students.access import Viewer, staff_q
from students.models import Person, School, Source, Staff, Student
from students.models.history import tracked


class HoursKind(models.TextChoices):
    AVAILABLE = "available", "Available"
    PREP = "prep", "Planning period"
    TEACHING = "teaching", "Teaching"
    LUNCH = "lunch", "Duty-free lunch"
    DUTY = "duty", "Duty"


class Weekday(models.IntegerChoices):
    """ISO weekdays."""

    MONDAY = 1, "Monday"
    TUESDAY = 2, "Tuesday"
    WEDNESDAY = 3, "Wednesday"
    THURSDAY = 4, "Thursday"
    FRIDAY = 5, "Friday"


@tracked()
class WeeklyHours(models.Model):
    """Hours that come back each week, or on each day of one type, in the school's wall time.

    Without any "available" rows a staff member is taken to be here for the contract day of each of their schools.
    Teaching hours that follow from classes and bell times are not stored here.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="weekly_hours")
    school = models.ForeignKey(School, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices, null=True, blank=True)
    day_type = models.CharField(max_length=40, blank=True)
    start = models.TimeField()
    end = models.TimeField()
    kind = models.CharField(max_length=10, choices=HoursKind.choices)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.PEOPLE)

    class Meta:
        verbose_name_plural = "weekly hours"
        ordering = ["weekday", "day_type", "start"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="hours_end_after_start"),
            models.CheckConstraint(
                condition=(Q(weekday__isnull=False) & Q(day_type="")) | (Q(weekday=None) & ~Q(day_type="")),
                name="hours_weekday_or_day_type",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.start}"


class CommitmentKind(models.TextChoices):
    SECTION_504 = "section_504", "Section 504 meeting"
    OTHER_MEETING = "other_meeting", "Another meeting"
    DUTY = "duty", "Duty"
    LEAVE = "leave", "Leave"
    OTHER = "other", "Something else"


class CommitmentQuerySet(models.QuerySet["Commitment"]):
    def visible_to(self, viewer: Viewer) -> Self:
        return self.filter(staff_q(viewer, "person__staff__")).distinct()


@tracked()
class Commitment(models.Model):
    """Time that a person is taken outside of the meetings kept here. Its title is shown to its owner alone."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="commitments")
    kind = models.CharField(max_length=20, choices=CommitmentKind.choices)
    title = models.CharField(max_length=120, blank=True)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    is_transferable = models.BooleanField("someone else could take this", default=False)
    takers = models.ManyToManyField(Person, blank=True, related_name="could_take", help_text="Who could take it.")
    created_by = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = CommitmentQuerySet.as_manager()

    class Meta:
        ordering = ["start_at"]
        indexes = [models.Index(fields=["person", "start_at", "end_at"])]
        constraints = [
            models.CheckConstraint(condition=Q(end_at__gt=F("start_at")), name="commitment_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.start_at:%Y-%m-%d}"


class FamilyAnswer(models.TextChoices):
    WORKS = "works", "Works"
    CANNOT = "cannot", "Cannot"


class FamilyTime(models.Model):
    """When a guardian said that they can, or cannot, come: a part of each such weekday, or of one date."""

    guardian = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="family_times")
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="family_times")
    says = models.CharField(max_length=10, choices=FamilyAnswer.choices)
    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices, null=True, blank=True)
    on = models.DateField(null=True, blank=True)
    start = models.TimeField()
    end = models.TimeField()
    said_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["weekday", "on", "start"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="family_time_ends_after_start"),
            models.CheckConstraint(
                condition=(Q(weekday__isnull=False) & Q(on=None)) | (Q(weekday=None) & Q(on__isnull=False)),
                name="family_time_weekday_or_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.says} {self.weekday or self.on}"
