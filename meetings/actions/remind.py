"""Reminders and digests, decided when they are due and never before: a cancelled meeting reminds nobody.

Each run looks at whatever is due by now and was not written yet. So running twice changes nothing, and a run that
comes days late still writes what is useful, and keeps what came too late. Which hour it is, the school's clock says;
when it may go out, the database's.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects

from meetings import mail, queue
from meetings.actions import nudge
from meetings.falling_due import Due, all_schools, due_reminders
from meetings.models import (
    Answer,
    Failure,
    Gathered,
    Meeting,
    Message,
    MessageKind,
    MessageState,
    ParentLink,
    Seat,
)
from meetings.planners_lock import hold_the_planners_lock
from meetings.quiet import Quiet, quiet_hours, zone_of
from meetings.reminder_rules import policy
from meetings.reminder_times import digest_week, local
from students.models import District, PersonKind, Staff

BATCH = 200
LOOKED_BACK = timedelta(days=2)


def plan(now: datetime) -> int:
    """Write every reminder and nudge that is due by now, in batches of people. Return how many mails it made."""
    district = District.objects.first()
    writer = Writer(quiet_hours(district), gathers=district is None or district.gathers_reminders, now=now)
    schools = all_schools()
    due = due_reminders(policy(), schools, writer.quiet, now)
    written = sum(writer.write(batch) for batch in _batches(due))
    written += nudge.plan(schools, writer.quiet, gathers=writer.gathers, now=now)
    if written:
        queue.enqueue("send_outbox")
    return written


def digests(now: datetime) -> int:
    """Write the digest to each administrator whose school has Monday morning, or a little later. Return how many."""
    written = 0
    quiet = quiet_hours(District.objects.first())
    for staff in _administrators():
        schools = mail.administered_schools(staff)
        week = schools and digest_week(schools[0].time_zone, now)
        if week and not Message.objects.filter(recipient=staff.person, about=f"digest:{week}").exists():
            opens_at = quiet.opens_at(zone_of(staff.person, schools[0].time_zone), now)
            written += mail.digest(staff, week, now=now, not_before_at=opens_at) is not None
    if written:
        queue.enqueue("send_outbox")
    return written


def _administrators() -> QuerySet[Staff]:
    leads = Q(is_district_wide=True) | Q(assignments__is_administrator=True)
    return Staff.objects.get_queryset().filter(leads, is_active=True, person__gone_at=None).order_by("pk").distinct()


def _batches(due: Sequence[Due]) -> Iterator[list[Due]]:
    """Yield what is due to so many people at a time: all of one person's together, so that it can be gathered."""
    by_person: dict[int, list[Due]] = defaultdict(list)
    for each in due:
        by_person[each.recipient_id].append(each)
    people = list(by_person)
    for first in range(0, len(people), BATCH):
        yield [each for pk in people[first : first + BATCH] for each in by_person[pk]]


@dataclass(frozen=True)
class Owed:
    """One reminder with what it is about, and from when on it may go out."""

    due: Due
    seat: Seat
    not_before_at: datetime

    @property
    def about(self) -> str:
        return f"{mail.about_prefix(self.seat.meeting)}{self.due.what}"


