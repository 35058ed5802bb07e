from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from meetings.actions.book import book
from meetings.models import FamilyAnswer, FamilyTime, Meeting
from students.models import DueDate, Guardianship, Room
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, counts, one_seat_plan, seats_of

pytestmark = pytest.mark.django_db

NOTHING = {"Meeting": 0, "Seat": 0, "Busy": 0, "Message": 0}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def address(cast, *, at="2026-12-03T18:30Z", **query):
    """The book page of Maya's annual review; 1:30 PM at school, when Raj Patel does not teach."""
    page = reverse("meetings:book", args=[cast.student.pk])
    return f"{page}?{urlencode({'at': at, 'due': cast.due.pk, 'kind': 'annual_review', 'minutes': 60} | query)}"


def chosen(page):
    """What the page's form would post."""
    form = page.context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def test_book_page_shows_what_will_be_booked(client):
    cast = people.cast()
    client.force_login(cast.case_manager)

    page = client.get(address(cast))

    assert page.status_code == 200
    text = page.content.decode()
    for words in (
        "Thursday, December 3,</span>",
        "1:30 – 2:30 PM",
        "Annual review: Maya Rainwater, grade 4",
        "due Dec 11",
        "Alice Kim, free",
        "Elena Rainwater gets the notice of meeting, with a private link to answer",
        "Room 12",
    ):
        assert words in text
    assert counts() == NOTHING


def test_book_books(client):
    cast = people.cast()
    client.force_login(cast.case_manager)
    form = chosen(client.get(address(cast)))

    answer = client.post(address(cast), form)

    meeting = Meeting.objects.get()
    assert (answer.status_code, answer.url) == (302, reverse("meetings:meeting", args=[meeting.pk]))
    assert (meeting.start_at, meeting.end_at, meeting.room, meeting.due_date) == (
        START,
        START + HOUR,
        cast.room,
        cast.due,
    )
    assert sorted(seats_of(meeting)) == [
        ("general_education_teacher", "required", "Raj Patel", "none", True),
        ("lea_representative", "required", "Marcus Bell", "none", True),
        ("parent", "optional", "Tomas Rainwater", "none", True),
        ("parent", "required", "Elena Rainwater", "none", True),
        ("related_service_provider", "optional", "Jo Lee", "none", True),
        ("special_education_teacher", "required", "Dana Ortiz", "yes", True),
        ("student", "optional", "Maya Rainwater", "none", True),
    ]


def test_book_with_other_people_and_room(client):
    cast = people.cast()
    library = Room.objects.create(school=cast.school, name="Library", capacity=30)
    client.force_login(cast.case_manager)
    form = chosen(client.get(address(cast))) | {
        "seat-lea_representative": cast.vice_principal.pk,
        f"seat-related_service_provider-p{cast.speech.pk}": "",
        "room": library.pk,
    }

    client.post(address(cast), form)

    meeting = Meeting.objects.get()
    names = {role: name for role, _, name, _, _ in seats_of(meeting)}
    assert (names["lea_representative"], "related_service_provider" in names) == ("Alice Kim", False)
    assert meeting.room == library


def test_book_someone_who_may_not_take_the_seat(client):
    cast = people.cast()
    client.force_login(cast.case_manager)
    form = chosen(client.get(address(cast))) | {"seat-lea_representative": cast.stranger.pk}

    answer = client.post(address(cast), form)

    assert answer.status_code == 200
    assert "seat-lea_representative" in answer.context["form"].errors
    assert counts() == NOTHING


def test_book_the_same_form_twice(client):
    cast = people.cast()
    client.force_login(cast.case_manager)
    form = chosen(client.get(address(cast)))

    answers = [client.post(address(cast), form) for _ in range(2)]

    assert {answer.url for answer in answers} == {reverse("meetings:meeting", args=[Meeting.objects.get().pk])}
    assert "booked already" in client.get(answers[1].url).content.decode()


def test_book_page_of_a_due_date_that_is_booked(client):
    cast = people.cast()
    meeting = booked(cast)
    client.force_login(cast.case_manager)

    answer = client.get(address(cast))

    assert (answer.status_code, answer.url) == (302, reverse("meetings:meeting", args=[meeting.pk]))


def test_book_when_someone_was_taken_meanwhile(client):
    cast = people.cast()
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    client.force_login(cast.case_manager)
    form = chosen(client.get(address(cast))) | {"seat-lea_representative": cast.vice_principal.pk}
    book(other, one_seat_plan(other, cast.teacher, room_id=cast.room.pk), by=cast.colleague, now=NOW)
    before = counts()

    answer = client.post(address(cast), form)

    assert answer.status_code == 409
    text = answer.content.decode()
    assert "<strong>Raj Patel</strong> was just booked 1:30 – 2:30 PM" in text
    assert "Nothing was booked" in text
    assert counts() == before
    times = answer.context["times"]
    assert len(times) == 3
    assert all(offer.start_at != START for offer, _ in times)
    kept = parse_qs(urlsplit(times[0][1]).query)
    assert kept["seat-lea_representative"] == [str(cast.vice_principal.pk)]
    again = client.get(times[0][1])
    assert again.context["form"]["seat-lea_representative"].value() == str(cast.vice_principal.pk)


