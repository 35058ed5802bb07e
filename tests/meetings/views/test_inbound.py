"""The door at which a mail server leaves replies."""

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from meetings.incoming import MOST_BYTES
from meetings.models import IncomingMail
from tests import cast as people
from tests import incoming as mails
from tests.booking import NOW, START, booked

pytestmark = pytest.mark.django_db

SECRET = "s" * 43
URL = "/inbound/mail/"


@pytest.fixture(autouse=True)
def door(settings):
    settings.REPLIES_ADDRESS, settings.INBOUND_SECRET = mails.REPLIES, SECRET


@pytest.fixture
def meeting():
    with time_machine.travel(NOW, tick=False):
        yield booked(people.cast())


def left(raw, content_type="message/rfc822", secret=f"Bearer {SECRET}", **extra):
    headers = {"Authorization": secret} if secret else {}
    return Client(enforce_csrf_checks=True).post(URL, raw, content_type=content_type, headers=headers, **extra)


def hers(meeting):
    return mails.google(
        mails.to_of(meeting, meeting.seats.get(role="parent", holder__given_name="Elena").holder), meeting.uid
    )


def test_address():
    assert reverse("meetings:inbound") == URL


def test_mail_is_taken_in(meeting):
    answer = left(hers(meeting))

    assert (answer.status_code, answer.content) == (200, b"Taken in.\n")
    row = IncomingMail.objects.get()
    assert (row.door, row.kind, row.state) == ("webhook", "accepted", "applied")


@pytest.mark.parametrize("name", ["message", "email", "body-mime"])
@pytest.mark.parametrize("as_file", [True, False])
def test_mail_in_a_form(meeting, name, as_file):
    raw = hers(meeting)
    form = {name: SimpleUploadedFile("mail.eml", raw) if as_file else raw.decode()}

    answer = Client(enforce_csrf_checks=True).post(URL, form, headers={"Authorization": f"Bearer {SECRET}"})

    assert (answer.status_code, IncomingMail.objects.get().state) == (200, "applied")


def test_answer_is_the_same_whosever_mail_it_is(meeting):
    sent = [
        hers(meeting),
        hers(meeting),
        mails.typed(mails.REPLIES, "Hello"),
        mails.returned(mails.REPLIES),
        b"\xff\x00",
        mails.out_of_office(mails.to_of(meeting, meeting.organizer)),
    ]

    answers = {
        (answer.status_code, answer.content, tuple(sorted(answer.headers.items()))) for answer in map(left, sent)
    }

    assert len(answers) == 1
    assert IncomingMail.objects.count() == 5


@pytest.mark.parametrize(
    "secret", ["", "Bearer", "Bearer ", f"Bearer {SECRET}x", f"Bearer {SECRET[1:]}", f"Basic {SECRET}", SECRET]
)
def test_without_the_secret_nothing_is_taken_in(meeting, secret):
    assert left(hers(meeting), secret=secret).status_code == 401
    assert not IncomingMail.objects.exists()


def test_without_a_secret_set_there_is_no_such_page(meeting, settings):
    settings.INBOUND_SECRET = ""

    assert [left(hers(meeting), secret=secret).status_code for secret in (f"Bearer {SECRET}", "Bearer ", "")] == [
        404
    ] * 3


def test_a_mail_of_256_kb_is_the_most(meeting):
    raw = hers(meeting)

    assert left(raw + b"x" * (MOST_BYTES - len(raw) + 2)).status_code == 413
    assert not IncomingMail.objects.exists()
    # What `head -c` cuts to is taken in.
    assert left(raw + b"\r\n" * ((MOST_BYTES - len(raw)) // 2)).status_code == 200


def test_a_mail_in_a_form_of_256_kb_is_the_most(meeting):
    form = {"message": SimpleUploadedFile("mail.eml", b"x" * (MOST_BYTES + 2))}

    answer = Client().post(URL, form, headers={"Authorization": f"Bearer {SECRET}"})

    assert (answer.status_code, IncomingMail.objects.exists()) == (413, False)


@pytest.mark.parametrize(
    ("content_type", "raw"), [("message/rfc822", b""), ("application/x-www-form-urlencoded", b"a=b")]
)
def test_without_a_mail_there_is_nothing_to_take_in(content_type, raw):
    assert left(raw, content_type=content_type).status_code == 422


@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
def test_only_a_post_leaves_a_mail(method):
    answer = getattr(Client(), method)(URL, headers={"Authorization": f"Bearer {SECRET}"})

    assert answer.status_code == 405


def test_after_the_meeting_began_nothing_is_entered(meeting):
    with time_machine.travel(START, tick=False):
        left(hers(meeting))

    assert IncomingMail.objects.get().why == "begun"
