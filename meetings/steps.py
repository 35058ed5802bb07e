"""What is to be done next about one due date: values in, values out. The words are in the templates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from meetings.core.schooldays import NoSchoolDayError, SchoolCalendar
from meetings.models import AttemptResult, Mark
from students.clocks import last_day_to_hold
from students.models import Role

WORK_BEGINS_DAYS = 90  # A meeting due later than this is nobody's work yet.
LATE_DAYS = 2
PRESSING_DAYS = 7
SOON_DAYS = 14
MEETING_NEAR_DAYS = 3
PATIENCE = 3  # School days that someone who was asked is left to answer; one day where it presses.
LONGEST_BREAK = timedelta(days=75)


class Stage(StrEnum):
    """The track of one case, in order."""

    PROPOSE = "propose"
    BOOKED = "booked"
    CONFIRMED = "confirmed"
    HELD = "held"


TRACK = tuple(Stage)


class Action(StrEnum):
    SET_DUE_DATE = "set_due_date"
    PROPOSE_TIMES = "propose_times"
    CALL_FAMILY = "call_family"
    FIND_EARLIER_TIME = "find_earlier_time"
    FIND_ANOTHER_TIME = "find_another_time"
    FIND_SOMEONE = "find_someone"
    REMIND = "remind"
    RECORD_MEETING = "record_meeting"
    MEETS_TODAY = "meets_today"
    NOTHING_UNTIL = "nothing_until"


class Fact(StrEnum):
    """What was heard last."""

    ASKED = "asked"
    TRIED = "tried"
    REACHED = "reached"
    ANSWERS = "answers"
    FAMILY_CANNOT = "family_cannot"
    MEETS_SOON = "meets_soon"
    MET = "met"


class Tone(StrEnum):
    LATE = "late"
    SOON = "soon"
    CALM = "calm"


@dataclass(frozen=True)
class SeatFact:
    """A required seat. `asked_on` is the local date on which its holder was asked."""

    role: str
    holder: str
    mark: Mark
    asked_on: date


@dataclass(frozen=True)
class MeetingFact:
    """A booked meeting: its start in the school's time, whether it is over, and its required seats."""

    start: datetime
    is_over: bool
    seats: tuple[SeatFact, ...]

    @property
    def on(self) -> date:
        return self.start.date()


@dataclass(frozen=True)
class Try:
    """One try to reach the family, on a local date."""

    on: date
    result: str


@dataclass(frozen=True)
class Case:
    """What is known of one due date. `tries` belong to its meeting, or to the search for one; newest first."""

    today: date
    due_on: date | None
    calendar: SchoolCalendar | None = None
    meeting: MeetingFact | None = None
    tries: tuple[Try, ...] = ()


@dataclass(frozen=True)
class Deadline:
    """How much time is left. `last_day` is the last school day on which it can be held, None where not known.

    `days` is negative when overdue, and 0 where no school day is left before the due date.
    """

    due_on: date
    last_day: date | None
    days: int
    is_out_of_days: bool

    @property
    def is_overdue(self) -> bool:
        return self.days < 0

    @property
    def is_pressing(self) -> bool:
        return self.days <= PRESSING_DAYS

    @property
    def tone(self) -> Tone:
        if self.days <= LATE_DAYS:
            return Tone.LATE
        return Tone.SOON if self.days <= SOON_DAYS else Tone.CALM


@dataclass(frozen=True)
class NextStep:
    """What to do, about whom (`role`, `person`) or until when (`on`). Pressing ones get the solid button."""

    action: Action
    is_pressing: bool = False
    role: str = ""
    person: str = ""
    on: date | None = None

    @property
    def is_nothing(self) -> bool:
        return self.action in {Action.NOTHING_UNTIL, Action.MEETS_TODAY}


@dataclass(frozen=True)
class Latest:
    """The newest fact: of what kind, on which date, `count` of `total`, and when the meeting is, if it matters."""

    fact: Fact
    on: date
    days: int = 0
    count: int = 0
    total: int = 0
    meets: datetime | None = None


@dataclass(frozen=True)
class Outlook:
    """Everything that a line about one due date says. `done` counts the steps of TRACK behind us."""

    deadline: Deadline | None
    done: int
    step: NextStep
    latest: Latest | None
    is_booked: bool
    family_asked_on: date | None

    @property
    def waits_for_family(self) -> bool:
        return self.family_asked_on is not None


