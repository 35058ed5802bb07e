from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from meetings.actions.book import book
from meetings.actions.cancel import cancel
from meetings.actions.reply import reply_as_staff, reply_for_guardian
from meetings.actions.reply_guardian import reply_as_guardian
from meetings.actions.reschedule import reschedule
from meetings.actions.seat import keep_people
from meetings.models import Attempt, Meeting, Message, ParentLink, Reply
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, one_seat_plan, plan_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def page_of(meeting, name="meeting", *more):
    return reverse(f"meetings:{name}", args=[meeting.pk, *more])


def seat_of(meeting, person):
    return meeting.seats.select_related("meeting", "holder").get(holder=person.pk)


def test_meeting_page_of_a_new_booking(client):
    cast = people.cast()
    meeting = booked(cast)
    client.force_login(cast.case_manager)

    page = client.get(page_of(meeting))

    text = page.content.decode()
    for words in (
        "Thursday, December 3,</span>",
        "1:30 – 2:30 PM",
        "Waiting for Elena Rainwater, Tomas Rainwater, Alice Kim, Raj Patel",
        "1 of 4 required people confirmed",
        "asked Nov 23, no answer yet",
        "Booked for Thu, Dec 3, 1:30 PM, Room 12",
    ):
        assert words in text
    assert [(line.seat.role, line.can_remind, line.can_record, line.can_give) for line in page.context["people"]] == [
        ("parent", False, True, False),
        ("parent", False, True, False),
        ("lea_representative", True, False, True),
        ("special_education_teacher", False, False, True),
        ("general_education_teacher", True, False, True),
        ("related_service_provider", True, False, True),
    ]
    assert [stop.stop for stop in page.context["stops"] if stop.is_now] == ["answers"]


def test_meeting_page_after_answers(client):
    cast = people.cast()
    meeting = booked(cast)
    reply_as_staff(seat_of(meeting, cast.teacher), answer="no", note="Field trip", now=NOW)
    reply_for_guardian(
        seat_of(meeting, cast.father), version=1, answer="yes", joins="video", note="", by=cast.case_manager, now=NOW
    )
    client.force_login(cast.case_manager)

    text = client.get(page_of(meeting)).content.decode()

    for words in (
        "Nobody for general education teacher",
        "2 of 4 required people confirmed",
        "no, Nov 23",
        "“Field trip”",
        "written down by Dana Ortiz",
        "By video",
        "Find someone",
        "Raj Patel said no",
    ):
        assert words in text


def test_meeting_page_after_the_parents_said_no_presses_for_another_time(client):
    cast = people.cast()
    meeting = booked(cast)
    for guardian in (cast.mother, cast.father):
        seat = seat_of(meeting, guardian)
        reply_for_guardian(seat, version=1, answer="no", joins="", note="", by=cast.case_manager, now=NOW)
    client.force_login(cast.case_manager)

    text = client.get(page_of(meeting)).content.decode()

    assert "Elena Rainwater, Tomas Rainwater can’t come" in text
    assert f'<a class="btn btn-primary" href="{reverse("meetings:reschedule", args=[meeting.pk])}"' in text


def test_cancelled_meeting_leads_to_new_times_until_one_is_booked(client):
    cast = people.cast()
    meeting = booked(cast)
    cancel(meeting, by=cast.case_manager, why="Snow", version=1, now=NOW)
    client.force_login(cast.case_manager)

    before = client.get(page_of(meeting)).content.decode()
    booked(cast)
    after = client.get(page_of(meeting)).content.decode()

    times = f"{reverse('meetings:propose', args=[cast.student.pk])}?kind=annual_review&amp;due={cast.due.pk}"
    assert (times in before, times in after) == (True, False)


