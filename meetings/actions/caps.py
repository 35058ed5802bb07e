"""How much mail is too much: to one person in a day, and of the whole app in an hour."""

from datetime import datetime, timedelta

from django.conf import settings

from meetings.models import Message, MessageKind
from students.models import Person, PersonKind

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)
FAMILY = {PersonKind.GUARDIAN, PersonKind.STUDENT}


def is_one_too_many(message: Message, sent: int) -> bool:
    """Return whether the recipient had as many messages in 24 hours as one may have. Account mail always goes."""
    return message.kind != MessageKind.ACCOUNT and sent >= most_a_day(message.recipient)


def most_a_day(person: Person) -> int:
    """Return how many messages this person may get in 24 hours."""
    return int(settings.MAIL_PER_FAMILY_MEMBER if person.kind in FAMILY else settings.MAIL_PER_PERSON)


def room_this_hour(*, now: datetime) -> int:
    """Return how many messages may still go out within this hour; what is over waits."""
    sent = Message.objects.filter(sent_at__gt=now - HOUR).count()
    return max(0, int(settings.MAIL_PER_HOUR) - sent)
