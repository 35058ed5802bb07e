"""The scheduling rules once more, as plainly as can be: sets of minutes, and every way to fill the seats.

Far too slow for use; the laws compare the core with this.
"""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import combinations, product
from zoneinfo import ZoneInfo

from meetings.core.proposals import Proposal, Proposals, Reason, Reseating
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


@lru_cache(100_000)
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
    _, holders = best_holders(tuple(seats), frozenset(certain), frozenset(open_), frozenset(preferring))
    pairs = list(zip(seats, holders, strict=True))
    return Seating(
        holders={seat.id: person for seat, person in pairs},
        to_ask=tuple(seat.id for seat, person in pairs if person and person not in certain),
        missing=tuple(seat.id for seat, person in pairs if not person and seat.required),
        preferring=tuple(dict.fromkeys(person for person in holders if person in preferring)),
        optional_filled=sum(bool(person) and not seat.required for seat, person in pairs),
    )


def own_hours(case, start):
    """Return who is free for certain, open, and preferring for a whole meeting, whatever they are booked for."""
    meeting = set(range(start, start + case.duration))
    certain, open_, preferring = set(), set(), set()
    for person in case.people:
        if meeting <= minutes(person.preferred):
            preferring.add(person.id)
        if meeting & minutes(person.busy):
            continue
        if meeting <= minutes(person.free):
            certain.add(person.id)
        if meeting <= minutes(person.free) | minutes(person.unknown):
            open_.add(person.id)
    return certain, open_, preferring


def held_seats(case):
    return [(meeting, seat) for meeting in case.meetings for seat in meeting.seats]


def time_taken(meeting, seat):
    return minutes((meeting.span, *seat.blocks))


def people_at(case, start, holders=None):
    """Return who is free for certain, open, and preferring, when these people hold the seats of existing meetings."""
    meeting = set(range(start, start + case.duration))
    holders = [seat.holder for _, seat in held_seats(case)] if holders is None else holders
    taken = {holder for each, holder in zip(held_seats(case), holders, strict=True) if meeting & time_taken(*each)}
    certain, open_, preferring = own_hours(case, start)
    return certain - taken, open_ - taken, preferring


def seating_at(case, start):
    return seat_people(case.seats, *people_at(case, start))


def changes(case, count):
    """Yield every allowed way to change the holders of so many seats: the changes in order, and all holders after."""
    seats = held_seats(case)
    for numbers in combinations(range(len(seats)), count):
        for places in product(*(range(len(dict.fromkeys(seats[number][1].eligible))) for number in numbers)):
            holders = [seat.holder for _, seat in seats]
            for number, place in zip(numbers, places, strict=True):
                holders[number] = list(dict.fromkeys(seats[number][1].eligible))[place]
            moved = all(holders[number] != seats[number][1].holder for number in numbers)
            if moved and all(may_change(case, number, holders) for number in numbers):
                yield list(zip(numbers, places, strict=True)), holders


def may_change(case, number, holders):
    """Look at one new holder, after all changes, by the letter of the rules."""
    seats = held_seats(case)
    meeting, seat = seats[number]
    (person,) = [person for person in case.people if person.id == holders[number]]
    held = [each for each, holder in zip(seats, holders, strict=True) if holder == person.id]
    elsewhere = [each for each in held if each[0].id != meeting.id]
    return (
        not meeting.locked
        and minutes([meeting.span]) <= minutes(person.free) - minutes(person.busy)
        and sum(other.id == meeting.id and not each.may_double for other, each in held) <= 1
        and not any(minutes([meeting.span]) & time_taken(*each) for each in elsewhere)
        and not any(time_taken(meeting, seat) & minutes([other.span]) for other, _ in elsewhere)
    )


def propose(case):
    fitting = [start for start in starts(case.zone, case.window, case.step) if start + case.duration <= case.window.end]
    ways = [list(changes(case, count)) for count in range(case.max_reseatings + 1)]
    found, blockers = [], Counter()
    for start in fitting:
        best = best_at(case, start, ways)
        if best:
            found.append(best)
        else:
            blockers.update(blockers_at(case, start, ways))
    found.sort(key=lambda each: each[0])
    proposals = tuple(proposal for _, proposal in found)[: case.limit]
    in_order = {seat.id: blockers[seat.id] for seat in case.seats if seat.id in blockers}
    return Proposals(len(fitting), len(found), proposals, in_order)


def best_at(case, start, ways):
    """Return the best proposal at a start with its rank: with the fewest changes that open it, if any do."""
    for allowed in ways:
        choices = []
        for changed, holders in allowed:
            people = tuple(map(frozenset, people_at(case, start, holders)))
            (missing, *rest), _ = best_holders(case.seats, *people)
            if not missing:
                choices.append((rest, changed, holders, people))
        if choices:
            _, changed, holders, people = min(choices, key=lambda each: each[:2])
            return ranked(case, start, seat_people(case.seats, *people), [each for each, _ in changed], holders)
    return None


def ranked(case, start, seating, changed, holders):
    reasons = (Reason("preferred", seating.preferring),) if seating.preferring else ()
    seats = held_seats(case)
    reseatings = tuple(
        Reseating(seats[number][0].id, seats[number][1].id, seats[number][1].holder, holders[number])
        for number in changed
    )
    end = start + case.duration
    proposal = Proposal(start, end, seating.holders, seating.to_ask, reseatings, reasons)
    rank = (len(reseatings), len(seating.to_ask), -len(seating.preferring), -seating.optional_filled, start)
    return rank, proposal


def blockers_at(case, start, ways):
    """Yield the required seats that, made optional alone, let the others be filled."""
    for index, seat in enumerate(case.seats):
        relaxed = (*case.seats[:index], replace(seat, required=False), *case.seats[index + 1 :])
        if seat.required and any(
            not seat_people(relaxed, *people_at(case, start, holders)).missing
            for allowed in ways
            for _, holders in allowed
        ):
            yield seat.id
