from django.contrib.postgres.fields import ArrayField
from django.db import models

from students.models import MeetingKind
from students.models.history import tracked


class RemindedGroup(models.TextChoices):
    """To whom a rule of reminding speaks."""

    FAMILY = "family", "Parents and guardians"
    REQUIRED = "required", "Required staff"
    OPTIONAL = "optional", "Optional members"
    OUTSIDE = "outside", "People from outside"


@tracked()
class ReminderRule(models.Model):
    """When a group is reminded of meetings of one kind, where the district does it otherwise than usual."""

    kind = models.CharField(max_length=40, choices=MeetingKind.choices, blank=True, help_text="Empty: every kind.")
    group = models.CharField(max_length=10, choices=RemindedGroup.choices)
    days_before = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True, help_text="Empty: no reminder."
    )
    ask_again_after = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="School days after which one who has not answered is asked once more."
    )

    class Meta:
        ordering = ["kind", "group"]
        constraints = [models.UniqueConstraint(fields=["kind", "group"], name="one_rule_per_kind_and_group")]

    def __str__(self) -> str:
        return f"{self.group} of {self.kind or 'every kind'}"
