from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from meetings import jobs, mail
from meetings.mail.wire import filled
from meetings.models import Message
from students import made_up
from students.models import Staff, WrongPassword
from students.wrong_passwords import PER_LOGIN_AND_ADDRESS, WINDOW
from tests.cast import PASSWORD, as_made_up, cast, school

pytestmark = pytest.mark.django_db


@pytest.fixture
def c():
    c = cast()
    c.teacher.set_password(PASSWORD)
    c.teacher.save()
    return c


def sign_in(client, login="raj.patel@schools.example", password=PASSWORD, headers=None, **more):
    return client.post(reverse("login"), {"username": login, "password": password, **more}, headers=headers)


def link_in(message, settings):
    text, _ = filled(message)
    address = next(word for word in text.split() if word.startswith(f"{settings.BASE_URL}/accounts/"))
    return address.removeprefix(settings.BASE_URL)


def opened(client, path):
    """Open a password link as a browser does, through its redirect."""
    page = client.get(path, follow=True)
    return page, page.redirect_chain[-1][0] if page.redirect_chain else path


def test_sign_in_page_is_open_to_all(client):
    assert client.get(reverse("login")).status_code == 200


@pytest.mark.parametrize("login", ["raj.patel@schools.example", "Raj.Patel@schools.EXAMPLE"])
def test_sign_in_returns_to_where_one_was(client, c, login):
    asked = client.get("/students/7/?tab=team")
    assert asked.url == "/accounts/login/?next=/students/7/%3Ftab%3Dteam"

    answer = sign_in(client, login, next="/students/7/?tab=team")

    assert (answer.status_code, answer.url) == (302, "/students/7/?tab=team")


def test_sign_in_never_leads_to_another_site(client, c):
    assert sign_in(client, next="https://evil.example/").url == "/"


def test_sign_in_with_a_wrong_password_says_so_and_keeps_the_address(client, c):
    page = sign_in(client, password="wrong")

    assert page.status_code == 200
    assert b"raj.patel@schools.example" in page.content


def test_sign_in_once_signed_in_goes_on(client, c):
    sign_in(client)

    assert client.get(reverse("login")).url == "/"


def test_sign_out_is_a_post(client, c):
    sign_in(client)

    assert client.get(reverse("logout")).status_code == 405
    assert client.post(reverse("logout")).url == reverse("login")
    assert "_auth_user_id" not in client.session


def test_asking_for_a_password_answers_the_same_for_everyone(client, c, django_assert_num_queries):
    answers = []
    for address in ("raj.patel@schools.example", "nobody@schools.example"):
        with django_assert_num_queries(1):
            answer = client.post(reverse("password_reset"), {"email": address})
        answers.append((answer.status_code, answer.url, answer.content))

    assert answers[0] == answers[1]
    assert answers[0][1] == reverse("password_reset_done")
    assert client.get(answers[0][1]).status_code == 200


def test_asking_for_a_password_with_no_address(client):
    page = client.post(reverse("password_reset"), {"email": "no address"})

    assert page.status_code == 200
    assert b"no address" in page.content


def test_reset_from_the_mail_to_the_new_password(client, c, settings):
    jobs.write_password_reset("raj.patel@schools.example")
    page, path = opened(client, link_in(c.teacher.person.messages.get(), settings))
    assert b"raj.patel@schools.example" in page.content

    done = client.post(path, {"new_password1": "seven wide lakes", "new_password2": "seven wide lakes"}, follow=True)

    assert done.redirect_chain == [(reverse("password_reset_complete"), 302)]
    assert sign_in(client, password="seven wide lakes").url == "/"


def test_reset_link_works_once(client, c, settings):
    jobs.write_password_reset("raj.patel@schools.example")
    path = link_in(c.teacher.person.messages.get(), settings)
    _, form = opened(client, path)
    client.post(form, {"new_password1": "seven wide lakes", "new_password2": "seven wide lakes"})

    page = client.get(path, follow=True)

    assert b"This link does not work any more" in page.content


def test_reset_link_ends_after_three_days(client, c, settings):
    jobs.write_password_reset("raj.patel@schools.example")
    path = link_in(c.teacher.person.messages.get(), settings)

    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        assert b"This link does not work any more" in client.get(path).content


def test_invitation_from_the_mail_to_being_signed_in(client, c, settings):
    assert not c.speech.has_usable_password()
    message = mail.account_invitation(c.speech, now=timezone.now())
    page, path = opened(client, link_in(message, settings))
    assert b"Welcome, Jo" in page.content

    answer = client.post(path, {"new_password1": "seven wide lakes", "new_password2": "seven wide lakes"})

    assert (answer.status_code, answer.url) == (302, "/")
    assert client.session["_auth_user_id"] == str(c.speech.pk)


