"""Every mail in Chromium, in light and in dark: each text and each border is seen (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re

import pytest

from meetings.mail.wire import filled
from tests.chromium import sideways
from tests.meetings.mail.every_mail import EVERY, MAKERS, world

pytestmark = [pytest.mark.django_db, pytest.mark.browser]

TEXT, BORDER = 4.5, 3
# Of each element that holds text itself, and each that draws a border or a ground: the colours as they are drawn.
SCRIPT = """() => {
  const style = element => getComputedStyle(element)
  const probe = document.body.appendChild(document.createElement("i"))
  probe.style.background = "Canvas"
  const canvas = style(probe).backgroundColor
  probe.remove()
  const ground = element => {
    if (!element) return canvas
    const own = style(element).backgroundColor
    return own === "rgba(0, 0, 0, 0)" ? ground(element.parentElement) : own
  }
  const found = []
  for (const element of document.body.querySelectorAll("*")) {
    const says = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())
    const { color, borderTopWidth, borderTopColor, backgroundImage } = style(element)
    if (says) found.push(["text", element.tagName, color, ground(element)])
    if (borderTopWidth !== "0px") found.push(["border", element.tagName, borderTopColor, ground(element.parentElement)])
    if (ground(element) !== ground(element.parentElement))
      found.push(["border", element.tagName, ground(element), ground(element.parentElement)])
    if (backgroundImage !== "none") found.push(["image", element.tagName, backgroundImage, ""])
  }
  return { canvas, found }
}"""


def luminance(colour):
    shares = [int(part) / 255 for part in re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour).groups()]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.fixture(scope="module")
def pages(browser):
    opened = {
        scheme: browser.open("http://localhost", 320, 640, color_scheme=scheme)[0] for scheme in ("light", "dark")
    }
    yield opened
    for page in opened.values():
        page.context.close()


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_every_text_and_border_is_seen_in_light_and_dark(pages, settings, name, language):
    settings.REPLIES_ADDRESS = "replies@iep.example.org"
    _, html = filled(MAKERS[name](world(language)))

    grounds = {}
    for scheme, page in pages.items():
        page.set_content(html)
        seen = page.evaluate(SCRIPT)
        grounds[scheme] = seen["canvas"]
        kinds = [kind for kind, *_ in seen["found"]]
        assert kinds.count("text") > 2
        assert "border" in kinds
        for kind, tag, one, other in seen["found"]:
            assert kind != "image"
            assert contrast(one, other) >= {"text": TEXT, "border": BORDER}[kind], (scheme, kind, tag, one, other)
        assert sideways(page) == 0
    # The reader's own light or dark holds: a mail paints no ground of its own.
    assert luminance(grounds["light"]) > 0.9
    assert luminance(grounds["dark"]) < 0.05


# What reading apps paint behind a mail in the dark: iOS, Android, Gmail and Outlook differ.
GROUNDS = ["rgb(255, 255, 255)", "rgb(0, 0, 0)", "rgb(18, 18, 18)", "rgb(30, 30, 30)", "rgb(32, 33, 36)"]


@pytest.mark.parametrize("ground", GROUNDS)
def test_button_and_frame_are_seen_on_whatever_a_reader_paints(pages, ground):
    _, html = filled(MAKERS["parent_link"](world()))
    pages["light"].set_content(html)

    drawn = pages["light"].evaluate(SCRIPT)["found"]

    own = {one for kind, tag, one, _ in drawn if kind == "border"}
    assert len(own) == 2
    assert [colour for colour in own if contrast(colour, ground) < BORDER] == []
