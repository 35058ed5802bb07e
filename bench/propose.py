"""How long one proposal search takes: 60 school days, a 5-minute grid, 100 people, 12 seats.

    python bench/propose.py

Prints the best of several runs of: the search, the search with blockers, the same for every possible start instead
of the best 20, and the whole JSON call, from the text of one case to the text of its answer. Then the search with few
people for each seat, booked for 40 meetings in the hour when most are free, with two reseatings allowed. The cases
are made from a fixed seed, so that two machines measure the same thing.
"""

import json
import os
import platform
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from meetings.core.cases_propose import answer_line, read_case
from meetings.core.intervals import instant_of
from meetings.core.json_reading import parse_json
from meetings.core.proposals import Case, HeldSeat, Meeting, Person, Proposal, Seat, propose
from meetings.core.schooldays import Span, WallSpan, days_between, instant_at, spans_of_day

ZONE = "America/New_York"
FIRST, LAST = date(2026, 8, 31), date(2026, 11, 20)
PEOPLE, SEATS, REQUIRED, LIMIT = 100, 12, 9, 20
DOUBLING = 4
THIN, BOOKED, SEATS_BOOKED, TEAM = 6, 40, 3, 4
SATURDAY = 6
OFTEN, SELDOM = 0.3, 0.2
SCHOOL_DAY = WallSpan(7 * 60 + 30, 15 * 60 + 30)
PERIODS = [WallSpan(8 * 60 + 50 * period, 8 * 60 + 50 * period + 45) for period in range(8)]


def weekdays(last: date = LAST) -> list[date]:
    return [day for day in days_between(FIRST, last) if day.isoweekday() < SATURDAY]


def teacher(chance: random.Random, name: str, days: list[date]) -> Person:
    """Five of eight periods taught, the same each week, and now and then another meeting after school."""
    taught = {weekday: chance.sample(PERIODS, 5) for weekday in range(1, 6)}
    free = [span for day in days for span in spans_of_day(ZONE, day, [SCHOOL_DAY])]
    busy = [span for day in days for span in spans_of_day(ZONE, day, taught[day.isoweekday()])]
    for day in days:
        if chance.random() < SELDOM:
            start = instant_at(ZONE, day, 14 * 60 + 5 * chance.randrange(12))
            busy.append(Span(start, start + 45))
    preferred = [span for day in days for span in spans_of_day(ZONE, day, [PERIODS[7]])]
    return Person(name, tuple(free), tuple(busy), (), tuple(preferred) if chance.random() < SELDOM else ())


def parent(chance: random.Random, name: str, days: list[date]) -> Person:
    """Nobody knows yet when they can come, but for the few times they have ruled out."""
    unknown = [Span(instant_at(ZONE, FIRST, 0), instant_at(ZONE, days[-1], 1440))]
    ruled_out = [span for day in days if chance.random() < OFTEN for span in spans_of_day(ZONE, day, [SCHOOL_DAY])]
    return Person(name, (), tuple(ruled_out), tuple(unknown), ())


def make_case(seed: int = 2, count: int = PEOPLE, last: date = LAST) -> Case:
    """The case: each person is eligible for one seat or more; nine seats are required and one may double."""
    chance = random.Random(seed)
    days = weekdays(last)
    names = [f"p{number}" for number in range(count)]
    people = [parent(chance, names[0], days), *(teacher(chance, name, days) for name in names[1:])]
    size = (count - 1) // (SEATS - 1)
    pools = [names[1 + number * size : 1 + (number + 1) * size] for number in range(SEATS - 1)]
    seats = [Seat("parent", "parent", (names[0],))]
    for number, pool in enumerate(pools, 1):
        others = chance.sample(names[1:], 3)
        seats.append(Seat(f"seat{number}", f"role{number}", (*pool, *others), number < REQUIRED, number == DOUBLING))
    meetings = tuple(meeting(chance, number, names, days) for number in range(40))
    window = Span(instant_at(ZONE, FIRST, 0), instant_at(ZONE, last, 1440))
    return Case(ZONE, window, 60, 5, tuple(people), tuple(seats), meetings, limit=LIMIT)


def meeting(chance: random.Random, number: int, names: list[str], days: list[date]) -> Meeting:
    start = instant_at(ZONE, chance.choice(days), 8 * 60 + 5 * chance.randrange(72))
    holder, other = chance.sample(names[1:], 2)
    return Meeting(f"m{number}", start, start + 60, seats=(HeldSeat("chair", holder, (other,)),))


