from typing import Self

from django.db import models
from django.db.models import F, Q

from students.access import Viewer
from students.models import Person, Staff


class CalendarFeed(models.Model):
    """The private address of one person's calendar of meetings. Only the hash of its token is kept."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="calendar_feeds")
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 in hex.")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True, help_text="When a calendar last asked, to the hour.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(revoked_at=None), name="one_open_feed_per_person")
        ]

    def __str__(self) -> str:
        return f"feed {self.pk}"


class CalendarKind(models.TextChoices):
    ADDRESS = "address", "Secret address"
    GOOGLE = "google", "Google Calendar"
    MICROSOFT = "microsoft", "Microsoft 365"


class CalendarTrouble(models.TextChoices):
    """Why a calendar could not be read."""

    REFUSED_ADDRESS = "refused_address", "The address is not allowed"
    NO_ANSWER = "no_answer", "It did not answer"
    NOT_FOUND = "not_found", "The address is not known there any more"
    NOT_ALLOWED = "not_allowed", "It may not be read"
    TOO_LARGE = "too_large", "It is too large"
    TOO_SLOW = "too_slow", "It took too long"
    NOT_A_CALENDAR = "not_a_calendar", "What came is not a calendar"
    TOO_MANY_EVENTS = "too_many_events", "It holds too many events"


class CalendarSourceQuerySet(models.QuerySet["CalendarSource"]):
    def visible_to(self, viewer: Viewer) -> Self:
        # A person's own calendar is theirs alone; others see the time that it takes, never where it is.
        return self.filter(person=viewer.pk) if viewer.pk is not None and viewer.is_active else self.none()


class CalendarSource(models.Model):
    """Another calendar of a person, read for when they are busy. Times are kept, titles never.

    `good_at` is the age of what is kept. While a calendar cannot be read its last good copy stands: a failure never
    frees anyone's time.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="calendar_sources")
    kind = models.CharField(max_length=10, choices=CalendarKind.choices)
    name = models.CharField(max_length=60, blank=True, help_text="What its owner calls it.")
    secret = models.BinaryField(null=True, blank=True, help_text="Its address, encrypted.")
    host = models.CharField(max_length=253, blank=True, help_text="All that is shown of the address, with its ending.")
    ending = models.CharField(max_length=4, blank=True)
    etag = models.CharField(max_length=255, blank=True)
    due_at = models.DateTimeField(help_text="When it is read next.")
    tried_at = models.DateTimeField(null=True, blank=True)
    good_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=20, choices=CalendarTrouble.choices, blank=True)
    trouble_since_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    skipped = models.PositiveIntegerField(default=0, help_text="Events that could not be read.")
    has_floating_times = models.BooleanField(default=False, help_text="Times without a zone, taken as the school's.")
    covers_until_at = models.DateTimeField(null=True, blank=True, help_text="Nothing is known after it.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = CalendarSourceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["due_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind"], condition=~Q(kind="address"), name="one_directory_calendar_per_person"
            ),
            models.CheckConstraint(
                condition=Q(kind="address", secret__isnull=False) | ~Q(kind="address"), name="address_calendar_has_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} calendar {self.pk}"


class CalendarBusy(models.Model):
    """A time that a calendar says its owner is busy: from and until, nothing else."""

    source = models.ForeignKey(CalendarSource, on_delete=models.CASCADE, related_name="busy_times")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    is_tentative = models.BooleanField(default=False, help_text="Shown, and does not block.")

    class Meta:
        verbose_name_plural = "calendar busy times"
        ordering = ["start_at"]
        indexes = [models.Index(fields=["source", "start_at"])]
        constraints = [
            models.CheckConstraint(condition=Q(end_at__gt=F("start_at")), name="calendar_busy_ends_after_start")
        ]

    def __str__(self) -> str:
        return f"{self.start_at:%Y-%m-%d %H:%M}Z"