@dataclass(frozen=True)
class Writer:
    """Writes what is due, a batch in one transaction: a run that dies has written whole batches, and no half mail."""

    quiet: Quiet
    gathers: bool
    now: datetime
    said: mail.Said = field(default_factory=mail.Said)

    @transaction.atomic
    def write(self, batch: Sequence[Due]) -> int:
        """Write what is still owed of a batch. Return how many mails it made; what came too late is no mail."""
        hold_the_planners_lock()
        found = list(self._owed(batch))
        owed = [each for each in found if each.not_before_at < each.due.until and self.now < each.due.until]
        self._keep_too_late([each for each in found if each.due.until <= self.now])
        gathered, alone = self._sorted(owed)
        return self._write_alone(alone) + self._write_gathered(gathered)

    def _owed(self, batch: Sequence[Due]) -> Iterator[Owed]:
        # Asked once more under the lock: another planner may have been first, or the meeting moved.
        meetings = _meetings({due.meeting_id for due in batch})
        told = _told(meetings, {due.recipient_id for due in batch})
        for due in batch:
            meeting = meetings.get(due.meeting_id)
            seat = _seat(meeting, due) if meeting and meeting.sequence == due.sequence else None
            if seat is None or seat.holder is None or not told[due.meeting_id, due.recipient_id].lacks(due, seat):
                continue
            opens_at = self.quiet.opens_at(zone_of(seat.holder, seat.meeting.school.time_zone), self.now)
            yield Owed(due, seat, max(due.due_at, opens_at))

    def _sorted(self, owed: Iterable[Owed]) -> tuple[list[list[Owed]], list[Owed]]:
        """Return what goes out together, by person, and what goes out alone. Families always get single mails."""
        by_person: dict[int, list[Owed]] = defaultdict(list)
        alone = []
        for each in owed:
            if self.gathers and each.seat.holder is not None and each.seat.holder.kind == PersonKind.STAFF:
                by_person[each.due.recipient_id].append(each)
            else:
                alone.append(each)
        alone += [each for one in by_person.values() if len(one) == 1 for each in one]
        return [one for one in by_person.values() if len(one) > 1], alone

    def _write_alone(self, owed: Iterable[Owed]) -> int:
        rows = mail.write_all([self._letter(each) for each in owed], now=self.now)
        return sum(row is not None for row in rows)

    def _write_gathered(self, gathered: Sequence[list[Owed]]) -> int:
        if not gathered:
            return 0
        before = self._gathered_before([one[0].due.recipient_id for one in gathered])
        for one in gathered:
            one.sort(key=lambda each: (each.seat.meeting.start_at, each.seat.meeting_id))
        rows = mail.write_all([self._gathered_letter(one, before) for one in gathered], now=self.now)
        Gathered.objects.bulk_create(
            Gathered(message=row, about=each.about, meeting=each.seat.meeting, asks=each.seat.answer == Answer.NONE)
            for row, one in zip(rows, gathered, strict=True)
            if row is not None
            for each in one
        )
        return sum(row is not None for row in rows)

    def _gathered_letter(self, one: Sequence[Owed], before: Mapping[tuple[int, str], int]) -> mail.Letter:
        on, _ = local(one[0].seat.meeting.school.time_zone, self.now)
        nth = before.get((one[0].due.recipient_id, mail.day_ahead_about(on)), 0) + 1
        return mail.day_ahead_letter(
            [each.seat for each in one],
            on,
            nth,
            not_before_at=max(each.not_before_at for each in one),
            expires_at=max(each.due.until for each in one),
            said=self.said,
        )

    def _gathered_before(self, people: Iterable[int]) -> Mapping[tuple[int, str], int]:
        rows = Message.objects.filter(
            recipient__in=people, kind=MessageKind.DAY_AHEAD, created_at__gte=self.now - LOOKED_BACK
        )
        return Counter((pk, f"{about.rpartition(':')[0]}:") for pk, about in rows.values_list("recipient", "about"))

    def _letter(self, owed: Owed) -> mail.Letter:
        due, seat = owed.due, owed.seat
        if not due.is_to_family:
            return mail.reminder_letter(seat, due.what, not_before_at=owed.not_before_at, said=self.said)
        link = next(link for link in seat.meeting.parent_links.all() if link.guardian_id == due.recipient_id)
        return mail.family_letter(link, seat, due.what, not_before_at=owed.not_before_at)

    def _keep_too_late(self, owed: Sequence[Owed]) -> None:
        """Keep what nobody was reminded of while it was of use, such as while the service was down."""
        missed = [each for each in owed if each.due.booked_at < each.due.due_at]
        rows = mail.write_all([self._letter(each) for each in missed], now=self.now)
        made = [row.pk for row in rows if row is not None]
        Message.objects.filter(pk__in=made).update(state=MessageState.WITHDRAWN, failure=Failure.TOO_LATE)


class Told:
    """What one person was told so far about a meeting as it stands."""

    def __init__(self) -> None:
        self.abouts: set[str] = set()
        self.last_at: datetime | None = None

    def add(self, about: str, at: datetime) -> None:
        self.abouts.add(about)
        self.last_at = max(self.last_at or at, at)

    def lacks(self, due: Due, seat: Seat) -> bool:
        """Return whether the reminder was not written, and nothing else either since it fell due."""
        if f"{mail.about_prefix(seat.meeting)}{due.what}" in self.abouts:
            return False
        return self.last_at is None or self.last_at < due.due_at


def _told(meetings: Mapping[int, Meeting], people: Iterable[int]) -> Mapping[tuple[int, int], Told]:
    told: dict[tuple[int, int], Told] = defaultdict(Told)
    rows = Message.objects.filter(meeting__in=meetings, recipient__in=people)
    gathered = Gathered.objects.told().filter(meeting__in=meetings, message__recipient__in=people)
    for meeting_id, person_id, about, at in (
        *rows.values_list("meeting_id", "recipient_id", "about", "created_at"),
        *gathered.values_list("meeting_id", "message__recipient_id", "about", "message__created_at"),
    ):
        if about.startswith(mail.about_prefix(meetings[meeting_id])):
            told[meeting_id, person_id].add(about, at)
    return told


def _meetings(pks: Iterable[int]) -> Mapping[int, Meeting]:
    rows = Meeting.objects.booked().select_related(
        "school", "room", "student__person", "student__case_manager__person", "organizer__person"
    )
    seats = Prefetch("seats", Seat.objects.select_related("holder").order_by("pk"))
    links = Prefetch("parent_links", ParentLink.objects.select_related("guardian__guardian"))
    found = rows.prefetch_related(seats, links).in_bulk(list(pks))
    holders = [seat.holder for meeting in found.values() for seat in meeting.seats.all() if seat.holder]
    # Who has no address of their own reads mail where they sign in.
    prefetch_related_objects([one for one in holders if one.kind == PersonKind.STAFF and not one.email], "staff")
    return found


def _seat(meeting: Meeting, due: Due) -> Seat | None:
    """Return the seat for which a reminder is due, where its holder has not changed nor said what makes it idle."""
    seat = next((seat for seat in meeting.seats.all() if seat.pk == due.seat_id), None)
    if seat is None or seat.holder_id != due.recipient_id:
        return None
    return seat if seat.answer in _wanted(due) else None


def _wanted(due: Due) -> set[str]:
    if due.asks:
        return {Answer.NONE}
    return {Answer.YES} if due.is_to_family else {Answer.YES, Answer.NONE}
