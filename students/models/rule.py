from django.db import models

from students.models.due import DueDate
from students.models.history import tracked
from students.models.people import Staff
from students.models.student import Student
from students.profiles import RuleKey, Unit, Waiver


@tracked()
class RuleOverride(models.Model):
    """What the district holds instead of its state's profile, from a day on, with its reason. Ended, never deleted.

    Without a number it says that the rule is not set here, whatever the profile says.
    """

    key = models.CharField(max_length=40, choices=[(key.value, key.value) for key in RuleKey])
    number = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Days, years of age or attempts.")
    unit = models.CharField(max_length=10, blank=True, choices=[(unit.value, unit.value) for unit in Unit])
    ways = models.PositiveSmallIntegerField(null=True, blank=True)
    on_days = models.PositiveSmallIntegerField(null=True, blank=True)
    words = models.CharField(max_length=80, blank=True)
    waiver = models.CharField(max_length=12, blank=True, choices=[(one.value, one.value) for one in Waiver])
    why = models.CharField(max_length=255, help_text="Such as the district's procedure, and where it is written.")
    from_on = models.DateField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["key", "-made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(ended_at=None), name="one_open_override_per_rule"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} from {self.from_on}"


class ClockEvent(models.TextChoices):
    """What starts a clock."""

    REFERRAL = "referral", "Referral for an evaluation"
    CONSENT = "consent", "Consent to an evaluation"
    ELIGIBILITY = "eligibility", "Found eligible"
    REMOVAL_DECISION = "removal_decision", "Decision to change the placement for conduct"
    ENROLLMENT = "enrollment", "Moved in with an IEP"
    PARENT_REQUEST = "request", "A parent asked for a meeting"


@tracked()
class ClockStart(models.Model):
    """Something that happened and started a clock of the law. Withdrawn where it was entered by mistake."""

    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="clock_starts")
    event = models.CharField(max_length=20, choices=ClockEvent.choices)
    on = models.DateField()
    note = models.CharField(max_length=255, blank=True)
    due_date = models.ForeignKey(DueDate, on_delete=models.SET_NULL, null=True, blank=True, related_name="clock_starts")
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-on", "-pk"]
        constraints = [
            # The same form posted twice starts one clock.
            models.UniqueConstraint(
                fields=["student", "event", "on"], condition=models.Q(withdrawn_at=None), name="one_clock_per_event"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.on}"
