"""The calendars of a district, read many at once by the rules that hold for every calendar."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db.models.functions import Now

from meetings import jobs
from meetings.actions import calendar_source
from meetings.actions.read_directories import read_directories
from meetings.core.intervals import Span, minute_of
from meetings.models import CalendarBusy, CalendarSource
from meetings.owncalendars import own_calendars
from students.models import Staff
from tests.booking import NOW, START, booked
from tests.cast import cast, staff
from tests.directoryserver import directory_server

pytestmark = pytest.mark.django_db
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
HOUR = timedelta(hours=1)


@pytest.fixture
def server():
    with directory_server() as found:
        yield found


@pytest.fixture
def c():
    return cast()


@pytest.fixture(params=["google", "microsoft"])
def kind(request, server, settings, tmp_path):
    {"google": set_up_google, "microsoft": set_up_microsoft}[request.param](server, settings, tmp_path)
    return request.param


def set_up_google(server, settings, folder):
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key = {"private_key": KEY.private_bytes(*form).decode(), "client_email": "iep@district.example"}
    (folder / "key.json").write_text(json.dumps(key | {"token_uri": f"{server.url}/token"}))
    settings.GOOGLE_CALENDAR_KEY = str(folder / "key.json")
    settings.GOOGLE_CALENDAR_USER = "calendars@schools.example"
    settings.GOOGLE_CALENDAR_URL = server.url


def set_up_microsoft(server, settings, folder):
    settings.MICROSOFT_TENANT, settings.MICROSOFT_CLIENT_ID = "tenant", "client"
    settings.MICROSOFT_CLIENT_SECRET, settings.MICROSOFT_USER = "secret", "calendars@schools.example"
    settings.MICROSOFT_LOGIN_URL = settings.MICROSOFT_GRAPH_URL = server.url


def know_everyone(server, **busy):
    server.busy = {row.login: [] for row in Staff.objects.get_queryset()} | busy


def read(now=NOW):
    return read_directories(lambda: now)


def due_again():
    CalendarSource.objects.update(due_at=Now(), tried_at=None)


def kept(person):
    """Every time that is kept of a person, as (start, end, is tentative)."""
    rows = CalendarBusy.objects.filter(source__person=person.pk).order_by("start_at")
    return list(rows.values_list("start_at", "end_at", "is_tentative"))


def source_of(person):
    return CalendarSource.objects.get(person=person.pk)


def test_everyone_who_works_here_is_read_in_batches(c, server, kind):
    for n in range(45):
        staff(f"Member {n}", c.school)
    know_everyone(server, **{c.teacher.login: [(START, START + HOUR)]})
    everyone = Staff.objects.get_queryset().count()

    assert read() == everyone
    assert kept(c.teacher) == [(START, START + HOUR, False)]
    assert kept(c.speech) == []
    source = source_of(c.teacher)
    assert (source.kind, source.good_at, source.trouble) == (kind, NOW, "")
    assert source.covers_until_at == NOW + timedelta(days=180)
    most = {"google": 50, "microsoft": 20}[kind]
    pieces = 4
    assert len(server.asked) == -(-everyone // most) * pieces
    assert len(server.token_asked) == 1
    # Nobody is due before half an hour has passed.
    assert read() == 0


def test_person_who_left_is_forgotten_and_one_who_comes_is_read(c, server, kind):
    know_everyone(server)
    read()
    Staff.objects.get_queryset().filter(pk=c.teacher.pk).update(is_active=False)
    new = staff("New Member", c.school)
    know_everyone(server)

    read()

    assert not CalendarSource.objects.filter(person=c.teacher.pk).exists()
    assert source_of(new).good_at == NOW


def test_directory_that_fails_leaves_what_was_kept(c, server, kind):
    know_everyone(server, **{c.teacher.login: [(START, START + HOUR)]})
    read()
    due_again()
    server.next = [(500, {}, {})]
    later = NOW + timedelta(hours=5)

    assert read(later) == 0

    source = source_of(c.teacher)
    assert kept(c.teacher) == [(START, START + HOUR, False)]
    assert (source.good_at, source.trouble, source.trouble_since_at, source.failures) == (NOW, "no_answer", later, 1)
    own = own_calendars([c.teacher.pk], Span(0, minute_of(START) * 2), later)[c.teacher.pk]
    assert (own.is_old, own.is_unknown) == (True, False)


def test_one_calendar_that_cannot_be_read_leaves_the_others_read(c, server, kind):
    know_everyone(server, **{c.teacher.login: [(START, START + HOUR)]})
    read()
    due_again()
    reason = {"google": "internalError", "microsoft": "ErrorServerBusy"}[kind]
    server.errors = {c.teacher.login: reason}

    assert read(NOW + HOUR) == Staff.objects.get_queryset().count() - 1
    assert (source_of(c.teacher).trouble, source_of(c.teacher).good_at) == ("no_answer", NOW)
    assert kept(c.teacher) == [(START, START + HOUR, False)]
    assert source_of(c.speech).good_at == NOW + HOUR


def test_directory_that_is_told_to_wait_for_is_left_alone_and_nobody_is_at_fault(c, server, kind):
    know_everyone(server)
    server.next = [(429, {"Retry-After": "3600"}, {})]

    assert read() == 0
    asked = len(server.asked)
    assert read() == 0

    assert len(server.asked) == asked == 1
    assert set(CalendarSource.objects.values_list("trouble", "failures")) == {("", 0)}
    assert calendar_source.read_due() == 0


def test_person_whom_a_directory_never_knew_is_judged_by_their_hours_alone(c, server, kind):
    know_everyone(server)
    del server.busy[c.teacher.login]

    read()

    assert source_of(c.teacher).trouble == "not_found"
    assert c.teacher.pk not in own_calendars([c.teacher.pk], Span(0, minute_of(START) * 2), NOW)


def test_own_invite_that_comes_back_joined_to_another_event_takes_only_the_other(c, server, kind):
    meeting = booked(c)
    know_everyone(server, **{c.teacher.login: [(meeting.start_at - HOUR, meeting.end_at)]})

    read()

    assert kept(c.teacher) == [(meeting.start_at - HOUR, meeting.start_at, False)]


def test_directory_that_is_not_set_up_any_more_is_forgotten(c, server, kind, settings):
    know_everyone(server)
    read()
    settings.GOOGLE_CALENDAR_KEY = settings.MICROSOFT_TENANT = ""

    assert read() == 0
    assert CalendarSource.objects.count() == 0


def test_nothing_is_asked_and_nothing_kept_where_none_is_set_up(c, server):
    assert jobs.read_directories() == 0
    assert (CalendarSource.objects.count(), server.asked) == (0, [])


def test_one_person_is_read_at_once_when_they_ask_for_it(c, server, kind):
    know_everyone(server)
    read()
    server.busy[c.teacher.login] = [(START, START + HOUR)]
    source = source_of(c.teacher)

    assert calendar_source.read_soon(source)
    assert jobs.read_calendar(source.pk)

    assert kept(c.teacher) == [(START, START + HOUR, False)]


def test_one_person_who_cannot_be_read_at_once_keeps_what_was_known(c, server, kind):
    know_everyone(server, **{c.teacher.login: [(START, START + HOUR)]})
    read()
    del server.busy[c.teacher.login]
    source = source_of(c.teacher)

    calendar_source.read_soon(source)
    assert not jobs.read_calendar(source.pk)

    assert (source_of(c.teacher).trouble, kept(c.teacher)) == ("not_found", [(START, START + HOUR, False)])


def test_address_of_a_person_is_their_mail_else_their_login(c, server, kind):
    person = c.teacher.person
    person.email = ""
    person.save()
    know_everyone(server, **{c.teacher.login: [(START, START + HOUR)]})

    read()

    assert kept(c.teacher) == [(datetime(2026, 12, 3, 18, 30, tzinfo=UTC), START + HOUR, False)]
