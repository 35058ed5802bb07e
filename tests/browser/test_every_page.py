"""Every page of the URLconf in a real browser: nothing for axe to find at three widths, no sideways scroll at four."""

import os
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse

from meetings.actions.cancel import cancel
from meetings.actions.reply import reply_as_staff
from meetings.actions.reschedule import reschedule
from tests.addresses import NOBODY, addressed, world
from tests.booking import HOUR, NOW, START, plan_of
from tests.chromium import WIDTHS, axe, expect, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PICTURES = os.environ.get("PICTURES", "")  # A folder to leave pictures in, to be looked at.

NO_PAGES = {
    "healthz": "two letters of plain text",
    "readyz": "a line of plain text",
    "meetings:due_csv": "a file",
    "students:import_bad_rows": "a file",
    "demo:ics": "a file",
    "meetings:feed": "a file",
}
WITHOUT_ERRORS = {
    "meetings:book": "every seat may stay empty, to be filled later",
    "meetings:can_come": "nothing is typed there: what was not seen is answered by a strip",
}
LANGUAGES = ("en", "es")
# As when a browser does not know what is required, or somebody else wrote the form.
POST_NOTHING = """() => {
  const form = document.createElement('form')
  form.method = 'post'
  const token = document.querySelector('main [name=csrfmiddlewaretoken]')
  if (token) form.append(token.cloneNode())
  document.body.append(form)
  form.submit()
}"""
ERRORS = ".invalid-feedback, .errorlist, .field-error, [aria-invalid=true], [role=alert]"


@pytest.fixture
def w(settings):
    settings.DEMO_MAILBOX = settings.DEMO
    with time_machine.travel(NOW, tick=True):
        yield world()


@pytest.fixture
def open_as(open_page, w):
    """Give the page of one of the cast, or of nobody, each with a session of its own."""
    pages = {}

    def open_as(who):
        if who not in pages:
            pages[who] = open_page()
            if who != NOBODY:
                pages[who].context.add_cookies([cookie_of(getattr(w.cast, who))])
        return pages[who]

    return open_as


def cookie_of(user):
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "domain": "localhost", "path": "/"}


def faults(page, name):
    """Return what is wrong with the page at each width. Pages are not loaded anew: they lay themselves out anew."""
    found = {}
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        wrong = axe(page) if width > min(WIDTHS) else []
        if (wider := sideways(page)) > 0:
            wrong = [*wrong, f"{wider} px too wide"]
        if wrong:
            found[name, width] = wrong
        if PICTURES:
            file = name.replace(":", "-").replace(" ", "-").replace("/", "-")
            page.screenshot(path=str(Path(PICTURES) / f"{file}-{width}.png"), full_page=True)
    return found


def gone_to(page, url):
    answer = page.goto(url)
    assert answer.headers["content-type"].startswith("text/html"), url
    return answer.status


def also(w):
    """Return pages that an address shows in another state: who opens it, what, and with which status."""
    begun, other = w.begun.pk, w.other.pk
    juniper, maya = w.juniper.pk, w.cast.student.pk
    at = "?kind=annual_review&minutes=60&at="
    return {
        "mine of nobody": ("stranger", reverse("students:mine"), 200),
        "mine as a list to print": ("case_manager", reverse("students:mine") + "?print=1", 200),
        "list of nothing": ("stranger", reverse("meetings:list"), 200),
        "list of what was": ("case_manager", reverse("meetings:list") + "?show=past", 200),
        "list of what lacks": ("case_manager", reverse("meetings:list") + "?show=attention", 200),
        "due in the district": ("director", reverse("meetings:due"), 200),
        "due to print": ("administrator", reverse("meetings:due") + "?print=1", 200),
        "hours of a colleague": ("administrator", reverse("meetings:hours") + f"?staff={w.cast.teacher.pk}", 200),
        "staff not found": ("director", reverse("students:staff") + "?q=nobody", 200),
        "meeting with every mark": ("administrator", reverse("meetings:meeting", args=[w.meeting.pk]), 200),
        "meeting as a member sees it": ("teacher", reverse("meetings:meeting", args=[w.meeting.pk]), 200),
        "meeting that was": ("case_manager", reverse("meetings:meeting", args=[begun]), 200),
        "meeting that is cancelled": ("case_manager", reverse("meetings:meeting", args=[other]), 200),
        "answer of a member": ("teacher", reverse("meetings:answer", args=[w.meeting.pk]), 200),
        "times of a booked meeting": ("case_manager", reverse("meetings:propose", args=[maya]), 200),
        "times, none": ("case_manager", reverse("meetings:propose", args=[juniper]) + "?minutes=180", 200),
        "why not": ("case_manager", reverse("meetings:why", args=[juniper]) + f"{at}2026-12-07T14:00Z", 200),
        "book, taken": ("case_manager", reverse("meetings:book", args=[juniper]) + f"{at}2026-11-02T18:45Z", 409),
        "replies looked at": ("case_manager", reverse("meetings:replies") + "?show=looked_at", 200),
        "replies entered or kept": ("director", reverse("meetings:replies") + "?show=rest", 200),
        "replies of nobody": ("stranger", reverse("meetings:replies"), 200),
        "not found": ("case_manager", reverse("students:student", args=[0]), 404),
        "not found by nobody": (NOBODY, "/nowhere/", 404),
    }


