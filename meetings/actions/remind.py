"""Reminders, nudges and digests, decided when they are due and never before: a cancelled meeting reminds nobody.

Each run looks at whatever is due by now and was not written yet. So running twice changes nothing, and a run that
comes days late still writes what is useful. Which hour it is, the school's clock says.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from meetings import mail, queue
from meetings.calendars import calendars_of
from meetings.core.intervals import instant_of, minute_of
from meetings.core.schooldays import NoSchoolDayError, SchoolCalendar, instant_at, local_day, local_minute
from meetings.models import Answer, Meeting, Message, MessageKind, MessageState, ParentLink, Seat
from students.clocks import last_day_to_hold
from students.models import DueDate, PersonKind, Staff

Row = TypeVar("Row", bound=Model)

BATCH = 200
MORNING = 8 * 60
QUIET_UNTIL, QUIET_FROM = 7 * 60, 20 * 60
LATE = timedelta(days=4)
WEEK_BEFORE, DAY_BEFORE = 7, 1
MOST_DAYS_EARLY = 4
SCHOOL_DAYS_TO_ANSWER = 2
NUDGES = (7, 14, 30, 60)
LONGEST_BREAK = timedelta(days=120)
MONDAY = 1
DIGEST_LATE = timedelta(days=3)
REMINDED = {PersonKind.STAFF, PersonKind.OUTSIDE}


def plan(now: datetime) -> int:
    """Write every reminder and nudge that is due by now. Return how many."""
    written = sum(_remind_of(batch, now) for batch in _batches(_coming(now)))
    written += sum(_nudge(batch, now) for batch in _batches(_unbooked(now)))
    if written:
        queue.enqueue("send_outbox")
    return written


def digests(now: datetime) -> int:
    """Write the digest to each administrator whose school has Monday morning, or a little later. Return how many."""
    written = 0
    for staff in _administrators():
        schools = mail.administered_schools(staff)
        week = schools and digest_week(schools[0].time_zone, now)
        if week and not Message.objects.filter(recipient=staff.person, about=f"digest:{week}").exists():
            written += mail.digest(staff, week, now=now) is not None
    if written:
        queue.enqueue("send_outbox")
    return written


# When


def polite(zone: str, now: datetime) -> datetime | None:
    """Return when a message written now may go: None for at once, else the next 7 AM at school."""
    today, minute = _local(zone, now)
    if QUIET_UNTIL <= minute < QUIET_FROM:
        return None
    day = today + timedelta(days=1) if minute >= QUIET_FROM else today
    return _at(zone, day, QUIET_UNTIL)


def eve(calendar: SchoolCalendar, day: date) -> date:
    """Return the day on which staff are reminded of a meeting on `day`: the school day before, so Friday for Monday.

    The day before itself where the school was closed for longer.
    """
    before = day - timedelta(days=1)
    try:
        school_day = calendar.last_school_day_on_or_before(before)
    except NoSchoolDayError:
        return before
    return school_day if (day - school_day).days <= MOST_DAYS_EARLY else before


def answer_due(calendar: SchoolCalendar, asked_at: datetime) -> datetime:
    """Return when a family that was asked at `asked_at` is asked once more: two school days later, at the same hour."""
    day, minute = _local(calendar.zone, asked_at)
    try:
        later = calendar.add_school_days(day, SCHOOL_DAYS_TO_ANSWER)
    except NoSchoolDayError:
        later = day + timedelta(days=SCHOOL_DAYS_TO_ANSWER)
    return _at(calendar.zone, later, min(max(minute, QUIET_UNTIL), QUIET_FROM - 1))


def nudge_for(days_left: int) -> int | None:
    """Return which nudge is due so many days before the last day, or None. A late run still finds it for four days."""
    return next((days for days in NUDGES if days - LATE.days < days_left <= days), None)


def digest_week(zone: str, now: datetime) -> str:
    """Return the ISO week, such as 2026-W48, from Monday 7 AM at school for three days; else nothing."""
    today, _ = _local(zone, now)
    monday = today - timedelta(days=today.isoweekday() - MONDAY)
    opens = _at(zone, monday, QUIET_UNTIL)
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02}" if opens <= now < opens + DIGEST_LATE else ""


def _local(zone: str, instant: datetime) -> tuple[date, int]:
    minute = minute_of(instant.replace(second=0, microsecond=0))
    return local_day(zone, minute), local_minute(zone, minute)


def _at(zone: str, day: date, wall_minute: int) -> datetime:
    return instant_of(instant_at(zone, day, wall_minute))


# Meetings


@dataclass
class Told:
    """What one person was told so far about a meeting as it stands."""

    abouts: set[str] = field(default_factory=set)
    last_at: datetime | None = None
    notice_sent_at: datetime | None = None

    def add(self, message: Message) -> None:
        self.abouts.add(message.about)
        self.last_at = max(self.last_at or message.created_at, message.created_at)
        if message.kind == MessageKind.PARENT_LINK and message.state == MessageState.SENT and message.sent_at:
            self.notice_sent_at = max(self.notice_sent_at or message.sent_at, message.sent_at)


@dataclass(frozen=True)
class Reminder:
    """One reminder to one person: useful from `due_at` until `until`, unless they were told something since."""

    what: str
    due_at: datetime
    until: datetime
    write: Callable[[datetime | None], Message | None]

    def is_due(self, meeting: Meeting, told: Told, now: datetime) -> bool:
        if f"{mail.about_prefix(meeting)}{self.what}" in told.abouts or not self.due_at <= now < self.until:
            return False
        return told.last_at is None or told.last_at < self.due_at


def _coming(now: datetime) -> QuerySet[Meeting]:
    whole = Meeting.objects.select_related(
        "school", "room", "student__person", "student__case_manager", "organizer__person"
    )
    return whole.booked().filter(start_at__gt=now).prefetch_related("seats__holder", "parent_links__guardian__guardian")


def _remind_of(meetings: list[Meeting], now: datetime) -> int:
    calendars = calendars_of({meeting.school_id for meeting in meetings})
    told = _told(meetings)
    return sum(
        _write(meeting, reminder, told[meeting.pk, seat.holder_id], now)
        for meeting in meetings
        for seat in _one_each(meeting)
        for reminder in _reminders(meeting, seat, told[meeting.pk, seat.holder_id], calendars[meeting.school_id], now)
    )


def _write(meeting: Meeting, reminder: Reminder, told: Told, now: datetime) -> bool:
    if not reminder.is_due(meeting, told, now):
        return False
    not_before_at = polite(meeting.school.time_zone, now)
    if not_before_at and not_before_at >= reminder.until:
        return False
    return reminder.write(not_before_at) is not None


def _reminders(meeting: Meeting, seat: Seat, told: Told, calendar: SchoolCalendar, now: datetime) -> Iterator[Reminder]:
    if seat.holder is None or seat.answer == Answer.NO:
        return
    if seat.holder.kind in REMINDED:
        yield from _of_member(meeting, seat, calendar, now)
    elif seat.holder.kind == PersonKind.GUARDIAN:
        link = next((link for link in meeting.parent_links.all() if link.guardian_id == seat.holder_id), None)
        if link is not None and link.revoked_at is None:
            link.meeting = meeting
            yield from _of_family(meeting, seat, link, told, calendar, now)


def _of_member(meeting: Meeting, seat: Seat, calendar: SchoolCalendar, now: datetime) -> Iterator[Reminder]:
    day, _ = _local(calendar.zone, meeting.start_at)
    first_at = _at(calendar.zone, day - timedelta(days=WEEK_BEFORE), MORNING)
    last_at = _at(calendar.zone, eve(calendar, day), MORNING)
    untils = ((WEEK_BEFORE, first_at, min(first_at + LATE, last_at)), (DAY_BEFORE, last_at, meeting.start_at))
    for days, due_at, until in untils:
        yield Reminder(f"member-{days}d", due_at, until, _member_writer(seat, days, now))


def _member_writer(seat: Seat, days: int, now: datetime) -> Callable[[datetime | None], Message | None]:
    return lambda not_before_at: mail.member_reminder(seat, days, now=now, not_before_at=not_before_at)


def _of_family(
    meeting: Meeting, seat: Seat, link: ParentLink, told: Told, calendar: SchoolCalendar, now: datetime
) -> Iterator[Reminder]:
    if seat.answer == Answer.YES:
        day, _ = _local(calendar.zone, meeting.start_at)
        due_at = _at(calendar.zone, day - timedelta(days=DAY_BEFORE), MORNING)
        yield Reminder(
            "parent-1d", due_at, meeting.start_at, lambda at: mail.parent_day_before(link, now=now, not_before_at=at)
        )
    elif told.notice_sent_at:
        due_at = answer_due(calendar, told.notice_sent_at)
        yield Reminder(
            "parent-no-answer",
            due_at,
            meeting.start_at,
            lambda at: mail.parent_no_answer(link, now=now, not_before_at=at),
        )


def _one_each(meeting: Meeting) -> list[Seat]:
    first: dict[int | None, Seat] = {}
    for seat in meeting.seats.all():
        seat.meeting = meeting
        first.setdefault(seat.holder_id, seat)
    return list(first.values())


def _told(meetings: list[Meeting]) -> Mapping[tuple[int, int | None], Told]:
    told: dict[tuple[int, int | None], Told] = defaultdict(Told)
    prefixes = {meeting.pk: mail.about_prefix(meeting) for meeting in meetings}
    columns = ("about", "kind", "state", "created_at", "sent_at", "meeting_id", "recipient_id")
    for message in Message.objects.filter(meeting__in=meetings).only(*columns):
        if message.meeting_id is not None and message.about.startswith(prefixes[message.meeting_id]):
            told[message.meeting_id, message.recipient_id].add(message)
    return told


# Due dates


def _unbooked(now: datetime) -> QuerySet[DueDate]:
    # The last school day can be a summer before the due date.
    until = now.date() + timedelta(days=max(NUDGES)) + LONGEST_BREAK
    rows = DueDate.objects.open().filter(due_on__gte=now.date() - timedelta(days=1), due_on__lte=until)
    return (
        rows.exclude(meetings__in=Meeting.objects.booked())
        .filter(student__case_manager__isnull=False, student__person__gone_at=None)
        .select_related("student__person", "student__school", "student__case_manager__person")
    )


def _nudge(due_dates: list[DueDate], now: datetime) -> int:
    found = {mail.nudge_about(due, days): (due, days, last_on) for due, days, last_on in _nudges(due_dates, now)}
    told = set(Message.objects.filter(about__in=found).values_list("about", flat=True))
    written = 0
    for about, (due, days, last_on) in found.items():
        if about not in told:
            at = polite(due.student.school.time_zone, now)
            written += mail.due_nudge(due, days, last_on=last_on, now=now, not_before_at=at) is not None
    return written


def _nudges(due_dates: list[DueDate], now: datetime) -> Iterator[tuple[DueDate, int, date]]:
    """Yield the due dates of which a nudge is due: which one, and the last school day to hold the meeting."""
    calendars = calendars_of({due.student.school_id for due in due_dates})
    for due in due_dates:
        try:
            last_on = last_day_to_hold(due.due_on, calendars[due.student.school_id])
        except NoSchoolDayError:
            continue
        days = nudge_for((last_on - _local(due.student.school.time_zone, now)[0]).days)
        if days:
            yield due, days, last_on


# Administrators


def _administrators() -> QuerySet[Staff]:
    leads = Q(is_district_wide=True) | Q(assignments__is_administrator=True)
    return Staff.objects.get_queryset().filter(leads, is_active=True, person__gone_at=None).order_by("pk").distinct()


def _batches(rows: QuerySet[Row]) -> Iterator[list[Row]]:
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk
