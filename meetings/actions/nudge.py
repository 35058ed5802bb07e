"""Nudges to case managers about due dates without a booked meeting: all of one person's of one day in one mail."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from meetings import mail
from meetings.core.schooldays import NoSchoolDayError
from meetings.falling_due import Schools
from meetings.models import Gathered, Meeting, Message, MessageKind
from meetings.planners_lock import hold_the_planners_lock
from meetings.quiet import Quiet, zone_of
from meetings.reminder_times import LATE, LONGEST_BREAK, NUDGES, ONE_DAY, Times, local, nudge_for
from students.clocks import last_day_to_hold
from students.models import DueDate, Staff

BATCH = 200
LOOKED_BACK = timedelta(days=2)


def plan(schools: Schools, quiet: Quiet, *, gathers: bool, now: datetime) -> int:
    """Write every nudge that is due by now, in batches of case managers. Return how many mails it made."""
    by_manager: dict[int, list[int]] = defaultdict(list)
    for due_id, manager_id in _due(schools, now):
        by_manager[manager_id].append(due_id)
    managers = sorted(by_manager)
    written = 0
    for first in range(0, len(managers), BATCH):
        ids = [pk for manager in managers[first : first + BATCH] for pk in by_manager[manager]]
        written += _write(ids, schools, quiet, gathers=gathers, now=now)
    return written


@transaction.atomic
def _write(ids: Sequence[int], schools: Schools, quiet: Quiet, *, gathers: bool, now: datetime) -> int:
    hold_the_planners_lock()
    by_manager: dict[Staff, list[mail.Nudge]] = defaultdict(list)
    rows = (
        _unbooked()
        .filter(pk__in=ids)
        .select_related("student__person", "student__school", "student__case_manager__person")
    )
    found = [nudge for due in rows.order_by("due_on", "pk") if (nudge := _nudge_of(due, schools, now))]
    told = _told({nudge.about for nudge in found})
    for nudge in found:
        manager = nudge.due_date.student.case_manager
        if manager is not None and (manager.pk, nudge.about) not in told:
            by_manager[manager].append(nudge)
    return _write_to(by_manager, quiet, gathers=gathers, now=now)


def _write_to(by_manager: Mapping[Staff, list[mail.Nudge]], quiet: Quiet, *, gathers: bool, now: datetime) -> int:
    before = _gathered_before(by_manager, now)
    letters, lists = [], []
    for manager, nudges in by_manager.items():
        zone = nudges[0].due_date.student.school.time_zone
        at = quiet.opens_at(zone_of(manager.person, zone), now)
        if gathers and len(nudges) > 1:
            on, _ = local(zone, now)
            nth = before.get((manager.pk, mail.nudges_about(on)), 0) + 1
            letters.append(mail.nudges_letter(nudges, manager, on, nth, not_before_at=at))
            lists.append(nudges)
        else:
            letters += [mail.nudge_letter(nudge, manager, not_before_at=at) for nudge in nudges]
            lists += [[] for _ in nudges]
    rows = mail.write_all(letters, now=now)
    Gathered.objects.bulk_create(
        Gathered(message=row, about=nudge.about)
        for row, nudges in zip(rows, lists, strict=True)
        if row is not None
        for nudge in nudges
    )
    return sum(row is not None for row in rows)


def _nudge_of(due: DueDate, schools: Schools, now: datetime) -> mail.Nudge | None:
    times = schools.get(due.student.school_id)
    try:
        last_on = last_day_to_hold(due.due_on, times.calendar) if times else None
    except NoSchoolDayError:
        return None
    if times is None or last_on is None:
        return None
    days = nudge_for((last_on - local(times.calendar.zone, now)[0]).days)
    return mail.Nudge(due, days, last_on) if days else None


def _told(abouts: Iterable[str]) -> set[tuple[int, str]]:
    rows = Message.objects.filter(about__in=abouts).values_list("recipient_id", "about")
    gathered = Gathered.objects.told().filter(about__in=abouts).values_list("message__recipient_id", "about")
    return {*rows, *gathered}


def _gathered_before(managers: Iterable[Staff], now: datetime) -> Mapping[tuple[int, str], int]:
    rows = Message.objects.filter(
        recipient__in=[manager.pk for manager in managers],
        kind=MessageKind.DUE_NUDGE,
        about__startswith="nudges:",
        created_at__gte=now - LOOKED_BACK,
    )
    return Counter((pk, f"{about.rpartition(':')[0]}:") for pk, about in rows.values_list("recipient_id", "about"))


# Which


def _unbooked() -> QuerySet[DueDate]:
    booked = Meeting.objects.booked().filter(due_date=OuterRef("pk"))
    return DueDate.objects.open().filter(
        ~Exists(booked),
        student__case_manager__is_active=True,
        student__case_manager__person__gone_at=None,
        student__person__gone_at=None,
    )


def _due(schools: Schools, now: datetime) -> Iterator[tuple[int, int]]:
    """Yield each due date of which a nudge is due and not written, with its case manager, by the days that count."""
    for days in NUDGES:
        reason = Concat(
            Value("due:"), Cast("pk", CharField()), Value(":"), Cast("due_on", CharField()), Value(f":nudge-{days}d"),
            output_field=CharField(),
        )  # fmt: skip
        message = Message.objects.filter(recipient=OuterRef("student__case_manager"), about=OuterRef("reason"))
        gathered = Gathered.objects.told().filter(
            message__recipient=OuterRef("student__case_manager"), about=OuterRef("reason")
        )
        rows = _unbooked().filter(_days(schools, days, now)).annotate(reason=reason)
        found = rows.filter(~Exists(message), ~Exists(gathered)).order_by("pk")
        yield from found.values_list("pk", "student__case_manager_id")


def _days(schools: Schools, days: int, now: datetime) -> Q:
    found: dict[tuple[date, date], list[int]] = defaultdict(list)
    for school_id, times in schools.items():
        found[_due_days(times, days, now)].append(school_id)
    if not found:
        return Q(pk__in=[])
    return reduce(
        or_,
        (Q(due_on__gt=after, due_on__lt=before, student__school__in=ids) for (after, before), ids in found.items()),
    )


def _due_days(times: Times, days: int, now: datetime) -> tuple[date, date]:
    """Return between which days a due date lies whose last school day is so many days away, or up to four fewer.

    The last school day can be a summer before the due date.
    """
    last_on = local(times.calendar.zone, now)[0] + timedelta(days=days)
    try:
        before = times.calendar.add_school_days(last_on, 1)
    except NoSchoolDayError:
        before = last_on + LONGEST_BREAK
    return last_on - LATE, max(before, last_on + ONE_DAY)
