"""A page was right when it was opened, and is not when its button is pressed: what it says, what stays."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from meetings.actions.commit import CommitmentPlan, commit
from meetings.actions.reply import reply_for_guardian
from meetings.models import Meeting, Seat
from students.models import Person, Staff
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, counts
from tests.meetings.views.test_book import address, chosen
from tests.meetings.views.test_change import fields
from tests.races import meanwhile

at_one_moment = pytest.mark.django_db(transaction=True)
one_after_the_other = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def cast(client):
    cast = people.cast()
    client.force_login(cast.case_manager)
    return cast


def page_of(meeting, name, *more):
    return reverse(f"meetings:{name}", args=[meeting.pk, *more])


def takes(someone):
    """Someone is asked to another meeting at the very time."""
    plan = CommitmentPlan("other_meeting", "Budget", START, START + HOUR)
    return lambda: commit(someone.person, plan, by=someone)


def leaves(someone):
    return lambda: Staff.objects.filter(pk=someone.pk).update(is_active=False)


@at_one_moment
def test_book_while_someone_is_taken(client, cast):
    form = chosen(client.get(address(cast)))

    with meanwhile(takes(cast.teacher), cast.teacher.pk):
        page = client.post(address(cast), form)

    assert page.status_code == 409
    assert [each.name for each in page.context["in_the_way"]] == ["Raj Patel"]
    assert counts()["Meeting"] == 0


@at_one_moment
def test_book_while_someone_leaves(client, cast):
    form = chosen(client.get(address(cast)))

    with meanwhile(leaves(cast.teacher), cast.teacher.pk):
        page = client.post(address(cast), form)

    assert page.status_code == 409
    assert [each.name for each in page.context["in_the_way"]] == ["Raj Patel"]
    assert counts() == {"Meeting": 0, "Seat": 0, "Busy": 0, "Message": 0}


@at_one_moment
def test_book_while_a_colleague_books_the_same(client, cast):
    form = chosen(client.get(address(cast)))

    # The first of the team by pk: who waits for her holds nobody else.
    with meanwhile(lambda: booked(cast), cast.case_manager.pk):
        answer = client.post(address(cast), form, follow=True)

    assert "This meeting is booked already. Nothing was booked twice." in answer.content.decode()
    assert counts()["Meeting"] == 1


@at_one_moment
@pytest.mark.parametrize(
    ("what", "said"),
    [
        (takes, "Marcus Bell was just booked elsewhere at this time. Choose someone else."),
        (leaves, "Marcus Bell can no longer take a seat. Choose someone else."),
    ],
)
def test_find_someone_who_is_taken_or_leaves_meanwhile(client, cast, what, said):
    meeting = booked(cast)
    seat = meeting.seats.get(holder=cast.vice_principal.pk)
    principal = cast.administrator

    with meanwhile(what(principal), principal.pk):
        page = client.post(page_of(meeting, "seat", seat.pk), {"version": 1, "holder": principal.pk})

    assert page.status_code == 409
    assert said in page.content.decode()
    assert Seat.objects.get(pk=seat.pk).holder_id == cast.vice_principal.pk


@one_after_the_other
def test_reschedule_with_someone_who_has_left(client, cast):
    meeting = booked(cast)
    leaves(cast.teacher)()

    page = client.post(page_of(meeting, "reschedule"), fields(cast))

    assert page.status_code == 409
    assert "Raj Patel" in page.content.decode()
    assert Meeting.objects.get().version == 1


@one_after_the_other
def test_record_as_held_what_a_colleague_changed_first(client, cast):
    meeting = booked(cast)
    Meeting.objects.update(version=2)

    with time_machine.travel(START + HOUR, tick=False):
        client.force_login(cast.case_manager)
        page = client.post(page_of(meeting, "held"), {"version": 1, "held_on": "2026-12-03"})

    assert page.status_code == 409
    assert "Someone changed this meeting first." in page.content.decode()
    assert (page.context["form"]["version"].value(), Meeting.objects.get().status) == (2, "booked")


@one_after_the_other
def test_write_down_a_yes_of_a_parent_who_is_elsewhere_by_now(client, cast):
    meeting = booked(cast)
    seat = meeting.seats.select_related("meeting", "holder").get(holder=cast.mother.pk)
    reply_for_guardian(seat, version=1, answer="no", joins="", note="", by=cast.case_manager, now=NOW)
    commit(cast.mother.person, CommitmentPlan("other_meeting", "", START, START + HOUR), by=cast.case_manager)

    page = client.post(page_of(meeting, "said", seat.pk), {"version": 1, "answer": "yes", "joins": ""})

    assert page.status_code == 409
    assert [row.person for row in page.context["taken"]] == [cast.mother.person]
    assert Seat.objects.get(pk=seat.pk).answer == "no"


@one_after_the_other
def test_new_link_for_a_parent_who_has_no_address_by_now(client, cast):
    meeting = booked(cast)
    Person.objects.filter(pk=cast.mother.pk).update(email="")
    link = meeting.parent_links.get(guardian=cast.mother.pk)

    answer = client.post(page_of(meeting, "renew_link", link.pk), follow=True)

    assert "No link was sent: Elena Rainwater cannot be written to by email." in answer.content.decode()
    assert meeting.parent_links.get(pk=link.pk).generation == 1


@one_after_the_other
def test_seat_of_a_meeting_that_has_begun(client, cast):
    meeting = booked(cast)
    seat = meeting.seats.get(holder=cast.teacher.pk)

    with time_machine.travel(START + timedelta(minutes=1), tick=False):
        client.force_login(cast.case_manager)
        answer = client.get(page_of(meeting, "seat", seat.pk), follow=True)

    assert "This meeting has begun: its seats are as they are." in answer.content.decode()


@one_after_the_other
def test_remind_someone_twice_on_a_day(client, cast):
    meeting = booked(cast)
    seat = meeting.seats.get(holder=cast.teacher.pk)

    first = client.post(page_of(meeting, "remind", seat.pk), follow=True)
    with time_machine.travel(NOW + HOUR, tick=False):
        second = client.post(page_of(meeting, "remind", seat.pk), follow=True)

    assert "A reminder to Raj Patel is on its way." in first.content.decode()
    words = "No reminder was sent: Raj Patel has answered, was reminded today, or has no address."
    assert words in second.content.decode()


@one_after_the_other
def test_organizer_who_cannot_come_is_told_by_no_mail(client, cast):
    meeting = booked(cast)

    answer = client.post(page_of(meeting, "answer"), {"version": 1, "answer": "no", "note": ""}, follow=True)

    assert "Thank you. You can&#x27;t come." in answer.content.decode()
    assert not meeting.messages.filter(kind="seat_declined").exists()