def answered_on_the_page(meeting, guardian, *, seconds=0, by="", wants_minutes=None):
    """The family's page, answered so many seconds after its mail went out."""
    link = meeting.parent_links.select_related("guardian", "meeting").get(guardian=guardian.pk)
    Message.objects.filter(link=link, kind="parent_link").update(state="sent", sent_at=NOW)
    reply_as_guardian(
        link, version=meeting.version, answer="yes", joins="", wants_interpreter=False, interpreter_language="",
        wants_minutes=wants_minutes, other_times="", family_times=[], note="",
        answered_by=by or guardian.person.full_name,
        now=NOW + timedelta(seconds=seconds),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "answered 0 seconds after the mail went out"),
        (1, "answered 1 second after the mail went out; a mail scanner may have pressed it; call to be sure"),
        (60, "answered 60 seconds after the mail went out"),
        (61, None),
        (-11, None),
    ],
)
def test_answer_right_after_its_mail_may_be_a_scanners(client, seconds, said):
    cast = people.cast()
    meeting = booked(cast)
    answered_on_the_page(meeting, cast.mother, seconds=seconds)
    client.force_login(cast.case_manager)

    text = client.get(page_of(meeting)).content.decode()

    assert ("mail scanner" in text) == (said is not None)
    assert said is None or said in text


def test_answer_that_staff_wrote_down_is_no_scanners(client):
    cast = people.cast()
    meeting = booked(cast)
    Message.objects.filter(kind="parent_link").update(state="sent", sent_at=NOW)
    reply_for_guardian(
        seat_of(meeting, cast.father), version=1, answer="yes", joins="", note="", by=cast.case_manager, now=NOW
    )
    client.force_login(cast.case_manager)

    assert "mail scanner" not in client.get(page_of(meeting)).content.decode()


def test_meeting_page_names_who_answered_for_a_parent(client):
    cast = people.cast()
    meeting = booked(cast)
    answered_on_the_page(meeting, cast.mother, seconds=300, by="Grandma Opal")
    answered_on_the_page(meeting, cast.father, seconds=300)
    client.force_login(cast.case_manager)

    page = client.get(page_of(meeting))

    assert [line.answered_by for line in page.context["people"]][:2] == ["Grandma Opal", ""]
    assert page.content.decode().count("answered by") == 1


def test_answer_to_an_earlier_time_flags_nothing(client):
    cast = people.cast()
    meeting = booked(cast)
    answered_on_the_page(meeting, cast.mother, seconds=5, by="Grandma Opal")
    later = NOW + HOUR
    reschedule(
        meeting, plan_of(cast, start=START + timedelta(days=1)), by=cast.case_manager, why="Rain", version=1, now=later
    )
    client.force_login(cast.case_manager)

    text = client.get(page_of(meeting)).content.decode()

    assert ("mail scanner" in text, "answered by" in text) == (False, False)


@pytest.mark.parametrize("state", ["cancelled", "to record", "held"])
def test_meeting_page_when_it_is_over(client, state):
    cast = people.cast()
    meeting = booked(cast)
    client.force_login(cast.case_manager)
    if state == "cancelled":
        cancel(meeting, by=cast.case_manager, why="Snow day", version=1, now=NOW)
        text = client.get(page_of(meeting)).content.decode()
    else:
        with time_machine.travel(START + 2 * HOUR, tick=False):
            client.force_login(cast.case_manager)
            if state == "held":
                client.post(page_of(meeting, "held"), {"version": 1, "held_on": "2026-12-03"})
            text = client.get(page_of(meeting)).content.decode()

    shown = {
        words
        for words in ("Snow day", "To be recorded", ">Held<", "Reschedule", "Remind<", "Record as held")
        if words in text
    }
    assert (
        shown
        == {
            "cancelled": {"Snow day"},
            "to record": {"To be recorded", "Reschedule", "Record as held"},
            "held": {">Held<"},
        }[state]
    )


def test_meeting_page_for_whoever_only_holds_a_seat(client):
    cast = people.cast()
    meeting = booked(cast, teacher=cast.colleague)
    client.force_login(cast.colleague)

    text = client.get(page_of(meeting)).content.decode()

    assert "Your answer" in text
    for words in ("Rainwater, grade", "Attempts", "Messages", "History", "Reschedule", "Cancel meeting", "Remind<"):
        assert words not in text


PAGES = ["meeting", "reschedule", "cancel", "held", "answer"]


