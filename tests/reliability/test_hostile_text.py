"""HTML and script in every free text: each page shows it as text, and the browser finds nothing to refuse."""

from urllib.parse import urlencode

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.db.models import CharField, EmailField, JSONField, TextField
from django.test import Client
from django.urls import reverse

from meetings.models import MeetingChange
from students.models import Person
from tests.addresses import NOBODY, addressed, world
from tests.booking import NOW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOSTILE = "\"'><script>broken=1</script><img src=x onerror=broken=1><a href=javascript:broken=1>{{ 7|add:7 }}"
HTML = ("<script>broken", "<img src=x", "onerror=broken=1>", "<a href=javascript")
# What is typed, imported or comes by mail. Everything else is written by the app, is a key, or is read as a format.
FREE = {
    "District": {"name", "phone"},
    "School": {"name", "short_name", "phone", "office_contact", "address"},
    "Term": {"title"},
    "Room": {"name"},
    "Person": {"given_name", "family_name", "preferred_name", "phone"},
    "Guardian": {"language_name", "postal_address"},
    "Outside": {"organisation"},
    "Student": {"grade"},
    "Guardianship": {"relationship"},
    "SchoolClass": {"title", "course_code"},
    "DueDate": {"note", "closed_why"},
    "RuleOverride": {"words", "why"},
    "ClockStart": {"note"},
    "RosterUpload": {"file_name", "bad_rows", "failure"},
    "Commitment": {"title"},
    "Meeting": {"changed_why"},
    "Seat": {"note"},
    "Reply": {"interpreter_language", "other_times", "note", "answered_by"},
    "CalendarSource": {"name"},
    "Swap": {"said", "waiver_note"},
    "SwapMove": {"note"},
    "Message": {"subject", "text", "last_error"},
    "IncomingMail": {"from_address", "subject", "words"},
    "Attempt": {"note"},
    "NoticeWaiver": {"note"},
}
NOT_FREE = {
    "sourced_id",
    "roster_id",
    "token_hash",
    "password",
    "search_name",
    "time_zone",
    "state",
    "kind",
    "default_day_type",
    "day_type",
    "period",
    "login",
    "address",
    "wall_start",
    "host",
    "ending",
    "etag",
    "about",
    "html",
    "ics_method",
    "message_id",
    "digest",
    "why",
    "status",
    "key",
    "identity",
    "queue",
    "ran_on",
    "last_restart_why",
}


def models():
    found = [model for app in ("students", "meetings") for model in apps.get_app_config(app).get_models()]
    return [model for model in found if not model.__name__.endswith("Event")]


def texts_of(model):
    fields = [field for field in model._meta.fields if isinstance(field, (CharField, TextField))]
    return [field for field in fields if not field.choices and not isinstance(field, EmailField)]


def poison():
    """Put it into every free text of every row; rows that must differ keep a number in front."""
    for model in models():
        fields = [field for field in texts_of(model) if field.name in FREE.get(model.__name__, ())]
        for row in model.objects.all():
            values = {field.name: f"{row.pk}{HOSTILE}"[: field.max_length] for field in fields}
            if values:
                model.objects.filter(pk=row.pk).update(**values)
    for row in Person.objects.all():
        row.fold_names()
        Person.objects.filter(pk=row.pk).update(search_name=row.search_name)
    for change in MeetingChange.objects.all():
        detail = {key: HOSTILE if isinstance(value, str) and key in {"why", "room"} else value
                  for key, value in change.detail.items()}  # fmt: skip
        MeetingChange.objects.filter(pk=change.pk).update(detail=detail)


@pytest.fixture
def w():
    with time_machine.travel(NOW, tick=True):
        made = world()
        poison()
        yield made


def cookie_of(user):
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "domain": "localhost", "path": "/"}


def test_every_text_of_every_model_is_free_or_known_not_to_be():
    unknown = {
        f"{model.__name__}.{field.name}"
        for model in models()
        for field in texts_of(model)
        if field.name not in FREE.get(model.__name__, ()) and field.name not in NOT_FREE
    }

    assert unknown == set()
    kept_as_json = [model for model in models() if any(isinstance(field, JSONField) for field in model._meta.fields)]
    assert {model.__name__ for model in kept_as_json} == {"District", "RosterUpload", "Swap", "MeetingChange"}


def test_html_in_every_free_text_is_shown_as_text_and_the_policy_is_silent(w, open_page):
    pages, as_text, wrong = {}, set(), {}
    for address in addressed(w):
        if not address.shows:
            continue
        if address.opener not in pages:
            pages[address.opener] = open_page()
            if address.opener != NOBODY:
                pages[address.opener].context.add_cookies([cookie_of(getattr(w.cast, address.opener))])
        page = pages[address.opener]
        answer = page.request.get(address.url)
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        page.goto(address.url)
        source = answer.text()
        as_text |= {address.name} if "&lt;script&gt;broken" in source else set()
        found = [words for words in HTML if words in source]
        if found or page.evaluate("typeof broken") != "undefined":
            wrong[address.name] = found

    assert wrong == {}
    # Had it been put nowhere, nothing would be wrong either.
    assert len(as_text) > 20


@pytest.mark.parametrize(
    ("who", "path", "name"),
    [
        ("director", "students:staff", "q"),
        ("case_manager", "meetings:can_come_start", "said"),
        (NOBODY, "login", "next"),
    ],
)
def test_html_in_an_address_is_shown_as_text(w, client, who, path, name):
    if who != NOBODY:
        client.force_login(getattr(w.cast, who))

    page = client.get(f"{reverse(path)}?{urlencode({name: HOSTILE})}", follow=True)

    assert page.status_code == 200
    assert [words for words in HTML if words in page.content.decode()] == []
