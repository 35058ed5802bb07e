"""The story that the product is named for, in a browser: her mother can come today at 3:00."""

import os
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse

from meetings.models import Busy, Meeting, Message, Swap
from tests.booking import busy_of
from tests.chromium import WIDTHS, axe, expect, sideways
from tests.storyday import story_day

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("PICTURES", "")  # A folder to leave pictures in, to be looked at.


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-23T19:12Z", tick=True):  # 2:12 PM at school
        yield


def signed_in(open_page, client, staff, width, **options):
    client.force_login(staff)
    page = open_page(width=width, **options)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    page.context.add_cookies([cookie | {"domain": "localhost", "path": "/"}])
    return page


def say(page, words):
    page.goto(reverse("students:mine"))
    page.get_by_label("Which student?").select_option(label="Maya Rainwater, gr 4")
    page.get_by_label("Parent can come").fill(words)
    page.get_by_role("button", name="Can we meet then?").click()


def looked_at(page, name, width):
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)
    return [*axe(page), *(["sideways"] if sideways(page) else [])]


@pytest.mark.parametrize("width", [1366, 390])
def test_the_principal_covers_and_she_is_booked_for_three(open_page, client, width):
    day = story_day()
    cast = day.cast
    desk = signed_in(open_page, client, cast.case_manager, width)

    say(desk, "today at 3:00")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Yes, with one swap")
    expect(desk.get_by_text("Alice Kim has a 504 meeting at 3:00 PM")).to_be_visible()
    desk.get_by_role("button", name="Ask Marcus Bell").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Asked, not answered yet")

    principal = signed_in(open_page, client, cast.administrator, width)
    principal.goto(reverse("meetings:list"))
    principal.get_by_role("link", name="Answer", exact=True).click()
    expect(principal.get_by_role("heading", level=1)).to_have_text("Can you take over?")
    principal.get_by_role("button", name="I can cover").click()
    expect(principal.get_by_role("heading", level=1)).to_have_text("The swap is done")

    booked = Meeting.objects.get(student=cast.student)
    assert f"{booked.start_at:%Y-%m-%d %H:%M}" == "2026-11-23 20:00"
    for name in ("Elena Rainwater", "Dana Ortiz", "Raj Patel", "Alice Kim"):
        assert name in busy_of(booked)
    assert ("Marcus Bell" in busy_of(day.other), "Alice Kim" in busy_of(day.other)) == (True, False)
    assert Busy.objects.filter(person=cast.administrator.pk).count() == 1
    calendars = Message.objects.exclude(ics=None).filter(state="queued")
    told = {(row.recipient.full_name, row.ics_method, row.meeting_id) for row in calendars}
    assert told == {
        ("Elena Rainwater", "REQUEST", booked.pk),
        ("Tomas Rainwater", "REQUEST", booked.pk),
        ("Dana Ortiz", "REQUEST", booked.pk),
        ("Raj Patel", "REQUEST", booked.pk),
        ("Jo Lee", "REQUEST", booked.pk),
        ("Alice Kim", "REQUEST", booked.pk),
        ("Alice Kim", "CANCEL", day.other.pk),
        ("Marcus Bell", "REQUEST", day.other.pk),
        ("Otis Grove", "REQUEST", day.other.pk),
        ("Sofia Marin", "REQUEST", day.other.pk),
    }


def test_agreed_in_person_books_in_one_press(open_page, client):
    day = story_day()
    desk = signed_in(open_page, client, day.cast.case_manager, 1366)

    say(desk, "today at 3")
    desk.get_by_role("button", name="Agreed in person: book it").click()

    expect(desk.get_by_role("heading", level=1)).to_contain_text("3:00 – 4:00 PM")
    assert Swap.objects.get().state == "done"


@pytest.mark.parametrize("width", WIDTHS)
def test_every_answer_is_fit_to_be_read(open_page, client, width):
    day = story_day()
    desk = signed_in(open_page, client, day.cast.case_manager, width)
    answers = {
        "today at 3": "Yes, with one swap",
        "tomorrow 1:30pm": "Yes, this works",
        "tomorrow 9am": "Not as things stand: no general education teacher",
        "now": "Yes, this works",
        "sometime": "Which time is that?",
        "sat at 3": "Which time is that?",
        "": "When can Maya Rainwater’s family come?",
    }
    found = {}
    for words, heading in answers.items():
        say(desk, words)
        expect(desk.get_by_role("heading", level=1)).to_contain_text(heading)
        if trouble := looked_at(desk, f"come-{words or 'nothing'}".replace(" ", "-").replace(":", ""), width):
            found[words] = trouble
    assert found == {}