@pytest.mark.parametrize("who", ["colleague", "stranger"])
def test_every_page_of_a_meeting_for_someone_outside(client, who):
    cast = people.cast()
    meeting = booked(cast)
    seat, link = seat_of(meeting, cast.teacher), ParentLink.objects.first()
    client.force_login(getattr(cast, who))
    before = (Meeting.objects.get(), Message.objects.count(), Reply.objects.count(), Attempt.objects.count())

    seen = {name: client.get(page_of(meeting, name)).status_code for name in PAGES}
    seen["seat"] = client.get(page_of(meeting, "seat", seat.pk)).status_code
    seen["said"] = client.get(page_of(meeting, "said", seat_of(meeting, cast.mother).pk)).status_code
    done = {name: client.post(page_of(meeting, name), {"version": 1}).status_code for name in [*PAGES[1:], "attempt"]}
    done["seat"] = client.post(page_of(meeting, "seat", seat.pk), {"version": 1}).status_code
    done["remind"] = client.post(page_of(meeting, "remind", seat.pk)).status_code
    done["link"] = client.post(page_of(meeting, "renew_link", link.pk)).status_code

    assert set(seen.values()) | set(done.values()) == {404}
    assert (Meeting.objects.get(), Message.objects.count(), Reply.objects.count(), Attempt.objects.count()) == before


def test_pages_that_change_a_meeting_for_whoever_only_holds_a_seat(client):
    cast = people.cast()
    meeting = booked(cast, teacher=cast.colleague)
    client.force_login(cast.colleague)

    seen = {name: client.get(page_of(meeting, name)).status_code for name in PAGES}

    assert seen == {"meeting": 200, "answer": 200, "reschedule": 404, "cancel": 404, "held": 404}


def test_parts_of_another_meeting(client):
    cast = people.cast()
    other = people.student("Pippa Thimble", cast.school)
    meeting = booked(cast)
    theirs = book(other, one_seat_plan(other, cast.colleague, start=START + HOUR), by=cast.colleague, now=NOW)
    client.force_login(cast.case_manager)
    seat = seat_of(theirs, cast.colleague)

    codes = [
        client.get(page_of(meeting, "seat", seat.pk)).status_code,
        client.post(page_of(meeting, "remind", seat.pk)).status_code,
        client.get(page_of(meeting, "said", seat.pk)).status_code,
        client.post(page_of(meeting, "renew_link", 10**9)).status_code,
    ]

    assert codes == [404] * 4


def test_get_changes_nothing(client):
    cast = people.cast()
    meeting = booked(cast)
    seat = seat_of(meeting, cast.teacher)
    mother = seat_of(meeting, cast.mother)
    link = ParentLink.objects.first()
    client.force_login(cast.case_manager)
    before = (
        list(Meeting.objects.values()),
        list(meeting.seats.values()),
        Message.objects.count(),
        list(ParentLink.objects.values()),
    )

    codes = {name: client.get(page_of(meeting, name) + "?answer=no&why=x&version=1").status_code for name in PAGES}
    codes |= {
        "seat": client.get(page_of(meeting, "seat", seat.pk)).status_code,
        "said": client.get(page_of(meeting, "said", mother.pk) + "?answer=no").status_code,
        "remind": client.get(page_of(meeting, "remind", seat.pk)).status_code,
        "link": client.get(page_of(meeting, "renew_link", link.pk)).status_code,
        "attempt": client.get(page_of(meeting, "attempt")).status_code,
    }

    assert codes == dict.fromkeys([*PAGES, "seat", "said"], 200) | dict.fromkeys(["remind", "link", "attempt"], 405)
    after = (
        list(Meeting.objects.values()),
        list(meeting.seats.values()),
        Message.objects.count(),
        list(ParentLink.objects.values()),
    )
    assert after == before


def test_answer_by_a_member(client):
    cast = people.cast()
    meeting = booked(cast)
    client.force_login(cast.teacher)

    page = client.get(page_of(meeting, "answer")).content.decode()
    answer = client.post(page_of(meeting, "answer"), {"version": 1, "answer": "no", "note": "Field trip"})

    assert "You have not answered yet" in page
    assert (answer.status_code, answer.url) == (302, page_of(meeting, "answer"))
    assert meeting.seats.get(holder=cast.teacher.pk).answer == "no"
    after = client.get(page_of(meeting, "answer")).content.decode()
    assert "Dana Ortiz knows that you can&#x27;t come" in after
    assert "You said you can't come" in after


