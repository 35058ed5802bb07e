"""What somebody typed, without what they answered to.

Simply: what stands above the first sign of a quotation. Where nothing stands above it, they wrote below or between,
and it is every line that is not quoted.
"""

import html
import re
from collections.abc import Iterable
from email.message import Message
from typing import Any

from meetings.incoming.parts import is_attached, leaves, text_of

MOST_WORDS = 4_000
MOST_OF_A_LINE = 400  # Of what is looked at for signs of a quotation.
QUOTED = re.compile(r"^\s*>")
RULER = re.compile(
    r"^\s*(?:_{10,}|-{2,} ?.{0,60}(?:message|mensaje|original|nachricht).{0,60} ?-{2,})\s*$", re.IGNORECASE
)
FORWARDED = re.compile(r"^\s*begin forwarded message:\s*$", re.IGNORECASE)
WROTE = re.compile(
    r"^\s*(?:on|el|le|am|em|il)\b.{5,200}\b(?:wrote|escribi\w*|écrit|schrieb|escreveu|scritto)\s*:?\s*$",
    re.IGNORECASE,
)
FROM = re.compile(r"^\s*\*?(?:from|de|von|da)\s?:\*?\s", re.IGNORECASE)
SENT = re.compile(r"^\s*\*?(?:sent|date|enviado|enviado el|fecha|gesendet|envoyé|inviato)\s?:\*?\s", re.IGNORECASE)
SIGNED = re.compile(r"^-- ?$")
# No "<" inside: a tag that never ends must not make the search go over the rest again for each of its beginnings.
TOKENS = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*|!--|!|\?)([^<>]*)>|([^<]+)|<")
LINES = {"br", "p", "div", "tr", "li", "h1", "h2", "h3", "ul", "ol", "table", "hr"}
UNREAD = {"style", "script", "head", "title"}
QUOTES = re.compile(r"gmail_quote|moz-cite-prefix|divRplyFwdMsg|appendonsend|yahoo_quoted", re.IGNORECASE)


def words_of(mail: "Message[Any, Any]") -> str:
    """Return what was typed, 4,000 letters at most; nothing where nothing was."""
    parts = [part for part in leaves(mail) if not is_attached(part)]
    for kind, read in (("text/plain", text_of), ("text/html", lambda part: text_of_html(text_of(part)))):
        for part in parts:
            if part.get_content_type() == kind and (words := new_words(read(part))):
                return words[:MOST_WORDS]
    return ""


def new_words(text: str) -> str:
    """Return what stands above what is quoted; where nothing does, every line that is not."""
    lines = [line.rstrip() for line in text.replace("\xa0", " ").split("\n")]
    above = lines[: _first_quoted([line[:MOST_OF_A_LINE] for line in lines])]
    return _joined(above) or _joined(
        line for line in lines if not QUOTED.match(line) and not WROTE.match(line[:MOST_OF_A_LINE])
    )


def text_of_html(page: str) -> str:
    """Return the text of an HTML mail, in one pass over it, up to what is quoted."""
    found: list[str] = []
    skipped = ""
    for closes, tag, inside, text in TOKENS.findall(page):
        name = tag.lower()
        if skipped:
            skipped = "" if closes and name == skipped else skipped
        elif name in UNREAD and not closes:
            skipped = name
        elif name == "blockquote" or (name == "div" and QUOTES.search(inside)):
            if "".join(found).strip():
                break
        elif name in LINES:
            found.append("\n")
        else:
            # In HTML a line's end is a space.
            found.append(" ".join(["", *text.split(), ""]) if text.strip() else text[:1])
    return html.unescape("".join(found))


def _first_quoted(lines: list[str]) -> int:
    for number, line in enumerate(lines):
        if QUOTED.match(line):
            return _without_its_head(lines, number)
        if SIGNED.match(line) or _begins_quotation(lines, number):
            return number
    return len(lines)


def _begins_quotation(lines: list[str], number: int) -> bool:
    line, after = lines[number], lines[number + 1 : number + 4]
    if RULER.match(line) or FORWARDED.match(line) or WROTE.match(line):
        return True
    # "On Tue, Dec 1, 2026 at 9:00 AM School meetings <…>" may go on in the next line.
    if after and WROTE.match(f"{line} {after[0]}") and not WROTE.match(after[0]):
        return True
    return bool(FROM.match(line)) and any(SENT.match(each) for each in after)


def _without_its_head(lines: list[str], number: int) -> int:
    """Return where a quotation begins, with the line above it that says in any language who wrote."""
    above = [place for place in range(number) if lines[place].strip()]
    return above[-1] if above and lines[above[-1]].endswith(":") else number


def _joined(lines: Iterable[str]) -> str:
    text = "\n".join(" ".join(line.split()) for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
