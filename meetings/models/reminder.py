from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from meetings.models.meeting import Meeting
from meetings.models.message import Message, MessageState
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


class GatheredQuerySet(models.QuerySet["Gathered"]):
    def told(self) -> Self:
        """Return those of mails that went out, still wait, or came too late; not of one that was to be written anew."""
        return self.exclude(message__state=MessageState.WITHDRAWN, message__failure="")


class Gathered(models.Model):
    """One reminder or nudge in a mail that holds several. `about` is what it would be, were it a mail of its own."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="gathered")
    about = models.CharField(max_length=120, db_index=True)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, null=True, blank=True, related_name="gathered")
    asks = models.BooleanField(default=False, help_text="It says that the reader has not answered.")

    objects = GatheredQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "gathered"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["message", "about"], name="gathered_once")]

    def __str__(self) -> str:
        return self.about