def test_answer_without_a_choice(client):
    cast = people.cast()
    meeting = booked(cast)
    client.force_login(cast.teacher)

    answer = client.post(page_of(meeting, "answer"), {"version": 1, "note": "Hm"})

    assert answer.status_code == 200
    assert "Press one of the two buttons." in answer.content.decode()
    assert "Hm</textarea>" in answer.content.decode()
    assert not Reply.objects.exists()


def test_answer_to_a_meeting_that_moved_meanwhile(client):
    cast = people.cast()
    meeting = booked(cast)
    Meeting.objects.update(version=2)
    client.force_login(cast.teacher)

    answer = client.post(page_of(meeting, "answer"), {"version": 1, "answer": "yes", "note": "Glad to"})

    assert answer.status_code == 409
    assert "This meeting changed meanwhile" in answer.content.decode()
    assert "Glad to</textarea>" in answer.content.decode()
    assert 'name="version" value="2"' in answer.content.decode()
    assert not Reply.objects.exists()


def test_answer_yes_when_booked_elsewhere_since(client):
    cast = people.cast()
    meeting = booked(cast)
    reply_as_staff(seat_of(meeting, cast.teacher), answer="no", note="", now=NOW)
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    book(other, one_seat_plan(other, cast.teacher), by=cast.colleague, now=NOW)
    client.force_login(cast.teacher)

    answer = client.post(page_of(meeting, "answer"), {"version": 1, "answer": "yes", "note": ""})

    assert answer.status_code == 409
    assert "You are booked 1:30 – 2:30 PM in another meeting" in answer.content.decode()
    assert meeting.seats.get(holder=cast.teacher.pk).answer == "no"


def test_answer_by_someone_without_a_seat(client):
    cast = people.cast()
    meeting = booked(cast)
    client.force_login(cast.administrator)

    assert client.get(page_of(meeting, "answer")).status_code == 404


def test_remind(client):
    cast = people.cast()
    meeting = booked(cast)
    client.force_login(cast.case_manager)

    texts = [
        client.post(page_of(meeting, "remind", seat_of(meeting, cast.teacher).pk), follow=True).content.decode()
        for _ in range(1)
    ]

    assert "A reminder to Raj Patel is on its way." in texts[0]
    assert Message.objects.filter(kind="member_reminder", recipient=cast.teacher.pk).count() == 1


def test_find_someone(client):
    cast = people.cast()
    meeting = booked(cast)
    seat = seat_of(meeting, cast.vice_principal)
    client.force_login(cast.case_manager)

    page = client.get(page_of(meeting, "seat", seat.pk)).content.decode()
    answer = client.post(page_of(meeting, "seat", seat.pk), {"version": 1, "holder": cast.administrator.pk})

    assert "Marcus Bell, free" in page
    assert (answer.status_code, answer.url) == (302, page_of(meeting))
    assert meeting.seats.get(role="lea_representative").holder == cast.administrator.person


def test_find_someone_who_is_not_free(client):
    cast = people.cast()
    meeting = booked(cast)
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    book(other, one_seat_plan(other, cast.administrator), by=cast.colleague, now=NOW)
    seat = seat_of(meeting, cast.vice_principal)
    client.force_login(cast.case_manager)

    page = client.post(page_of(meeting, "seat", seat.pk), {"version": 1, "holder": cast.administrator.pk})

    assert page.status_code == 200
    assert "Not free at this time: Marcus Bell." in page.content.decode()
    assert meeting.seats.get(role="lea_representative").holder == cast.vice_principal.person


def test_find_someone_for_an_older_version(client):
    cast = people.cast()
    meeting = booked(cast)
    seat = seat_of(meeting, cast.vice_principal)
    client.force_login(cast.case_manager)

    page = client.post(page_of(meeting, "seat", seat.pk), {"version": 0, "holder": cast.administrator.pk}, follow=True)

    assert "Someone changed this meeting first" in page.content.decode()
    assert meeting.seats.get(role="lea_representative").holder == cast.vice_principal.person


