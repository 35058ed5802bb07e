"""Messages that came back: mark the message, and where the address is at fault, the address."""

import re
from datetime import datetime

from django.db import transaction

from meetings.actions.kept import ENTERED, Outcome, kept
from meetings.incoming import Returned
from meetings.models import BouncedAddress, Failure, Message, MessageState
from students.models import Staff

# A full mailbox, a mail too large, its content, its sender's reputation: the address itself is right.
NOT_THE_ADDRESS = re.compile(r"5\.(?:2\.[23]|3\.4|6\.\d+|7\.\d+)$")
LASTING = "5."
MOST_ERROR = 500


def take_back(message: Message, report: Returned, *, now: datetime) -> Outcome:
    """Mark a sent message as not delivered, and its address as bad where it is. Return what became of the report.

    A delay changes nothing: the mail server goes on trying, and says so once it gives up.
    """
    if not report.is_final:
        return kept()
    is_known = not report.status or report.status.startswith(LASTING)
    if is_known and not NOT_THE_ADDRESS.match(report.status):
        _mark_address(message, report.status, now=now)
    gone_out = Message.objects.filter(pk=message.pk, state__in=(MessageState.SENT, MessageState.SENDING))
    won = gone_out.update(
        state=MessageState.FAILED,
        failure=Failure.BOUNCED,
        failed_at=now,
        last_error=f"It came back: {report.status or 'no status'}"[:MOST_ERROR],
        settled="",
    )
    return ENTERED if won else kept()


def _mark_address(message: Message, status: str, *, now: datetime) -> None:
    BouncedAddress.objects.get_or_create(
        person_id=message.recipient_id,
        address=message.to_address,
        cleared_at=None,
        defaults={"status": status, "bounced_at": now},
    )


@transaction.atomic
def clear_address(bounced: BouncedAddress, *, by: Staff, now: datetime) -> bool:
    """Take mail to an address again, as someone says that it is right. Return False where it was cleared before."""
    still = BouncedAddress.objects.filter(pk=bounced.pk, cleared_at=None)
    return still.update(cleared_at=now, cleared_by=by) == 1
