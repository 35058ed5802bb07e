"""What the times of one search are weighed against: the due date, the notice, and what people give up for each."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from meetings.availability import Availability, Taken
from meetings.core.cases import Proposal
from meetings.core.intervals import Span, subtract, union
from meetings.core.schooldays import MINUTES_PER_DAY, NoSchoolDayError, instant_at, local_day
from meetings.loaders import LoadedCase
from meetings.weights import Number, Weighs, weights_of
from students.models import PersonKind, Role

# 300.322(a)(1) says "early enough" and names no number. Where the district sets none, only the same day is surely late.
LEAST_NOTICE_DAYS = 1
# Before a meeting so late could be moved, its due date would be there.
LAST_SCHOOL_DAYS = 3
# So close to a meeting, whatever else someone has leaves no more than the rest between the two.
REST_MARGIN = 15
# So close to a meeting, whoever works at another school is on the way.
TRAVEL_MINUTES = 60

# By person: where each span begins and ends, one after the other.
Edges = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Frame:
    """What the times of one case are weighed against."""

    loaded: LoadedCase
    today: date
    due_on: date | None

    @cached_property
    def weights(self) -> Mapping[Weighs, Number]:
        """What each term weighs in this district."""
        return weights_of(self.loaded.district.ranking_weights)

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

    @cached_property
    def today_start(self) -> int:
        """The minute at which today began."""
        return self._midnight(self.today)

    def _midnight(self, day: date) -> int:
        return instant_at(self.loaded.case.zone, day, 0)

    def is_late(self, start: int) -> bool:
        return self.due_end is not None and start >= self.due_end

    def days_late(self, start: int) -> int:
        """Return how many days after the due date a time is; 0 for one before it."""
        return bisect_right(self._late_midnights, start)

    @cached_property
    def _late_midnights(self) -> tuple[int, ...]:
        """The minutes at which each day of the window begins that is after the due date."""
        if self.due_on is None:
            return ()
        days = (local_day(self.loaded.case.zone, self.loaded.case.window.end) - self.due_on).days
        return tuple(self._midnight(self.due_on + timedelta(days=day)) for day in range(1, days + 1))

    def days_ahead(self, start: int) -> int:
        """Return how many days from today a time is."""
        return (start - self.today_start) // MINUTES_PER_DAY

    def is_short_of_notice(self, start: int) -> bool:
        return start < self.notice_start

    def is_sooner_than_usual(self, start: int) -> bool:
        return start < self.usual_notice_start

    def lack_of_room(self, start: int) -> int:
        """Return 0 with the target's room before the due date, 1 with less, 2 where a sick day could be too much."""
        return sum(start >= end for end in self.room_ends)

    def planning_periods(self, proposal: Proposal) -> int:
        """Return how many people would give up planning time."""
        return len(self.giving_up_planning(proposal.start, proposal.seating.values()))

    def short_rests(self, proposal: Proposal) -> int:
        """Return for how many people something else is so close that they have little rest."""
        return len(self.with_little_rest(proposal.start, proposal.seating.values()))

    def travels(self, proposal: Proposal) -> int:
        """Return how many people are at another school so shortly before or after that they travel between."""
        return len(self.travelling(proposal.start, proposal.seating.values()))

    def giving_up_planning(self, start: int, holders: Collection[str | None]) -> list[str]:
        """Return who of them would give up planning time."""
        return _at(self._planning, start, holders)

    def with_little_rest(self, start: int, holders: Collection[str | None]) -> list[str]:
        """Return for whom of them something else is so close that they have little more than the rest between."""
        return _at(self._little_rest, start, holders)

    def travelling(self, start: int, holders: Collection[str | None]) -> list[str]:
        """Return who of them is at another school so shortly before or after that they travel between the two."""
        return _at(self._travelling, start, holders)

    @cached_property
    def _planning(self) -> Edges:
        return {key: _flat(self._meeting(hours.prep)) for key, hours in self._staff() if hours.prep}

    @cached_property
    def _little_rest(self) -> Edges:
        # What the time itself meets is what they would be freed of.
        return {
            key: _flat(subtract(self._meeting(hours.at_meetings, REST_MARGIN), self._meeting(hours.at_meetings)))
            for key, hours in self._staff()
            if hours.at_meetings
        }

    @cached_property
    def _travelling(self) -> Edges:
        return {
            key: _flat(self._meeting(hours.taken[Taken.ELSEWHERE], TRAVEL_MINUTES))
            for key, hours in self._staff()
            if Taken.ELSEWHERE in hours.taken
        }

    def _meeting(self, spans: Iterable[Span], margin: int = 0) -> list[Span]:
        """Return the starts at which the meeting, and so many minutes around it, meets any of the spans."""
        before = self.loaded.case.duration + margin - 1
        return union(Span(start - before, end + margin) for start, end in spans)

    def _staff(self) -> Iterator[tuple[str, Availability]]:
        for key, person in self.loaded.people.items():
            if person.kind == PersonKind.STAFF:
                yield key, self.loaded.hours[key]

    def representative_load(self, proposal: Proposal) -> float:
        """Return 0 where the LEA representative has the fewest meetings in the window of all, 1 where the most."""
        return max((loads.get(proposal.seating.get(seat) or "", 0) for seat, loads in self._loads.items()), default=0)

    @cached_property
    def _loads(self) -> dict[str, dict[str, float]]:
        """For each seat of an LEA representative who may fill it, between the least and the most busy one."""
        seats = [seat for seat in self.loaded.wanted if seat.role == Role.LEA_REPRESENTATIVE]
        return {seat.key: self._shares([str(person.pk) for person in seat.eligible]) for seat in seats}

    def _shares(self, people: Sequence[str]) -> dict[str, float]:
        meetings = {person: self.loaded.hours[person].meetings for person in people}
        least, most = min(meetings.values(), default=0), max(meetings.values(), default=0)
        return {person: (count - least) / (most - least) for person, count in meetings.items() if most > least}


def _flat(spans: Iterable[Span]) -> tuple[int, ...]:
    return tuple(edge for span in spans for edge in span)


def _at(edges: Edges, start: int, holders: Collection[str | None]) -> list[str]:
    """Return the holders inside one of whose spans a start lies: an odd number of edges is behind it."""
    return [person for person, each in edges.items() if bisect_right(each, start) & 1 and person in holders]
