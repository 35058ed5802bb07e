"""What makes one time better than another: the named terms of the ranking in their order, and their reasons.

What the law asks comes first: a quorum (every proposal has one), before the due date, with notice to the family. Then
whom it disturbs least, and whom it suits. A time that the family asked for goes before room ahead of the due date.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from meetings.core.cases import Proposal
from meetings.core.intervals import Span
from meetings.core.ranking import (
    EARLIEST,
    FEWEST_EMPTY,
    FEWEST_RESEATINGS,
    FEWEST_TO_ASK,
    MOST_PREFERRED,
    Term,
    rank,
    spread,
)
from meetings.core.schooldays import NoSchoolDayError, instant_at, local_day
from meetings.loaders import LoadedCase
from meetings.offers import FilledSeat, NoteKind, Offer, offer_of
from students.models import PersonKind, Role

# 300.322(a)(1) says "early enough" and names no number. Where the district sets none, only the same day is surely late.
LEAST_NOTICE_DAYS = 1
# Before a meeting so late could be moved, its due date would be there.
LAST_SCHOOL_DAYS = 3
# People keep 1:15 in mind better than 1:10. Every zone's offset is a multiple of a quarter hour.
ROUND_MINUTES = 15


class Why(StrEnum):
    """A reason for or against a time; the page finds its words."""

    ALL_FREE = "all_free"
    TO_ASK = "to_ask"
    NO_SUBSTITUTE = "no_substitute"
    PREP = "prep"
    NOTICE = "notice"
    SHORT_NOTICE = "short_notice"
    BEFORE_DUE = "before_due"
    AFTER_DUE = "after_due"
    CAN_COME = "can_come"
    CANNOT_COME = "cannot_come"


@dataclass(frozen=True)
class Reason:
    """One reason with what it speaks of: a number of people or days, or one seat."""

    why: Why
    count: int = 0
    seat: FilledSeat | None = None

    @property
    def is_warning(self) -> bool:
        return self.why in {Why.TO_ASK, Why.SHORT_NOTICE, Why.AFTER_DUE}


@dataclass(frozen=True)
class Frame:
    """What the times of one case are weighed against."""

    loaded: LoadedCase
    today: date
    due_on: date | None

    @cached_property
    def due_end(self) -> int | None:
        """The minute at which the last lawful day is over."""
        return None if self.due_on is None else self._midnight(self.due_on + timedelta(days=1))

    @cached_property
    def target_on(self) -> date | None:
        """The district's target day, or None where there is no due date or the calendar does not reach so far."""
        return self._before_due(self.loaded.district.target_school_days)

    @cached_property
    def room_ends(self) -> tuple[int, ...]:
        """The minutes at which room before the due date runs short: after the target day, and in the last days."""
        days = (self.target_on, self._before_due(LAST_SCHOOL_DAYS))
        return tuple(self._midnight(day + timedelta(days=1)) for day in days if day is not None)

    def _before_due(self, school_days: int) -> date | None:
        if self.due_on is None:
            return None
        try:
            return self.loaded.calendar.add_school_days(self.due_on, -school_days)
        except NoSchoolDayError:
            return None

    @cached_property
    def notice_start(self) -> int:
        """The first minute that leaves the family the notice which the district sets."""
        days = self.loaded.district.notice_days
        return self._midnight(self.today + timedelta(days=LEAST_NOTICE_DAYS if days is None else days))

    @cached_property
    def usual_notice_start(self) -> int:
        """The first minute that leaves the family the notice which is usual in the district."""
        return self._midnight(self.today + timedelta(days=self.loaded.district.usual_notice_days))

    def _midnight(self, day: date) -> int:
        return instant_at(self.loaded.case.zone, day, 0)

    def is_late(self, start: int) -> bool:
        return self.due_end is not None and start >= self.due_end

    def days_late(self, start: int) -> int:
        """Return how many days after the due date a time is; 0 for one before it."""
        return 0 if self.due_on is None else max(0, (local_day(self.loaded.case.zone, start) - self.due_on).days)

    def is_short_of_notice(self, start: int) -> bool:
        return start < self.notice_start

    def is_sooner_than_usual(self, start: int) -> bool:
        return start < self.usual_notice_start

    def lack_of_room(self, start: int) -> int:
        """Return 0 with the target's room before the due date, 1 with less, 2 where a sick day could be too much."""
        return sum(start >= end for end in self.room_ends)

    def planning_periods(self, proposal: Proposal) -> int:
        """Return how many people would give up planning time."""
        span = Span(proposal.start, proposal.end)
        people = {person for person in proposal.seating.values() if person is not None}
        return sum(self._meets_prep(person, span) for person in people)

    def _meets_prep(self, person: str, span: Span) -> bool:
        prep = self.loaded.hours[person].prep
        index = bisect_right(prep, (span.end,))
        return index > 0 and prep[index - 1].end > span.start

    def representative_load(self, proposal: Proposal) -> int:
        """Return how many meetings the LEA representative has in the window already."""
        return sum(
            self.loaded.hours[holder].meetings
            for seat in self.loaded.wanted
            if seat.role == Role.LEA_REPRESENTATIVE and (holder := proposal.seating[seat.key]) is not None
        )


