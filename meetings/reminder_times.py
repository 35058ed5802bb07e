"""When reminders fall due, by the school's own clock and calendar."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from meetings.core.intervals import instant_of, minute_of
from meetings.core.schooldays import NoSchoolDayError, SchoolCalendar, instant_at, local_day, local_minute
from meetings.quiet import Quiet
from meetings.reminder_rules import Rule

MORNING = 8 * 60
DIGESTS_AT = 7 * 60
LATE = timedelta(days=4)
MOST_DAYS_EARLY = 4
NUDGES = (7, 14, 30, 60)
MONDAY = 1
DIGEST_LATE = timedelta(days=3)
ASKED_LATE = 10  # School days.
LONGEST_BREAK = timedelta(days=120)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Fall:
    """One reminder of a meeting: which one, when it is due, until when it is of use, and whether none comes later."""

    days: int
    due_at: datetime
    until: datetime
    is_last: bool


@dataclass
class Times:
    """When the reminders of one school's meetings fall due. What was worked out for a day is kept."""

    calendar: SchoolCalendar
    _days: dict[datetime, date] = field(default_factory=dict)
    _dues: dict[tuple[date, Rule, bool], list[tuple[datetime, int]]] = field(default_factory=dict)

    def falls(self, start_at: datetime, rule: Rule, *, is_family: bool) -> list[Fall]:
        """Return the reminders of a meeting, first to last. Each is of use for four days at most, or until the next."""
        dues = self._of_day(self.day_of(start_at), rule, is_family=is_family)
        laters = [due_at for due_at, _ in dues[1:]]
        untils = [min(due_at + LATE, later) for (due_at, _), later in zip(dues, laters, strict=False)]
        whole = zip(dues, [*untils, start_at], strict=False)
        return [Fall(days, due_at, until, until == start_at) for (due_at, days), until in whole]

    def day_of(self, start_at: datetime) -> date:
        """Return the local day of an instant."""
        if start_at not in self._days:
            self._days[start_at], _ = local(self.calendar.zone, start_at)
        return self._days[start_at]

    def _of_day(self, day: date, rule: Rule, *, is_family: bool) -> list[tuple[datetime, int]]:
        """Return when each reminder of a rule falls due, with its days, in order.

        On a Monday the school day before comes before the second day before.
        """
        key = (day, rule, is_family)
        if key not in self._dues:
            found = ((self.due_at(day, days, is_family=is_family), days) for days in rule.days_before)
            self._dues[key] = sorted(found, key=lambda due: (due[0], -due[1]))
        return self._dues[key]

    def due_at(self, day: date, days: int, *, is_family: bool) -> datetime:
        """Return 8 AM so many days before a meeting on `day`. For staff "one day" is the school day before it."""
        on = eve(self.calendar, day) if days == 1 and not is_family else day - timedelta(days=days)
        return at(self.calendar.zone, on, MORNING)

    def asked_since(self, today: date, school_days: int) -> date:
        """Return the first day on which someone can have been asked who is to be asked again by now."""
        try:
            return self.calendar.add_school_days(today, -school_days - ASKED_LATE)
        except NoSchoolDayError:
            return today - LONGEST_BREAK


def eve(calendar: SchoolCalendar, day: date) -> date:
    """Return the day on which staff are reminded of a meeting on `day`: the school day before, so Friday for Monday.

    The day before itself where the school was closed for longer.
    """
    before = day - ONE_DAY
    try:
        school_day = calendar.last_school_day_on_or_before(before)
    except NoSchoolDayError:
        return before
    return school_day if (day - school_day).days <= MOST_DAYS_EARLY else before


def answer_due(calendar: SchoolCalendar, asked_at: datetime, school_days: int, quiet: Quiet) -> datetime:
    """Return when someone who was asked at `asked_at` is asked again: school days later, at the same hour, by day."""
    day, wall = local(calendar.zone, asked_at)
    try:
        later = calendar.add_school_days(day, school_days)
    except NoSchoolDayError:
        later = day + timedelta(days=school_days)
    return at(calendar.zone, later, quiet.by_day(wall))


def nudge_for(days_left: int) -> int | None:
    """Return which nudge is due so many days before the last day, or None. A late run still finds it for four days."""
    return next((days for days in NUDGES if days - LATE.days < days_left <= days), None)


def digest_week(zone: str, now: datetime) -> str:
    """Return the ISO week, such as 2026-W48, from Monday 7 AM at school for three days; else nothing."""
    today, _ = local(zone, now)
    monday = today - timedelta(days=today.isoweekday() - MONDAY)
    opens = at(zone, monday, DIGESTS_AT)
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02}" if opens <= now < opens + DIGEST_LATE else ""


def local(zone: str, instant: datetime) -> tuple[date, int]:
    """Return the local day, and the minutes since its midnight."""
    minute = minute_of(instant.replace(second=0, microsecond=0))
    return local_day(zone, minute), local_minute(zone, minute)


def at(zone: str, day: date, wall_minute: int) -> datetime:
    """Return the instant at which the clock on the wall shows this minute of a day."""
    return instant_of(instant_at(zone, day, wall_minute))
