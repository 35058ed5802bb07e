"""What could mend a booked meeting that lacks someone: a substitute, a reseating elsewhere, another time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from meetings.alternatives import Alternative, SamePeople, last_day, same_people
from meetings.core.intervals import minute_of
from meetings.core.proposals import Standing, explain, propose_at
from meetings.core.seats import Meeting as CoreMeeting
from meetings.core.seats import Seat as CoreSeat
from meetings.elsewhere import CAN_CHANGE_HANDS
from meetings.losses import loaded_then
from meetings.models import Answer, FlagCause, Meeting, MeetingChange, QuorumFlag, Requirement, Seat
from meetings.offers import Move, Reach, moves_of, reaches
from meetings.quorum import doubled_roles
from meetings.standing import today_at
from students.models import District, Person, Role

MOST = 3
MOST_SUBSTITUTES = 2
LOOKED_AT = 8
CAN_SIT_IN = (Standing.FREE, Standing.TO_ASK)
SUBSTITUTED = CAN_CHANGE_HANDS | {Role.FAMILY_INTERPRETER}
# The holder keeps the role, and could come at another time.
MENDED_BY_TIME = (FlagCause.DECLINED, FlagCause.AWAY, FlagCause.HOURS)


class RepairKind(StrEnum):
    SUBSTITUTE = "substitute"
    RESEATING = "reseating"
    NEW_TIME = "new_time"


@dataclass(frozen=True)
class Repair:
    """One way to mend a seat: who would hold it, or when the meeting would be instead."""

    kind: RepairKind
    seat: Seat
    person: Person | None = None
    is_to_ask: bool = False
    time: Alternative | None = None
    moves: tuple[Move, ...] = ()

    @property
    def key(self) -> str:
        """What would change hands, as the button posts it back."""
        return " ".join(move.key for move in self.moves)


@dataclass(frozen=True)
class Mending:
    """One flag with its repairs, best first. `is_mended_by_time`: a time that stands with another one would do, too."""

    flag: QuorumFlag
    repairs: tuple[Repair, ...]
    is_mended_by_time: bool = False


def mendings(meeting: Meeting, flags: Sequence[QuorumFlag], *, now: datetime) -> list[Mending]:
    """Return each flag with up to three repairs. Other times stand once, with the first flag that they could mend.

    One load for whoever could take a seat and one for other times, however many flags there are. The flags must come
    with their seats and the seats' holders.
    """
    found = _reaches(meeting, now=now) if any(flag.seat.role in SUBSTITUTED for flag in flags) else {}
    timed = next((flag for flag in flags if flag.cause in MENDED_BY_TIME), None)
    times = new_times(meeting, MOST, now=now) if timed else []
    refused = _refused(meeting) if found else set()
    mended = []
    for flag in flags:
        seat = flag.seat
        seat.meeting = meeting
        people = [_substitute(seat, reach) for reach in _substitutes(seat, found, refused)]
        in_seat = people[:MOST_SUBSTITUTES]
        # Looked for only where nobody is free as things stand: the smallest change first.
        if not any(not each.is_to_ask for each in people) and seat.role in CAN_CHANGE_HANDS:
            swap = reseating_for(meeting, seat, now=now)
            in_seat = [*([swap] if swap else []), *in_seat][:MOST_SUBSTITUTES]
        moves = [Repair(RepairKind.NEW_TIME, seat, time=time) for time in times if flag is timed]
        also = bool(times) and flag is not timed and flag.cause in MENDED_BY_TIME
        mended.append(Mending(flag, tuple([*in_seat, *moves][:MOST]), also))
    return mended


def reseating_for(meeting: Meeting, seat: Seat, *, now: datetime) -> Repair | None:
    """Return the fewest changes elsewhere that would free somebody for a seat, or None where none would.

    Whoever sits in the meeting already is not looked for; whoever said that they cannot come is asked for nothing then.
    """
    loaded = loaded_then(meeting, now=now, with_swaps=True)
    absent = {seat.holder_id, *_refused(meeting)}
    left_out = absent | _seated(seat)
    people = {person.pk for wanted in loaded.wanted if wanted.role == seat.role for person in wanted.eligible}
    eligible = tuple(str(pk) for pk in sorted(people - left_out))
    wanted = CoreSeat("wanted", seat.role, eligible)
    start = minute_of(meeting.start_at)
    elsewhere = tuple(_without(each, {str(pk) for pk in absent}) for each in loaded.case.meetings)
    found = propose_at(replace(loaded.case, seats=(wanted,), meetings=elsewhere), start) if eligible else None
    if found is None or not found.reseatings:
        return None
    holder = found.seating["wanted"]
    person = loaded.people[holder] if holder else None
    return Repair(RepairKind.RESEATING, seat, person=person, moves=moves_of(loaded, found))


def _without(meeting: CoreMeeting, absent: set[str]) -> CoreMeeting:
    """Return a meeting elsewhere in which none of these is asked to take over."""
    seats = tuple(
        replace(seat, eligible=tuple(person for person in seat.eligible if person not in absent))
        for seat in meeting.seats
    )
    return replace(meeting, seats=seats)


def substitutes(seat: Seat, *, now: datetime) -> list[Reach]:
    """Return who may take a seat and can be there: known to be free first, then whoever must be asked."""
    return _substitutes(seat, _reaches(seat.meeting, now=now), _refused(seat.meeting))


def others_for(seat: Seat, *, now: datetime) -> list[Reach]:
    """Return everyone else who may fill this role for this student, and how each stands to the meeting's time."""
    seated = _seated(seat)
    found = _others(seat, _reaches(seat.meeting, now=now))
    return [reach for reach in found if reach.person.pk not in seated]


