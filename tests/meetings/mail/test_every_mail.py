"""What holds of every mail, whatever it says."""

import re
from html.parser import HTMLParser

import pytest
from django.conf import settings

from meetings.mail.wire import filled
from meetings.models import Message, MessageKind
from students.models import Person
from tests.meetings.mail.every_mail import EVERY, LANGUAGES_OF_FAMILIES, MAKERS, named, world

pytestmark = pytest.mark.django_db

TEMPLATES = settings.BASE_DIR / "templates" / "mail"
WHY = {"en": "You get this ", "es": "Recibe este correo "}


class Parts(HTMLParser):
    """The elements of a mail with their attributes, and its text by element."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.texts = [], [], {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "hr"}:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        for tag in self.open:
            self.texts[tag][-1] += data


def test_every_template_is_made_here():
    templates = {path.name.removesuffix(".subject.txt") for path in TEMPLATES.glob("*.subject.txt")}

    assert {name.partition("/")[0] for name in MAKERS} == templates
    for name in templates:
        assert {path.name for path in TEMPLATES.glob(f"{name}.*")} == {
            f"{name}.{kind}" for kind in ("html", "subject.txt", "txt")
        }


def test_every_language_of_families_is_tried():
    assert {code for code, _ in settings.LANGUAGES} == set(LANGUAGES_OF_FAMILIES) == set(WHY)


def test_every_kind_of_message_is_made_here():
    here = world()

    kinds = {MAKERS[name](here).kind for name in MAKERS if "swap" not in name and "cancel" not in name}

    kinds |= {MessageKind.CANCEL, MessageKind.SWAP_ASK, MessageKind.SWAP_CLOSED}
    assert kinds == set(MessageKind)


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_mail_has_text_and_html_in_its_language_and_says_why_it_came(name, language):
    row = MAKERS[name](world(language))

    parts = Parts(row.html)
    assert ("html", {"lang": language}) in parts.elements
    why = " ".join(parts.texts["p"][-1].split())
    assert why.startswith(WHY[language])
    assert " ".join(row.text.strip().rpartition("\n\n")[2].split()) == why
    assert len(why) > 40
    assert row.subject
    assert "{" not in row.subject + row.text + row.html.replace("{}", "")
    if language != "en":
        assert not re.search(r"\b(meeting|school|You|the)\b", re.sub("We cannot say yet.", "", row.text + row.subject))


@pytest.mark.parametrize("name", [name for name, language in EVERY if language == "es"])
def test_mail_to_a_family_says_all_that_matters_without_its_calendar_file(name):
    row = MAKERS[name](world())

    where_and_when = ["Thursday, December 3", "1:30"]
    if name != "parent_cancelled":
        where_and_when += ["Room 12", "Willow Bend Elementary", "Annual review", "Dana Ortiz", Message.LINK_PLACEHOLDER]
    for words in where_and_when:
        assert words in row.text
        assert words in row.html


ELEMENTS = {"html", "head", "meta", "title", "body", "div", "p", "a", "strong", "br", "hr", "ul", "li", "bdi", "h1"}
ATTRIBUTES = {"lang", "charset", "name", "content", "style", "href"}
HOSTILE = '</p><script>alert(1)</script><img src=x onerror="x()">'
SNEAKY = "\"' onclick=x() style=x {{ 7|add:7 }} {% now 'Y' %}"


@pytest.mark.parametrize("words", [HOSTILE, SNEAKY], ids=["elements", "attributes"])
@pytest.mark.parametrize("name", MAKERS)
def test_html_in_any_free_text_stays_text(name, words):
    row = MAKERS[name](named(words))

    _, html = filled(row)
    parts = Parts(html)
    assert {tag for tag, _ in parts.elements} <= ELEMENTS
    assert {attribute for _, attributes in parts.elements for attribute in attributes} <= ATTRIBUTES
    addresses = [attributes["href"] for tag, attributes in parts.elements if tag == "a"]
    assert all(address.startswith(settings.BASE_URL) for address in addresses)
    assert not [style for _, found in parts.elements if "style=x" in (style := found.get("style") or "")]
    assert "&lt;script" not in row.subject + row.text
    assert "\n" not in row.subject


@pytest.mark.parametrize("name", MAKERS)
def test_no_mail_turns_its_letters_around(name):
    here = named("Eve \u202eecila\u202d")

    row = MAKERS[name](here)

    assert not set("\u202d\u202e") & set(row.subject + row.text + row.html)
    assert Person.objects.filter(given_name__contains="\u202e").exists()
