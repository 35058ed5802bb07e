from typing import Self

from django.db import models

from students.access import Viewer, student_q
from students.models.history import tracked
from students.models.people import Staff
from students.models.roles import MeetingKind, Source
from students.models.student import Student


class DueDateQuerySet(models.QuerySet["DueDate"]):
    def visible_to(self, viewer: Viewer) -> Self:
        return self.filter(student_q(viewer, "student__")).distinct()

    def open(self) -> Self:
        return self.filter(closed_at=None)


@tracked()
class DueDate(models.Model):
    """The last lawful day of one kind of meeting for one student. Closed when the meeting was held, or by a person."""

    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="due_dates")
    kind = models.CharField(max_length=40, choices=MeetingKind.choices)
    due_on = models.DateField(db_index=True)
    counted_from_on = models.DateField(null=True, blank=True, help_text="The last meeting of the kind, where known.")
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.PEOPLE)
    note = models.CharField(max_length=255, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_why = models.CharField(max_length=255, blank=True)
    created_by = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = DueDateQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["student", "kind"], condition=models.Q(closed_at=None), name="one_open_due_date_per_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.due_on}"