def outlook(case: Case) -> Outlook:
    """Return how one due date stands and what is next."""
    return Outlook(
        deadline=deadline(case),
        done=done(case),
        step=next_step(case),
        latest=latest(case),
        is_booked=case.meeting is not None,
        family_asked_on=family_asked_on(case),
    )


def hold_by(due_on: date, calendar: SchoolCalendar | None) -> date | None:
    """Return the last school day on which a meeting due then can be held; None where the calendar cannot tell.

    A due date long after the calendar's end lies in a school year that nobody entered yet, not in its summer.
    """
    if calendar is None or due_on > calendar.last_day + LONGEST_BREAK:
        return None
    try:
        return last_day_to_hold(due_on, calendar)
    except NoSchoolDayError:
        return None


def deadline(case: Case) -> Deadline | None:
    """Return the time left, in calendar days to the last school day, or past the due date when overdue."""
    if case.due_on is None:
        return None
    last_day = hold_by(case.due_on, case.calendar)
    overdue = (case.due_on - case.today).days
    if overdue < 0:
        return Deadline(case.due_on, last_day, overdue, is_out_of_days=False)
    left = ((last_day or case.due_on) - case.today).days
    return Deadline(case.due_on, last_day, max(left, 0), is_out_of_days=left < 0)


def done(case: Case) -> int:
    """Return how many steps of TRACK are behind us."""
    if case.meeting is None:
        return 1 if _is_trying(case) else 0
    if case.meeting.is_over or _yes(case.meeting) == _places(case.meeting):
        return 3
    return 2


def next_step(case: Case) -> NextStep:
    """Return the one thing to do next."""
    return _to_book(case) if case.meeting is None else _to_hold(case, case.meeting)


def family_asked_on(case: Case) -> date | None:
    """Return since when the family owes an answer; None when it does not."""
    if case.meeting is None:
        return case.tries[-1].on if _is_trying(case) and not _is_reached(case) else None
    if case.meeting.is_over or _parents(case.meeting) != Mark.TO_ASK:
        return None
    return min(seat.asked_on for seat in _parent_seats(case.meeting) if seat.mark == Mark.TO_ASK)


def latest(case: Case) -> Latest | None:
    """Return the newest fact worth a line."""
    meeting = case.meeting
    if meeting is None:
        return _latest_try(case, None) if _is_trying(case) else None
    if meeting.is_over:
        return Latest(Fact.MET, meeting.on)
    if (meeting.on - case.today).days <= 1:
        return Latest(Fact.MEETS_SOON, meeting.on, days=(meeting.on - case.today).days, meets=meeting.start)
    if _parents(meeting) == Mark.MISSING and any(seat.holder for seat in _parent_seats(meeting)):
        return Latest(Fact.FAMILY_CANNOT, meeting.on, meets=meeting.start)
    if family_asked_on(case) and not _is_reached(case):
        return _latest_try(case, meeting)
    return Latest(Fact.ANSWERS, meeting.on, count=_yes(meeting), total=_places(meeting), meets=meeting.start)


def _to_book(case: Case) -> NextStep:
    left = deadline(case)
    if left is None:
        return NextStep(Action.SET_DUE_DATE)
    if _is_far(case):
        return NextStep(Action.NOTHING_UNTIL, on=left.due_on - timedelta(days=WORK_BEGINS_DAYS))
    if not case.tries or _is_reached(case):
        return NextStep(Action.PROPOSE_TIMES, left.is_pressing)
    call_on = _answer_by(case, case.tries[0].on, presses=left.is_pressing)
    if call_on > case.today:
        return NextStep(Action.NOTHING_UNTIL, on=call_on)
    return NextStep(Action.CALL_FAMILY, left.is_pressing)


