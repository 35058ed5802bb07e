"""From the bytes of a calendar to its components and their lines, whatever wrote them (RFC 5545, section 3.1)."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from meetings.feeds.readings import Trouble, UnreadableError

CALENDAR = "VCALENDAR"
# What ends without its own END where the next of them begins.
NEVER_NESTED = {"VEVENT", "VFREEBUSY", "VTIMEZONE", "VTODO", "VJOURNAL"}
LONGEST_EDGE = 100
CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, 0xFEFF])
EDGE = re.compile(r"(BEGIN|END)\s*:\s*([A-Za-z0-9-]+)\s*", re.IGNORECASE)
NAMED = re.compile(r'([A-Za-z0-9-]+)((?:;(?:"[^"]*"|[^":])*)?):(.*)', re.DOTALL)
# A zone may be named (UTC-05:00) Eastern Time, colon and all, without quotes: the time begins after a later one.
TIMED = re.compile(r"([A-Za-z0-9-]+)(;.*?)?:(\s*(?:\d{4}.*|[+-]?P.*)?)", re.DOTALL | re.IGNORECASE)
TIMES = {"DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "RDATE", "EXDATE", "FREEBUSY"}
PARAMETER = re.compile(r';\s*([A-Za-z0-9-]+)\s*=\s*("[^"]*"|[^;]*)')


class Line(NamedTuple):
    """One property: its name and its parameters' names in capitals."""

    name: str
    parameters: dict[str, str]
    value: str


@dataclass
class Component:
    """What stands between a BEGIN and its END. Lines stay as they came until somebody asks for them."""

    name: str
    raw: list[str] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)
    is_closed: bool = False

    def lines(self, names: Iterable[str]) -> Iterator[Line]:
        """Yield the properties of these names. One that cannot be taken apart is left out."""
        for raw in self.raw:
            # Most lines of a calendar are text that is never looked at.
            if re.split(r"[;:]", raw, maxsplit=1)[0].strip().upper() in names and (line := _line(raw.strip())):
                yield line


def calendars(body: bytes) -> list[Component]:
    """Return the calendars in the bytes; one without a name stands for components outside of any.

    Raises UnreadableError where there is no calendar, and where one breaks off: half of one would show its owner free.
    """
    root = _tree(_unfolded(_decoded(body)))
    found = [part for part in root.parts if part.name == CALENDAR]
    loose = [part for part in root.parts if part.name in NEVER_NESTED]
    if loose:
        found.append(Component("", parts=loose, is_closed=True))
    if not found or not all(part.is_closed for part in found):
        raise UnreadableError(Trouble.NOT_A_CALENDAR)
    return found


def _decoded(body: bytes) -> str:
    if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    if body[1:2] == b"\0" or body[:1] == b"\0":
        return body.decode("utf-16-be" if body[:1] == b"\0" else "utf-16-le", "replace")
    try:
        return body.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _unfolded(text: str) -> list[str]:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"\n[ \t]", "", text).translate(CONTROLS)
    return text.split("\n")


def _tree(lines: Iterable[str]) -> Component:
    root = Component("")
    stack = [root]
    for line in lines:
        edge = EDGE.fullmatch(line.strip()) if len(line) < LONGEST_EDGE else None
        if edge is None:
            stack[-1].raw.append(line)
        elif edge[1].upper() == "BEGIN":
            _begin(stack, edge[2].upper())
        else:
            _end(stack, edge[2].upper())
    return root


def _begin(stack: list[Component], name: str) -> None:
    if name == CALENDAR:
        del stack[1:]
    elif name in NEVER_NESTED:
        while stack[-1].name not in {"", CALENDAR}:
            stack.pop()
    component = Component(name)
    stack[-1].parts.append(component)
    stack.append(component)


def _end(stack: list[Component], name: str) -> None:
    if all(component.name != name for component in stack[1:]):
        return
    while stack[-1].name != name:
        stack.pop()
    stack.pop().is_closed = True


def _line(raw: str) -> Line | None:
    name = re.split(r"[;:]", raw, maxsplit=1)[0].strip().upper()
    found = (TIMED.fullmatch(raw) if name in TIMES else None) or NAMED.fullmatch(raw)
    if found is None:
        return None
    parameters = {key.upper(): value.strip().strip('"') for key, value in PARAMETER.findall(found[2] or "")}
    return Line(name, parameters, found[3].strip())
