import uuid
from typing import Self

from django.db import models

from meetings.models.meeting import Meeting, ParentLink
from meetings.models.swap import Swap
from students.access import Viewer, is_district_wide, student_q
from students.models import Person, Staff


class MessageKind(models.TextChoices):
    INVITE = "invite", "Invite"
    UPDATE = "update", "Updated invite"
    CANCEL = "cancel", "Cancellation"
    PARENT_LINK = "parent_link", "Notice and link to the family"
    PARENT_CONFIRMATION = "parent_confirmation", "Confirmation to the family"
    PARENT_REMINDER = "parent_reminder", "Reminder to the family"
    MEMBER_REMINDER = "member_reminder", "Reminder to a member"
    DUE_NUDGE = "due_nudge", "Due date nudge"
    DIGEST = "digest", "Weekly digest"
    SEAT_DECLINED = "seat_declined", "Someone cannot come"
    FAMILY_ANSWERED = "family_answered", "What the family said"
    PARENT_UPDATE = "parent_update", "Updated notice to the family"
    SWAP_ASK = "swap_ask", "Could you take over?"
    SWAP_CLOSED = "swap_closed", "What became of a swap"
    SWAP_DONE = "swap_done", "A seat has changed hands"
    QUORUM_LOST = "quorum_lost", "A meeting lacks someone"
    CLOCK_MOVED = "clock_moved", "Check the time"
    DAY_AHEAD = "day_ahead", "Several reminders in one"
    REPLY_CAME = "reply_came", "A reply came by mail"
    ACCOUNT = "account", "Account"


class MessageState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Not delivered"
    WITHDRAWN = "withdrawn", "Withdrawn: its reason is gone"


class Failure(models.TextChoices):
    """Why a message was not delivered."""

    REFUSED = "refused", "The mail server refused it"
    GAVE_UP = "gave_up", "The mail server did not take it in time"
    BOUNCED = "bounced", "It came back"
    BAD_ADDRESS = "bad_address", "Mail to this address came back before"
    TOO_MANY = "too_many", "Too many messages in one day"
    BROKEN = "broken", "It could not be put together"
    SENDER_STOPPED = "sender_stopped", "Sending it stopped each time"
    TOO_LATE = "too_late", "It would have come too late"


class Settled(models.TextChoices):
    """What a person did about a message that was not delivered."""

    SENT_AGAIN = "sent_again", "Sent again"
    PRINTED = "printed", "Printed"
    CALLED = "called", "Called"
    DISMISSED = "dismissed", "Needs nothing"


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, viewer: Viewer) -> Self:
        # Of the record, not of the meeting: whoever only holds a seat reads no letter to the family.
        return self.filter(meeting__isnull=False).filter(student_q(viewer, "meeting__student__")).distinct()

    def reported_to(self, viewer: Viewer) -> Self:
        # What did not arrive is for whoever sees the record; what belongs to no record, for the district's office.
        return self.all() if is_district_wide(viewer) else self.visible_to(viewer)

    def waiting(self) -> Self:
        return self.filter(state__in=[MessageState.QUEUED, MessageState.SENDING])

    def undelivered(self) -> Self:
        return self.filter(state=MessageState.FAILED, settled="")


class Message(models.Model):
    """One mail to one person, written with the change that caused it: the outbox, and the record of what was sent.

    `about` and the recipient are unique together, so that no reason is written twice. The body holds LINK_PLACEHOLDER
    where a secret address belongs; it is filled in when the mail is sent.
    """

    LINK_PLACEHOLDER = "https://link.invalid/"

    recipient = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="messages")
    about = models.CharField(max_length=120, help_text="Such as meeting:42:v3:reminder-7d or digest:2026-W48.")
    kind = models.CharField(max_length=24, choices=MessageKind.choices)
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, null=True, blank=True, related_name="messages")
    meeting_version = models.PositiveIntegerField(null=True, blank=True)
    link = models.ForeignKey(ParentLink, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages")
    swap = models.ForeignKey(Swap, on_delete=models.CASCADE, null=True, blank=True, related_name="messages")
    to_address = models.EmailField()
    reply_to = models.EmailField(blank=True)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    ics = models.BinaryField(null=True, blank=True)
    ics_method = models.CharField(max_length=10, blank=True)
    message_id = models.CharField(max_length=255, unique=True)
    dated_at = models.DateTimeField(help_text="The Date header, the same on every try.")
    state = models.CharField(max_length=10, choices=MessageState.choices, default=MessageState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(default=uuid.uuid4, editable=False, help_text="Which claim may mark it.")
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True)
    failure = models.CharField(max_length=20, choices=Failure.choices, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    settled = models.CharField(max_length=10, choices=Settled.choices, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["recipient", "about"], name="one_message_per_reason")]
        indexes = [
            models.Index(
                fields=["not_before_at", "id"],
                name="message_waiting",
                condition=models.Q(state__in=["queued", "sending"]),
            ),
            models.Index(
                fields=["failed_at"],
                name="message_undelivered",
                condition=models.Q(state="failed", settled=""),
            ),
            models.Index(
                fields=["sent_at"],
                name="message_notice_sent",
                condition=models.Q(kind="parent_link", state="sent"),
            ),
            models.Index(fields=["sent_at"], name="message_sent", condition=models.Q(sent_at__isnull=False)),
            models.Index(
                fields=["recipient", "sent_at"], name="message_sent_to", condition=models.Q(sent_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"
