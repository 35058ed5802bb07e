from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from meetings.models import Busy, Commitment, Meeting
from tests.cast import cast

pytestmark = pytest.mark.django_db

NINE = datetime(2026, 12, 3, 14, tzinfo=UTC)


def during(start=0, end=60, bounds="[)"):
    return DateTimeTZRange(NINE + timedelta(minutes=start), NINE + timedelta(minutes=end), bounds)


@pytest.fixture
def people():
    return cast()


@pytest.fixture
def meetings(people):
    return [
        Meeting.objects.create(
            kind="annual_review",
            student=people.student,
            school=people.school,
            start_at=NINE,
            end_at=NINE + timedelta(hours=1),
            organizer=people.case_manager,
            booked_at=NINE,
        )
        for _ in range(2)
    ]


@pytest.mark.parametrize("who", ["case_manager", "mother", "student", "room"])
def test_nobody_and_no_room_is_in_two_meetings_at_once(people, meetings, who):
    row = getattr(people, who)
    taken = {"room": row} if who == "room" else {"person": row.person}
    Busy.objects.create(meeting=meetings[0], during=during(), **taken)
    Busy.objects.create(meeting=meetings[1], during=during(60, 120), **taken)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Busy.objects.create(meeting=meetings[1], during=during(59, 61), **taken)
    assert refused.value.__cause__.sqlstate == "23P01"


def test_two_people_and_two_rooms_share_a_time(people, meetings):
    for person in (people.mother.person, people.father.person):
        Busy.objects.create(meeting=meetings[0], during=during(), person=person)
    Busy.objects.create(meeting=meetings[0], during=during(), room=people.room)
    assert Busy.objects.count() == 3


def test_commitment_and_meeting_take_the_same_person_once(people, meetings):
    commitment = Commitment.objects.create(
        person=people.teacher.person, kind="section_504", start_at=NINE, end_at=NINE + timedelta(hours=1)
    )
    Busy.objects.create(commitment=commitment, person=people.teacher.person, during=during())
    with pytest.raises(IntegrityError), transaction.atomic():
        Busy.objects.create(meeting=meetings[0], person=people.teacher.person, during=during(30, 90))
    assert Busy.objects.get().commitment == commitment


@pytest.mark.parametrize(
    "bad",
    [
        {"during": DateTimeTZRange(NINE, NINE)},
        {"during": DateTimeTZRange(NINE, None)},
        {"during": DateTimeTZRange(None, NINE)},
        {"person": None},
        {"with_room": True},
        {"meeting": None},
        {"with_commitment": True},
    ],
)
def test_row_without_one_holder_one_reason_and_a_length_is_refused(people, meetings, bad):
    row = {"person": people.mother.person, "meeting": meetings[0], "during": during()} | bad
    if row.pop("with_room", False):
        row["room"] = people.room
    if row.pop("with_commitment", False):
        row["commitment"] = Commitment.objects.create(
            person=people.mother.person, kind="other", start_at=NINE, end_at=NINE + timedelta(hours=1)
        )
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Busy.objects.create(**row)
    assert refused.value.__cause__.sqlstate == "23514"


def test_span_that_ends_before_it_starts_is_refused(people, meetings):
    with pytest.raises(DataError), transaction.atomic():
        Busy.objects.create(meeting=meetings[0], person=people.mother.person, during=during(60, 0))
    assert not Busy.objects.exists()
