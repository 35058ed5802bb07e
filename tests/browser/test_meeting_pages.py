"""The pages of a meeting in a real browser: nothing for axe to find, and no sideways scroll."""

import os
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse

from meetings.actions import watch
from meetings.actions.commit import CommitmentPlan, commit
from meetings.actions.reply import reply_as_staff, reply_for_guardian
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked
from tests.chromium import WIDTHS, axe, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PICTURES = os.environ.get("PICTURES", "")  # A folder to leave pictures in, to be looked at.


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=True):
        yield


def signed_in(open_page, client, staff, width):
    client.force_login(staff)
    page = open_page(width=width)
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}
    page.context.add_cookies([cookie | {"domain": "localhost", "path": "/"}])
    return page


def answered(cast):
    """A meeting with every mark: confirmed, to be asked, missing."""
    meeting = booked(cast)
    seats = {seat.holder_id: seat for seat in meeting.seats.select_related("meeting", "holder")}
    reply_as_staff(seats[cast.vice_principal.pk], answer="yes", note="", now=NOW)
    reply_as_staff(seats[cast.speech.pk], answer="no", note="Field trip", now=NOW)
    reply_for_guardian(
        seats[cast.father.pk],
        version=1,
        answer="yes",
        joins="phone",
        note="After work",
        by=cast.case_manager,
        now=NOW,
    )
    return meeting


def addresses(cast, meeting):
    seat = {seat.holder_id: seat.pk for seat in meeting.seats.all()}
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    people.guardian("Posy Thimble", other)
    people.teaches(cast.teacher, other, "6", title="Art")
    return {
        "list": reverse("meetings:list"),
        "meeting": reverse("meetings:meeting", args=[meeting.pk]),
        "answer": reverse("meetings:answer", args=[meeting.pk]),
        "reschedule": reverse("meetings:reschedule", args=[meeting.pk]),
        "cancel": reverse("meetings:cancel", args=[meeting.pk]),
        "held": reverse("meetings:held", args=[meeting.pk]),
        "seat": reverse("meetings:seat", args=[meeting.pk, seat[cast.vice_principal.pk]]),
        "said": reverse("meetings:said", args=[meeting.pk, seat[cast.mother.pk]]),
        "attempt": reverse("meetings:student_attempt", args=[other.pk]),
        "book": reverse("meetings:book", args=[other.pk]) + "?kind=annual_review&minutes=60&at=2026-12-07T18:45Z",
        "taken": reverse("meetings:book", args=[other.pk]) + "?kind=annual_review&minutes=60&at=2026-11-02T18:45Z",
    }


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_of_a_meeting(open_page, client, width):
    cast = people.cast()
    meeting = answered(cast)
    page = signed_in(open_page, client, cast.case_manager, width)
    found = {}
    for name, address in addresses(cast, meeting).items():
        page.goto(address)
        found[name] = (axe(page), sideways(page) if width <= min(WIDTHS) else 0)
        if PICTURES:
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)

    assert found == dict.fromkeys(found, ([], 0))


def test_log_a_call_and_answer_by_hand(open_page, client):
    cast = people.cast()
    meeting = booked(cast)
    page = signed_in(open_page, client, cast.case_manager, 1366)

    page.goto(reverse("meetings:meeting", args=[meeting.pk]))
    page.get_by_role("radio", name="Left a message").check()
    page.get_by_placeholder("Note, if any").fill("Grandmother will tell her")
    page.get_by_role("button", name="Log it").click()
    assert page.get_by_text("Left a message: Grandmother will tell her").count() == 1

    page.goto(reverse("meetings:answer", args=[meeting.pk]))
    page.get_by_role("button", name="I can't come").click()
    assert page.get_by_text("You said you can't come").count() == 1
    assert meeting.seats.get(holder=cast.case_manager.pk).answer == "no"
    assert meeting.start_at == START


@pytest.mark.parametrize("width", WIDTHS)
def test_meeting_that_lacks_someone_is_mended_with_one_press(open_page, client, width):
    cast = people.cast()
    meeting = answered(cast)
    leave = CommitmentPlan(kind="leave", title="Dentist", start_at=START, end_at=START + HOUR)
    commit(cast.vice_principal.person, leave, by=cast.vice_principal)
    seat = meeting.seats.select_related("meeting", "holder").get(holder=cast.teacher.pk)
    reply_as_staff(seat, answer="no", note="Field trip", now=NOW)
    watch.review(meeting.pk, by=cast.vice_principal.pk, now=NOW)
    page = signed_in(open_page, client, cast.case_manager, width)

    page.goto(reverse("meetings:meeting", args=[meeting.pk]))
    found = (axe(page), sideways(page))
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"lost-{width}.png"), full_page=True)
    page.get_by_role("button", name="Give the seat to Marcus Bell").click()
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"mended-{width}.png"), full_page=True)

    assert found == ([], 0)
    assert page.get_by_text("Marcus Bell has the seat of the LEA representative now").count() == 1
    assert page.get_by_text("no LEA representative").count() == 0
    assert meeting.seats.get(role="lea_representative").holder == cast.administrator.person
