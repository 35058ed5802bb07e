"""The page of replies, and where else they show."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from meetings.actions import incoming
from meetings.actions.cancel import cancel
from meetings.models import BouncedAddress, IncomingMail, Message, Reply
from students.models import Guardianship
from tests import cast as people
from tests import incoming as mails
from tests.booking import HOUR, NOW, START, booked

pytestmark = pytest.mark.django_db

LATER = NOW + HOUR
LIST = "meetings:replies"


@pytest.fixture(autouse=True)
def afternoon(settings):
    settings.REPLIES_ADDRESS = mails.REPLIES
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def cast():
    return people.cast()


@pytest.fixture
def meeting(cast):
    return booked(cast)


@pytest.fixture
def page(client, cast):
    """The list as somebody sees it: page("case_manager"), page("director", show="rest")."""

    def page(who="case_manager", **query):
        client.force_login(getattr(cast, who))
        return client.get(reverse(LIST), query)

    return page


def take_in(raw):
    return incoming.take_in(raw, door="mailbox", now=LATER)


def wrote(meeting, person, words="sí puedo"):
    return take_in(mails.typed(mails.to_of(meeting, person), words))


def post(client, name, row, **data):
    return client.post(reverse(name, args=[row.pk]), data)


def text(page):
    return " ".join(page.content.decode().split())


def listed(page):
    return [line.row for line in page.context["lines"]]


def test_what_waits_stands_newest_first(cast, meeting, page):
    rows = [wrote(meeting, person, word) for person, word in ((cast.mother, "uno"), (cast.speech, "dos"))]
    take_in(mails.stub(mails.to_of(meeting, cast.teacher), meeting.uid))

    shown = page()

    assert listed(shown) == rows[::-1]
    assert {name.value: count for name, count in shown.context["counts"].items()} == {
        "waiting": 2,
        "looked_at": 0,
        "rest": 1,
    }
    for words in ("Elena Rainwater", "wrote a mail", "uno", "Jo Lee", "dos", "Enter as yes"):
        assert words in text(shown)


def test_writer_is_known_by_the_address_and_the_senders_name_is_only_said(cast, meeting, page):
    take_in(mails.typed(mails.to_of(meeting, cast.father), "Yes", sender="Marcus Bell <marcus.bell@schools.example>"))

    shown = text(page())

    assert "Tomas Rainwater" in shown
    assert "The mail calls its sender marcus.bell@schools.example" in shown


def test_who_sees_which(cast, meeting, page):
    hers = wrote(meeting, cast.mother)
    nobodys = take_in(mails.typed(mails.REPLIES, "Is this the school?"))

    seen = {
        who: listed(page(who)) for who in ("speech", "administrator", "director", "teacher", "colleague", "stranger")
    }

    assert seen == {
        "speech": [hers],
        "administrator": [hers],
        "director": [nobodys, hers],
        "teacher": [],
        "colleague": [],
        "stranger": [],
    }


def test_empty(page):
    assert ["Nothing waits for you" in text(page()), "Nothing was looked at" in text(page(show="looked_at"))] == [
        True
    ] * 2
    assert "Nothing came in yet" in text(page(show="rest"))


def test_queries_do_not_grow_with_the_mails(cast, meeting, page):
    found = []
    for writer in (cast.mother, cast.speech):
        for number in range(8):
            wrote(meeting, writer, f"Word {number}")
        page()
        with CaptureQueriesContext(connection) as queries:
            page()
        found.append(len(queries))

    assert found[0] == found[1]


def test_words_cannot_be_markup(cast, meeting, page):
    wrote(meeting, cast.mother, "<img src=x onerror=alert(1)>")

    assert ("<img src=x" in text(page()), "&lt;img src=x" in text(page())) == (False, True)


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_enter_for_a_parent_is_recorded_by_whoever_pressed_it_and_confirmed(client, cast, meeting, page, answer):
    row = wrote(meeting, cast.mother)
    page()

    answered = post(client, "meetings:reply_enter", row, version=1, answer=answer)

    assert answered.headers["Location"] == reverse("meetings:meeting", args=[meeting.pk])
    reply = Reply.objects.get()
    assert (reply.answer, reply.note, reply.recorded_by, reply.came_by) == (
        answer,
        "sí puedo",
        cast.case_manager,
        "staff",
    )
    assert Message.objects.filter(kind="parent_confirmation", recipient=cast.mother.pk).count() == 1
    row.refresh_from_db()
    assert (row.state, row.handled_by) == ("handled", cast.case_manager)


def test_enter_for_a_member(client, cast, meeting, page):
    row = wrote(meeting, cast.teacher, "I can make it")
    page()

    post(client, "meetings:reply_enter", row, version=1, answer="yes")

    reply = Reply.objects.get()
    assert (reply.answer, reply.answered_by, reply.recorded_by) == ("yes", "Raj Patel", cast.case_manager)


def test_enter_twice_enters_once(client, cast, meeting, page):
    row = wrote(meeting, cast.mother)
    page()
    for answer in ("yes", "no"):
        post(client, "meetings:reply_enter", row, version=1, answer=answer)

    assert list(Reply.objects.values_list("answer", flat=True)) == ["yes"]


def test_enter_to_a_meeting_that_changed_meanwhile(client, cast, meeting, page):
    row = wrote(meeting, cast.mother)
    page()

    shown = client.post(reverse("meetings:reply_enter", args=[row.pk]), {"version": 0, "answer": "yes"}, follow=True)

    assert "The meeting changed meanwhile, or someone was quicker. Nothing was entered." in text(shown)
    row.refresh_from_db()
    assert (row.state, Reply.objects.exists()) == ("new", False)


def test_enter_without_an_answer(client, cast, meeting, page):
    row = wrote(meeting, cast.mother)
    page()
    post(client, "meetings:reply_enter", row, version=1)

    assert (IncomingMail.objects.get().state, Reply.objects.exists()) == ("new", False)


@pytest.mark.parametrize("why", ["cancelled", "begun", "no rights", "no seat"])
def test_enter_is_not_offered_where_it_cannot_be(cast, meeting, page, why):
    wrote(meeting, cast.father)
    if why == "cancelled":
        cancel(meeting, by=cast.case_manager, why="Snow", version=1, now=LATER)
    elif why == "no rights":
        Guardianship.objects.filter(guardian=cast.father).update(is_no_contact=True)
    elif why == "no seat":
        meeting.seats.filter(holder=cast.father.pk).delete()
    with time_machine.travel(START if why == "begun" else LATER, tick=False):
        shown = page()

    assert [line.can_enter for line in shown.context["lines"]] == [False]
    assert ("Enter as yes" in text(shown), "Done" in text(shown)) == (False, True)


def test_enter_for_a_parent_who_lost_their_rights_enters_nothing(client, cast, meeting, page):
    row = wrote(meeting, cast.father)
    Guardianship.objects.filter(guardian=cast.father).update(is_no_contact=True)
    page()
    post(client, "meetings:reply_enter", row, version=1, answer="yes")

    assert not Reply.objects.exists()


def test_proposed_time_leads_to_moving_the_meeting_there(client, cast, meeting, page):
    later = START + timedelta(days=1, hours=1)
    take_in(mails.google(mails.to_of(meeting, cast.mother), meeting.uid, method="COUNTER", start=later))

    shown = page()

    (line,) = shown.context["lines"]
    assert line.propose_url == f"{reverse('meetings:reschedule', args=[meeting.pk])}?at=2026-12-04T19%3A30Z&minutes=60"
    assert "Friday, December 4, 2:30 – 3:30 PM" in text(shown)
    form = client.get(line.propose_url).context["form"]
    assert (str(form["day"].value()), f"{form['time'].value():%H:%M}") == ("2026-12-04", "14:30")


def test_proposed_time_that_is_over_leads_nowhere(cast, meeting, page):
    take_in(mails.google(mails.to_of(meeting, cast.mother), meeting.uid, method="COUNTER", start=NOW))

    assert [line.propose_url for line in page().context["lines"]] == [""]


def test_done_and_undone(client, cast, meeting, page):
    row = wrote(meeting, cast.mother)
    page()

    shown = client.post(reverse("meetings:reply_done", args=[row.pk]), follow=True)
    assert (listed(shown), "Set aside." in text(shown), "Undo" in text(shown)) == ([], True, True)
    assert listed(page(show="looked_at")) == [row]

    post(client, "meetings:reply_back", row)
    assert listed(page()) == [row]


@pytest.mark.parametrize("name", ["meetings:reply_enter", "meetings:reply_done", "meetings:reply_back"])
def test_others_mails_are_not_found(client, cast, meeting, name):
    row = wrote(meeting, cast.mother)
    client.force_login(cast.stranger)

    assert post(client, name, row, version=1, answer="yes").status_code == 404


# Where else they show


def test_line_on_my_students_while_something_waits(client, cast, meeting, page):
    row = wrote(meeting, cast.mother)
    page()
    mine = reverse("students:mine")

    assert "1 reply came by mail and waits to be looked at." in text(client.get(mine))
    wrote(meeting, cast.mother, "otra vez")
    assert "2 replies came by mail and wait to be looked at." in text(client.get(mine))
    IncomingMail.objects.exclude(pk=row.pk).delete()
    post(client, "meetings:reply_done", row)
    assert "came by mail" not in text(client.get(mine))


def test_meeting_shows_what_came_in_and_that_an_answer_came_from_a_calendar(client, cast, meeting):
    take_in(mails.google(mails.to_of(meeting, cast.mother), meeting.uid))
    wrote(meeting, cast.father, "No puedo")
    client.force_login(cast.case_manager)

    shown = text(client.get(reverse("meetings:meeting", args=[meeting.pk])))

    for words in (
        "answered in their calendar",
        "Elena Rainwater said yes in their calendar",
        "Tomas Rainwater wrote a mail: “No puedo”",
        "entered by itself",
        "to be looked at",
    ):
        assert words in shown
    assert "a mail scanner may have pressed it" not in shown


def test_answer_given_on_the_page_after_it_is_not_the_calendars(client, cast, meeting):
    take_in(mails.stub(mails.to_of(meeting, cast.teacher), meeting.uid))
    client.force_login(cast.teacher)
    with time_machine.travel(LATER + HOUR, tick=False):
        client.post(reverse("meetings:answer", args=[meeting.pk]), {"version": 1, "answer": "no"})
    client.force_login(cast.case_manager)

    assert "answered in their calendar" not in text(client.get(reverse("meetings:meeting", args=[meeting.pk])))


def test_whoever_only_holds_a_seat_sees_nothing_of_it(client, cast, meeting):
    wrote(meeting, cast.father, "No puedo")
    BouncedAddress.objects.create(person=cast.mother.person, address=cast.mother.person.email, bounced_at=NOW)
    client.force_login(cast.teacher)

    shown = text(client.get(reverse("meetings:meeting", args=[meeting.pk])))

    assert ("No puedo" in shown, "came back" in shown) == (False, False)


CAME_BACK = "Mail to elena.rainwater@family.example came back on Nov 23."


@pytest.mark.parametrize("where", ["meeting", "student"])
def test_bad_address_shows_until_someone_says_that_it_is_right(client, cast, meeting, where):
    row = BouncedAddress.objects.create(person=cast.mother.person, address=cast.mother.person.email, bounced_at=NOW)
    client.force_login(cast.case_manager)
    pk = {"meeting": meeting.pk, "student": cast.student.pk}[where]
    url = reverse({"meeting": "meetings:meeting", "student": "students:student"}[where], args=[pk])
    assert CAME_BACK in text(client.get(url))

    answered = post(client, "meetings:address_right", row, **{where: pk})

    assert answered.headers["Location"] == url
    assert CAME_BACK not in text(client.get(url))
    row.refresh_from_db()
    assert (row.cleared_by, row.cleared_at) == (cast.case_manager, LATER)


def test_bad_address_of_a_colleague_shows_where_they_are_kept(client, cast, meeting):
    row = BouncedAddress.objects.create(person=cast.teacher.person, address=cast.teacher.person.email, bounced_at=NOW)
    client.force_login(cast.administrator)
    url = reverse("students:staff_edit", args=[cast.teacher.pk])
    assert "Mail to raj.patel@schools.example came back on Nov 23." in text(client.get(url))

    answered = post(client, "meetings:address_right", row, staff=cast.teacher.pk)

    assert (answered.headers["Location"], "came back on" in text(client.get(url))) == (url, False)


def test_bad_address_of_a_family_is_not_found_by_others(client, cast, meeting):
    row = BouncedAddress.objects.create(person=cast.mother.person, address=cast.mother.person.email, bounced_at=NOW)
    for who in ("teacher", "colleague", "stranger"):
        client.force_login(getattr(cast, who))
        assert post(client, "meetings:address_right", row).status_code == 404


@pytest.mark.parametrize("where", ["//evil.example/", "https://evil.example", "0", "999999"])
def test_saying_that_an_address_is_right_leads_to_no_other_place(client, cast, meeting, where):
    row = BouncedAddress.objects.create(person=cast.mother.person, address=cast.mother.person.email, bounced_at=NOW)
    client.force_login(cast.case_manager)

    assert post(client, "meetings:address_right", row, meeting=where).headers["Location"] == reverse(LIST)
