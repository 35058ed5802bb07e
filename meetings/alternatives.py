"""Other good times for one meeting, by the search that proposes times."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from meetings.core.intervals import minute_of
from meetings.core.proposals import Case, Eligible, Proposal, Standing, explain, propose
from meetings.core.seats import Seat as CoreSeat
from meetings.loaders import ROOM, LoadedCase, load_case, room_key
from meetings.models import Meeting, Requirement, Seat
from meetings.offers import Offer, Timed
from meetings.standing import today_at
from meetings.terms import Frame, best_offers, best_with_same_people
from students.models import Person, Room, Student

STEP = 5
DAYS_AHEAD = 21


def last_day(meeting: Meeting, today: date) -> date:
    """Return how far to look for another time: to the due date where it is ahead and further than three weeks."""
    ahead = today + timedelta(days=DAYS_AHEAD)
    return max(ahead, meeting.due_date.due_on) if meeting.due_date else ahead


@dataclass(frozen=True)
class Alternative(Timed):
    """A time that can work, in which room, and who of the required people is still to be asked."""

    room: Room | None
    to_ask: tuple[Person, ...]


def other_times(
    student: Student, kind: str, *, due_on: date | None, minutes: int, now: datetime, count: int
) -> list[Offer]:
    """Return up to `count` of the best times from today on, with whoever is eligible."""
    today = today_at(student.school, now)
    loaded = load_case(
        student,
        kind,
        window_start_on=today,
        window_end_on=today + timedelta(days=DAYS_AHEAD),
        duration=minutes,
        step=STEP,
        now=now,
    )
    found = propose(loaded.case, with_blockers=False).proposals
    return best_offers(Frame(loaded, today, due_on), found, count)


@dataclass(frozen=True)
class SamePeople:
    """A search for another time of a meeting with the people who hold its seats."""

    frame: Frame
    case: Case

    @property
    def loaded(self) -> LoadedCase:
        return self.frame.loaded

    def best(self, count: int) -> list[Alternative]:
        """Return up to `count` of the best times."""
        found = propose(self.case, with_blockers=False).proposals
        return [_alternative(self.loaded, each, self.case) for each in best_with_same_people(self.frame, found, count)]

    def not_free(self, start_at: datetime) -> list[Person]:
        """Return who is teaching, away or taken at this time, as far as is known."""
        return [
            self.loaded.people[each.person]
            for each in self._standings(start_at, room=False)
            if each.standing in {Standing.BUSY, Standing.OUTSIDE_HOURS}
        ]

    def free_rooms(self, start_at: datetime) -> list[Room]:
        """Return the rooms that are free at this time, best first."""
        rooms = self._standings(start_at, room=True)
        return [self.loaded.rooms[each.person] for each in rooms if each.standing is Standing.FREE]

    def _standings(self, start_at: datetime, *, room: bool) -> Iterable[Eligible]:
        seats = explain(self.case, minute_of(start_at.replace(second=0, microsecond=0))).seats
        found = [each for seat in seats if (seat.id == ROOM) == room for each in seat.eligible]
        return {each.person: each for each in found}.values()


def same_people(
    meeting: Meeting, seats: Sequence[Seat], *, first: date, last: date, minutes: int, now: datetime
) -> SamePeople:
    """Return the search over whole days for this meeting, its own hold on its people left aside.

    Someone of whose hours nothing is loaded, because the role is no longer theirs, decides nothing.
    """
    loaded = load_case(
        meeting.student,
        meeting.kind,
        window_start_on=first,
        window_end_on=last,
        duration=minutes,
        step=STEP,
        now=now,
        without_meeting=meeting,
    )
    held = [seat for seat in seats if str(seat.holder_id) in loaded.people]
    rooms = [seat for seat in loaded.case.seats if seat.id == ROOM]
    preferred = [_room_first(seat, meeting) for seat in rooms]
    frame = Frame(loaded, today_at(meeting.school, now), meeting.due_date.due_on if meeting.due_date else None)
    return SamePeople(frame, replace(loaded.case, seats=(*map(_core_seat, held), *preferred)))


def _core_seat(seat: Seat) -> CoreSeat:
    return CoreSeat(
        id=str(seat.pk),
        role=seat.role,
        eligible=(str(seat.holder_id),),
        required=seat.requirement == Requirement.REQUIRED,
        may_double=True,
    )


def _room_first(seat: CoreSeat, meeting: Meeting) -> CoreSeat:
    """Let the meeting stay in its room where that is free."""
    if meeting.room_id is None:
        return seat
    own = room_key(meeting.room_id)
    return replace(seat, eligible=tuple(sorted(seat.eligible, key=lambda key: key != own)))


def _alternative(loaded: LoadedCase, proposal: Proposal, case: Case) -> Alternative:
    room = proposal.seating.get(ROOM)
    holders = [proposal.seating[seat.id] for seat in case.seats if seat.id in proposal.to_ask]
    return Alternative(
        start=proposal.start,
        end=proposal.end,
        room=loaded.rooms[room] if room else None,
        to_ask=tuple(loaded.people[holder] for holder in dict.fromkeys(holders) if holder),
    )
