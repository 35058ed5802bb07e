from datetime import UTC, date, datetime, time

import pytest
from django.urls import reverse

from meetings.models import Commitment, FamilyTime, WeeklyHours
from students.models import CalendarDay, Role, TeamMember
from tests.cast import cast
from tests.meetings.views.test_propose import words

NOW = datetime(2026, 11, 23, 13, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def monday(time_machine):
    time_machine.move_to(NOW, tick=False)


def page(client, c, **query):
    client.force_login(c.case_manager)
    return client.get(reverse("meetings:why", args=[c.student.pk]), query)


def test_time_that_works_says_yes_and_can_be_booked(client):
    c = cast()
    FamilyTime.objects.create(
        guardian=c.mother.person, student=c.student, says="works", weekday=4, start=time(13), end=time(16), said_at=NOW
    )

    response = page(client, c, at="2026-12-03T18:00Z")

    said = words(response)
    assert "Yes, this time works" in said
    assert "Maya Rainwater, Thursday, December 3, 1:00 – 2:00 PM , Room 12. 4 of 4 roles known." in said
    assert "Nearest times" not in said
    assert response.context["book_query"].endswith("&at=2026-12-03T18%3A00Z")
    assert (response.context["check"]["on"].value(), response.context["check"]["time"].value()) == (
        "2026-12-03",
        "13:00",
    )


def test_time_with_the_family_to_be_asked_is_open(client):
    said = words(page(client, cast(), on="2026-12-03", time="1:00 PM"))

    assert "Open, with someone still to be asked" in said
    assert "3 of 4 roles known, 1 to be asked." in said


def test_time_that_does_not_work_says_who_is_missing_and_until_when(client):
    c = cast()
    WeeklyHours.objects.create(person=c.administrator.person, weekday=4, start=time(8), end=time(10), kind="duty")
    WeeklyHours.objects.create(person=c.case_manager.person, weekday=4, start=time(9), end=time(9, 30), kind="lunch")
    Commitment.objects.create(
        person=c.vice_principal.person,
        kind="other",
        title="Dentist",
        start_at=datetime(2026, 12, 3, 14, tzinfo=UTC),
        end_at=datetime(2026, 12, 3, 14, 45, tzinfo=UTC),
    )

    said = words(page(client, c, at="2026-12-03T14:00Z"))

    assert (
        "Not as things stand: no LEA representative, no special education teacher and no general education teacher"
        in said
    )
    assert "0 of 4 roles known, 1 to be asked, 3 missing." in said
    assert "Marcus Bell on duty until 10:00 AM" in said
    assert "Alice Kim taken until 9:45 AM" in said
    assert "Dentist" not in said
    assert "Dana Ortiz at lunch until 9:30 AM" in said
    assert "Raj Patel teaching until 1:00 PM" in said
    assert "Nearest times that work" in said
    assert "Thu, Dec 3 1:00 – 2:00 PM 3 of 4 roles known" in said


def test_time_outside_of_hours_says_when_they_are_free_next(client):
    c = cast()
    WeeklyHours.objects.create(
        person=c.case_manager.person, school=c.school, weekday=4, start=time(12), end=time(14), kind="available"
    )

    said = words(page(client, c, at="2026-12-03T14:00Z"))

    assert "Dana Ortiz not here at this time ; free for it from 12:00 PM" in said


def test_person_at_another_school_and_family_who_cannot_are_said(client):
    c = cast()
    WeeklyHours.objects.create(
        person=c.case_manager.person, school=c.other_school, weekday=4, start=time(8), end=time(14), kind="available"
    )
    FamilyTime.objects.create(
        guardian=c.father.person, student=c.student, says="cannot", weekday=4, start=time(8), end=time(16), said_at=NOW
    )
    TeamMember.objects.create(
        student=c.student, person=c.stranger.person, role=Role.RELATED_SERVICE_PROVIDER, is_required=True
    )

    said = words(page(client, c, at="2026-12-03T14:00Z"))

    assert "Dana Ortiz at another school until 2:00 PM" in said
    assert "Tomas Rainwater said this time does not work" in said
    assert "Tom Reed does not work at this school: to be asked" in said


def test_time_without_a_room_says_so(client):
    c = cast()
    meeting = c.student.meetings.create(
        kind="section_504",
        school=c.school,
        start_at=datetime(2026, 12, 3, 18, tzinfo=UTC),
        end_at=datetime(2026, 12, 3, 19, tzinfo=UTC),
        organizer=c.case_manager,
        booked_at=NOW,
    )
    meeting.busy.create(room=c.room, during=(meeting.start_at, meeting.end_at))

    said = words(page(client, c, at="2026-12-03T18:00Z"))

    assert "Not as things stand: no room" in said
    assert "No room is free." in said
    assert "Book this time" not in said


@pytest.mark.parametrize(
    ("on", "at", "errors"),
    [
        ("2026-11-20", "13:00", {"on": ["This day is past."]}),
        ("2026-11-23", "7:59", {"time": ["This time is past."]}),
        (
            "2026-12-14",
            "13:00",
            {"on": ["This day is outside the dates of the search. Change them under Propose times."]},
        ),
        ("2026-11-26", "13:00", {"on": ["School is closed on this day."]}),
        ("2026-11-28", "13:00", {"on": ["School is closed on this day."]}),
        ("Thursday", "13:00", {"on": ["Enter a valid date."]}),
        ("2026-12-03", "noon", {"time": ["Enter a valid time."]}),
        ("", "", {"on": ["This field is required."], "time": ["This field is required."]}),
    ],
)
def test_time_that_cannot_be_checked_is_named(client, on, at, errors):
    c = cast()
    CalendarDay.objects.create(school=c.school, on=date(2026, 11, 26), day_type="closed")

    response = page(client, c, on=on, time=at)

    assert dict(response.context["check"].errors) == errors
    assert "Check a time" in words(response)
    assert "offer" not in response.context


def test_time_that_the_clock_skips_is_named(client):
    c = cast()
    CalendarDay.objects.create(school=c.school, on=date(2027, 3, 14), day_type="regular")

    response = page(client, c, kind="amendment", first="2027-03-01", last="2027-03-31", on="2027-03-14", time="2:30 AM")

    assert dict(response.context["check"].errors) == {"time": ["The clock skips this time on that day."]}


@pytest.mark.parametrize("query", [{}, {"at": "nonsense"}])
def test_page_without_a_time_asks_for_one(client, query):
    response = page(client, cast(), **query)

    assert response.status_code == 200
    assert dict(response.context["check"].errors) == {}


def test_page_takes_a_fixed_number_of_queries(client, django_assert_num_queries):
    c = cast()
    address = page(client, c, at="2026-12-03T14:00Z").request["PATH_INFO"]
    with django_assert_num_queries(26):
        client.get(address, {"at": "2026-12-03T14:00Z"})