def test_write_down_what_a_parent_said(client):
    cast = people.cast()
    meeting = booked(cast)
    seat = seat_of(meeting, cast.mother)
    client.force_login(cast.case_manager)

    answer = client.post(
        page_of(meeting, "said", seat.pk), {"version": 1, "answer": "yes", "joins": "phone", "note": "After work"}
    )

    assert (answer.status_code, answer.url) == (302, page_of(meeting))
    reply = Reply.objects.get()
    assert (reply.answer, reply.joins, reply.note, reply.recorded_by) == (
        "yes",
        "phone",
        "After work",
        cast.case_manager,
    )


def test_write_down_an_answer_to_an_older_version(client):
    cast = people.cast()
    meeting = booked(cast)
    Meeting.objects.update(version=2)
    seat = seat_of(meeting, cast.mother)
    client.force_login(cast.case_manager)

    page = client.post(page_of(meeting, "said", seat.pk), {"version": 1, "answer": "yes", "note": "After work"})

    assert page.status_code == 409
    text = page.content.decode()
    assert "Someone changed this meeting first" in text
    assert "After work" in text
    assert 'name="version" value="2"' in text
    assert not Reply.objects.exists()


def test_write_down_nothing(client):
    cast = people.cast()
    meeting = booked(cast)
    client.force_login(cast.case_manager)

    page = client.post(page_of(meeting, "said", seat_of(meeting, cast.mother).pk), {"version": 1})

    assert (page.status_code, "Choose what they said." in page.content.decode()) == (200, True)


def test_send_the_familys_link_again(client):
    cast = people.cast()
    meeting = booked(cast)
    link = ParentLink.objects.get(guardian=cast.mother.pk)
    client.force_login(cast.case_manager)

    page = client.post(page_of(meeting, "renew_link", link.pk), follow=True)

    assert "A new link to Elena Rainwater is on its way." in page.content.decode()
    assert "A new link was sent to Elena Rainwater" in page.content.decode()
    assert ParentLink.objects.get(pk=link.pk).generation == 2


def test_log_a_call(client):
    cast = people.cast()
    meeting = booked(cast)
    client.force_login(cast.case_manager)

    page = client.post(
        page_of(meeting, "attempt"),
        {"result": "left_message", "way": "phone", "guardian": cast.mother.pk, "note": "", "happened_at": ""},
        follow=True,
    )

    assert list(Attempt.objects.values_list("meeting", "guardian", "way", "result", "happened_at", "by")) == [
        (meeting.pk, cast.mother.pk, "phone", "left_message", NOW, cast.case_manager.pk)
    ]
    assert "Nov 23, 9:00 AM" in page.content.decode()


def test_log_a_call_of_last_friday_in_the_schools_time(client):
    cast = people.cast()
    meeting = booked(cast)
    client.force_login(cast.case_manager)

    client.post(
        page_of(meeting, "attempt"),
        {"result": "no_answer", "way": "phone", "guardian": "", "happened_at": "2026-11-20T16:40"},
    )

    attempt = Attempt.objects.get()
    assert attempt.happened_at.isoformat() == "2026-11-20T21:40:00+00:00"
    assert (attempt.entered_at, attempt.guardian) == (NOW, None)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"result": ""}, "Choose what came of it."),
        ({"happened_at": "2026-11-23T09:01"}, "That time has not come yet."),
        ({"happened_at": "last week"}, "Write a day and a time"),
        ({"guardian": "999"}, "not one of the available choices"),
    ],
)
def test_log_a_call_with_a_mistake(client, fields, error):
    cast = people.cast()
    meeting = booked(cast)
    client.force_login(cast.case_manager)
    good = {"result": "no_answer", "way": "phone", "guardian": "", "note": "Number 2", "happened_at": ""}

    page = client.post(page_of(meeting, "attempt"), good | fields)

    assert page.status_code == 200
    assert error in page.content.decode()
    assert 'value="Number 2"' in page.content.decode()
    assert not Attempt.objects.exists()


