"""What the laws try: spans, seats and whole cases."""

from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from meetings.core.intervals import Span, minute_of
from meetings.core.proposals import Case, HeldSeat, Meeting, Person, Seat
from tests.meetings.core.times import at

PEOPLE = ("ana", "ben", "cho", "dee", "eli")

# Half an hour before the clock change of each, so that most windows hold it; and one day without any.
MORNINGS = (
    ("America/New_York", minute_of(at("2026-11-01T05:30Z"))),
    ("America/New_York", minute_of(at("2026-03-08T06:30Z"))),
    ("America/St_Johns", minute_of(at("2026-11-01T04:00Z"))),
    ("Australia/Lord_Howe", minute_of(at("2026-04-04T14:30Z"))),
    ("Australia/Lord_Howe", minute_of(at("2026-10-03T15:00Z"))),
    ("Asia/Kolkata", minute_of(at("2026-11-23T03:30Z"))),
)


def spans(low=0, high=60, grain=1):
    ends = st.integers(low, high).map(lambda minute: minute * grain)
    return st.lists(st.tuples(ends, ends).map(sorted).map(lambda pair: Span(*pair)), max_size=5).map(tuple)


def seats(people=PEOPLE, most=4):
    one = st.builds(
        Seat,
        id=st.just(""),
        role=st.just("role"),
        eligible=st.lists(st.sampled_from(people), max_size=5).map(tuple),
        required=st.sampled_from([True, True, False]),
        may_double=st.sampled_from([False, False, True]),
    )
    numbered = st.lists(one, min_size=1, max_size=most)
    return numbered.map(lambda seats: tuple(replace(seat, id=f"s{index}") for index, seat in enumerate(seats)))


@st.composite
def states(draw):
    """Who is free for certain, open (these and more) and preferring."""
    marks = draw(st.lists(st.sampled_from("nac"), min_size=5, max_size=5))
    certain = frozenset(person for person, mark in zip(PEOPLE, marks, strict=True) if mark == "c")
    open_ = frozenset(person for person, mark in zip(PEOPLE, marks, strict=True) if mark != "n")
    return certain, open_, draw(st.frozensets(st.sampled_from(PEOPLE)))


@st.composite
def cases(draw):
    zone, first = draw(st.sampled_from(MORNINGS))
    length = draw(st.integers(1, 20)) * 15
    shifted = spans(-4, 24, 15).map(lambda found: tuple(Span(start + first, end + first) for start, end in found))
    wide = st.one_of(shifted, st.just((Span(first - 60, first + 400),)))
    people = tuple(
        Person(name, draw(wide), draw(st.one_of(st.just(()), shifted)), draw(shifted), draw(shifted))
        for name in PEOPLE[: draw(st.integers(1, 5))]
    )
    names = tuple(person.id for person in people)
    held = st.builds(HeldSeat, st.just("chair"), st.sampled_from(names), blocks=shifted)
    meetings = st.lists(st.tuples(st.integers(0, 16), held), max_size=2)
    return Case(
        zone=zone,
        window=Span(first, first + length),
        duration=draw(st.sampled_from([5, 20, 30, 45, 60])),
        step=draw(st.sampled_from([5, 10, 15, 30, 60])),
        people=people,
        seats=draw(seats(names)),
        meetings=tuple(
            Meeting(f"m{number}", first + start * 15, first + start * 15 + 30, seats=(seat,))
            for number, (start, seat) in enumerate(draw(meetings))
        ),
        limit=draw(st.sampled_from([None, None, 0, 1, 3])),
    )


# Hours around the first start of a window, in quarters: free, busy, unknown, preferred.
DAY = (-8, 24)
HOURS = (
    *[((DAY,), (), (), ())] * 16,
    ((DAY,), (), (), (DAY,)),
    ((DAY,), (), (), ((1, 4),)),
    ((DAY,), ((1, 2),), (), ()),
    ((DAY,), ((4, 9), (-2, 0)), (), ((0, 6),)),
    (((-4, 3), (3, 7)), (), ((6, 24),), ()),
    (((2, 12),), (), ((0, 3),), ((0, 6),)),
    ((), (), (DAY,), ()),
    ((), ((3, 5),), (DAY,), (DAY,)),
)


def person(name, first, hours):
    return Person(name, *(tuple(Span(first + start * 15, first + end * 15) for start, end in each) for each in hours))


