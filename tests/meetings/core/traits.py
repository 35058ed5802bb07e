"""What is hard about a generated case, so that the laws can count how often they met it."""

from collections import Counter
from dataclasses import replace

from hypothesis import event

from meetings.core.proposals import propose
from tests.meetings.core.slow import local


def traits(case, found):
    """Return what this case has of all that the search could get wrong. `found` are its proposals."""
    return {name for name, met in TRAITS.items() if met(case, found)}


def count(case, found):
    """Count the case's traits in what `pytest --hypothesis-show-statistics` prints."""
    for name in traits(case, found):
        event(name)


def offset(case, minute):
    return local(case.zone, minute).utcoffset().total_seconds() // 60


def holds_a_clock_change(case, found):
    return offset(case, case.window.start) != offset(case, case.window.end - 1)


def meets_across_a_clock_change(case, found):
    return any(offset(case, each.start) != offset(case, each.end - 1) for each in found.proposals)


def is_in_a_half_hour_zone(case, found):
    return offset(case, case.window.start) % 60 != 0


def chains(case, found):
    """One who takes over a seat leaves another to someone else."""
    return any(
        {move.to for move in each.reseatings} & {move.from_ for move in each.reseatings} for each in found.proposals
    )


def chains_inside_a_meeting(case, found):
    return any(
        one.meeting == other.meeting and one.to == other.from_
        for each in found.proposals
        for one in each.reseatings
        for other in each.reseatings
    )


def seats_someone_twice(case, found):
    return any(
        count > 1 for each in found.proposals for person, count in Counter(each.seating.values()).items() if person
    )


def reseats_into_a_second_seat(case, found):
    """Someone takes over a seat of a meeting and keeps, or takes, another one there."""
    return any(doubled(case, each) for each in found.proposals)


def doubled(case, proposal):
    moves = {(move.meeting, move.seat): move.to for move in proposal.reseatings}
    held = Counter(
        (each.id, moves.get((each.id, seat.id), seat.holder)) for each in case.meetings for seat in each.seats
    )
    return any(held[move.meeting, move.to] > 1 for move in proposal.reseatings)


def a_lock_decides(case, found):
    """Were nothing locked, another answer would come out."""
    unlocked = replace(case, meetings=tuple(replace(each, locked=False) for each in case.meetings))
    return unlocked != case and propose(unlocked) != found


TRAITS = {
    "clock change in the window": holds_a_clock_change,
    "meeting across a clock change": meets_across_a_clock_change,
    "half-hour zone": is_in_a_half_hour_zone,
    "works as things stand": lambda case, found: any(not each.reseatings for each in found.proposals),
    "one reseating": lambda case, found: any(len(each.reseatings) == 1 for each in found.proposals),
    "two reseatings": lambda case, found: any(len(each.reseatings) == 2 for each in found.proposals),
    "three reseatings": lambda case, found: any(len(each.reseatings) == 3 for each in found.proposals),
    "chain": chains,
    "chain inside one meeting": chains_inside_a_meeting,
    "someone in two seats": seats_someone_twice,
    "reseated beside another seat": reseats_into_a_second_seat,
    "locked meeting": lambda case, found: any(each.locked for each in case.meetings),
    "a lock decides": a_lock_decides,
    "optional seat filled": lambda case, found: optional_seats(case, found, filled=True),
    "optional seat empty": lambda case, found: optional_seats(case, found, filled=False),
    "someone to ask": lambda case, found: any(each.to_ask for each in found.proposals),
    "someone prefers it": lambda case, found: any(each.reasons for each in found.proposals),
    "blockers": lambda case, found: bool(found.blockers),
    "no start works": lambda case, found: found.searched > 0 and not found.possible,
}


def optional_seats(case, found, *, filled):
    optional = [seat.id for seat in case.seats if not seat.required]
    return any((each.seating[seat] is not None) == filled for each in found.proposals for seat in optional)
