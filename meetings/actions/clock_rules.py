"""Look whether the clocks' rules still say of each coming meeting what was agreed, and tell whoever keeps it."""

import logging
from datetime import datetime

from django.db import transaction

from meetings import mail, queue
from meetings.models import Meeting
from meetings.wallclock import Shift, shift_of

log = logging.getLogger(__name__)

BATCH = 1000


def look(now: datetime) -> int:
    """Tell of every coming meeting at whose start the school's clock shows another time than it was booked for.

    Its organizer and the student's case manager are told once of each such change. Nothing is moved: a person
    reschedules the meeting to the time that was agreed, and everyone gets an update. Returns how many there are.
    """
    coming = Meeting.objects.booked().filter(start_at__gt=now).exclude(wall_start="").select_related("school")
    found = [shift for row in coming.iterator(chunk_size=BATCH) if (shift := shift_of(row))]
    if found:
        log.warning(
            "The clocks' rules changed: %s coming meetings are not at the time they were booked for.", len(found)
        )
    return sum(_tell(shift, now=now) for shift in found)


@transaction.atomic
def _tell(shift: Shift, *, now: datetime) -> bool:
    meeting = Meeting.objects.select_related(
        "school", "room", "organizer__person", "student__person", "student__case_manager__person"
    ).get(pk=shift.meeting.pk)
    case_manager = meeting.student.case_manager
    people = [meeting.organizer.person, *([case_manager.person] if case_manager else [])]
    told = [mail.clock_moved(meeting, shift, person, now=now) for person in dict.fromkeys(people)]
    if any(told):
        queue.enqueue("send_outbox")
    return True
