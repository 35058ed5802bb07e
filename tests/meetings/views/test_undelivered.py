"""The page of messages that did not arrive, and what can be pressed there."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from meetings import mail, tokens
from meetings.models import Attempt, Meeting, Message, MessageState
from students.models import Guardianship
from tests.cast import cast
from tests.meetings.booked import NOW, book, link_of, seat_of

pytestmark = pytest.mark.django_db

FAILED = MessageState.FAILED


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def c():
    return cast()


@pytest.fixture
def meeting(c):
    return book(c)


@pytest.fixture
def notice(c, meeting):
    return failed(mail.parent_link(link_of(meeting, c.mother), now=NOW))


def failed(message, failure="refused", **extra):
    values = {"failed_at": NOW, "last_error": "SMTPRecipientsRefused: 550 5.1.1 No such user", **extra}
    Message.objects.filter(pk=message.pk).update(state=FAILED, failure=failure, **values)
    return Message.objects.get(pk=message.pk)


def account(c):
    return failed(mail.password_reset(c.teacher, now=NOW))


def page(client, who, query=""):
    client.force_login(who)
    return client.get(reverse("meetings:undelivered") + query)


def listed(answer):
    return [line.message.pk for line in answer.context["lines"]]


def press(client, who, what, message, data=None):
    client.force_login(who)
    return client.post(reverse(f"meetings:undelivered_{what}", args=[message.pk]), data or {}, follow=True)


def said(answer):
    return [" ".join(str(one).split()) for one in answer.context["messages"]]


def undo(client, answer):
    form = answer.content.decode().partition('class="strip-undo"')[2]
    url = form.partition('action="')[2].partition('"')[0]
    what = form.partition('name="what" value="')[2].partition('"')[0]
    return client.post(url, {"what": what}, follow=True)


def test_page_says_who_should_have_got_what_and_why_not_in_words(client, c, notice):
    text = page(client, c.case_manager).content.decode()

    for words in (
        "Elena Rainwater",
        "Notice and link to the family",
        "Maya Rainwater",
        "To elena.rainwater@family.example: the mail server refused it.",
        "550 5.1.1 No such user",
        reverse("students:guardian_edit", args=[Guardianship.objects.get(guardian=c.mother).pk]),
    ):
        assert words in " ".join(text.split())


def test_each_sees_what_concerns_them(client, c, meeting, notice):
    of_account = account(c)
    seen = {
        name: listed(page(client, getattr(c, name)))
        for name in ("case_manager", "speech", "administrator", "director", "teacher", "colleague", "stranger")
    }

    assert {name: sorted(rows) for name, rows in seen.items()} == {
        "case_manager": [notice.pk],
        "speech": [notice.pk],
        "administrator": [notice.pk],
        "director": sorted([notice.pk, of_account.pk]),
        "teacher": [],
        "colleague": [],
        "stranger": [],
    }


def test_whom_it_concerns_is_told_on_every_page_and_on_their_list(client, c, meeting, notice):
    client.force_login(c.case_manager)
    mine = client.get(reverse("students:mine")).content.decode()
    of_meeting = client.get(reverse("meetings:meeting", args=[meeting.pk])).content.decode()

    assert "1 message did not arrive." in mine
    assert "Not delivered (1)" in mine
    assert "1 message about this meeting did not arrive." in of_meeting
    assert "the mail server refused it" in of_meeting
    client.force_login(c.colleague)
    assert "Not delivered" not in client.get(reverse("meetings:list")).content.decode()


def test_page_of_one_meeting(client, c, meeting, notice):
    assert listed(page(client, c.case_manager, f"?meeting={meeting.pk}")) == [notice.pk]
    assert listed(page(client, c.case_manager, f"?meeting={meeting.pk + 1}")) == []
    assert listed(page(client, c.case_manager, "?meeting=x")) == [notice.pk]


def test_page_takes_as_many_queries_for_many_messages_as_for_one(client, c, meeting, notice):
    page(client, c.case_manager)
    with CaptureQueriesContext(connection) as one:
        page(client, c.case_manager)
    link = link_of(meeting, c.mother)
    for row in (mail.parent_moved(link, now=NOW), mail.parent_no_answer(link, now=NOW)):
        failed(row)
    failed(mail.invite(seat_of(meeting, c.teacher), now=NOW))

    with CaptureQueriesContext(connection) as many:
        assert len(listed(page(client, c.case_manager))) == 4
    assert len(many) == len(one)


def test_message_about_a_time_that_is_over_is_not_offered_to_be_sent(client, c, meeting, notice):
    Meeting.objects.update(version=2, sequence=1)
    answer = page(client, c.case_manager)

    assert [(line.is_as_told, line.can_print) for line in answer.context["lines"]] == [(False, False)]
    assert "Send again" not in answer.content.decode()
    assert "this letter is not right any more" in press_letter(client, c.case_manager, notice).lower()


def press_letter(client, who, message):
    client.force_login(who)
    return client.get(reverse("meetings:undelivered_letter", args=[message.pk])).content.decode()


def test_send_again_and_undo(client, c, notice):
    answer = press(client, c.case_manager, "again", notice)
    assert "It goes out to elena.rainwater@family.example" in said(answer)[0]
    assert Message.objects.get(pk=notice.pk).state == MessageState.QUEUED

    assert said(undo(client, answer)) == ["It is on the list again."]
    assert listed(page(client, c.case_manager)) == [notice.pk]


def test_second_press_says_who_settled_it(client, c, notice):
    press(client, c.case_manager, "dismiss", notice)

    for what in ("again", "dismiss", "printed"):
        assert said(press(client, c.administrator, what, notice)) == ["Settled already: needs nothing, by Dana Ortiz."]


def test_letter_holds_the_private_link_and_marking_it_enters_the_attempt(client, c, meeting, notice):
    letter = press_letter(client, c.case_manager, notice)
    assert tokens.address_of(link_of(meeting, c.mother)) in letter
    assert Message.LINK_PLACEHOLDER not in letter
    assert not Attempt.objects.exists()

    answer = press(client, c.case_manager, "printed", notice)

    assert "The attempt is entered." in said(answer)[0]
    assert list(Attempt.objects.values_list("way", "result", "guardian", "by")) == [
        ("letter", "sent", c.mother.pk, c.case_manager.pk)
    ]
    undo(client, answer)
    assert not Attempt.objects.exists()


def test_letter_of_who_must_not_be_written_to_is_not_shown(client, c, notice):
    Guardianship.objects.filter(guardian=c.mother).update(is_no_contact=True)
    letter = press_letter(client, c.case_manager, notice)

    assert "not right any more" in letter
    assert "/p/" not in letter


def test_account_mail_is_neither_printed_nor_read(client, c):
    row = account(c)
    client.force_login(c.director)

    assert client.get(reverse("meetings:undelivered_letter", args=[row.pk])).status_code == 404
    assert client.post(reverse("meetings:undelivered_printed", args=[row.pk])).status_code == 404
    call = client.get(reverse("meetings:undelivered_call", args=[row.pk])).content.decode()
    assert "accounts/reset" not in call
    assert "link.invalid" not in call
    assert [line.can_print for line in page(client, c.director).context["lines"]] == [False]


def test_call_needs_its_result_and_settles_it(client, c, notice):
    refused = press(client, c.case_manager, "call", notice, {"way": "phone"})
    assert "Choose what came of it." in refused.content.decode()
    assert Message.objects.get(pk=notice.pk).settled == ""

    answer = press(client, c.case_manager, "call", notice, {"way": "phone", "result": "reached", "note": "She comes"})

    assert "Logged." in said(answer)[0]
    assert Message.objects.get(pk=notice.pk).settled == "called"
    assert list(Attempt.objects.values_list("result", "note", "happened_at")) == [("reached", "She comes", NOW)]


def test_call_shows_what_the_message_said_without_its_link(client, c, notice):
    client.force_login(c.case_manager)
    text = client.get(reverse("meetings:undelivered_call", args=[notice.pk])).content.decode()

    assert "(their private link)" in text
    assert "link.invalid" not in text
    assert "/p/" not in text


def test_call_to_staff_is_one_press(client, c, meeting):
    row = failed(mail.invite(seat_of(meeting, c.teacher), now=NOW))
    press(client, c.case_manager, "call", row)

    assert (Message.objects.get(pk=row.pk).settled, Attempt.objects.count()) == ("called", 0)


@pytest.mark.parametrize("what", ["again", "printed", "dismiss", "restore"])
def test_get_changes_nothing(client, c, notice, what):
    client.force_login(c.case_manager)
    assert client.get(reverse(f"meetings:undelivered_{what}", args=[notice.pk])).status_code == 405
    assert Message.objects.get(pk=notice.pk).state == FAILED


@pytest.mark.parametrize("what", ["again", "printed", "dismiss", "call"])
def test_others_find_nothing_there(client, c, notice, what):
    for who in (c.colleague, c.stranger, c.teacher):
        assert press(client, who, what, notice).status_code == 404


def test_undo_after_an_hour_is_too_late(client, c, notice):
    answer = press(client, c.case_manager, "dismiss", notice)
    with time_machine.travel(NOW + timedelta(hours=1, seconds=5), tick=False):
        undo(client, answer)
    assert Message.objects.get(pk=notice.pk).settled == "dismissed"
