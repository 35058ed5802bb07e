from hypothesis import given
from hypothesis import strategies as st
from icalendar import vCalAddress

from meetings.told import Told, calendar_is_read

METHODS = st.sampled_from(["REQUEST", "CANCEL"])


def told(method, sequence, meetings_own):
    return Told(method, sequence, sequence - meetings_own, vCalAddress("mailto:a@b.example"))


@given(
    # How much the meeting's own number has risen since the file before, and what is sent then.
    st.lists(st.tuples(st.integers(0, 2), METHODS), min_size=1, max_size=12)
)
def test_one_persons_numbers_never_fall_and_rise_wherever_they_must(steps):
    own = last = 0
    before = told("REQUEST", 0, 0)
    for rise, method in steps:
        own += rise
        number = before.next_sequence(method, own)

        must_rise = rise > 0 or "CANCEL" in {method, before.method}
        assert number > last if must_rise else number == last
        before, last = told(method, number, own), number


@given(st.lists(st.integers(0, 2), max_size=8))
def test_whoever_never_left_has_the_meetings_own_number(rises):
    own, before = 0, told("REQUEST", 0, 0)
    for rise in rises:
        own += rise
        before = told("REQUEST", before.next_sequence("REQUEST", own), own)

    assert before.sequence == own


def test_calendar_is_read_where_its_organizer_is_an_answer_address(settings):
    masked = Told("REQUEST", 0, 0, vCalAddress(f"mailto:replies+m-1-2-{'0' * 26}@iep.example.org"))
    settings.REPLIES_ADDRESS = ""
    assert [calendar_is_read(last) for last in (None, told("REQUEST", 0, 0), masked)] == [False] * 3

    settings.REPLIES_ADDRESS = "replies@iep.example.org"
    assert [calendar_is_read(last) for last in (None, told("REQUEST", 0, 0), masked)] == [True, False, True]