def test_log_a_call_for_a_student_without_a_meeting(client):
    cast = people.cast()
    client.force_login(cast.case_manager)
    page = reverse("meetings:student_attempt", args=[cast.student.pk])

    shown = client.get(page).content.decode()
    client.post(page, {"result": "reached", "way": "phone", "guardian": cast.mother.pk})

    assert "(555) 555-0107" in shown
    assert list(Attempt.objects.values_list("student", "meeting", "result")) == [(cast.student.pk, None, "reached")]


def test_meeting_page_query_count_is_fixed(client):
    cast = people.cast()
    meeting = booked(cast)
    client.force_login(cast.case_manager)
    client.post(page_of(meeting, "attempt"), {"result": "no_answer", "way": "phone"})
    client.get(page_of(meeting))

    with CaptureQueriesContext(connection) as few:
        client.get(page_of(meeting))
    for n in range(3):
        client.post(page_of(meeting, "attempt"), {"result": "no_answer", "way": "phone", "note": str(n)})
        reply_as_staff(
            seat_of(meeting, cast.teacher), answer=["no", "yes"][n % 2], note="", now=NOW + n * timedelta(hours=1)
        )
    client.get(page_of(meeting))
    with CaptureQueriesContext(connection) as many:
        client.get(page_of(meeting))

    assert len(many) == len(few)


@pytest.mark.parametrize(("wanted", "is_offered"), [(90, True), (None, False)])
def test_wish_for_a_longer_meeting_leads_to_a_time_of_that_length(client, wanted, is_offered):
    cast = people.cast()
    meeting = booked(cast)
    answered_on_the_page(meeting, cast.mother, seconds=300, wants_minutes=wanted)
    client.force_login(cast.case_manager)

    text = client.get(page_of(meeting)).content.decode()

    link = f'{reverse("meetings:reschedule", args=[meeting.pk])}?minutes=90">Find a time of 90 minutes'
    assert (link in text, "asks for a longer meeting: 90 minutes" in text) == (is_offered, is_offered)


def test_wish_for_a_longer_meeting_is_met_once_it_is_so_long(client):
    cast = people.cast()
    meeting = booked(cast)
    answered_on_the_page(meeting, cast.mother, seconds=300, wants_minutes=90)
    plan = plan_of(cast, start=START - HOUR / 2, minutes=90)
    reschedule(meeting, plan, by=cast.case_manager, why="More time", version=1, now=NOW)
    client.force_login(cast.case_manager)

    assert "asks for a longer meeting" not in client.get(page_of(meeting)).content.decode()


# Keep these people


def keep(client, meeting, keeps):
    return client.post(reverse("meetings:keep_people", args=[meeting.pk]), {"keeps": keeps}, follow=True)


def said(response):
    return [str(message) for message in response.context["messages"]]


def test_people_are_kept_and_may_be_asked_again(client):
    cast = people.cast()
    meeting = booked(cast)
    client.force_login(cast.case_manager)
    assert 'name="keeps" value="1">Keep these people' in client.get(page_of(meeting)).content.decode()
    found = []

    for keeps in ("1", "1", "0"):
        response = keep(client, meeting, keeps)
        meeting.refresh_from_db()
        found.append(
            (said(response), meeting.keeps_people, meeting.version, "Let them be asked" in response.content.decode())
        )

    assert found == [
        (["These people stay: nobody here is asked to swap."], True, 1, True),
        (["Nothing was changed: see below how it stands."], True, 1, True),
        (["These people may be asked to swap again."], False, 1, False),
    ]


def test_people_of_a_meeting_that_is_off_or_begun_are_not_kept(client):
    cast = people.cast()
    meeting = booked(cast)
    cancel(meeting, by=cast.case_manager, why="Snow", version=1, now=NOW)
    client.force_login(cast.case_manager)
    page = client.get(page_of(meeting)).content.decode()

    response = keep(client, meeting, "1")

    meeting.refresh_from_db()
    assert (said(response), meeting.keeps_people) == (["Nothing was changed: see below how it stands."], False)
    assert "Keep these people" not in page
    assert keep_people(booked(cast), keeps=True, now=START) is False
