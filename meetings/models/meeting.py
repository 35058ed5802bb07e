import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q

from students.access import Viewer, meeting_q
from students.models import (
    DueDate,
    MeetingKind,
    Person,
    Role,
    Room,
    School,
    Staff,
    Student,
)
from students.models.history import tracked


class MeetingStatus(models.TextChoices):
    BOOKED = "booked", "Booked"
    CANCELLED = "cancelled", "Cancelled"
    HELD = "held", "Held"


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def visible_to(self, viewer: Viewer) -> Self:
        # By id: beside the joins of a page, those that decide would take longer to plan than to run, and need DISTINCT.
        return self.filter(pk__in=Meeting.objects.filter(meeting_q(viewer)).order_by().values("pk"))

    def booked(self) -> Self:
        return self.filter(status=MeetingStatus.BOOKED)


@tracked()
class Meeting(models.Model):
    """One meeting. `version` rises with each change and guards every conditional update.

    `sequence` is the SEQUENCE of RFC 5546: it rises when time, place or status change, never on a resend.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    roster_id = models.CharField(
        max_length=255, unique=True, null=True, blank=True, help_text="Its id in meetings.csv."
    )
    kind = models.CharField(max_length=40, choices=MeetingKind.choices)
    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="meetings")
    due_date = models.ForeignKey(DueDate, on_delete=models.SET_NULL, null=True, blank=True, related_name="meetings")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="meetings")
    room = models.ForeignKey(Room, on_delete=models.SET_NULL, null=True, blank=True, related_name="meetings")
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    wall_start = models.CharField(
        max_length=25,
        blank=True,
        db_default="",
        default="",
        help_text="What the school’s clock was to show at its start when it was booked: 2026-12-03T13:30-05:00.",
    )
    status = models.CharField(max_length=10, choices=MeetingStatus.choices, default=MeetingStatus.BOOKED)
    organizer = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="organized_meetings")
    version = models.PositiveIntegerField(default=1)
    sequence = models.PositiveIntegerField(default=0)
    keeps_people = models.BooleanField(
        "keep these people", default=False, help_text="Nobody here is asked to swap so that another meeting finds time."
    )
    changed_why = models.CharField(max_length=255, blank=True, help_text="Why it was last moved or cancelled.")
    booked_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    held_at = models.DateTimeField(null=True, blank=True, help_text="When it was recorded as held.")

    objects = MeetingQuerySet.as_manager()

    class Meta:
        ordering = ["start_at", "pk"]
        indexes = [models.Index(fields=["school", "start_at"]), models.Index(fields=["status", "start_at"])]
        constraints = [
            models.CheckConstraint(condition=Q(end_at__gt=F("start_at")), name="meeting_ends_after_start"),
            # Two tabs, or the same form posted twice, cannot book one due date twice.
            models.UniqueConstraint(
                fields=["due_date"], condition=Q(status="booked"), name="one_booked_meeting_per_due_date"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.start_at:%Y-%m-%d %H:%M}Z"


class Requirement(models.TextChoices):
    REQUIRED = "required", "Required"
    OPTIONAL = "optional", "Optional"
    MUST_BE_INVITED = "must_be_invited", "Must be invited"


class Answer(models.TextChoices):
    NONE = "none", "No answer yet"
    YES = "yes", "Yes"
    NO = "no", "No"


class Joins(models.TextChoices):
    IN_PERSON = "in_person", "At school"
    PHONE = "phone", "By phone"
    VIDEO = "video", "By video"


class CameBy(models.TextChoices):
    """How an answer reached us."""

    PAGE = "page", "On a page"
    STAFF = "staff", "Entered by staff"
    CALENDAR = "calendar", "From a calendar"


class Mark(models.TextChoices):
    """The three marks of every page. They are never mixed."""

    CONFIRMED = "confirmed", "Confirmed"
    TO_ASK = "to_ask", "To be asked"
    MISSING = "missing", "Missing"


@tracked()
class Seat(models.Model):
    """One role to be filled in one meeting. Without a holder it is missing."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="seats")
    role = models.CharField(max_length=40, choices=Role.choices)
    requirement = models.CharField(max_length=20, choices=Requirement.choices, default=Requirement.REQUIRED)
    holder = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="seats")
    answer = models.CharField(max_length=10, choices=Answer.choices, default=Answer.NONE)
    asked_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    joins = models.CharField(max_length=10, choices=Joins.choices, blank=True)
    note = models.CharField(max_length=255, blank=True, help_text="What they said with their answer.")

    lost_by = ""  # What `with_losses` found: a seat read without it shows the answer alone.

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "role", "holder"], name="one_seat_per_role_and_person")
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.meeting_id}"

    @property
    def mark(self) -> Mark:
        if self.holder_id is None or self.answer == Answer.NO or self.lost_by:
            return Mark.MISSING
        return Mark.CONFIRMED if self.answer == Answer.YES else Mark.TO_ASK


class ParentLink(models.Model):
    """The private address of one guardian's page for one meeting. Only the hash of its token is kept."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="parent_links")
    guardian = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="parent_links")
    generation = models.PositiveIntegerField(default=1)
    token_hash = models.CharField(max_length=64, unique=True, null=True, blank=True, help_text="SHA-256 in hex.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "guardian"], name="one_link_per_guardian_and_meeting")
        ]

    def __str__(self) -> str:
        return f"link {self.pk}"


class Reply(models.Model):
    """One answer as it was given, kept for ever; the seat shows the newest. Answers for one version of a meeting."""

    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="replies")
    meeting_version = models.PositiveIntegerField()
    answer = models.CharField(max_length=10, choices=Answer.choices)
    joins = models.CharField(max_length=10, choices=Joins.choices, blank=True)
    wants_interpreter = models.BooleanField(default=False)
    interpreter_language = models.CharField(max_length=60, blank=True)
    wants_minutes = models.PositiveSmallIntegerField(null=True, blank=True, help_text="A longer meeting, in minutes.")
    other_times = models.TextField(blank=True, max_length=1000)
    note = models.TextField(blank=True, max_length=1000)
    came_by = models.CharField(max_length=10, choices=CameBy.choices, default=CameBy.PAGE)
    answered_by = models.CharField(max_length=120, blank=True, help_text="Who said that they are answering.")
    recorded_by = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    link = models.ForeignKey(ParentLink, on_delete=models.SET_NULL, null=True, blank=True, related_name="replies")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name_plural = "replies"

    def __str__(self) -> str:
        return f"{self.answer} to seat {self.seat_id}"
