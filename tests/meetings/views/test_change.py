from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from meetings.actions.book import book
from meetings.models import FamilyTime, Meeting
from students.models import CalendarDay, DueDate, Guardianship
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, counts, mails_of, one_seat_plan

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def page_of(meeting, name):
    return reverse(f"meetings:{name}", args=[meeting.pk])


def fields(cast, **extra):
    return {
        "version": 1,
        "day": "2026-12-04",
        "time": "13:30",
        "minutes": 60,
        "room": cast.room.pk,
        "why": "The bus is late",
    } | extra


@pytest.fixture
def signed_in(client):
    cast = people.cast()
    client.force_login(cast.case_manager)
    return client, cast, booked(cast)


def test_reschedule_page_offers_times_for_the_same_people(signed_in):
    client, _, meeting = signed_in

    page = client.get(page_of(meeting, "reschedule"))

    times = page.context["times"]
    assert len(times) == 6
    assert START not in {time.start_at for time in times}
    chosen = client.get(page_of(meeting, "reschedule"), {"at": times[0].at}).context["form"]
    assert (chosen["day"].value(), chosen["room"].value()) == (times[0].start_at.date(), times[0].room.pk)


def test_reschedule_page_offers_times_with_the_usual_notice_first_and_says_what_the_family_said(signed_in):
    client, cast, meeting = signed_in
    said = {"guardian": cast.mother.person, "student": cast.student, "said_at": NOW}
    FamilyTime.objects.create(says="works", weekday=2, start="15:00", end="16:00", **said)

    page = client.get(page_of(meeting, "reschedule"))

    assert page.context["times"][0].start_at >= NOW + timedelta(days=9)
    assert "Elena Rainwater can come Tuesdays, 3:00 – 4:00 PM" in page.content.decode()


def test_reschedule(signed_in):
    client, cast, meeting = signed_in

    answer = client.post(page_of(meeting, "reschedule"), fields(cast))

    assert (answer.status_code, answer.url) == (302, page_of(meeting, "meeting"))
    meeting.refresh_from_db()
    assert (meeting.start_at, meeting.version, meeting.changed_why) == (START + timedelta(days=1), 2, "The bus is late")


@pytest.mark.parametrize(
    ("extra", "error"),
    [
        ({"why": " "}, "Say why in a few words"),
        ({"day": "soon"}, "Write a date such as"),
        ({"time": "noonish"}, "Write a time such as 1:30 PM."),
        ({"day": "2026-12-05"}, "Saturday, December 5 is not a school day."),
        ({"day": "2026-12-24"}, "Thursday, December 24 is not a school day."),
        ({"day": "2026-11-23", "time": "08:30"}, "That time has passed."),
        ({"day": "2027-03-14", "time": "02:30"}, "is not a school day"),
        ({"minutes": "17"}, "Select a valid choice"),
        ({"room": "99999"}, "Select a valid choice"),
        ({"day": "2026-12-03"}, "The meeting is at this time already."),
    ],
)
def test_reschedule_with_a_mistake(signed_in, extra, error):
    client, cast, meeting = signed_in
    CalendarDay.objects.create(school=cast.school, on="2026-12-24", day_type="closed")

    page = client.post(page_of(meeting, "reschedule"), fields(cast, why="Keep this") | extra)

    assert page.status_code == 200
    assert error in page.content.decode()
    assert "Keep this" in page.content.decode() or "why" in extra
    assert Meeting.objects.get().version == 1


def test_reschedule_into_the_hour_that_the_clocks_skip(signed_in):
    client, cast, meeting = signed_in
    CalendarDay.objects.create(school=cast.school, on="2027-03-14", day_type="regular")

    page = client.post(page_of(meeting, "reschedule"), fields(cast, day="2027-03-14", time="02:30"))

    assert "The clocks change that night and skip this time." in page.content.decode()
    assert Meeting.objects.get().version == 1


def test_reschedule_into_the_hour_that_the_clocks_show_twice(signed_in):
    client, cast, meeting = signed_in
    CalendarDay.objects.create(school=cast.school, on="2027-11-07", day_type="regular")

    page = client.post(page_of(meeting, "reschedule"), fields(cast, day="2027-11-07", time="01:30"))

    assert "The clocks change that night and show this time twice." in page.content.decode()
    assert Meeting.objects.get().version == 1


def test_reschedule_typed_as_people_write_it(signed_in):
    client, cast, meeting = signed_in

    client.post(page_of(meeting, "reschedule"), fields(cast, time="1:30 PM"))

    assert Meeting.objects.get().start_at == START + timedelta(days=1)


def test_reschedule_to_a_time_when_someone_teaches(signed_in):
    client, cast, meeting = signed_in

    page = client.post(page_of(meeting, "reschedule"), fields(cast, time="09:00"))
    assert "Not free at this time, as far as we know: Raj Patel." in page.content.decode()
    assert Meeting.objects.get().version == 1

    answer = client.post(page_of(meeting, "reschedule"), fields(cast, time="09:00", despite="1"))
    assert answer.status_code == 302
    assert Meeting.objects.get().version == 2


