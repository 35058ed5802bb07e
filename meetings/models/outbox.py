from django.db import models

from students.models import Staff


class PauseReason(models.TextChoices):
    BY_HAND = "by_hand", "Someone paused it"
    RESTORED = "restored", "The database was restored from a copy"


class Outbox(models.Model):
    """Whether mail goes out: one row. Missing means that nothing was sent from this database yet.

    `identity` names the database that the row was written in. A copy put back in its place has another one, and then
    nothing goes out until a person has looked at what waits.
    """

    identity = models.CharField(max_length=200, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    pause_reason = models.CharField(max_length=10, choices=PauseReason.choices, blank=True)
    errors_in_a_row = models.PositiveIntegerField(default=0)
    rests_until_at = models.DateTimeField(null=True, blank=True, help_text="After too many errors in a row.")

    class Meta:
        verbose_name_plural = "outbox"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_outbox")]

    def __str__(self) -> str:
        return "outbox"


class OutboxChange(models.Model):
    """When mail was stopped and let go again, and by whom. Never changed, never deleted."""

    class What(models.TextChoices):
        PAUSED = "paused", "Paused"
        RESTORED = "restored", "Paused by itself: restored from a copy"
        RESUMED = "resumed", "Started again"

    what = models.CharField(max_length=10, choices=What.choices)
    withdrawn = models.PositiveIntegerField(default=0, help_text="How many messages were withdrawn with it.")
    by = models.ForeignKey(
        Staff, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Empty: the command line."
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.what
