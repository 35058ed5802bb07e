"""Which reminders of meetings fall due: found in the database by the days that count, one light row each."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import CharField, Exists, F, Max, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from meetings.calendars import calendars_of
from meetings.models import (
    Answer,
    Gathered,
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
from meetings.reminder_times import Fall, Times, answer_due, at
from students.models import Guardianship, PersonKind, School

MISSED = timedelta(days=4)
LONGEST_BREAK = timedelta(days=120)
ONE_DAY = timedelta(days=1)
MEMBERS = (RemindedGroup.REQUIRED, RemindedGroup.OPTIONAL, RemindedGroup.OUTSIDE)
NO_ANSWER = "no-answer"


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


@dataclass
class Schools:
    """Each school with its clock and calendar."""

    times: Mapping[int, Times]

    def spans(self, days: int, now: datetime, *, is_family: bool) -> Q:
        """Return the starts of the meetings of which someone may be reminded by now: a few days, school by school."""
        found: dict[tuple[datetime, datetime], list[int]] = {}
        for school_id, times in self.times.items():
            last = times.last_day_due(days, now, is_family=is_family)
            found.setdefault((now - MISSED, at(times.calendar.zone, last + ONE_DAY, 0)), []).append(school_id)
        if not found:
            return Q(pk__in=[])
        return reduce(or_, (_starts(start, end, ids) for (start, end), ids in found.items()))


def _starts(start: datetime, end: datetime, school_ids: list[int]) -> Q:
    return Q(meeting__start_at__gte=start, meeting__start_at__lt=end, meeting__school__in=school_ids)


def all_schools() -> Schools:
    """Return every school that is open, in five queries."""
    ids = School.objects.filter(gone_at=None).values_list("pk", flat=True)
    return Schools({pk: Times(calendar) for pk, calendar in calendars_of(ids).items()})


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
)


def _before(policy: Policy, schools: Schools, now: datetime, groups: Iterable[RemindedGroup], to: str) -> Iterator[Due]:
    is_family = to == "parent"
    for days in policy.days(groups):
        what = f"{to}-{days}d"
        seats = _unwritten(_families().filter(answer=Answer.YES) if is_family else _members(), what)
        rows = seats.filter(schools.spans(days, now, is_family=is_family)).order_by("pk")
        # The first seat of a person counts, and a required one before an optional one.
        first: dict[tuple[int, int], Any] = {}
        for row in sorted(rows.values_list(*COLUMNS), key=lambda row: row[3] == Requirement.OPTIONAL):
            first.setdefault((row[1], row[4]), row)
        for row in first.values():
            yield from _fallen(policy, schools, row, what, days, now)


def _fallen(policy: Policy, schools: Schools, row: Any, what: str, days: int, now: datetime) -> Iterator[Due]:
    seat_id, holder_id, kind_of_person, requirement, meeting_id, sequence, kind, school_id, start_at, booked_at = row
    group = group_of(kind_of_person, requirement)
    if group is None:
        return
    is_family = group == RemindedGroup.FAMILY
    falls = schools.times[school_id].falls(start_at, policy.of(kind, group), is_family=is_family)
    fall = next((fall for fall in falls if fall.days == days), None)
    if fall is not None and _matters(fall, now):
        yield Due(holder_id, meeting_id, sequence, seat_id, what, fall.due_at, fall.until, booked_at)


def _matters(fall: Fall, now: datetime) -> bool:
    return fall.due_at <= now < fall.until + MISSED and fall.due_at < fall.until


# No answer


def _silent(policy: Policy, schools: Schools, quiet: Quiet, now: datetime) -> Iterator[Due]:
    yield from _silent_of(policy, schools, quiet, now, (RemindedGroup.FAMILY,), "parent")
    yield from _silent_of(policy, schools, quiet, now, MEMBERS, "member")


def _silent_of(
    policy: Policy, schools: Schools, quiet: Quiet, now: datetime, groups: tuple[RemindedGroup, ...], to: str
) -> Iterator[Due]:
    waits = [days for group in groups for days in policy.waits(group)]
    if not waits:
        return
    is_family = to == "parent"
    what = f"{to}-{NO_ANSWER}"
    # So many school days are at least so many days.
    asked = _asked(is_family=is_family, until=now - timedelta(days=min(waits) - 1), since=now - LONGEST_BREAK)
    seats = _unwritten(_families() if is_family else _members(), what).filter(
        answer=Answer.NONE, meeting__start_at__gt=now, meeting__in=[meeting_id for _, meeting_id in asked]
    )
    for row in seats.order_by("pk").values_list(*COLUMNS):
        due = _asked_again(policy, schools, quiet, row, asked.get((row[1], row[4])), what)
        if due is not None and due.due_at <= now:
            yield due


def _asked_again(
    policy: Policy, schools: Schools, quiet: Quiet, row: Any, asked_at: datetime | None, what: str
) -> Due | None:
    seat_id, holder_id, kind_of_person, requirement, meeting_id, sequence, kind, school_id, start_at, booked_at = row
    group = group_of(kind_of_person, requirement)
    wait = policy.of(kind, group).ask_again_after if group else None
    if asked_at is None or wait is None:
        return None
    due_at = answer_due(schools.times[school_id].calendar, asked_at, wait, quiet)
    return Due(holder_id, meeting_id, sequence, seat_id, what, due_at, start_at, booked_at)


def _asked(*, is_family: bool, until: datetime, since: datetime) -> dict[tuple[int, int], datetime]:
    """Return when each silent person was sent the newest notice or invite of a meeting as it stands."""
    kinds = [MessageKind.PARENT_LINK] if is_family else [MessageKind.INVITE, MessageKind.UPDATE]
    rows = Message.objects.filter(
        kind__in=kinds,
        state=MessageState.SENT,
        sent_at__gte=since,
        meeting__status=MeetingStatus.BOOKED,
        meeting__start_at__gt=until,
    )
    what = f"{'parent' if is_family else 'member'}-{NO_ANSWER}"
    prefix = _prefix("meeting_id", "meeting__sequence")
    same = Message.objects.filter(recipient=OuterRef("recipient"))
    rows = rows.annotate(prefix=prefix, again=Concat(prefix, Value(what))).filter(
        Exists(Seat.objects.filter(meeting=OuterRef("meeting"), holder=OuterRef("recipient"), answer=Answer.NONE)),
        ~Exists(same.filter(about=OuterRef("again"))),
        about__startswith=F("prefix"),
    )
    newest = rows.order_by().values_list("recipient_id", "meeting_id").annotate(newest=Max("sent_at"))
    return {(recipient, meeting): sent_at for recipient, meeting, sent_at in newest.filter(newest__lte=until)}


# Who


def _coming() -> QuerySet[Seat]:
    booked = Seat.objects.filter(meeting__status=MeetingStatus.BOOKED, holder__gone_at=None)
    return booked.exclude(answer=Answer.NO)


def _members() -> QuerySet[Seat]:
    staff = Q(holder__kind=PersonKind.STAFF, holder__staff__is_active=True)
    return _coming().filter(staff | Q(holder__kind=PersonKind.OUTSIDE))


def _families() -> QuerySet[Seat]:
    """Return the guardians who may be written to, and whose page is open."""
    link = ParentLink.objects.filter(meeting=OuterRef("meeting"), guardian=OuterRef("holder"), revoked_at=None)
    bond = Guardianship.objects.filter(guardian=OuterRef("holder"), student=OuterRef("meeting__student"))
    rights = bond.filter(has_education_rights=True, is_no_contact=False)
    return _coming().filter(Exists(link), Exists(rights), holder__kind=PersonKind.GUARDIAN)


def _unwritten(seats: QuerySet[Seat], what: str) -> QuerySet[Seat]:
    reason = Concat(_prefix("meeting_id", "meeting__sequence"), Value(what))
    message = Message.objects.filter(recipient=OuterRef("holder"), about=OuterRef("reason"))
    gathered = Gathered.objects.told().filter(message__recipient=OuterRef("holder"), about=OuterRef("reason"))
    return seats.annotate(reason=reason).filter(~Exists(message), ~Exists(gathered))


def _prefix(pk: str, sequence: str) -> Concat:
    """Say in the database how mail.about_prefix begins the reason of a message."""
    return Concat(
        Value("meeting:"), Cast(pk, CharField()), Value(":s"), Cast(sequence, CharField()), Value(":"),
        output_field=CharField(),
    )  # fmt: skip
