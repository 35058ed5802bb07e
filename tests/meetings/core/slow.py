"""The scheduling rules once more, as plainly as can be: sets of minutes, and every way to fill the seats.

Far too slow for use; the laws compare the core with this.
"""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import product
from zoneinfo import ZoneInfo

from meetings.core.proposals import Proposal, Proposals, Reason
from meetings.core.seats import Seating


def minutes(spans):
    return minutes_of(tuple(spans))


@lru_cache
def minutes_of(spans):
    return frozenset(minute for start, end in spans for minute in range(start, end))


def local(zone, minute):
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(ZoneInfo(zone))


@lru_cache
def starts(zone, window, step):
    """Walk the window minute by minute and ask the zone what the clock shows."""
    walk = ((minute, local(zone, minute)) for minute in range(window.start, window.end))
    return [minute for minute, clock in walk if (clock.hour * 60 + clock.minute) % step == 0]


def best_holders(seats, certain, open_, preferring):
    """Look at every way to fill the seats; return the best as (criteria, holders)."""
    choices = []
    for seat in seats:
        usable = open_ if seat.required else certain
        people = list(dict.fromkeys(seat.eligible))
        choices.append([(rank, person) for rank, person in enumerate(people) if person in usable])
        choices[-1].append((len(people), None))
    ways = []
    for way in product(*choices):
        holders = [person for _, person in way]
        single = [person for seat, person in zip(seats, holders, strict=True) if person and not seat.may_double]
        if len(set(single)) == len(single):
            ways.append((criteria(seats, way, certain, preferring), holders))
    return min(ways, key=lambda way: way[0])


def criteria(seats, way, certain, preferring):
    filled = [(seat, person) for seat, (_, person) in zip(seats, way, strict=True) if person]
    return (
        sum(seat.required for seat in seats) - sum(seat.required for seat, _ in filled),
        sum(person not in certain for _, person in filled),
        -sum(not seat.required for seat, _ in filled),
        -len({person for _, person in filled} & preferring),
        [rank for rank, _ in way],
    )


def seat_people(seats, certain, open_, preferring):
    _, holders = best_holders(seats, certain, open_, preferring)
    pairs = list(zip(seats, holders, strict=True))
    return Seating(
        holders={seat.id: person for seat, person in pairs},
        to_ask=tuple(seat.id for seat, person in pairs if person and person not in certain),
        missing=tuple(seat.id for seat, person in pairs if not person and seat.required),
        preferring=tuple(dict.fromkeys(person for person in holders if person in preferring)),
        optional_filled=sum(bool(person) and not seat.required for seat, person in pairs),
    )


def people_at(case, start):
    """Return who is free for certain, open, and preferring for a whole meeting."""
    meeting = set(range(start, start + case.duration))
    certain, open_, preferring = set(), set(), set()
    for person in case.people:
        busy = minutes(person.busy)
        for each in case.meetings:
            for seat in each.seats:
                if seat.holder == person.id:
                    busy |= minutes((each.span, *seat.blocks))
        if meeting & busy:
            continue
        if meeting <= minutes(person.free):
            certain.add(person.id)
        if meeting <= minutes(person.free) | minutes(person.unknown):
            open_.add(person.id)
    for person in case.people:
        if meeting <= minutes(person.preferred):
            preferring.add(person.id)
    return certain, open_, preferring


def seating_at(case, start):
    return seat_people(case.seats, *people_at(case, start))


def blockers_at(case, people):
    """Yield the required seats that, made optional alone, let the others be filled."""
    for index, seat in enumerate(case.seats):
        without = [*case.seats[:index], replace(seat, required=False), *case.seats[index + 1 :]]
        if seat.required and not seat_people(without, *people).missing:
            yield seat.id


def propose(case):
    fitting = [start for start in starts(case.zone, case.window, case.step) if start + case.duration <= case.window.end]
    found, blockers = [], Counter()
    for start in fitting:
        people = people_at(case, start)
        seating = seat_people(case.seats, *people)
        if seating.missing:
            blockers.update(blockers_at(case, people))
            continue
        reasons = (Reason("preferred", seating.preferring),) if seating.preferring else ()
        proposal = Proposal(start, start + case.duration, seating.holders, seating.to_ask, (), reasons)
        rank = (len(seating.to_ask), -len(seating.preferring), -seating.optional_filled, start)
        found.append((rank, proposal))
    found.sort(key=lambda each: each[0])
    proposals = tuple(proposal for _, proposal in found)[: case.limit]
    in_order = {seat.id: blockers[seat.id] for seat in case.seats if seat.id in blockers}
    return Proposals(len(fitting), len(found), proposals, in_order)