def thinned_case(case: Case, seed: int = 2) -> Case:
    """The case with few people for each seat, booked when they are needed, and colleagues who could take over."""
    chance = random.Random(seed)
    thinned = replace(case, seats=tuple(replace(seat, eligible=seat.eligible[:THIN]) for seat in case.seats))
    possible = propose(replace(thinned, meetings=(), limit=None)).proposals
    names = [person.id for person in case.people[1:]]
    meetings = tuple(booked_meeting(chance, number, chance.choice(possible), names) for number in range(BOOKED))
    return replace(thinned, meetings=meetings, max_reseatings=2)


def booked_meeting(chance: random.Random, number: int, proposal: Proposal, names: list[str]) -> Meeting:
    """A meeting that takes three of those whom the case would seat at that time."""
    held = [
        HeldSeat(seat, str(proposal.seating[seat]), tuple(chance.sample(names, TEAM)))
        for seat in chance.sample([f"seat{number}" for number in range(1, REQUIRED)], SEATS_BOOKED)
    ]
    return Meeting(f"m{number}", proposal.start, proposal.end, seats=tuple(held))


def as_text(case: Case) -> str:
    """The case as one line of JSON."""

    def pairs(spans: Iterable[Span]) -> list[list[str]]:
        return [[instant_of(minute).strftime("%Y-%m-%dT%H:%MZ") for minute in span] for span in spans]

    def person(each: Person) -> dict[str, object]:
        lists = {name: pairs(getattr(each, name)) for name in ("free", "busy", "unknown", "preferred")}
        return {"id": each.id} | {name: spans for name, spans in lists.items() if spans}

    def booked(each: Meeting) -> dict[str, object]:
        [[start, end]] = pairs([each.span])
        seats = [{"id": seat.id, "holder": seat.holder, "eligible": seat.eligible} for seat in each.seats]
        return {"id": each.id, "start": start, "end": end, "seats": seats}

    [[start, end]] = pairs([case.window])
    return json.dumps(
        {
            "schema": "scheduling-case/1",
            "time_zone": case.zone,
            "window": {"start": start, "end": end},
            "duration_minutes": case.duration,
            "step_minutes": case.step,
            "people": [person(each) for each in case.people],
            "seats": [
                {
                    "id": seat.id,
                    "role": seat.role,
                    "required": seat.required,
                    "eligible": seat.eligible,
                    "may_double": seat.may_double,
                }
                for seat in case.seats
            ],
            "meetings": [booked(each) for each in case.meetings],
            "limit": case.limit,
        }
    )


def best_of(times: int, work: Callable[[], object]) -> float:
    """The shortest of several runs, in milliseconds."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best * 1000


def main() -> None:
    case = make_case()
    text = as_text(case)
    found = propose(case)
    spans = sum(len(person.free + person.busy + person.unknown + person.preferred) for person in case.people)
    print(f"$ python {' '.join(sys.argv)}")
    print(machine())
    print(f"{len(weekdays())} school days, {len(case.people)} people, {len(case.seats)} seats, {spans} spans,")
    print(
        f"{found.searched} starts searched, {found.possible} possible, best {LIMIT} returned, {len(text)} bytes of JSON"
    )
    every = replace(case, limit=None)
    measure(
        [
            ("search", 10, lambda: propose(case, with_blockers=False)),
            ("search with blockers", 40, lambda: propose(case)),
            ("search, every possible start returned", None, lambda: propose(every)),
            ("reading the JSON of the case", None, lambda: read_case(parse_json(text, 1))),
            ("the whole JSON call", 200, lambda: answer_line(text)),
        ]
    )
    measure_reseatings(thinned_case(case))


def measure_reseatings(thinned: Case) -> None:
    every = replace(thinned, limit=None)
    numbers = Counter(len(proposal.reseatings) for proposal in propose(every).proposals)
    found = ", ".join(f"{count} starts by {number}" for number, count in sorted(numbers.items()))
    print(f"{BOOKED} meetings of {SEATS_BOOKED} seats, up to {THIN} people for a seat, reseatings: {found}")
    measure(
        [
            ("search as things stand", None, lambda: propose(replace(thinned, max_reseatings=0), with_blockers=False)),
            ("search with two reseatings", 60, lambda: propose(thinned, with_blockers=False)),
            ("the same with blockers", 60, lambda: propose(thinned)),
            ("the same, every possible start returned", None, lambda: propose(every)),
            ("with three reseatings", None, lambda: propose(replace(thinned, max_reseatings=3))),
        ]
    )


def measure(rows: list[tuple[str, int | None, Callable[[], object]]]) -> None:
    for name, aim, work in rows:
        print(f"{name:40}{best_of(15, work):8.1f} ms" + (f"   (aim {aim})" if aim else ""))


def machine() -> str:
    """Say when and where this was measured, on one line."""
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    return f"{today}, Python {platform.python_version()}, {platform.platform()}, {os.cpu_count()} x {processor()}"


def processor() -> str:
    """The processor's name, where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.processor())


if __name__ == "__main__":
    main()
