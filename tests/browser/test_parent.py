"""The family's page in a real browser: on a small phone, in two languages, without JavaScript and without cookies."""

import pytest
import time_machine

from meetings import tokens
from meetings.actions.cancel import cancel
from meetings.actions.reschedule import reschedule
from meetings.models import Reply
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, plan_of
from tests.chromium import axe, expect, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LANGUAGES = ["en", "es"]
WIDTHS = [390, 320]
MOST_BYTES = 60_000
# Boxes of all that can be pressed: of a radio or checkbox, the label around it is pressed as well.
SMALL = """least => [...document.querySelectorAll('a, button, summary, select, input:not([type=hidden]), textarea')]
  .map(one => one.closest('label') || one)
  .filter(one => one.checkVisibility())
  .map(one => [one.textContent.trim() || one.name, one.getBoundingClientRect()])
  .filter(([, box]) => Math.min(box.width, box.height) < least)
  .map(([name, box]) => `${name} ${Math.round(box.width)}x${Math.round(box.height)}`)"""


@pytest.fixture
def cast():
    with time_machine.travel(NOW, tick=True):
        yield people.cast()


@pytest.fixture
def meeting(cast):
    return booked(cast)


def page_of(meeting, guardian, language="en"):
    token = tokens.token_of(meeting.parent_links.get(guardian=guardian.pk))
    return f"/p/{token}/?lang={language}"


def press(page, selector):
    page.locator(f"label:has({selector})").click()


def fault_of(page):
    return (axe(page), sideways(page), page.evaluate(SMALL, 24))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_the_page_is_accessible(open_page, cast, meeting, width, language):
    page = open_page(width=width)
    address = page_of(meeting, cast.mother, language)

    page.goto(address)
    assert fault_of(page) == ([], 0, [])

    page.locator("button").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert fault_of(page) == ([], 0, [])

    for selector in ("#id_answer_no", "#id_wants_interpreter", "#id_who_other"):
        press(page, selector)
    expect(page.locator(".times")).to_be_visible()
    assert fault_of(page) == ([], 0, [])

    page.locator("#id_who_name").fill("Aunt Rosa")
    page.locator("button").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert fault_of(page) == ([], 0, [])

    page.locator("summary").click()
    expect(page.locator("form")).to_be_visible()
    assert fault_of(page) == ([], 0, [])

    page.goto(f"/p/nobody/?lang={language}")
    assert fault_of(page) == ([], 0, [])

    cancel(meeting, by=cast.case_manager, why="Snow", version=1, now=NOW)
    page.goto(address)
    assert fault_of(page) == ([], 0, [])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_parent_answers_without_javascript_and_without_cookies(open_page, cast, meeting, width, language):
    page = open_page(width=width, java_script_enabled=False)
    page.goto(page_of(meeting, cast.mother, language))

    press(page, "#id_answer_yes")
    press(page, '[name="joins"][value="phone"]')
    longer = {"en": "We would like more time", "es": "Quisiéramos más tiempo"}[language]
    page.get_by_label(longer).select_option("90")
    press(page, "#id_who_self")
    page.locator("button").click()

    said = {"en": "You will join by phone.", "es": "Usted participará por teléfono."}[language]
    asked = {"en": "You asked for a meeting of 90 minutes.", "es": "Usted pidió una reunión de 90 minutos."}[language]
    expect(page.get_by_role("status")).to_contain_text(said)
    expect(page.get_by_role("status")).to_contain_text(asked)
    assert page.locator("html").get_attribute("lang") == language
    assert page.context.cookies() == []
    reply = Reply.objects.get()
    assert (reply.answer, reply.joins, reply.wants_minutes, reply.answered_by) == (
        "yes",
        "phone",
        90,
        "Elena Rainwater",
    )


def test_parent_who_cannot_come_says_when_they_can(open_page, cast, meeting):
    page = open_page(width=390, java_script_enabled=False)
    page.goto(page_of(meeting, cast.mother, "es"))
    expect(page.locator(".times")).to_be_hidden()

    press(page, "#id_answer_no")
    page.get_by_role("checkbox", name="Lunes, Mañana").click()
    page.get_by_role("checkbox", name="Viernes, Después de la escuela").click()
    page.get_by_label("O dígalo con sus palabras").fill("Los martes no")
    press(page, "#id_who_other")
    page.get_by_label("Su nombre").fill("Tía Rosa")
    page.get_by_role("button", name="Enviar mi respuesta").click()

    expect(page.get_by_role("status")).to_contain_text("Usted no puede venir a esa hora.")
    times = cast.mother.person.family_times.filter(says="works").values_list("weekday", "start__hour")
    assert list(times) == [(1, 8), (5, 14)]


