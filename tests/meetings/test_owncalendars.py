"""What people's own calendars take of their time, on every page that says who can be there."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.urls import reverse

from meetings.availability import Taken
from meetings.core.explanations import Standing
from meetings.core.intervals import Span, minute_of
from meetings.loaders import load_case
from meetings.losses import losses_of
from meetings.models import FamilyTime
from meetings.owncalendars import OwnCalendar, own_calendars
from meetings.repairs import others_for
from students.models import Student
from tests.booking import START, booked
from tests.cast import cast, staff, teaches
from tests.meetings.views.test_propose import words
from tests.owncalendar import own_calendar

NOW = datetime(2026, 11, 23, 13, tzinfo=UTC)  # Monday, 8:00 AM at school
THURSDAY = date(2026, 12, 3)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def monday(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def c():
    return cast()


def at(hour, minute=0, day=3):
    """An instant of Thursday, December 3, by the school's clock."""
    return datetime(2026, 12, day, hour + 5, minute, tzinfo=UTC)


def span(*ends):
    return Span(*(minute_of(each) for each in ends))


DAY = span(at(0), at(0, day=4))
CONTRACT = span(at(7, 30), at(14, 45))


def loaded(c, first=THURSDAY, last=THURSDAY, **extra):
    student = Student.objects.select_related("person", "school").get(pk=c.student.pk)
    window = {"window_start_on": first, "window_end_on": last, "duration": 60, "step": 5, "now": NOW}
    return load_case(student, "annual_review", **window | extra)


def hours_of(c, person, **extra):
    return loaded(c, **extra).hours[str(person.pk)]


def core_person(c, person):
    return next(each for each in loaded(c).case.people if each.id == str(person.pk))


def family_can_come(c):
    FamilyTime.objects.create(
        guardian=c.mother.person, student=c.student, says="works", weekday=4, start=time(12), end=time(16), said_at=NOW
    )


def shown(client, c, name="why", **query):
    client.force_login(c.case_manager)
    return words(client.get(reverse(f"meetings:{name}", args=[c.student.pk]), query))


# What rows come to


def test_busy_time_of_a_calendar_is_taken(c):
    own_calendar(c.case_manager, (at(13), at(14)), now=NOW)

    person = core_person(c, c.case_manager)

    assert hours_of(c, c.case_manager).taken == {Taken.CALENDAR: (span(at(13), at(14)),)}
    assert (person.free, person.busy, person.unknown) == ((CONTRACT,), (span(at(13), at(14)),), ())


def test_tentative_time_is_shown_and_not_taken(c):
    own_calendar(c.case_manager, now=NOW, tentative=[(at(13), at(14))])

    hours = hours_of(c, c.case_manager)

    assert (hours.free, hours.taken, hours.unknown) == ((CONTRACT,), {}, ())
    assert hours.own.is_tentative_at(span(at(13, 30), at(14, 30)))
    assert not hours.own.is_tentative_at(span(at(14), at(15)))


def test_time_tentative_in_one_calendar_and_busy_in_another_is_busy(c):
    own_calendar(c.case_manager, now=NOW, tentative=[(at(12), at(15))])
    own_calendar(c.case_manager, (at(13), at(14)), now=NOW)

    own = own_calendars([c.case_manager.pk], DAY, NOW)[c.case_manager.pk]

    assert own.busy == (span(at(13), at(14)),)
    assert own.tentative == (span(at(12), at(13)), span(at(14), at(15)))


@pytest.mark.parametrize("read_ago", [None, timedelta(days=2, seconds=1), timedelta(days=30)])
def test_calendar_not_read_for_two_days_frees_nobody(c, read_ago):
    own_calendar(c.case_manager, (at(13), at(14)), now=NOW, read_ago=read_ago)

    person = core_person(c, c.case_manager)

    assert (person.free, person.busy, person.unknown) == ((), (span(at(13), at(14)),), (CONTRACT,))


@pytest.mark.parametrize("read_ago", [timedelta(0), timedelta(hours=3), timedelta(hours=5), timedelta(days=2)])
def test_calendar_read_within_two_days_leaves_free_time_free(c, read_ago):
    own_calendar(c.case_manager, now=NOW, read_ago=read_ago)

    hours = hours_of(c, c.case_manager)

    assert (hours.free, hours.unknown) == ((CONTRACT,), ())
    assert hours.own.is_old == (read_ago > timedelta(hours=3))


