"""Meetings elsewhere as the core asks for them, and the move of the principal from the rows of a school."""

from datetime import UTC, date, datetime, timedelta

import pytest

from meetings.core.cases import Reseating
from meetings.core.intervals import minute_of
from meetings.core.proposals import propose, propose_at
from meetings.loaders import load_case
from meetings.models import Commitment, Meeting
from meetings.offers import offer_of
from students.models import District, Student
from tests.booking import NOW
from tests.cast import staff
from tests.storyday import THREE, story_day

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 23)


def load(day, *, with_swaps=True):
    student = Student.objects.select_related("person", "school").get(pk=day.cast.student.pk)
    return load_case(
        student,
        "annual_review",
        window_start_on=DAY,
        window_end_on=DAY,
        duration=60,
        step=5,
        now=NOW,
        with_swaps=with_swaps,
    )


def at_three(day):
    return propose_at(load(day).case, minute_of(THREE))


def the_move(day):
    seat = day.other.seats.get(holder=day.cast.vice_principal.pk)
    vice, principal = str(day.cast.vice_principal.pk), str(day.cast.administrator.pk)
    return (Reseating(f"meeting:{day.other.pk}", str(seat.pk), vice, principal),)


def test_the_principal_takes_the_504_meeting():
    day = story_day()

    proposal = at_three(day)

    assert proposal.reseatings == the_move(day)
    assert proposal.seating["lea_representative"] == str(day.cast.vice_principal.pk)


def test_without_swaps_three_does_not_work():
    day = story_day()

    loaded = load(day, with_swaps=False)

    assert propose_at(loaded.case, minute_of(THREE)) is None
    assert loaded.case.meetings == ()


def test_the_offer_names_the_move_and_lets_nobody_look_free():
    day = story_day()
    loaded = load(day)

    offer = offer_of(loaded, propose_at(loaded.case, minute_of(THREE)))

    assert [(move.giver.full_name, move.taker.full_name, move.kind) for move in offer.moves] == [
        ("Alice Kim", "Marcus Bell", "section_504")
    ]
    seat = next(seat for seat in offer.seats if seat.wanted.key == "lea_representative")
    assert (seat.person.full_name, seat.mark, seat.note.kind) == ("Alice Kim", "to_ask", "with_swap")


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda day: Meeting.objects.update(keeps_people=True), id="its people are kept"),
        pytest.param(lambda day: District.objects.update(most_reseatings=0), id="the district allows no swap"),
        pytest.param(
            lambda day: day.other.seats.filter(holder=day.cast.vice_principal.pk).update(role="other"),
            id="a role that is hers alone",
        ),
        pytest.param(lambda day: day.cast.administrator.assignments.update(is_representative=False), id="no right"),
        pytest.param(
            lambda day: Commitment.objects.create(
                person=day.cast.administrator.person, kind="leave", start_at=THREE, end_at=THREE + timedelta(hours=1)
            ),
            id="the principal is away",
        ),
        pytest.param(
            lambda day: Meeting.objects.update(school=day.cast.other_school), id="a meeting of another school"
        ),
    ],
)
def test_no_move_where(spoil):
    day = story_day()
    spoil(day)

    assert at_three(day) is None


def test_a_commitment_that_someone_else_could_take_opens_the_time():
    day = story_day()
    day.other.seats.filter(holder=day.cast.vice_principal.pk).delete()
    day.other.busy.filter(person=day.cast.vice_principal.pk).delete()
    duty = Commitment.objects.create(
        person=day.cast.vice_principal.person,
        kind="duty",
        title="Front door",
        start_at=THREE,
        end_at=THREE + timedelta(minutes=30),
        is_transferable=True,
    )
    helper = staff("Bo Wren", day.cast.school)
    duty.takers.add(helper.person)

    loaded = load(day)
    proposal = propose_at(loaded.case, minute_of(THREE))

    assert proposal.reseatings == (
        Reseating(f"commitment:{duty.pk}", "whole", str(day.cast.vice_principal.pk), str(helper.pk)),
    )
    assert offer_of(loaded, proposal).moves[0].commitment == duty


def test_who_has_fewest_meetings_is_asked_first():
    day = story_day()
    other = staff("Ann Archer", day.cast.school, is_representative=True)
    wide = staff("Abe Zero", day.cast.school, is_representative=True, is_district_wide=True)
    for busy_one in (day.cast.administrator,):
        Meeting.objects.create(
            kind="annual_review",
            student=day.pippa,
            school=day.cast.school,
            start_at=datetime(2026, 11, 23, 14, 30, tzinfo=UTC),
            end_at=datetime(2026, 11, 23, 15, tzinfo=UTC),
            organizer=day.counselor,
            booked_at=NOW,
        ).busy.create(
            person=busy_one.person,
            during=(datetime(2026, 11, 23, 14, 30, tzinfo=UTC), datetime(2026, 11, 23, 15, tzinfo=UTC)),
        )

    seats = [seat for meeting in load(day).case.meetings for seat in meeting.seats]
    held = next(seat for seat in seats if seat.holder == str(day.cast.vice_principal.pk))

    assert held.eligible == (str(other.pk), str(day.cast.administrator.pk), str(wide.pk))


def test_swaps_never_cost_a_start():
    day = story_day()

    without, with_ = propose(load(day, with_swaps=False).case), propose(load(day).case)

    plain = {each.start for each in without.proposals}
    assert plain == {each.start for each in with_.proposals if not each.reseatings}
    assert plain < {each.start for each in with_.proposals}


def test_as_many_queries_for_many_meetings(django_assert_num_queries):
    day = story_day()
    with django_assert_num_queries(24):
        load(day)
    for n in range(6):
        meeting = Meeting.objects.create(
            kind="section_504",
            student=day.pippa,
            school=day.cast.school,
            start_at=THREE - timedelta(hours=n + 1),
            end_at=THREE - timedelta(hours=n, minutes=15),
            organizer=day.counselor,
            booked_at=NOW,
        )
        meeting.seats.create(role="lea_representative", holder=day.cast.vice_principal.person)
    with django_assert_num_queries(24):
        load(day)
