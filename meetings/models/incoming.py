from typing import Self

from django.db import models
from django.db.models import F, Q

from meetings.models.meeting import Meeting
from meetings.models.message import Message
from students.access import Viewer, student_q
from students.models import Person, Staff, Student


class Door(models.TextChoices):
    """By which door a mail came in."""

    MAILBOX = "mailbox", "Mailbox"
    WEBHOOK = "webhook", "Webhook"


class IncomingKind(models.TextChoices):
    ACCEPTED = "accepted", "Accepted in a calendar"
    DECLINED = "declined", "Declined in a calendar"
    TENTATIVE = "tentative", "Tentative in a calendar"
    DELEGATED = "delegated", "Handed to someone else in a calendar"
    COUNTER = "counter", "Another time proposed in a calendar"
    TYPED = "typed", "A written reply"
    BOUNCE = "bounce", "Could not be delivered"
    DELAY = "delay", "Delivery is late"
    AUTO_REPLY = "auto_reply", "Answered by a machine"
    UNREADABLE = "unreadable", "Could not be read"


class IncomingState(models.TextChoices):
    NEW = "new", "To be looked at"
    APPLIED = "applied", "Entered by the app"
    KEPT = "kept", "Kept, nothing to do"
    HANDLED = "handled", "Looked at"


class IncomingMailQuerySet(models.QuerySet["IncomingMail"]):
    def visible_to(self, viewer: Viewer) -> Self:
        # What belongs to no meeting may be about any family: district-wide staff alone.
        return self.filter(student_q(viewer, "meeting__student__")).distinct()

    def waiting(self) -> Self:
        return self.filter(state=IncomingState.NEW)


class IncomingMail(models.Model):
    """One mail that came in: what it says, to which meeting and of whom, and what was done with it.

    Who it is from is known by the secret address that it was sent to, never by its sender, which anyone can forge.
    The mail itself is not kept.
    """

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of its bytes: the same mail is one row.")
    door = models.CharField(max_length=10, choices=Door.choices)
    kind = models.CharField(max_length=12, choices=IncomingKind.choices)
    state = models.CharField(max_length=10, choices=IncomingState.choices, default=IncomingState.NEW)
    why = models.CharField(max_length=40, blank=True, help_text="Why it was kept or not applied, as a word.")
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, null=True, blank=True, related_name="incoming_mails")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="incoming_mails")
    message = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="incoming_mails"
    )
    from_address = models.CharField(max_length=254, blank=True, help_text="As the mail says; it may be forged.")
    subject = models.CharField(max_length=200, blank=True)
    words = models.TextField(blank=True, max_length=4000)
    sequence = models.PositiveIntegerField(null=True, blank=True)
    proposed_start_at = models.DateTimeField(null=True, blank=True)
    proposed_end_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = IncomingMailQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        indexes = [
            models.Index(fields=["received_at"], name="incoming_new", condition=models.Q(state="new")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class BouncedAddressQuerySet(models.QuerySet["BouncedAddress"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Return those of families and others at the table of students that the viewer sees, and of colleagues."""
        students = Student.objects.visible_to(viewer).values("pk")
        return self.filter(
            Q(person__guardian__guardianships__student__in=students)
            | Q(person__seats__meeting__student__in=students)
            | Q(person__staff__in=Staff.objects.visible_to(viewer).values("pk"))
        ).distinct()

    def standing(self) -> Self:
        """Return those of addresses that their people still have, and that nobody said are right."""
        own = Q(address__iexact=F("person__email")) | Q(person__email="", address__iexact=F("person__staff__login"))
        return self.filter(own, cleared_at=None)


class BouncedAddress(models.Model):
    """An address that a mail server said does not take mail. Nothing more is sent there until it is cleared."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="bounced_addresses")
    address = models.EmailField()
    status = models.CharField(max_length=20, blank=True, help_text="RFC 3463, such as 5.1.1.")
    bounced_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, blank=True)
    cleared_by = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = BouncedAddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "bounced addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "address"],
                condition=models.Q(cleared_at=None),
                name="one_open_bounce_per_address",
            )
        ]

    def __str__(self) -> str:
        return f"bounce of person {self.person_id}"
