from django.db import models

from meetings.models.meeting import Meeting
from students.models import Person, Staff, Student


class AttemptWay(models.TextChoices):
    PHONE = "phone", "Phone call"
    EMAIL = "email", "Email"
    TEXT = "text", "Text message"
    LETTER = "letter", "Letter"
    IN_PERSON = "in_person", "In person"
    HOME_VISIT = "home_visit", "Home visit"


class AttemptResult(models.TextChoices):
    REACHED = "reached", "Reached"
    LEFT_MESSAGE = "left_message", "Left a message"
    NO_ANSWER = "no_answer", "No answer"
    WRONG_NUMBER = "wrong_number", "Wrong number"
    SENT = "sent", "Sent"


class Attempt(models.Model):
    """One try to reach a parent, 300.322(d). When it happened and when it was entered are both kept."""

    student = models.ForeignKey(Student, on_delete=models.PROTECT, related_name="attempts")
    meeting = models.ForeignKey(Meeting, on_delete=models.SET_NULL, null=True, blank=True, related_name="attempts")
    guardian = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="attempts")
    way = models.CharField(max_length=20, choices=AttemptWay.choices)
    result = models.CharField(max_length=20, choices=AttemptResult.choices)
    note = models.CharField(max_length=500, blank=True)
    happened_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    by = models.ForeignKey(
        Staff, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Empty: sent by the app."
    )

    class Meta:
        ordering = ["-happened_at", "-pk"]
        indexes = [models.Index(fields=["student", "happened_at"])]

    def __str__(self) -> str:
        return f"{self.way} {self.result}"


class MeetingChange(models.Model):
    """What was done to a meeting, in words a person would use: the page's history. Never changed, never deleted."""

    class What(models.TextChoices):
        BOOKED = "booked", "Booked"
        MOVED = "moved", "Moved"
        CANCELLED = "cancelled", "Cancelled"
        SEAT_ANSWERED = "seat_answered", "Answered"
        SEAT_CHANGED = "seat_changed", "Seat changed"
        HELD = "held", "Recorded as held"
        LINK_RENEWED = "link_renewed", "Link sent again"
        RESEATED = "reseated", "Seat swapped"
        NOTICE_WAIVED = "notice_waived", "Notice waived"

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="changes")
    what = models.CharField(max_length=20, choices=What.choices)
    detail = models.JSONField(default=dict, blank=True)
    by = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.what} {self.meeting_id}"


class NoticeWaiver(models.Model):
    """A parent's waiver of the days of notice for one meeting, in writing, as a member of the staff took it in."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="notice_waivers")
    guardian = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    days_set = models.PositiveSmallIntegerField(help_text="Calendar days of notice that the district sets.")
    days_given = models.PositiveSmallIntegerField(help_text="Calendar days from the booking to the meeting.")
    note = models.CharField(max_length=255, blank=True, help_text="Where the writing is kept.")
    recorded_by = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"waiver for {self.meeting_id}"
