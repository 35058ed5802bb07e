"""The pages of times in a real browser: nothing for axe to find, no sideways scroll, the week with and without htmx."""

import os
from datetime import date, time
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse

from meetings.models import Commitment, FamilyTime, WeeklyHours
from students.models import CalendarDay, District, DueDate
from tests import cast as people
from tests.chromium import WIDTHS, axe, expect, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOW = "2026-11-23T13:00Z"
PICTURES = os.environ.get("PICTURES", "")  # A folder to leave pictures in, to be looked at.


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def cast():
    """The cast on days that differ: lessons, duties, a holiday, an early release, and a mother with Thursdays."""
    cast = people.cast()
    hours = [
        (cast.teacher, 13, 14, "prep"),
        (cast.case_manager, 9, 11, "teaching"),
        (cast.vice_principal, 11, 12, "duty"),
    ]
    WeeklyHours.objects.bulk_create(
        WeeklyHours(person=one.person, weekday=weekday, start=time(start), end=time(end), kind=kind)
        for one, start, end, kind in hours
        for weekday in range(1, 6)
    )
    for day, day_type in ((26, "closed"), (27, "closed"), (25, "early")):
        CalendarDay.objects.create(school=cast.school, on=date(2026, 11, day), day_type=day_type)
    FamilyTime.objects.create(
        guardian=cast.mother.person,
        student=cast.student,
        says="works",
        weekday=4,
        start=time(13),
        end=time(16),
        said_at="2026-11-20T12:00Z",
    )
    return cast


def with_a_swap(cast):
    """On two days both LEA representatives are taken, one of them by a meeting that somebody else can take."""
    for day in (1, 2):
        afternoon = {"start_at": f"2026-12-0{day}T17:00Z", "end_at": f"2026-12-0{day}T19:45Z"}
        Commitment.objects.create(person=cast.administrator.person, kind="duty", **afternoon)
        held = Commitment.objects.create(
            person=cast.vice_principal.person, kind="section_504", is_transferable=True, **afternoon
        )
        held.takers.add(cast.colleague.person)


def signed_in(open_page, client, staff, width, **options):
    client.force_login(staff)
    page = open_page(width=width, **options)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    page.context.add_cookies([cookie | {"domain": "localhost", "path": "/"}])
    return page


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_of_times(open_page, client, cast, width):
    propose, why = (reverse(f"meetings:{name}", args=[cast.student.pk]) for name in ("propose", "why"))
    without = people.student("Pippa Thimble", cast.school, cast.case_manager)
    with_a_swap(cast)
    addresses = {
        "propose": propose,
        "propose-wrong": f"{propose}?first=2026-12-04&last=2026-12-01",
        "propose-none": f"{propose}?first=2026-11-24&last=2026-11-24&minutes=120",
        "propose-swap": f"{propose}?first=2026-12-01&last=2026-12-02",
        "propose-empty": reverse("meetings:propose", args=[without.pk]),
        "why": f"{why}?at=2026-12-03T18:00Z",
        "why-not": f"{why}?at=2026-12-03T14:00Z",
        "why-closed": f"{why}?on=2026-11-26&time=13:00",
    }
    page = signed_in(open_page, client, cast.case_manager, width)
    found = {}
    for name, address in addresses.items():
        page.goto(address)
        page.evaluate("document.querySelectorAll('main details').forEach(each => { each.open = true })")
        found[name] = (axe(page), sideways(page))
        if PICTURES:
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)

    assert found == dict.fromkeys(addresses, ([], 0))


@pytest.mark.parametrize("script", [True, False])
def test_from_the_week_to_why_and_back(open_page, client, cast, script):
    page = signed_in(open_page, client, cast.case_manager, 1366, java_script_enabled=script)
    page.goto(reverse("meetings:propose", args=[cast.student.pk]))

    page.get_by_role("link", name="Week after").click()
    expect(page.get_by_role("heading", name="Week of Dec 7")).to_be_visible()
    page.get_by_role("link", name="Week before").click()
    expect(page.get_by_role("heading", name="Week of Nov 30")).to_be_visible()
    page.get_by_role("link", name="proposal 1").click()

    expect(page.get_by_role("heading", name="Yes, this time works")).to_be_visible()
    page.get_by_role("link", name="All times for Maya Rainwater").click()
    expect(page.get_by_role("heading", name="Proposal 1: Thursday, December 3")).to_be_visible()


def test_a_time_that_somebody_names(open_page, client, cast):
    page = signed_in(open_page, client, cast.case_manager, 390)
    page.goto(reverse("meetings:propose", args=[cast.student.pk]))

    page.get_by_label("Date", exact=True).fill("2026-12-01")
    page.get_by_label("Time", exact=True).fill("09:30")
    page.get_by_role("button", name="Check").click()

    missing = "Not as things stand: no special education teacher and no general education teacher"
    expect(page.get_by_role("heading", name=missing)).to_be_visible()
    page.get_by_role("link", name="See this time").first.click()
    expect(page.get_by_role("link", name="Book this time")).to_be_visible()
    assert DueDate.objects.get().closed_at is None


def test_from_a_time_that_needs_a_swap_to_its_page(open_page, client, cast):
    with_a_swap(cast)
    page = signed_in(open_page, client, cast.case_manager, 390)
    page.goto(reverse("meetings:propose", args=[cast.student.pk]) + "?first=2026-12-01&last=2026-12-02")

    expect(page.get_by_text("With one swap: Priya Shah takes Alice Kim’s 504 meeting").first).to_be_visible()
    page.get_by_role("link", name="Look at the swap").first.click()

    expect(page.get_by_role("heading", name="The swap")).to_be_visible()
    expect(page.get_by_role("button", name="Ask Priya Shah")).to_be_visible()


def test_enter_saves_the_settings_and_a_weight_goes_back_to_the_usual(open_page, client, cast):
    page = signed_in(open_page, client, cast.director, 1366)
    page.goto(reverse("meetings:settings"))

    page.get_by_label("A rest between meetings").fill("70")
    page.get_by_label("A rest between meetings").press("Enter")

    expect(page.get_by_text("Saved. Times are ranked with it from now on.")).to_be_visible()
    assert District.objects.get().ranking_weights == {"rest": 70}
    page.get_by_role("button", name="Back to the usual").click()
    expect(page.get_by_label("A rest between meetings")).to_have_value("4")
    assert District.objects.get().ranking_weights == {"rest": 70}
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("button", name="Back to the usual")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The settings are as they were.")).to_be_visible()
    assert District.objects.get().ranking_weights == {"rest": 70}