def terms_of(frame: Frame) -> tuple[Term, ...]:
    """Return the terms, the weightiest first. Each decides only among times that those before it hold equal."""
    return (
        Term("before_due", lambda proposal: frame.is_late(proposal.start)),
        Term("notice", lambda proposal: frame.is_short_of_notice(proposal.start)),
        FEWEST_RESEATINGS,
        FEWEST_TO_ASK,
        MOST_PREFERRED,
        # Overdue already: each day counts more than comfort, but not more than what the family asked for.
        Term("days_late", lambda proposal: frame.days_late(proposal.start)),
        Term("usual_notice", lambda proposal: frame.is_sooner_than_usual(proposal.start)),
        Term("room_before_due", lambda proposal: frame.lack_of_room(proposal.start)),
        Term("planning_periods", frame.planning_periods),
        FEWEST_EMPTY,
        Term("even_load", frame.representative_load),
        Term("round_start", lambda proposal: bool(proposal.start % ROUND_MINUTES)),
        EARLIEST,
    )


def best_offers(frame: Frame, proposals: Sequence[Proposal], count: int) -> list[Offer]:
    """Return up to `count` offers, best first, spread over days and parts of the day."""
    ranked = rank(proposals, terms_of(frame))
    return [offer_of(frame.loaded, proposal) for proposal in spread(ranked, count, frame.loaded.case.zone)]


def best_with_same_people(frame: Frame, proposals: Sequence[Proposal], count: int) -> list[Proposal]:
    """Return up to `count` proposals, best first, where every seat has its holder already: no load is to be evened."""
    terms = [term for term in terms_of(frame) if term.name != "even_load"]
    return spread(rank(proposals, terms), count, frame.loaded.case.zone)


def nearest_offers(frame: Frame, proposals: Sequence[Proposal], start: int, count: int) -> list[Offer]:
    """Return up to `count` offers that are nearest in time to one that does not work, spread over days."""
    distance = Term("distance", lambda proposal: abs(proposal.start - start))
    nearest = spread(rank(proposals, [FEWEST_TO_ASK, distance]), count, frame.loaded.case.zone)
    return [offer_of(frame.loaded, proposal) for proposal in sorted(nearest, key=lambda each: each.start)]


def reasons_of(frame: Frame, offer: Offer) -> list[Reason]:
    """Return why this time, and what speaks against it: warnings first."""
    reasons = [*_of_quorum(offer), *_of_dates(frame, offer), *_of_people(offer)]
    return sorted(reasons, key=lambda reason: not reason.is_warning)


def _of_quorum(offer: Offer) -> Iterator[Reason]:
    if offer.to_ask:
        for seat in offer.to_ask:
            yield Reason(Why.TO_ASK, seat=seat)
    elif offer.is_possible:
        yield Reason(Why.ALL_FREE, count=len(offer.required))


def _of_dates(frame: Frame, offer: Offer) -> Iterator[Reason]:
    on = local_day(frame.loaded.case.zone, offer.start)
    short = frame.is_short_of_notice(offer.start)
    yield Reason(Why.SHORT_NOTICE if short else Why.NOTICE, count=(on - frame.today).days)
    if frame.due_on is None:
        return
    left = (frame.due_on - on).days
    if left < 0:
        yield Reason(Why.AFTER_DUE, count=-left)
    else:
        yield Reason(Why.BEFORE_DUE, count=left)


def _of_people(offer: Offer) -> Iterator[Reason]:
    staff = [seat for seat in offer.seats if seat.person is not None and seat.person.kind == PersonKind.STAFF]
    if prep := {seat.person for seat in staff if seat.note.kind == NoteKind.PREP}:
        yield Reason(Why.PREP, count=len(prep))
    if staff:
        yield Reason(Why.NO_SUBSTITUTE)
    for seat in offer.optional:
        if seat.wanted.eligible and seat.wanted.role not in {Role.PARENT, Role.STUDENT}:
            yield Reason(Why.CANNOT_COME if seat.person is None else Why.CAN_COME, seat=seat)