def new_times(meeting: Meeting, count: int, *, now: datetime) -> list[Alternative]:
    """Return up to `count` other times for the same people, best first, none of them over the time that it has."""
    today = today_at(meeting.school, now)
    minutes = (meeting.end_at - meeting.start_at) // timedelta(minutes=1)
    seats = list(meeting.seats.select_related("holder"))
    search = same_people(meeting, seats, first=today, last=last_day(meeting, today), minutes=minutes, now=now)
    apart = (each for each in search.best(LOOKED_AT) if _is_apart(each, meeting))
    return [each for each in apart if suits(search, seats, each.start_at)][:count]


def suits(search: SamePeople, seats: Sequence[Seat], start_at: datetime) -> bool:
    """Return whether nobody who has a seat is known not to be free: a further parent is notified all the same."""
    further = {seat.holder_id for seat in seats if seat.role == Role.PARENT and not _is_required(seat)}
    return all(person.pk in further for person in search.not_free(start_at))


def _is_required(seat: Seat) -> bool:
    return seat.requirement == Requirement.REQUIRED


def _is_apart(time: Alternative, meeting: Meeting) -> bool:
    # Whoever said no is free for all that the search knows.
    return time.end_at <= meeting.start_at or time.start_at >= meeting.end_at


def _reaches(meeting: Meeting, *, now: datetime) -> dict[str, list[Reach]]:
    """Return, by role, everyone who may fill it and how they stand to the meeting's time."""
    loaded = loaded_then(meeting, now=now)
    by_seat = reaches(loaded, explain(loaded.case, minute_of(meeting.start_at)))
    found: dict[str, dict[int, Reach]] = {}
    for wanted in loaded.wanted:
        found.setdefault(wanted.role, {}).update({reach.person.pk: reach for reach in by_seat[wanted.key]})
    return {role: list(each.values()) for role, each in found.items()}


def _others(seat: Seat, found: Mapping[str, Sequence[Reach]]) -> list[Reach]:
    people = [reach for reach in found.get(seat.role, ()) if reach.person.pk != seat.holder_id]
    return sorted(people, key=lambda reach: list(Standing).index(reach.standing))


def _substitutes(seat: Seat, found: Mapping[str, Sequence[Reach]], refused: set[int]) -> list[Reach]:
    if seat.role not in SUBSTITUTED:
        return []
    seated = _seated(seat)
    return [
        reach
        for reach in _others(seat, found)
        if reach.standing in CAN_SIT_IN and reach.person.pk not in refused | seated
    ]


def _seated(seat: Seat) -> set[int]:
    """Return who sits in the meeting already and cannot hold this seat besides."""
    doubled = doubled_roles(District.objects.first() or District())
    if seat.role in doubled:
        return set()
    others = seat.meeting.seats.exclude(pk=seat.pk).exclude(role__in=doubled).filter(holder__isnull=False)
    return set(others.values_list("holder", flat=True))


def _refused(meeting: Meeting) -> set[int]:
    """Return who said that they cannot come at this time, and last said so."""
    rows = meeting.changes.filter(what__in=[MeetingChange.What.SEAT_ANSWERED, MeetingChange.What.MOVED])
    said: dict[int, str] = {}
    for what, person, detail in rows.order_by("at", "pk").values_list("what", "person", "detail"):
        if what == MeetingChange.What.MOVED:
            said = {}
        elif person is not None:
            said[person] = detail.get("answer", "")
    return {person for person, answer in said.items() if answer == Answer.NO}


def _substitute(seat: Seat, reach: Reach) -> Repair:
    return Repair(RepairKind.SUBSTITUTE, seat, person=reach.person, is_to_ask=reach.standing is Standing.TO_ASK)
