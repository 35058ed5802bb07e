"""Mails about mails: what somebody wrote reaches whoever keeps the meeting."""

from datetime import datetime

from meetings.mail import facts
from meetings.mail.outgoing import Letter, address_of, may_write_to, write
from meetings.models import IncomingMail, Message, MessageKind
from students.models import Person


def reply_came(row: IncomingMail, to: Person, *, now: datetime) -> Message | None:
    """Tell whoever keeps or called a meeting what somebody in it wrote by mail, or which time they proposed."""
    meeting, person = row.meeting, row.person
    if meeting is None or person is None or not may_write_to(to):
        return None
    letter = Letter(
        to=to,
        about=f"incoming:{row.pk}",
        kind=MessageKind.REPLY_CAME,
        template="reply_came",
        zone=meeting.school.time_zone,
        words=lambda: (
            facts.words_of(meeting)
            | {
                "row": row,
                "writer": person,
                "writer_address": address_of(person),
                "replies_url": facts.page("meetings:replies"),
                "meeting_url": facts.page("meetings:meeting", meeting.pk),
                "proposed_day": facts.day_of(row.proposed_start_at) if row.proposed_start_at else "",
            }
        ),
        # Only where they may be written to: who lost their rights gets no answer by a press of a button.
        reply_to=address_of(person) if may_write_to(person, meeting.student_id) else "",
        meeting=meeting,
    )
    return write(letter, now=now)