def test_reschedule_to_a_time_when_someone_is_booked(signed_in):
    client, cast, meeting = signed_in
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    book(other, one_seat_plan(other, cast.teacher, start=START + timedelta(days=1)), by=cast.colleague, now=NOW)
    before = counts()

    page = client.post(page_of(meeting, "reschedule"), fields(cast, despite="1"))

    assert page.status_code == 409
    assert "Raj Patel was just booked 1:30 – 2:30 PM. Nothing was moved." in page.content.decode()
    assert "The bus is late" in page.content.decode()
    assert counts() == before


def test_reschedule_with_a_parent_who_may_not_be_asked_any_more(signed_in):
    client, cast, meeting = signed_in
    Guardianship.objects.filter(guardian=cast.mother).update(is_no_contact=True)

    page = client.post(page_of(meeting, "reschedule"), fields(cast))

    assert page.status_code == 302
    assert [mail for mail in mails_of(meeting) if mail[1] == "Elena Rainwater" and mail[3] == 2] == []
    assert list(meeting.seats.filter(role="parent").values_list("requirement", "holder")) == [
        ("required", cast.father.pk)
    ]


@pytest.mark.parametrize("name", ["reschedule", "cancel"])
def test_someone_changed_it_first(signed_in, name):
    client, cast, meeting = signed_in
    Meeting.objects.update(version=5)

    page = client.post(page_of(meeting, name), fields(cast))

    text = page.content.decode()
    assert page.status_code == 409
    assert "Someone changed this meeting first" in text
    assert "The bus is late" in text
    assert 'name="version" value="5"' in text
    assert Meeting.objects.get().status == "booked"
    again = client.post(page_of(meeting, name), fields(cast, version=5))
    assert again.status_code == 302


def test_cancel(signed_in):
    client, _, meeting = signed_in

    answer = client.post(page_of(meeting, "cancel"), {"version": 1, "why": "Snow day"})

    assert (answer.status_code, answer.url) == (302, page_of(meeting, "meeting"))
    meeting.refresh_from_db()
    assert (meeting.status, meeting.changed_why) == ("cancelled", "Snow day")
    assert "there is nothing to cancel" in client.get(page_of(meeting, "cancel")).content.decode()
    assert "there is nothing to move" in client.get(page_of(meeting, "reschedule")).content.decode()


def test_cancel_without_a_reason(signed_in):
    client, _, meeting = signed_in

    page = client.post(page_of(meeting, "cancel"), {"version": 1, "why": ""})

    assert page.status_code == 200
    assert "Say why in a few words" in page.content.decode()
    assert Meeting.objects.get().status == "booked"


def test_held_before_it_has_begun(signed_in):
    client, _, meeting = signed_in

    page = client.post(page_of(meeting, "held"), {"version": 1, "held_on": "2026-11-23"})

    assert "A meeting is recorded once it has begun." in page.content.decode()
    assert Meeting.objects.get().status == "booked"


@pytest.mark.parametrize(
    ("held_on", "status"), [("2026-12-03", "held"), ("2026-12-04", "booked"), ("today", "booked"), ("", "booked")]
)
def test_held(client, held_on, status):
    cast = people.cast()
    meeting = booked(cast)
    with time_machine.travel(START + HOUR, tick=False):
        client.force_login(cast.case_manager)
        client.post(page_of(meeting, "held"), {"version": 1, "held_on": held_on})

    assert Meeting.objects.get().status == status
    assert DueDate.objects.open().filter(pk=cast.due.pk).exists() == (status == "booked")


# Another length


def test_reschedule_page_looks_for_the_length_that_is_asked_for(signed_in):
    client, _, meeting = signed_in

    page = client.get(page_of(meeting, "reschedule"), {"minutes": "75"})

    form, times = page.context["form"], page.context["times"]
    assert (form["minutes"].value(), form["why"].value()) == (75, "More time was asked for.")
    assert {time.end_at - time.start_at for time in times} == {timedelta(minutes=75)}
    assert "Times that work for 75 minutes" in page.content.decode()
    assert f"?minutes=75&amp;at={times[0].at.replace(':', '%3A')}" in page.content.decode()


def test_meeting_may_stay_where_it_is_and_end_later(signed_in):
    client, cast, meeting = signed_in
    typed = fields(cast, day="2026-12-03", minutes=75)

    answer = client.post(page_of(meeting, "reschedule") + "?minutes=75", typed)

    meeting.refresh_from_db()
    assert answer.status_code == 302
    assert (meeting.start_at, meeting.end_at) == (START, START + timedelta(minutes=75))


@pytest.mark.parametrize("minutes", ["", "0", "14", "241", "-5", "ninety", "9" * 30, "60"])
def test_length_that_makes_no_sense_is_the_meetings_own(signed_in, minutes):
    client, _, meeting = signed_in

    page = client.get(page_of(meeting, "reschedule"), {"minutes": minutes})

    assert (page.context["form"]["minutes"].value(), page.context["form"]["why"].value()) == (60, "")
    assert START not in {time.start_at for time in page.context["times"]}


def test_shorter_length_gives_no_reason_by_itself(signed_in):
    client, _, meeting = signed_in

    form = client.get(page_of(meeting, "reschedule"), {"minutes": "50"}).context["form"]

    assert (form["minutes"].value(), form["why"].value()) == (50, "")
    assert (50, "50 minutes") in form.fields["minutes"].choices
