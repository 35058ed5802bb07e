from datetime import timedelta

import pytest
from django.contrib.auth.tokens import default_token_generator

from meetings import mail
from meetings.mail.wire import filled
from meetings.models import Message, MessageKind
from students.models import Person, Staff
from tests.cast import cast
from tests.meetings.booked import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def c():
    return cast()


def test_invitation_goes_to_the_address_that_they_sign_in_with(c):
    Person.objects.filter(pk=c.teacher.pk).update(email="another@roster.example")
    staff = Staff.objects.get(pk=c.teacher.pk)

    row = mail.account_invitation(staff, now=NOW)

    assert (row.kind, row.about, row.to_address, row.expires_at) == (
        MessageKind.ACCOUNT,
        "account:invitation:2026-11-23",
        "raj.patel@schools.example",
        NOW + timedelta(days=3),
    )
    assert "You sign in with raj.patel@schools.example." in row.text
    assert f"Choose your password: {Message.LINK_PLACEHOLDER}" in row.text


def test_link_is_made_when_the_mail_is_sent_and_opens_the_account(c):
    row = mail.account_invitation(c.teacher, now=NOW)

    text, html = filled(row)

    address = next(word for word in text.split() if "/accounts/invitation/" in word)
    assert default_token_generator.check_token(c.teacher, address.rstrip("/").split("/")[-1])
    assert address in html


def test_reset_is_written_once_in_ten_minutes(c):
    at = NOW.replace(minute=0)

    rows = [mail.password_reset(c.teacher, now=at + timedelta(minutes=minutes)) for minutes in (0, 9, 10)]

    assert rows[0] == rows[1] != rows[2]
    assert "/accounts/reset/" in filled(rows[0])[0]


def test_nothing_for_an_account_that_is_closed(c):
    Staff.objects.filter(pk=c.teacher.pk).update(is_active=False)

    assert mail.password_reset(c.teacher, now=NOW) is None
