from django.db import models


class Canary(models.Model):
    """A job that does nothing but say that it ran: sent through each queue every 15 seconds."""

    queue = models.CharField(max_length=20)
    sent_at = models.DateTimeField()
    ran_at = models.DateTimeField(null=True, blank=True)
    ran_on = models.CharField(max_length=120, blank=True, help_text="Which machine's worker ran it.")

    class Meta:
        verbose_name_plural = "canaries"
        ordering = ["-sent_at"]
        indexes = [models.Index(fields=["queue", "sent_at"])]

    def __str__(self) -> str:
        return f"canary {self.pk} of {self.queue}"


class WorkerGroup(models.Model):
    """One cluster on one machine, as its supervisor last saw it."""

    host = models.CharField(max_length=120)
    queue = models.CharField(max_length=20)
    started_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(help_text="When its supervisor last wrote.")
    worked_at = models.DateTimeField(null=True, blank=True, help_text="When one of its processes last ran a job.")
    workers = models.PositiveSmallIntegerField(default=0)
    busy = models.PositiveSmallIntegerField(default=0, help_text="How many of them are at a job.")
    restarts = models.PositiveIntegerField(default=0)
    last_restart_at = models.DateTimeField(null=True, blank=True)
    last_restart_why = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["host", "queue"], name="one_group_per_machine_and_queue")]

    def __str__(self) -> str:
        return f"{self.queue} on {self.host}"
