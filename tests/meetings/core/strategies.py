"""What the laws try: spans, seats and whole cases."""

from dataclasses import replace

from hypothesis import strategies as st

from meetings.core.intervals import Span, minute_of
from meetings.core.proposals import Case, HeldSeat, Meeting, Person, Seat
from tests.meetings.core.times import at

PEOPLE = ("ana", "ben", "cho", "dee", "eli")

# An hour before the clock change of each, so that the windows hold it; and one day without any.
MORNINGS = (
    ("America/New_York", minute_of(at("2026-11-01T05:00Z"))),
    ("America/New_York", minute_of(at("2026-03-08T06:00Z"))),
    ("Australia/Lord_Howe", minute_of(at("2026-04-04T14:00Z"))),
    ("Australia/Lord_Howe", minute_of(at("2026-10-03T14:30Z"))),
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