def test_calendar_one_of_which_was_never_read_frees_nobody(c):
    own_calendar(c.case_manager, now=NOW)
    own_calendar(c.case_manager, now=NOW, read_ago=None)

    hours = hours_of(c, c.case_manager)

    assert (hours.free, hours.unknown, hours.own) == ((), (CONTRACT,), OwnCalendar(None, 0))


def test_time_behind_what_a_calendar_covers_is_to_be_asked(c):
    own_calendar(c.case_manager, now=NOW, covers=at(13) - NOW + timedelta(minutes=10))

    hours = hours_of(c, c.case_manager)

    assert (hours.free, hours.unknown) == ((Span(CONTRACT.start, minute_of(at(13))),), (span(at(13), at(14, 45)),))


def test_good_calendar_that_does_not_say_how_far_it_reaches_tells_nothing(c):
    own_calendar(c.case_manager, now=NOW, covers=None)

    assert hours_of(c, c.case_manager).free == ()


def test_calendar_of_one_person_takes_nothing_of_another(c):
    own_calendar(c.teacher, (at(7), at(17)), now=NOW, read_ago=None)

    hours = hours_of(c, c.case_manager)

    assert (hours.free, hours.taken, hours.own) == ((CONTRACT,), {}, None)


def test_as_many_queries_however_many_calendars_there_are(c, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert own_calendars([c.case_manager.pk], DAY, NOW) == {}
    people = [c.case_manager, c.teacher, c.speech, c.vice_principal]
    for person in people:
        for _ in range(3):
            own_calendar(person, *((at(8, 5 * n), at(8, 5 * n + 4)) for n in range(6)), now=NOW)
    with django_assert_num_queries(3):
        found = own_calendars([person.pk for person in people], DAY, NOW)
    assert [len(found[person.pk].busy) for person in people] == [6, 6, 6, 6]


def test_page_takes_as_many_queries_for_many_calendars(c, client, django_assert_num_queries):
    client.force_login(c.case_manager)
    url = reverse("meetings:propose", args=[c.student.pk])
    client.get(url)
    own_calendar(c.teacher, (at(13), at(14)), now=NOW)
    with django_assert_num_queries(32):
        client.get(url)
    for n in range(5):
        teacher = staff(f"Teacher {n}", c.school)
        teaches(teacher, c.student, "6", title=f"Class {n}")
        for hour in range(8, 15):
            own_calendar(teacher, (at(hour), at(hour, 30)), now=NOW, read_ago=timedelta(hours=hour))
    with django_assert_num_queries(32):
        client.get(url)


# What pages say


def test_why_not_says_busy_in_their_own_calendar_and_until_when(c, client):
    own_calendar(c.case_manager, (at(13), at(14)), now=NOW, read_ago=timedelta(hours=5, minutes=20), name="Dentist")

    said = shown(client, c, at="2026-12-03T18:00Z")

    assert "Not as things stand: no special education teacher" in said
    assert "Dana Ortiz busy in their own calendar until 2:00 PM, calendar last read 5 hours ago" in said
    assert "Dentist" not in said


def test_old_calendar_says_its_age_with_every_proposal_and_with_the_week(c, client):
    family_can_come(c)
    own_calendar(c.teacher, now=NOW, read_ago=timedelta(hours=5))

    said = shown(client, c, "propose")

    assert "Raj Patel free period 6; calendar last read 5 hours ago" in said
    assert "Each cell tells who is free then, and who is not. Raj Patel: calendar last read 5 hours ago." in said


def test_fresh_calendar_says_nothing_of_its_age(c, client):
    own_calendar(c.teacher, now=NOW)

    assert "calendar" not in shown(client, c, "propose").lower()


@pytest.mark.parametrize(
    ("read_ago", "words_of_it"),
    [(None, "calendar not read yet: to be asked"), (timedelta(days=3), "calendar last read 3 days ago: to be asked")],
)
def test_calendar_not_read_leaves_its_owner_to_be_asked_on_every_page(c, client, read_ago, words_of_it):
    family_can_come(c)
    own_calendar(c.teacher, now=NOW, read_ago=read_ago)

    why, propose = shown(client, c, at="2026-12-03T18:00Z"), shown(client, c, "propose")
    can_come = shown(client, c, "can_come", at="2026-12-03T18:00Z", said="Thu 1pm")
    book = shown(client, c, "book", at="2026-12-03T18:00Z")

    assert "Open, with someone still to be asked" in why
    assert f"Raj Patel {words_of_it}" in why
    assert f"to be asked General education teacher Raj Patel {words_of_it}" in propose
    assert "Yes, with somebody still to be asked" in can_come
    assert words_of_it in can_come
    assert "3 of 4 known to be free, 1 to be asked" in book
    assert "Raj Patel, to be asked" in book
    assert words_of_it in book


def test_time_behind_the_end_of_a_calendar_says_until_when_it_is_known(c, client):
    family_can_come(c)
    own_calendar(c.teacher, now=NOW, covers=timedelta(days=7))

    said = shown(client, c, at="2026-12-03T18:00Z")

    assert "Raj Patel calendar known only until Nov 30: to be asked" in said


def test_tentative_time_is_a_note_beside_a_time_that_works(c, client):
    family_can_come(c)
    own_calendar(c.teacher, now=NOW, tentative=[(at(13), at(13, 30))])

    said = shown(client, c, at="2026-12-03T18:00Z")

    assert "Yes, this time works" in said
    assert "Raj Patel free period 6; may be busy, by their own calendar" in said


def test_book_form_offers_nobody_whose_calendar_is_busy(c, client):
    own_calendar(c.case_manager, (at(13), at(14)), now=NOW)

    said = shown(client, c, "book", at="2026-12-03T18:00Z")

    assert "Nobody is free for special education teacher." in said
    assert "Dana Ortiz, free" not in said


def test_can_come_says_no_where_a_calendar_is_busy(c, client):
    own_calendar(c.case_manager, (at(13), at(14)), now=NOW)

    said = shown(client, c, "can_come", at="2026-12-03T18:00Z", said="Thu 1pm")

    assert "Not as things stand: no special education teacher" in said
    assert "Dana Ortiz: busy in their own calendar until 2:00 PM" in said


def test_substitute_whose_calendar_is_busy_is_not_free(c):
    meeting = booked(c, now=NOW)
    seat = meeting.seats.get(holder=c.vice_principal.pk)

    def stands():
        return [(reach.person, reach.standing) for reach in others_for(seat, now=NOW)]

    assert stands() == [(c.administrator.person, Standing.FREE)]
    own_calendar(c.administrator, (START, START + timedelta(hours=1)), now=NOW)
    assert stands() == [(c.administrator.person, Standing.BUSY)]


# A meeting and its own invite


def test_own_invite_that_comes_back_under_another_uid_does_not_stand_in_the_way(c, client):
    meeting = booked(c, now=NOW)
    for person in (c.case_manager, c.teacher, c.vice_principal):
        own_calendar(person, (meeting.start_at, meeting.end_at), now=NOW)
    client.force_login(c.case_manager)

    hours = hours_of(c, c.case_manager, without_meeting=meeting)
    moved = client.get(reverse("meetings:reschedule", args=[meeting.pk]), {"at": "2026-12-03T18:45Z"})

    assert (hours.taken, losses_of(meeting, now=NOW)) == ({}, [])
    assert moved.status_code == 200
    assert "not free" not in words(moved)


def test_time_that_only_overlaps_a_meeting_stands_in_the_way_of_its_next_one(c):
    meeting = booked(c, now=NOW)
    own_calendar(c.case_manager, (meeting.start_at, meeting.end_at + timedelta(minutes=15)), now=NOW)

    assert list(hours_of(c, c.case_manager, without_meeting=meeting).taken) == [Taken.CALENDAR]


def test_calendar_takes_no_seat_away_from_a_booked_meeting(c):
    meeting = booked(c, now=NOW)
    own_calendar(c.teacher, (at(8), at(15)), now=NOW)
    own_calendar(c.vice_principal, now=NOW, read_ago=None)

    assert losses_of(meeting, now=NOW) == []