@st.composite
def bookings(draw, first, names):
    """Existing meetings around the first hours of a window, and who else could sit in them."""
    order = st.permutations(names)
    found = []
    for number in range(draw(st.sampled_from([1, 2, 3, 3, 4]))):
        start, length, locked = draw(
            st.tuples(st.integers(-1, 2), st.integers(1, 4), st.sampled_from([False] * 7 + [True]))
        )
        held = []
        for seat in range(draw(st.sampled_from([1, 1, 2, 2, 3]))):
            holder, *others = draw(order)
            block, may_double = draw(st.tuples(st.integers(-12, 8), st.sampled_from([False, False, True])))
            # Most seats block nothing further; some blocks are empty.
            blocks = (Span(first + block * 15, first + (block + block % 3) * 15),) if block > 0 else ()
            others = others[: draw(st.sampled_from([0, 1, 1, 2, 3]))]
            held.append(HeldSeat(f"h{seat}", holder, tuple(others), may_double, blocks))
        span = Span(first + start * 15, first + (start + length) * 15)
        found.append(Meeting(f"m{number}", span.start, span.end, locked, tuple(held)))
    return tuple(found)


@st.composite
def reseating_cases(draw, mornings=MORNINGS):
    """Cases in which people are mostly free, but for the meetings they are booked for."""
    zone, first = draw(st.sampled_from(mornings))
    names = PEOPLE[: draw(st.sampled_from([3, 4, 5, 5]))]
    people = tuple(person(name, first, draw(st.sampled_from(HOURS))) for name in names)
    meetings = draw(bookings(first, names))
    # Mostly those are needed who are taken.
    wanted = st.sampled_from([*(seat.holder for each in meetings for seat in each.seats), *names])
    needed = tuple(
        Seat(
            f"s{number}",
            "role",
            tuple(draw(st.lists(wanted, min_size=1, max_size=draw(st.sampled_from([1, 1, 2, 3]))))),
            *draw(st.tuples(st.sampled_from([True, True, True, False]), st.sampled_from([False, False, False, True]))),
        )
        for number in range(draw(st.sampled_from([1, 2, 2, 3])))
    )
    quarters, duration, step, most = draw(
        st.tuples(
            st.integers(2, 5), st.sampled_from([15, 20, 45]), st.sampled_from([15, 15, 30, 60]), st.integers(1, 3)
        )
    )
    window = Span(first, first + quarters * 15)
    limit = draw(st.sampled_from([None, None, None, 2]))
    return Case(zone, window, duration, step, people, needed, meetings, most, limit)


def packed_case(seed, mornings=MORNINGS):
    """A day so full that a time opens only by several changes: everyone needed is booked, their colleagues too."""
    chance = Random(seed)
    zone, first = chance.choice(mornings)
    names = [f"p{number}" for number in range(chance.choice([4, 5, 6, 7]))]
    people = tuple(person(name, first, chance.choice(HOURS)) for name in names)
    seats = tuple(
        Seat(f"s{number}", "role", picked(chance, names, 2), chance.random() < 0.8, chance.random() < 0.2)
        for number in range(chance.choice([1, 2, 3]))
    )
    meetings = []
    for number in range(chance.choice([2, 3, 4])):
        start = first + chance.randrange(-1, 3) * 15
        held = [
            HeldSeat(
                id=f"h{seat}",
                holder=chance.choice(names),
                eligible=picked(chance, names, 3),
                may_double=chance.random() < 0.3,
                blocks=(Span(block := first + chance.randrange(-2, 6) * 15, block + 15),) * (chance.random() < 0.2),
            )
            for seat in range(chance.choice([1, 2, 2, 3]))
        ]
        locked = chance.random() < 0.07
        meetings.append(Meeting(f"m{number}", start, start + chance.choice([30, 45, 60]), locked, tuple(held)))
    window = Span(first, first + chance.choice([45, 60, 90]))
    return Case(zone, window, chance.choice([20, 45]), 15, people, seats, tuple(meetings), chance.choice([1, 2, 3, 3]))


def picked(chance, names, most):
    return tuple(chance.sample(names, chance.randint(1, most)))


def packed_cases_at(mornings):
    return st.integers(0, 2**40).map(lambda seed: packed_case(seed, mornings))


packed_cases = packed_cases_at(MORNINGS)