def test_book_a_room_that_was_taken_meanwhile(client):
    cast = people.cast()
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    client.force_login(cast.case_manager)
    form = chosen(client.get(address(cast)))
    book(other, one_seat_plan(other, cast.colleague, room_id=cast.room.pk), by=cast.colleague, now=NOW)

    answer = client.post(address(cast), form)

    assert answer.status_code == 409
    assert "<strong>Room 12</strong> was just booked 1:30 – 2:30 PM" in answer.content.decode()


def test_book_a_time_that_has_passed(client):
    cast = people.cast()
    client.force_login(cast.case_manager)

    answer = client.post(address(cast, at="2026-11-23T13:55Z"), {})

    assert answer.status_code == 409
    assert "This time has passed" in answer.content.decode()
    assert counts() == NOTHING


def test_book_when_nobody_can_take_a_required_seat(client):
    cast = people.cast()
    client.force_login(cast.case_manager)
    early = address(cast, at="2026-12-03T14:00Z")  # 9:00 AM, when Raj Patel teaches.

    page = client.get(early)
    client.post(early, chosen(page))

    assert "Nobody is free for general education teacher" in page.content.decode()
    assert ("general_education_teacher", "required", None, "none", False) in seats_of(Meeting.objects.get())


def test_book_without_a_time_goes_to_the_times(client):
    cast = people.cast()
    client.force_login(cast.case_manager)

    answer = client.get(reverse("meetings:book", args=[cast.student.pk]))

    assert (answer.status_code, answer.url) == (302, reverse("meetings:propose", args=[cast.student.pk]))


@pytest.mark.parametrize("query", [{"at": "yesterday"}, {"at": "2026-12-03T18:30"}, {"at": ""}])
def test_book_with_a_time_that_is_none(client, query):
    cast = people.cast()
    client.force_login(cast.case_manager)

    assert client.get(address(cast, **query)).url == reverse("meetings:propose", args=[cast.student.pk])


def test_book_of_another_students_due_date(client):
    cast = people.cast()
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    theirs = DueDate.objects.create(student=other, kind="annual_review", due_on=cast.due.due_on)
    client.force_login(cast.case_manager)

    assert client.get(address(cast, due=theirs.pk)).status_code == 404


def test_book_page_names_who_cannot_be_written_to(client):
    cast = people.cast()
    type(cast.mother.person).objects.filter(pk=cast.mother.pk).update(email="")
    Guardianship.objects.filter(guardian=cast.father).update(is_no_contact=True)
    client.force_login(cast.case_manager)

    text = client.get(address(cast)).content.decode()

    assert "Elena Rainwater has no email address." in text
    assert "Tomas" not in text


def test_book_page_marks_a_parent_who_said_the_time_works(client):
    cast = people.cast()
    FamilyTime.objects.create(
        guardian=cast.mother.person,
        student=cast.student,
        says=FamilyAnswer.WORKS,
        on=START.date(),
        start="13:00",
        end="15:00",
        said_at=NOW,
    )
    client.force_login(cast.case_manager)

    assert "4 of 4 known to be free" in client.get(address(cast)).content.decode()


@pytest.mark.parametrize("who", ["colleague", "stranger"])
def test_book_by_someone_without_the_record(client, who):
    cast = people.cast()
    client.force_login(getattr(cast, who))

    assert [client.get(address(cast)).status_code, client.post(address(cast), {}).status_code] == [404, 404]
    assert counts() == NOTHING


def test_book_signed_out(client):
    cast = people.cast()

    answer = client.get(address(cast))

    assert answer.status_code == 302
    assert answer.url.startswith(reverse("login"))


def test_book_page_query_count_is_fixed(client):
    cast = people.cast()
    client.force_login(cast.case_manager)
    client.get(address(cast))

    with CaptureQueriesContext(connection) as few:
        client.get(address(cast))
    for n in range(3):
        people.staff(f"Member {n}", cast.school, is_representative=True)
        people.guardian(f"Guardian {n}", cast.student)
        Room.objects.create(school=cast.school, name=f"Room {n}")
    with CaptureQueriesContext(connection) as many:
        client.get(address(cast))

    assert len(many) == len(few)


def test_book_at_a_later_time_is_in_the_schools_zone(client):
    cast = people.cast()
    client.force_login(cast.case_manager)

    text = client.get(address(cast, at=(START + timedelta(days=100)).strftime("%Y-%m-%dT%H:%MZ"))).content.decode()

    assert "Saturday, March 13," in text
    assert "1:30 – 2:30 PM" in text
    assert "This time is after the due date." in text


@pytest.mark.parametrize(("kept", "asked", "minutes"), [(None, "", 60), (75, "", 75), (75, "45", 45)])
def test_book_page_without_a_length_takes_the_students_own(client, kept, asked, minutes):
    cast = people.cast()
    cast.student.meeting_minutes = kept
    cast.student.save()
    client.force_login(cast.case_manager)

    page = client.get(address(cast, minutes=asked))

    assert page.context["asked"].minutes == minutes
