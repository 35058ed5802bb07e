"""Send a guardian's link again."""

from datetime import datetime

from django.db import transaction

from meetings import mail, queue, tokens
from meetings.models import Meeting, MeetingChange, ParentLink
from students.models import Staff


@transaction.atomic
def send_link_again(link: ParentLink, *, by: Staff, now: datetime) -> bool:
    """Give a guardian's page a new address and send it; the old one ends at once.

    Return False, and leave the old one as it was, where the guardian cannot be written to, someone renewed it at the
    same moment, or the meeting is not on any more.
    """
    if not Meeting.objects.booked().filter(pk=link.meeting_id, end_at__gt=now).exists():
        return False
    fresh = ParentLink.objects.select_related("meeting__school", "meeting__student__person", "guardian__guardian").get(
        pk=link.pk
    )
    with transaction.atomic():
        sent = tokens.renew(fresh, now) and mail.parent_link(fresh, now=now)
        if not sent:
            transaction.set_rollback(True)
            return False
    MeetingChange.objects.create(
        meeting=fresh.meeting, what=MeetingChange.What.LINK_RENEWED, person=fresh.guardian, by=by, at=now
    )
    queue.enqueue("send_outbox")
    return True
