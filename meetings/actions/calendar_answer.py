"""An answer from somebody's calendar: what it says of this meeting, and entering it.

Only a yes or a no to the time that the meeting has is entered. Anything else is a person's to decide.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from meetings import mail, tokens
from meetings.actions import busy
from meetings.actions.kept import ENTERED, WAITS, Outcome, Why, kept, waits
from meetings.actions.reply import reply_as_staff
from meetings.actions.reply_guardian import ReplyOutcome, reply_in_calendar
from meetings.incoming import CalendarMail, Event
from meetings.models import Answer, CameBy, IncomingKind, Meeting, MeetingStatus, Message, Seat
from students.models import Person, PersonKind

KINDS = {
    "ACCEPTED": IncomingKind.ACCEPTED,
    "DECLINED": IncomingKind.DECLINED,
    "TENTATIVE": IncomingKind.TENTATIVE,
    "DELEGATED": IncomingKind.DELEGATED,
}
ANSWERS = {IncomingKind.ACCEPTED: Answer.YES, IncomingKind.DECLINED: Answer.NO}
MOST_NOTE = 255
SEQUENCE = re.compile(rb"^SEQUENCE:(\d+)", re.MULTILINE)
OWN_SEQUENCE = re.compile(r"meeting:\d+:s(\d+):")


@dataclass(frozen=True)
class CalendarAnswer:
    """What a calendar says of one meeting for one person. Without a `kind` it says nothing clear, and `why`."""

    kind: IncomingKind | None
    why: Why = Why.NONE
    words: str = ""
    sequence: int | None = None
    start_at: datetime | None = None
    proposed_start_at: datetime | None = None
    proposed_end_at: datetime | None = None


def answer_of(said: CalendarMail, meeting: Meeting, person: Person) -> CalendarAnswer:
    """Return what the calendar of this person says of this meeting."""
    events = [event for event in said.events if event.uid.partition("@")[0].lower() == str(meeting.uid)]
    if not events:
        return CalendarAnswer(None, Why.OTHER_MEETING)
    # The newest of several components is what they meant last.
    event = max(events, key=lambda one: one.sequence or 0)
    start_at, end_at = (_instant(moment, meeting) for moment in (event.start, event.end))
    answer = CalendarAnswer(IncomingKind.COUNTER, Why.NONE, event.comment, event.sequence, start_at)
    if said.method == "COUNTER":
        return replace(answer, proposed_start_at=start_at, proposed_end_at=end_at)
    kind, why = _answer(event, events, person)
    return replace(answer, kind=kind, why=why)


def _answer(event: Event, events: list[Event], person: Person) -> tuple[IncomingKind | None, Why]:
    asked = {person.email.lower(), mail.address_of(person).lower()}
    partstat = event.answer_of(asked)
    others = {one.answer_of(asked) for one in events if one.sequence == event.sequence}
    if not partstat or others != {partstat}:
        return None, Why.UNCLEAR
    kind = KINDS.get(partstat)
    return kind, Why.NONE if kind else Why.NO_ANSWER


def _instant(moment: datetime | None, meeting: Meeting) -> datetime | None:
    # A time without a zone is a time at the school.
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=ZoneInfo(meeting.school.time_zone))


def enter(said: CalendarAnswer, meeting: Meeting, person: Person, *, now: datetime) -> Outcome:
    """Enter a yes or a no to the meeting as it stands, and return what became of it.

    The person and the meeting must be locked by the caller, so that neither changes between the look and the answer.
    """
    seat = meeting.seats.select_related("holder").filter(holder=person).order_by("pk").first()
    if stop := _hindrance(said, meeting, person, seat, now):
        return stop
    if seat is None or said.kind not in ANSWERS:
        return WAITS
    if not mail.may_write_to(person, meeting.student_id):
        return kept(Why.NO_RIGHTS)
    seat.meeting = meeting
    try:
        with transaction.atomic():
            return _enter(seat, ANSWERS[said.kind], said.words[:MOST_NOTE], person, now)
    except busy.Taken:
        return waits(Why.TAKEN)


def _hindrance(
    said: CalendarAnswer, meeting: Meeting, person: Person, seat: Seat | None, now: datetime
) -> Outcome | None:
    if said.kind is None:
        return waits(said.why) if said.why == Why.UNCLEAR else kept(said.why)
    if meeting.status == MeetingStatus.CANCELLED:
        return kept(Why.CANCELLED)
    if meeting.status != MeetingStatus.BOOKED or meeting.start_at <= now:
        return kept(Why.BEGUN)
    if seat is None:
        return kept(Why.NO_SEAT)
    return _wrong_time(said, meeting, person)


def _wrong_time(said: CalendarAnswer, meeting: Meeting, person: Person) -> Outcome | None:
    """Return what becomes of an answer to a time that the meeting does not have, or None for the one that it has."""
    given, current = said.sequence, sequence_for(meeting, person)
    if given is None:
        # Without a sequence the time itself tells; without one too, RFC 5545 counts from 0.
        is_now = said.start_at == meeting.start_at if said.start_at else current == 0
        given = current if is_now or said.kind == IncomingKind.COUNTER else -1
    if given > current:
        return waits(Why.NEWER_TIME)
    if given == current:
        return None
    # Another time is worth a look whichever time it was proposed against.
    return waits(Why.OLDER_TIME) if said.kind == IncomingKind.COUNTER else kept(Why.OLDER_TIME)


def sequence_for(meeting: Meeting, person: Person) -> int:
    """Return the SEQUENCE under which this person's calendar knows the meeting's present time.

    It is the meeting's own, and for whoever was taken out of it and asked again as much higher as their newest file
    was: a calendar takes the same number for old news.
    """
    files = Message.objects.filter(meeting=meeting, recipient=person, ics__isnull=False).order_by("-pk")
    newest = files.only("ics", "about").first()
    found = SEQUENCE.search(bytes(newest.ics)) if newest and newest.ics else None
    # The reason names the meeting's own number at that time, such as meeting:42:s1:.
    own = OWN_SEQUENCE.match(newest.about) if newest else None
    return meeting.sequence + (int(found[1]) - int(own[1]) if found and own else 0)


def _enter(seat: Seat, answer: Answer, words: str, person: Person, now: datetime) -> Outcome:
    if person.kind == PersonKind.GUARDIAN:
        return _enter_of_family(seat.meeting, answer, words, person, now)
    is_kept = reply_as_staff(seat, answer=answer, note=words or seat.note, came_by=CameBy.CALENDAR, now=now)
    return ENTERED if is_kept else waits(Why.CHANGED)


def _enter_of_family(meeting: Meeting, answer: Answer, words: str, person: Person, now: datetime) -> Outcome:
    # A meeting that was imported has no links: an answer is the first that needs one.
    link = tokens.make_link(meeting, person, expires_at=tokens.expiry_of(meeting), now=now)
    link.meeting, link.guardian = meeting, person
    outcome = reply_in_calendar(link, version=meeting.version, answer=answer, note=words, now=now)
    return ENTERED if outcome == ReplyOutcome.RECORDED else waits(Why.CHANGED)
