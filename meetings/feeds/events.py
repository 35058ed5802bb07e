"""What one event says of its owner's time: from when to when, how often, and whether they are busy at all."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import IntEnum

from meetings.feeds.lines import Component, Line
from meetings.feeds.times import Clock, Moment, Period, TimeError, duration_of, later

DAY = timedelta(days=1)
MARGIN_DAYS = 2
DATE_LETTERS = 8
BUSY_ALL_DAY = {"BUSY", "OOF"}
NOT_BUSY = {"FREE", "WORKINGELSEWHERE"}
NAMES = {
    "UID", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS",
    "X-MICROSOFT-CDO-ALLDAYEVENT", "ATTENDEE", "DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "RRULE", "RDATE",
    "EXDATE",
}  # fmt: skip
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Standing(IntEnum):
    """Whether the owner is busy; of two, the higher one holds."""

    FREE = 0
    TENTATIVE = 1
    BUSY = 2


@dataclass(frozen=True)
class Owner:
    """Whose calendar it is: by which addresses they are invited, and on which host our own meetings are made."""

    addresses: frozenset[str] = frozenset()
    our_host: str = ""

    def is_ours(self, uid: str) -> bool:
        """Return whether an event is one of our own invites: its time is known here already."""
        return bool(self.our_host) and bool(re.fullmatch(f"{UUID}@{re.escape(self.our_host)}", uid.strip().lower()))


@dataclass(frozen=True)
class Event:
    """One VEVENT: a whole series, or what became of one of its occurrences (`replaces`)."""

    uid: str
    standing: Standing
    start: datetime
    end: datetime
    replaces: Moment | None = None
    and_following: bool = False
    version: tuple[int, str] = (0, "")
    rules: tuple[str, ...] = ()
    extra: tuple[Moment | Period, ...] = ()
    left_out: tuple[Moment, ...] = ()
    is_whole: bool = True

    @property
    def recurs(self) -> bool:
        return bool(self.rules or self.extra)


NOBODY = Owner()


class Lines:
    """The lines of one event that say something of time."""

    def __init__(self, component: Component) -> None:
        self._all = list(component.lines(NAMES))

    def all(self, name: str) -> list[Line]:
        return [line for line in self._all if line.name == name]

    def one(self, name: str) -> Line | None:
        return next(iter(self.all(name)), None)

    def text(self, name: str) -> str:
        line = self.one(name)
        return line.value if line else ""

    def word(self, name: str) -> str:
        return self.text(name).upper()


def standing_of(lines: Lines, owner: Owner) -> Standing:
    """Return whether an event takes its owner's time.

    Cancelled, transparent, free, working elsewhere, declined by the owner, or ours: no. Tentative: perhaps. A whole
    day: where Outlook says busy or out of office, for birthdays and term dates are whole days too.
    """
    status, outlook = lines.word("STATUS"), lines.word("X-MICROSOFT-CDO-BUSYSTATUS")
    answer = _answer(lines, owner)
    is_free = status == "CANCELLED" or lines.word("TRANSP") == "TRANSPARENT" or outlook in NOT_BUSY
    if is_free or answer == "DECLINED" or owner.is_ours(lines.text("UID")):
        return Standing.FREE
    if _is_all_day(lines) and outlook not in BUSY_ALL_DAY:
        return Standing.FREE
    is_tentative = "TENTATIVE" in {status, outlook, answer}
    return Standing.TENTATIVE if is_tentative else Standing.BUSY


def may_matter(lines: Lines, window: tuple[date, date]) -> bool:
    """Return False for an event that happens once, well outside of the window: most of an old calendar."""
    if any(lines.one(name) for name in ("RRULE", "RDATE", "RECURRENCE-ID")):
        return True
    first, last = (f"{day:%Y%m%d}" for day in (window[0] - MARGIN_DAYS * DAY, window[1] + MARGIN_DAYS * DAY))
    days = [re.sub(r"\D", "", lines.text(name))[:DATE_LETTERS] for name in ("DTSTART", "DTEND") if lines.one(name)]
    if not days or any(len(day) != DATE_LETTERS for day in days):
        return True
    return min(days) <= last and (max(days) >= first or lines.one("DURATION") is not None)


def event_of(lines: Lines, standing: Standing, clock: Clock, number: int) -> Event:
    """Return what an event says. Raises TimeError where it does not say when it begins, or which one it replaces.

    `number` stands for the UID of an event that has none.
    """
    begins = lines.one("DTSTART")
    if begins is None:
        raise TimeError
    start, end, is_right = _ends(lines, clock.moment(begins), clock)
    instead = lines.one("RECURRENCE-ID")
    stamp = re.sub(r"\D", "", lines.text("LAST-MODIFIED") or lines.text("DTSTAMP"))
    event = Event(
        uid=lines.text("UID") or f"unnamed {number}",
        standing=standing,
        start=start,
        end=end,
        replaces=clock.moment(instead) if instead else None,
        and_following=instead is not None and instead.parameters.get("RANGE", "").upper() == "THISANDFUTURE",
        version=(_number(lines.text("SEQUENCE")), stamp),
        is_whole=is_right,
    )
    return event if instead else _with_rules(event, lines, clock)


def newest(events: Iterable[Event]) -> list[Event]:
    """Return the last version of each event: the same one may have come twice, in any order (RFC 5546, 2.1.5).

    Of two that claim to be the same version both stay, for leaving out a wrong one would show time as free.
    """
    found: dict[tuple[str, object], list[Event]] = {}
    for event in events:
        key = (event.uid, event.replaces)
        before = found.get(key, [])
        if not before or event.version > before[0].version:
            found[key] = [event]
        elif event.version == before[0].version and event not in before:
            before.append(event)
    return [event for versions in found.values() for event in versions]


def _ends(lines: Lines, first: Moment, clock: Clock) -> tuple[datetime, datetime, bool]:
    """Return when it begins and ends, and whether that makes sense. No end said: at once, or with the day."""
    start = clock.start_of(first)
    is_day = not isinstance(first, datetime)
    whole = clock.midnight(first + DAY) if is_day else start
    try:
        end = _end(lines, start, clock) or whole
    except TimeError:
        return start, whole, False
    if end < start:
        # The two changed places, if they are near; else who knows what was meant.
        return (end, start, False) if start - end <= DAY else (start, whole, False)
    # A day that ends on the day that it begins is meant as one day.
    return start, max(end, whole), True


def _end(lines: Lines, start: datetime, clock: Clock) -> datetime | None:
    ends, lasts = lines.one("DTEND"), lines.one("DURATION")
    if ends and ends.value:
        return clock.start_of(clock.moment(ends))
    return later(start, duration_of(lasts.value)) if lasts else None


def _with_rules(event: Event, lines: Lines, clock: Clock) -> Event:
    extra = tuple(each for line in lines.all("RDATE") for each in clock.moments(line))
    left_out = tuple(
        each for line in lines.all("EXDATE") for each in clock.moments(line) if not isinstance(each, tuple)
    )
    rules = tuple(line.value for line in lines.all("RRULE") if line.value)
    return replace(event, rules=rules, extra=extra, left_out=left_out)


def _is_all_day(lines: Lines) -> bool:
    begins = lines.one("DTSTART")
    said = begins.parameters.get("VALUE", "").upper() if begins else ""
    is_date = said == "DATE" or (begins is not None and re.fullmatch(r"\d{8}", begins.value) is not None)
    return is_date or lines.word("X-MICROSOFT-CDO-ALLDAYEVENT") == "TRUE"


def _answer(lines: Lines, owner: Owner) -> str:
    """Return what the owner answered to this invitation, where it is one."""
    for line in lines.all("ATTENDEE"):
        said = {line.value.lower().removeprefix("mailto:"), line.parameters.get("EMAIL", "").lower()}
        if said & owner.addresses:
            return line.parameters.get("PARTSTAT", "").upper()
    return ""


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,9}", text) else 0