def test_every_page(open_as, w):
    found = {}
    for address in addressed(w):
        if address.shows and address.name not in NO_PAGES:
            page = open_as(address.opener)
            assert gone_to(page, address.url) == 200, address.name
            found |= faults(page, address.name)
    assert found == {}


def test_pages_in_other_states(open_as, w):
    seats = {seat.holder_id: seat for seat in w.meeting.seats.select_related("meeting", "holder")}
    reply_as_staff(seats[w.cast.vice_principal.pk], answer="yes", note="", now=NOW)
    reply_as_staff(seats[w.cast.speech.pk], answer="no", note="Field trip", now=NOW)
    cancel(w.other, by=w.cast.case_manager, why="Snow", version=1, now=NOW)
    found, statuses = {}, {}
    for name, (who, url, _) in also(w).items():
        page = open_as(who)
        statuses[name] = gone_to(page, url)
        found |= faults(page, name)
    assert statuses == {name: status for name, (_, _, status) in also(w).items()}
    assert found == {}


def test_every_form_with_its_errors(open_as, w):
    found, silent = {}, []
    for address in addressed(w):
        if address.shows and address.posts is not None and address.name not in WITHOUT_ERRORS:
            page = open_as(address.opener)
            gone_to(page, address.url)
            with page.expect_navigation():
                page.evaluate(POST_NOTHING)
            if not page.locator(f"main :is({ERRORS})").count():
                silent.append(address.name)
            found |= faults(page, f"{address.name} with errors")
    assert silent == []
    assert found == {}


def test_form_without_its_token(open_as):
    page = open_as("case_manager")
    page.goto(reverse("password_change"))
    page.evaluate("document.querySelectorAll('main [name=csrfmiddlewaretoken]').forEach(one => one.remove())")
    with page.expect_navigation():
        page.evaluate(POST_NOTHING)

    assert faults(page, "without token") == {}
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_page_of_a_family_in_every_state(open_as, w):
    page, found = open_as(NOBODY), {}
    mother, father = (reverse("meetings:parent", args=[w.token(one)]) for one in (w.cast.mother, w.cast.father))

    def look(state, url, status=200):
        for language in LANGUAGES:
            assert gone_to(page, f"{url}?lang={language}") == status, state
            assert page.locator("html").get_attribute("lang") == language
            found.update(faults(page, f"{state} in {language}"))

    look("fresh", mother)
    for language in LANGUAGES:
        page.goto(f"{mother}?lang={language}")
        with page.expect_navigation():
            page.evaluate(POST_NOTHING)
        expect(page.get_by_role("alert").first).to_be_visible()
        found |= faults(page, f"with errors in {language}")
    said(page, mother, "#id_answer_yes")
    look("answered yes", mother)
    said(page, father, "#id_answer_no")
    look("answered no", father)
    reschedule(w.meeting, plan_of(w.cast, start=START + HOUR), by=w.cast.case_manager, why="Snow", version=1, now=NOW)
    look("moved", mother)
    cancel(w.meeting, by=w.cast.case_manager, why="Snow", version=2, now=NOW)
    look("cancelled", mother)
    look("dead", reverse("meetings:parent", args=["x" * 43]), status=404)
    assert found == {}


def said(page, url, answer):
    page.goto(url)
    for selector in (answer, "#id_who_self"):
        page.locator(f"label:has({selector})").click()
    page.locator("form button").last.click()
    expect(page.get_by_role("status").first).to_be_visible()