def test_parent_answers_by_keyboard_alone(open_page, cast, meeting):
    page = open_page(width=390, java_script_enabled=False)
    page.goto(page_of(meeting, cast.mother))
    keyboard = page.keyboard

    focus(page, "#id_answer_yes")
    keyboard.press("ArrowRight")  # The other answer: a group of radio buttons is one stop.
    keyboard.press("ArrowLeft")
    focus(page, "#id_who_self")
    keyboard.press("Space")
    focus(page, "button")
    keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("You can come.")
    assert Reply.objects.get().answer == "yes"


def focus(page, selector, most=40):
    """Go from one thing to the next with Tab until the wanted one has the focus, and can be seen to have it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            ring = page.locator(f":focus-visible + span, {selector}:focus-visible").last
            assert ring.evaluate("one => getComputedStyle(one).outlineWidth") == "3px"
            return
    pytest.fail(f"Tab never comes to {selector}")


def test_what_was_typed_is_kept_where_something_is_missing(open_page, cast, meeting):
    page = open_page(width=390, java_script_enabled=False)
    page.goto(page_of(meeting, cast.mother))

    page.locator("#id_note").fill("Is there parking?")
    press(page, "#id_answer_no")
    page.get_by_role("checkbox", name="Monday, Morning").click()
    page.locator("button").click()

    expect(page.get_by_text("Please say who is answering.")).to_be_visible()
    expect(page.locator("#id_note")).to_have_value("Is there parking?")
    expect(page.get_by_role("checkbox", name="Monday, Morning")).to_be_checked()
    expect(page.locator("#id_answer_no")).to_be_checked()
    assert Reply.objects.count() == 0


def test_parent_with_an_old_page_sees_the_new_time_and_answers_again(open_page, cast, meeting):
    page = open_page(width=390, java_script_enabled=False)
    page.goto(page_of(meeting, cast.mother))
    reschedule(meeting, plan_of(cast, start=START + HOUR), by=cast.case_manager, why="", version=1, now=NOW)

    press(page, "#id_answer_yes")
    press(page, "#id_who_self")
    page.locator("button").click()

    expect(page.get_by_role("alert")).to_contain_text("The meeting has changed since you opened this page.")
    expect(page.get_by_text("2:30 – 3:30 PM")).to_be_visible()
    expect(page.locator("#id_answer_yes")).not_to_be_checked()
    press(page, "#id_answer_yes")
    page.locator("button").click()
    expect(page.get_by_role("status")).to_contain_text("You can come.")
    assert Reply.objects.get().meeting_version == 2


def test_language_is_one_press_away(open_page, cast, meeting):
    page = open_page(width=320, java_script_enabled=False)
    page.goto(page_of(meeting, cast.mother))

    page.get_by_role("link", name="Español").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Una hora para la reunión del IEP de Maya")


def test_main_things_to_press_are_large(open_page, cast, meeting):
    page = open_page(width=320)
    page.goto(page_of(meeting, cast.mother))

    for selector in (".languages a", ".call", ".choice", ".option", "button"):
        for one in page.locator(selector).all():
            assert one.bounding_box()["height"] >= 44, selector


def test_page_lays_itself_out_from_right_to_left(open_page, cast, meeting):
    page = open_page(width=320)
    page.goto(page_of(meeting, cast.mother))

    page.evaluate("document.documentElement.dir = 'rtl'")

    assert sideways(page) == 0
    icon, words = page.locator(".call .icon").bounding_box(), page.locator(".call span").bounding_box()
    assert icon["x"] > words["x"]


def test_paper_shows_the_meeting_and_no_form(open_page, cast, meeting):
    page = open_page(width=768)
    page.goto(page_of(meeting, cast.mother))

    page.emulate_media(media="print")

    expect(page.get_by_text("1:30 – 2:30 PM")).to_be_visible()
    expect(page.get_by_text("(555) 555-0142")).to_be_visible()
    expect(page.locator("form")).to_be_hidden()


@pytest.mark.parametrize("language", LANGUAGES)
def test_whole_page_is_light(cast, meeting, language, site, browser):
    page, _ = browser.open(site.url, 390, 844)
    address = page_of(meeting, cast.mother, language)
    sizes = browser.do(lambda: bodies(page._target, address))
    page.context.close()

    assert len(sizes) >= 2
    assert sum(sizes.values()) < MOST_BYTES, sizes


def bodies(page, address):
    """Return the bytes of everything that the page loads, without compression."""
    answers = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108  Playwright marks the function.
    page.goto(address, wait_until="networkidle")
    return {answer.url: len(answer.body()) for answer in answers}
