"""Take in a mail: whose it is, what it says, and what that changes. One transaction, once for the same bytes.

What is not entered by itself is kept with the reason, and where a person should look at it, it waits for one. Nobody
is answered here, so that no two machines can write to each other for ever.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction

from meetings import incoming, mail, queue
from meetings.actions import busy
from meetings.actions.calendar_answer import CalendarAnswer, answer_of, enter
from meetings.actions.kept import WAITS, Outcome, Why, kept, waits
from meetings.actions.returned import take_back
from meetings.incoming import ByMachine, CalendarMail, Incoming, Returned, Said, Unread, Written
from meetings.models import IncomingKind, IncomingMail, IncomingState, Meeting, Message
from meetings.reply_addresses import AnswerAbout, ReturnOf
from students.models import Person, Staff

log = logging.getLogger(__name__)

TOLD = (IncomingKind.TYPED, IncomingKind.COUNTER)
MOST_TOLD = 5
TOLD_WITHIN = timedelta(days=1)


@dataclass(frozen=True)
class Whose:
    """Whose mail it is by the secret address: of one person about one meeting, or about one message."""

    meeting: Meeting | None = None
    person: Person | None = None
    message: Message | None = None


@dataclass(frozen=True)
class Found:
    """What is kept of a mail, and what becomes of it."""

    kind: IncomingKind
    outcome: Outcome
    values: dict[str, Any] = field(default_factory=dict)


def take_in(raw: bytes, *, door: str, now: datetime) -> IncomingMail | None:
    """Take in one mail and return its row, or None where the same bytes were taken in before.

    Whatever fails for a reason of the mail's own is kept as unreadable and waits for a person, so that it is not tried
    again for ever. Raises OperationalError or InterfaceError where the database is at fault: then it may come again.
    """
    said = incoming.read(raw)
    try:
        return busy.in_one_go(lambda: _take_in(said, door, now))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  One bad mail must not hold up the others.
        # Neither the error's words nor the mail's: they may name a family.
        log.warning("Mail %s could not be taken in: %s", said.digest[:8], type(error).__name__)
    return busy.in_one_go(lambda: _keep_unread(said, door, now))


def _take_in(said: Incoming, door: str, now: datetime) -> IncomingMail | None:
    if IncomingMail.objects.filter(digest=said.digest).exists():
        return None
    whose = _whose(said)
    found = _found(said.said, whose, now)
    row = _write(said, whose, found, door, now)
    if found.outcome.state == IncomingState.NEW and found.kind in TOLD:
        _tell(row, now=now)
    return row


def _keep_unread(said: Incoming, door: str, now: datetime) -> IncomingMail | None:
    if IncomingMail.objects.filter(digest=said.digest).exists():
        return None
    return _write(said, _whose(said), Found(IncomingKind.UNREADABLE, waits(Why.ERROR)), door, now)


def _write(said: Incoming, whose: Whose, found: Found, door: str, now: datetime) -> IncomingMail:
    return IncomingMail.objects.create(
        digest=said.digest,
        door=door,
        kind=found.kind,
        state=found.outcome.state,
        why=found.outcome.why,
        meeting=whose.meeting,
        person=whose.person,
        message=whose.message,
        from_address=said.from_address,
        subject=said.subject,
        received_at=now,
        **found.values,
    )


# Whose it is


def _whose(said: Incoming) -> Whose:
    match said.about:
        case AnswerAbout(meeting_id, person_id):
            return _about_meeting(meeting_id, person_id, said.said)
        case ReturnOf(message_id):
            message = Message.objects.select_related("meeting__school", "recipient").filter(pk=message_id).first()
            return Whose(message.meeting, message.recipient, message) if message else Whose()
    return Whose()


def _about_meeting(meeting_id: int, person_id: int, said: Said) -> Whose:
    # In the order in which every change of a meeting locks: the person, then the meeting.
    busy.lock([person_id])
    person = Person.objects.filter(pk=person_id).first()
    rows = Meeting.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "school", "student__case_manager__person", "organizer__person"
    )
    meeting = rows.filter(pk=meeting_id).first()
    if person is None or meeting is None:
        return Whose()
    # Some servers return a message to whom answers go. It names itself.
    message = None
    if isinstance(said, Returned) and said.message_id:
        message = Message.objects.filter(recipient=person, message_id=said.message_id).first()
    return Whose(meeting, person, message)


# What becomes of it


def _found(said: Said, whose: Whose, now: datetime) -> Found:
    match said:
        case Returned():
            return _found_returned(said, whose, now)
        case CalendarMail():
            return _found_in_calendar(said, whose, now)
        case Written():
            return Found(IncomingKind.TYPED, _for_a_person(whose), {"words": said.words})
        case ByMachine():
            return Found(IncomingKind.AUTO_REPLY, kept("" if whose.person else Why.UNKNOWN_ADDRESS))
        case Unread():
            outcome = waits(said.why) if whose.person else kept(said.why)
            return Found(IncomingKind.UNREADABLE, outcome, {"words": said.words})


def _found_returned(said: Returned, whose: Whose, now: datetime) -> Found:
    kind = IncomingKind.BOUNCE if said.is_final else IncomingKind.DELAY
    unknown = kept(Why.UNKNOWN_ADDRESS)
    return Found(kind, take_back(whose.message, said, now=now) if whose.message else unknown)


def _found_in_calendar(said: CalendarMail, whose: Whose, now: datetime) -> Found:
    if whose.meeting is None or whose.person is None or whose.message is not None:
        return Found(_kind_of(said), kept(Why.UNKNOWN_ADDRESS))
    answer = answer_of(said, whose.meeting, whose.person)
    outcome = enter(answer, whose.meeting, whose.person, now=now)
    return Found(answer.kind or IncomingKind.UNREADABLE, outcome, _values(answer))


def _kind_of(said: CalendarMail) -> IncomingKind:
    return IncomingKind.COUNTER if said.method == "COUNTER" else IncomingKind.UNREADABLE


def _values(answer: CalendarAnswer) -> dict[str, Any]:
    return {
        "words": answer.words,
        "sequence": answer.sequence,
        "proposed_start_at": answer.proposed_start_at,
        "proposed_end_at": answer.proposed_end_at,
    }


def _for_a_person(whose: Whose) -> Outcome:
    # What somebody wrote is read by somebody, whomever it is from.
    return WAITS if whose.person else waits(Why.UNKNOWN_ADDRESS)


# Who is told


def _tell(row: IncomingMail, *, now: datetime) -> None:
    """Write to whoever keeps and whoever called the meeting, five times a day for one writer at most."""
    meeting, person = row.meeting, row.person
    if meeting is None or person is None or _has_told_enough(person, now):
        return
    case_manager = meeting.student.case_manager
    people = [*([case_manager.person] if case_manager else []), meeting.organizer.person]
    told = [mail.reply_came(row, to, now=now) for to in dict.fromkeys(people) if to.pk != person.pk]
    if any(told):
        queue.enqueue("send_outbox")


def _has_told_enough(person: Person, now: datetime) -> bool:
    lately = IncomingMail.objects.filter(person=person, kind__in=TOLD, received_at__gt=now - TOLD_WITHIN)
    return lately.count() > MOST_TOLD


# What a person does with it


@transaction.atomic
def set_aside(row: IncomingMail, *, by: Staff, now: datetime) -> bool:
    """Have looked at a mail: nothing is left to do. Return False where somebody did before."""
    waiting = IncomingMail.objects.filter(pk=row.pk, state=IncomingState.NEW)
    return waiting.update(state=IncomingState.HANDLED, handled_at=now, handled_by=by) == 1


@transaction.atomic
def put_back(row: IncomingMail) -> bool:
    """Have a mail wait for a look again. Return False where it does."""
    looked_at = IncomingMail.objects.filter(pk=row.pk, state=IncomingState.HANDLED)
    return looked_at.update(state=IncomingState.NEW, handled_at=None, handled_by=None) == 1
