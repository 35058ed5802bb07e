"""Which reminders of meetings fall due: found in the database by the days that count, one light row each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import CharField, Exists, F, Func, Max, OuterRef, QuerySet, Value

from meetings.calendars import calendars_of
from meetings.models import (
    Answer,
    Gathered,
    Meeting,
    MeetingStatus,
    Message,
    MessageKind,
    MessageState,
    ParentLink,
    RemindedGroup,
    Requirement,
    Seat,
)
from meetings.quiet import Quiet
from meetings.reminder_rules import Policy, group_of
from meetings.reminder_times import MOST_DAYS_EARLY, Fall, Times, answer_due
from students.models import Guardianship, PersonKind, School

MISSED = timedelta(days=4)
CHUNK = 1000
MEMBERS = (RemindedGroup.REQUIRED, RemindedGroup.OPTIONAL, RemindedGroup.OUTSIDE)
NO_ANSWER = "no-answer"

Schools = Mapping[int, Times]


@dataclass(frozen=True)
class Due:
    """One reminder to one person, and from when until when it is of use. `what` ends its reason."""

    recipient_id: int
    meeting_id: int
    sequence: int
    seat_id: int
    what: str
    due_at: datetime
    until: datetime
    booked_at: datetime

    @property
    def is_to_family(self) -> bool:
        return self.what.startswith("parent-")

    @property
    def asks(self) -> bool:
        return self.what.endswith(NO_ANSWER)


def all_schools() -> Schools:
    """Return the clock and calendar of every school that is open, in five queries."""
    ids = School.objects.filter(gone_at=None).values_list("pk", flat=True)
    return {pk: Times(calendar) for pk, calendar in calendars_of(ids).items()}


def due_reminders(policy: Policy, schools: Schools, quiet: Quiet, now: datetime) -> list[Due]:
    """Return what is due by now, or came too late in the last days, and was not written yet; in order of the meetings.

    One for each person, meeting and reminder, however many seats they hold.
    """
    found = [
        *_before(policy, schools, now, MEMBERS, "member"),
        *_before(policy, schools, now, (RemindedGroup.FAMILY,), "parent"),
        *_silent(policy, schools, quiet, now),
    ]
    one_each = {(due.recipient_id, due.meeting_id, due.what): due for due in found}
    return sorted(one_each.values(), key=lambda due: (due.meeting_id, due.seat_id))


# So many days before


COLUMNS = (
    "pk",
    "holder_id",
    "holder__kind",
    "requirement",
    "meeting_id",
    "meeting__sequence",
    "meeting__kind",
    "meeting__school_id",
    "meeting__start_at",
    "meeting__booked_at",
    "holder__gone_at",
    "holder__staff__is_active",
)


def _before(policy: Policy, schools: Schools, now: datetime, groups: Sequence[RemindedGroup], to: str) -> Iterator[Due]:
    is_family = to == "parent"
    most = max(policy.days(groups), default=None)
    if most is None:
        return
    until = now + timedelta(days=most + MOST_DAYS_EARLY)
    coming = Meeting.objects.booked().filter(start_at__gt=now - MISSED, start_at__lt=until).order_by("pk")
    meetings = list(coming.values_list("pk", "kind", "school_id", "start_at"))
    for days in policy.days(groups):
        ids = [pk for pk, *about in meetings if _may_be_due(policy, schools, groups, about, days, now)]
        what = f"{to}-{days}d"
        seats = _unwritten(_families().filter(answer=Answer.YES) if is_family else _members(), what)
        for row in _one_each(_read(seats, ids)):
            yield from _fallen(policy, schools, row, what, days, now)


def _may_be_due(
    policy: Policy, schools: Schools, groups: Iterable[RemindedGroup], about: Sequence[Any], days: int, now: datetime
) -> bool:
    kind, school_id, start_at = about
    times = schools.get(school_id)
    return times is not None and any(
        fall.days == days and _matters(fall, now)
        for group in groups
        for fall in times.falls(start_at, policy.of(kind, group), is_family=group == RemindedGroup.FAMILY)
    )


def _read(seats: QuerySet[Seat], ids: Sequence[int]) -> Iterator[Any]:
    """Yield the seats of these meetings as light rows, but for those whose holder has left.

    By id, and with what is known of the holder looked at here: asked of the database, it begins with all the staff.
    """
    for first in range(0, len(ids), CHUNK):
        rows = seats.filter(meeting__in=ids[first : first + CHUNK]).order_by("pk")
        for *row, gone_at, is_active in rows.values_list(*COLUMNS):
            if gone_at is None and is_active is not False:
                yield row


def _one_each(rows: Iterable[Any]) -> Iterable[Any]:
    """Return one row for each person and meeting: the first, and a required seat before an optional one."""
    first: dict[tuple[int, int], Any] = {}
    for row in sorted(rows, key=lambda row: row[3] == Requirement.OPTIONAL):
        first.setdefault((row[1], row[4]), row)
    return first.values()


def _fallen(policy: Policy, schools: Schools, row: Any, what: str, days: int, now: datetime) -> Iterator[Due]:
    seat_id, holder_id, kind_of_person, requirement, meeting_id, sequence, kind, school_id, start_at, booked_at = row
    group = group_of(kind_of_person, requirement)
    # A family has reminders of its own.
    if group is None or what.startswith("parent") != (group == RemindedGroup.FAMILY):
        return
    is_family = group == RemindedGroup.FAMILY
    falls = schools[school_id].falls(start_at, policy.of(kind, group), is_family=is_family)
    fall = next((fall for fall in falls if fall.days == days), None)
    if fall is not None and _matters(fall, now):
        yield Due(holder_id, meeting_id, sequence, seat_id, what, fall.due_at, fall.until, booked_at)


def _matters(fall: Fall, now: datetime) -> bool:
    # Where another reminder comes after it, one that came too late is nobody's loss.
    useful = fall.until + MISSED if fall.is_last else fall.until
    return fall.due_at <= now < useful and fall.due_at < fall.until


# No answer


def _silent(policy: Policy, schools: Schools, quiet: Quiet, now: datetime) -> Iterator[Due]:
    yield from _silent_of(policy, schools, quiet, now, (RemindedGroup.FAMILY,), "parent")
    yield from _silent_of(policy, schools, quiet, now, MEMBERS, "member")


def _silent_of(
    policy: Policy, schools: Schools, quiet: Quiet, now: datetime, groups: tuple[RemindedGroup, ...], to: str
) -> Iterator[Due]:
    waits = [days for group in groups for days in policy.waits(group)]
    if not waits or not schools:
        return
    is_family = to == "parent"
    what = f"{to}-{NO_ANSWER}"
    # So many school days are at least so many days.
    since = min(times.asked_since(times.day_of(now), max(waits)) for times in schools.values())
    asked = _asked(is_family=is_family, until=now - timedelta(days=min(waits) - 1), since=since)
    seats = _unwritten(_families() if is_family else _members(), what)
    silent = seats.filter(answer=Answer.NONE, meeting__start_at__gt=now)
    for row in _one_each(_read(silent, sorted({meeting_id for _, meeting_id in asked}))):
        due = _asked_again(policy, schools, quiet, row, asked.get((row[1], row[4])), what)
        if due is not None and due.due_at <= now:
            yield due


def _asked_again(
    policy: Policy, schools: Schools, quiet: Quiet, row: Any, asked_at: datetime | None, what: str
) -> Due | None:
    seat_id, holder_id, kind_of_person, requirement, meeting_id, sequence, kind, school_id, start_at, booked_at = row
    group = group_of(kind_of_person, requirement)
    wait = policy.of(kind, group).ask_again_after if group and school_id in schools else None
    if asked_at is None or wait is None or what.startswith("parent") != (group == RemindedGroup.FAMILY):
        return None
    due_at = answer_due(schools[school_id].calendar, asked_at, wait, quiet)
    return Due(holder_id, meeting_id, sequence, seat_id, what, due_at, start_at, booked_at)


def _asked(*, is_family: bool, until: datetime, since: date) -> dict[tuple[int, int], datetime]:
    """Return when each silent person was sent the newest notice or invite of a meeting as it stands."""
    kinds = [MessageKind.PARENT_LINK] if is_family else [MessageKind.INVITE, MessageKind.UPDATE]
    rows = Message.objects.filter(
        kind__in=kinds,
        state=MessageState.SENT,
        sent_at__gte=datetime.combine(since, time(), UTC),
        meeting__status=MeetingStatus.BOOKED,
        meeting__start_at__gt=until,
    )
    what = f"{'parent' if is_family else 'member'}-{NO_ANSWER}"
    prefix, again = (_reason("meeting_id", "meeting__sequence", end) for end in ("", what))
    same = Message.objects.filter(recipient=OuterRef("recipient"))
    rows = rows.annotate(prefix=prefix, again=again).filter(
        Exists(Seat.objects.filter(meeting=OuterRef("meeting"), holder=OuterRef("recipient"), answer=Answer.NONE)),
        ~Exists(same.filter(about=OuterRef("again"))),
        about__startswith=F("prefix"),
    )
    newest = rows.order_by().values_list("recipient_id", "meeting_id").annotate(newest=Max("sent_at"))
    return {(recipient, meeting): sent_at for recipient, meeting, sent_at in newest.filter(newest__lte=until)}


# Who


def _coming() -> QuerySet[Seat]:
    return Seat.objects.filter(meeting__status=MeetingStatus.BOOKED, holder__isnull=False).exclude(answer=Answer.NO)


def _members() -> QuerySet[Seat]:
    return _coming()


def _families() -> QuerySet[Seat]:
    """Return the guardians who may be written to, and whose page is open."""
    link = ParentLink.objects.filter(meeting=OuterRef("meeting"), guardian=OuterRef("holder"), revoked_at=None)
    bond = Guardianship.objects.filter(guardian=OuterRef("holder"), student=OuterRef("meeting__student"))
    rights = bond.filter(has_education_rights=True, is_no_contact=False)
    return _coming().filter(Exists(link), Exists(rights), holder__kind=PersonKind.GUARDIAN)


def _unwritten(seats: QuerySet[Seat], what: str) -> QuerySet[Seat]:
    reason = _reason("meeting_id", "meeting__sequence", what)
    message = Message.objects.filter(recipient=OuterRef("holder"), about=OuterRef("reason"))
    gathered = Gathered.objects.told().filter(message__recipient=OuterRef("holder"), about=OuterRef("reason"))
    return seats.annotate(reason=reason).filter(~Exists(message), ~Exists(gathered))


def _reason(pk: str, sequence: str, what: str) -> Func:
    """Say in the database what mail.about_prefix and what follows it make: meeting:42:s1:member-7d."""
    shape = Value(f"meeting:%s:s%s:{what}")
    return Func(shape, F(pk), F(sequence), function="format", output_field=CharField())
