"""Everything that a family reads is in every language of the settings: their page, their mails, their invites."""

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.base import Node
from django.template.loader import get_template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
FOLDERS = ("parent", "mail")
CALLS = {"_": 0, "gettext": 0, "gettext_lazy": 0, "gettext_noop": 0, "pgettext": 1, "pgettext_lazy": 1}
PLACE = re.compile(r"%\((\w+)\)s")


def templates():
    root = settings.BASE_DIR / "templates"
    return sorted(str(path.relative_to(root)) for folder in FOLDERS for path in (root / folder).iterdir())


def texts_of_template(name):
    """Yield (context, text) of each translated text of a template, one with its plural as two."""
    for node in get_template(name).template.nodelist.get_nodes_by_type(Node):
        if isinstance(node, TranslateNode):
            yield said(node.message_context), node.filter_expression.var.literal
        if isinstance(node, BlockTranslateNode):
            for tokens in filter(None, (node.singular, node.plural)):
                yield said(node.message_context), node.render_token_list(tokens)[0]


def said(expression):
    return str(expression.var) if expression else ""


def texts_of_python():
    for file in Path(settings.BASE_DIR / "meetings").rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in CALLS:
                words = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
                if words:
                    yield words[0] if CALLS[call.func.id] else "", words[-1]


def texts():
    found = {text for name in templates() for text in texts_of_template(name)}
    return sorted(found | set(texts_of_python()))


def catalogue(language):
    """Return what is translated, by (context, text): from the compiled file, which is the one that counts."""
    with (settings.LOCALE_PATHS[0] / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog
    found = {}
    for key, text in compiled.items():
        # A text with plurals stands there once for each of its forms: (text, form).
        name = key[0] if isinstance(key, tuple) else key
        context, _, words = name.rpartition("\x04")
        found.setdefault((context, words), []).append(text)
    return found


def source(language):
    return (settings.LOCALE_PATHS[0] / language / "LC_MESSAGES" / "django.po").read_text()


def in_source(language):
    """Return the texts of the readable file, by (context, text)."""
    entries = {}
    for block in re.split(r"\n\s*\n", source(language)):
        parts = dict.fromkeys(("msgctxt", "msgid", "msgid_plural"), "")
        forms, current = [], None
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            keyword, _, rest = line.rpartition(' "') if not line.startswith('"') else ("", "", line[1:])
            text = ast.literal_eval(f'"{rest}')
            if keyword.startswith("msgstr"):
                forms.append(text)
                current = "msgstr"
            elif keyword:
                parts[keyword] = text
                current = keyword
            elif current == "msgstr":
                forms[-1] += text
            else:
                parts[current] += text
        if parts["msgid"]:
            entries[parts["msgctxt"], parts["msgid"]] = forms
    return entries


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_for_families_is_translated(language):
    known = catalogue(language)
    plurals = {node for name in templates() for node in plural_texts(name)}

    assert [text for text in texts() if text not in known and text not in plurals] == []


def plural_texts(name):
    for node in get_template(name).template.nodelist.get_nodes_by_type(BlockTranslateNode):
        if node.plural:
            yield said(node.message_context), node.render_token_list(node.plural)[0]


def test_texts_are_found_at_all():
    found = texts()

    assert ("", "Send my answer") in found
    assert ("", "%(minutes)s minutes") in found
    assert ("", "Please say who is answering.") in found
    assert ("time of day", "PM") in found
    assert len(found) > 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_a_guess(language):
    assert "fuzzy" not in source(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_file_says_what_the_readable_one_says(language):
    compiled = {text: sorted(set(forms)) for text, forms in catalogue(language).items() if text != ("", "")}

    assert compiled == {text: sorted(set(forms)) for text, forms in in_source(language).items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_what_is_filled_in(language):
    wrong = [
        (text, form)
        for (_, text), forms in catalogue(language).items()
        for form in forms
        if text and set(PLACE.findall(form)) != set(PLACE.findall(text))
    ]

    assert wrong == []