def _to_hold(case: Case, meeting: MeetingFact) -> NextStep:
    presses = _presses(case, meeting)
    if meeting.is_over:
        return NextStep(Action.RECORD_MEETING, is_pressing=True)
    if _is_too_late(case, meeting):
        return NextStep(Action.FIND_EARLIER_TIME, presses)
    for seat in meeting.seats:
        if seat.mark == Mark.MISSING and seat.role != Role.PARENT:
            return NextStep(Action.FIND_SOMEONE, presses, role=seat.role)
    if _parents(meeting) == Mark.MISSING:
        asked = any(seat.holder for seat in _parent_seats(meeting))
        return NextStep(Action.FIND_ANOTHER_TIME if asked else Action.FIND_SOMEONE, presses, role=Role.PARENT)
    return _to_confirm(case, meeting, presses=presses)


def _to_confirm(case: Case, meeting: MeetingFact, *, presses: bool) -> NextStep:
    waits = []
    asked_on = family_asked_on(case)
    if asked_on is not None:
        heard_on = max([asked_on, *(attempt.on for attempt in case.tries)])
        waits.append((_answer_by(case, heard_on, presses=presses), NextStep(Action.CALL_FAMILY, presses)))
    for seat in meeting.seats:
        if seat.mark == Mark.TO_ASK and seat.role != Role.PARENT:
            step = NextStep(Action.REMIND, presses, role=seat.role, person=seat.holder)
            waits.append((_answer_by(case, seat.asked_on, presses=presses), step))
    for on, step in waits:
        if on <= case.today:
            return step
    until = min([meeting.on, *(on for on, _ in waits)])
    return NextStep(Action.MEETS_TODAY if meeting.on == case.today else Action.NOTHING_UNTIL, on=until)


def _is_far(case: Case) -> bool:
    return case.due_on is not None and (case.due_on - case.today).days > WORK_BEGINS_DAYS


def _is_trying(case: Case) -> bool:
    # Tries name no due date: one that is far off is not what the family was called about.
    return bool(case.tries) and not _is_far(case)


def _is_reached(case: Case) -> bool:
    return bool(case.tries) and case.tries[0].result == AttemptResult.REACHED


def _is_too_late(case: Case, meeting: MeetingFact) -> bool:
    left = deadline(case)
    if left is None or left.is_overdue or left.is_out_of_days:
        return False
    return meeting.on > left.due_on


def _presses(case: Case, meeting: MeetingFact) -> bool:
    left = deadline(case)
    return (meeting.on - case.today).days <= MEETING_NEAR_DAYS or (left is not None and left.is_pressing)


def _answer_by(case: Case, asked_on: date, *, presses: bool) -> date:
    patience = 1 if presses else PATIENCE
    try:
        if case.calendar is not None:
            return case.calendar.add_school_days(asked_on, patience)
    except NoSchoolDayError:
        pass  # Asked in the last days that the calendar knows.
    return asked_on + timedelta(days=patience)


def _latest_try(case: Case, meeting: MeetingFact | None) -> Latest:
    meets = meeting.start if meeting else None
    calls = [attempt for attempt in case.tries if attempt.result != AttemptResult.SENT]
    if _is_reached(case):
        return Latest(Fact.REACHED, case.tries[0].on, days=(case.today - case.tries[0].on).days, meets=meets)
    if calls:
        return Latest(Fact.TRIED, calls[0].on, count=len(calls), meets=meets)
    asked_on = family_asked_on(case) or case.today
    return Latest(Fact.ASKED, asked_on, days=(case.today - asked_on).days, meets=meets)


def _parent_seats(meeting: MeetingFact) -> list[SeatFact]:
    return [seat for seat in meeting.seats if seat.role == Role.PARENT]


def _parents(meeting: MeetingFact) -> Mark | None:
    """Return the parents' one mark: a required parent is there when any parent is. None without such a seat."""
    marks = {seat.mark for seat in _parent_seats(meeting)}
    return next((mark for mark in (Mark.CONFIRMED, Mark.TO_ASK, Mark.MISSING) if mark in marks), None)


def _groups(meeting: MeetingFact) -> Iterable[Mark]:
    parents = _parents(meeting)
    if parents is not None:
        yield parents
    yield from (seat.mark for seat in meeting.seats if seat.role != Role.PARENT)


def _places(meeting: MeetingFact) -> int:
    return len(list(_groups(meeting)))


def _yes(meeting: MeetingFact) -> int:
    return sum(mark == Mark.CONFIRMED for mark in _groups(meeting))