def test_invitation_to_an_account_that_was_closed_since(client, c, settings):
    message = mail.account_invitation(c.speech, now=timezone.now())
    path = link_in(message, settings)
    Staff.objects.get_queryset().filter(pk=c.speech.pk).update(is_active=False)

    assert b"This link does not work any more" in client.get(path, follow=True).content


def test_password_that_is_too_easy_is_refused_with_the_reason(client, c, settings):
    message = mail.account_invitation(c.speech, now=timezone.now())
    _, path = opened(client, link_in(message, settings))

    page = client.post(path, {"new_password1": "password", "new_password2": "password"})

    assert b"too common" in page.content


@pytest.mark.parametrize("name", ["login", "password_reset", "password_reset_done", "password_reset_complete"])
def test_pages_are_open_and_take_no_other_method(client, name):
    assert client.get(reverse(name)).status_code == 200
    assert client.delete(reverse(name)).status_code == 405


def test_changing_the_password_asks_for_a_sign_in(client, c):
    assert client.get(reverse("password_change")).url.startswith(reverse("login"))
    sign_in(client)

    assert client.get(reverse("password_change")).status_code == 200


def refused(client, login="raj.patel@schools.example", **more):
    """Try wrong passwords until one more would be too many."""
    for _ in range(PER_LOGIN_AND_ADDRESS):
        assert sign_in(client, login, "wrong", **more).status_code == 200
    return sign_in(client, login, "wrong", **more)


@time_machine.travel("2026-11-23T15:00:00Z", tick=False)
@pytest.mark.parametrize("login", ["raj.patel@schools.example", "nobody@schools.example"])
def test_too_many_wrong_passwords_say_when_to_try_again_whoever_it_is(client, c, login):
    page = refused(client, login)

    assert (page.status_code, page["Retry-After"]) == (429, "900")
    said = "Too many wrong passwords. Try again in 15 minutes, or choose a new password with the link below."
    assert page.context["form"].non_field_errors() == [said]
    assert login in page.content.decode()


def test_right_password_after_too_many_wrong_ones_waits_as_well(client, c):
    refused(client)
    assert sign_in(client).status_code == 429

    with time_machine.travel(timezone.now() + WINDOW):
        assert sign_in(client).url == "/"


def test_wrong_passwords_before_the_right_one_are_forgotten(client, c):
    for _ in range(3):
        for _ in range(PER_LOGIN_AND_ADDRESS - 1):
            sign_in(client, password="wrong")
        assert sign_in(client).url == "/"
        client.logout()

    assert WrongPassword.objects.count() == 0


def test_twenty_wrong_passwords_at_the_schools_address_slow_only_that_login(client, c):
    c.colleague.set_password(PASSWORD)
    c.colleague.save()
    for _ in range(20):
        sign_in(client, password="wrong")

    assert sign_in(client, c.colleague.login).url == "/"


def test_address_that_a_sender_writes_opens_no_second_count(client, c, settings):
    for n in range(PER_LOGIN_AND_ADDRESS):
        sign_in(client, password="wrong", headers={"X-Forwarded-For": f"198.51.100.{n}"})

    assert sign_in(client, headers={"X-Forwarded-For": "198.51.100.99"}).status_code == 429


def test_form_without_a_password_is_no_try(client, c):
    for _ in range(PER_LOGIN_AND_ADDRESS + 1):
        assert sign_in(client, password="").status_code == 200

    assert WrongPassword.objects.count() == 0


def test_new_password_from_the_mail_ends_the_wait(client, c, settings):
    refused(client)
    jobs.write_password_reset("raj.patel@schools.example")
    _, path = opened(client, link_in(c.teacher.person.messages.get(), settings))

    client.post(path, {"new_password1": "seven wide lakes", "new_password2": "seven wide lakes"})

    assert sign_in(client, password="seven wide lakes").url == "/"


def test_new_password_ends_every_other_session(client, c, settings):
    elsewhere = Client()
    sign_in(elsewhere)
    assert elsewhere.get("/meetings/").status_code == 200
    jobs.write_password_reset("raj.patel@schools.example")
    _, path = opened(client, link_in(Message.objects.get(), settings))

    client.post(path, {"new_password1": "seven wide lakes", "new_password2": "seven wide lakes"})

    assert elsewhere.get("/meetings/").url.startswith(reverse("login"))


@pytest.mark.parametrize("is_made_up", [True, False])
def test_demos_password_opens_nothing_where_real_people_are(client, c, settings, is_made_up):
    settings.DEMO = True
    as_made_up()
    if not is_made_up:
        school("Oak Hill High", sourced_id="oak-hill")
    c.teacher.set_password(made_up.PASSWORD)
    c.teacher.save()

    assert sign_in(client, password=made_up.PASSWORD).status_code == (302 if is_made_up else 200)


def test_signing_in_takes_no_session_that_was_given(client, c):
    session = client.session
    session["seen"] = "before"
    session.save()
    given = session.session_key

    sign_in(client)

    assert client.session.session_key != given
