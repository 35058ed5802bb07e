"""Strict reading of JSON: every value knows its place, and every error names it."""

import json
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap
from operator import le
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from meetings.core.intervals import Span, minute_of
from meetings.core.seats import HeldSeat, Meeting, Person

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)?", re.ASCII)


class CaseError(ValueError):
    """Something in the input is wrong: `at` names the place, `message` says what."""

    def __init__(self, at: str, message: str) -> None:
        """Keep the place beside the message."""
        super().__init__(f"{at}: {message}")
        self.at = at
        self.message = message


def parse_json(line: bytes | str, number: int) -> "Node":
    """Return the value of one line of input. Raises CaseError with the line and, where known, the column."""
    at = f"line {number}"
    try:
        text = line.decode() if isinstance(line, bytes) else line
        return Node(json.loads(text, object_pairs_hook=_object, parse_constant=_constant), "")
    except UnicodeDecodeError as error:
        raise CaseError(f"{at}, byte {error.start + 1}", "not UTF-8") from None
    except json.JSONDecodeError as error:
        raise CaseError(f"{at}, column {error.colno}", f"not JSON: {error.msg}") from None
    except RecursionError:
        raise CaseError(at, "not JSON: nested too deeply") from None
    except ValueError as error:
        raise CaseError(at, f"not JSON: {error}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for index, name in enumerate(names) if name in names[:index])
        raise ValueError(f"the field {twice!r} stands twice in one object")
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value and its place, such as `seats[2].eligible[0]`; empty for the whole."""

    value: Any
    at: str

    def error(self, message: str) -> CaseError:
        """Return an error at this place."""
        return CaseError(self.at, message)

    def fields(self, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, "Node"]:
        """Return an object's fields. Unknown and missing ones are errors."""
        if not isinstance(self.value, dict):
            raise self.error("must be an object")
        prefix = f"{self.at}." if self.at else ""
        for name in self.value:
            if name not in required and name not in optional:
                raise CaseError(f"{prefix}{name}", "unknown field")
        for name in required:
            if name not in self.value:
                raise CaseError(f"{prefix}{name}", "this field is missing")
        return {name: Node(value, f"{prefix}{name}") for name, value in self.value.items()}

    def items(self) -> list["Node"]:
        """Return a list's items."""
        if not isinstance(self.value, list):
            raise self.error("must be a list")
        return [Node(value, f"{self.at}[{index}]") for index, value in enumerate(self.value)]

    def text(self) -> str:
        """Return a string that is not empty."""
        if not isinstance(self.value, str) or not self.value:
            raise self.error("must be a text that is not empty")
        return self.value

    def flag(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self.error("must be true or false")
        return self.value

    def integer(self, low: int, high: int | None = None) -> int:
        """Return a whole number from `low` up to, and with, `high`."""
        if type(self.value) is not int or self.value < low or (high is not None and self.value > high):
            raise self.error(f"must be a whole number from {low}" + (" up" if high is None else f" to {high}"))
        return self.value

    def zone(self) -> str:
        """Return the name of a time zone."""
        name = self.text()
        try:
            ZoneInfo(name)
        except (ValueError, KeyError, OSError):
            # A folder of zones, such as "America", is an OSError.
            raise self.error(f"no time zone {name!r}") from None
        return name

    def person(self, known: Container[str]) -> str:
        """Return the id of a known person."""
        name = self.text()
        if name not in known:
            raise self.error(f"no person {name!r}")
        return name

    def new_id(self, used: set[str]) -> str:
        """Return an id that is not in `used` yet, and add it."""
        name = self.text()
        if name in used:
            raise self.error(f"the id {name!r} stands here a second time")
        used.add(name)
        return name


class Instants(dict[str, int]):
    """Minutes since the epoch by their text. A case names the same bells many times, so each is read once."""

    def __missing__(self, text: Any) -> int:
        """Read an instant that is new. Raises ValueError with a plain reason."""
        match = INSTANT.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise ValueError("must be an instant such as 2026-11-23T15:00-05:00")
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"there is no such day or time as {text!r}") from None
        self[text] = minute = minute_of(instant)
        return minute

    def read(self, node: Node) -> int:
        """Return the minute at a place."""
        text = node.text()
        try:
            return self[text]
        except ValueError as error:
            raise node.error(str(error)) from None

    def spans(self, node: Node) -> tuple[Span, ...]:
        """Return the list of spans at a place."""
        pairs = node.value
        try:
            # All at once where all is well: half of the time of a call goes into spans.
            if isinstance(pairs, list) and set(map(type, pairs)) <= {list}:
                spans = tuple([Span(self[start], self[end]) for start, end in pairs])
                if all(starmap(le, spans)):
                    return spans
        except (ValueError, TypeError):
            pass
        return tuple(self._span(each) for each in node.items())

    def _span(self, node: Node) -> Span:
        items = node.items()
        if len(items) != 2:  # noqa: PLR2004
            raise node.error("must be a start and an end")
        start, end = map(self.read, items)
        if end < start:
            raise node.error("ends before it starts")
        return Span(start, end)

    def proper_span(self, start: Node, end: Node, at: str) -> Span:
        """Return a span that ends after it starts; `at` is the place to name where it does not."""
        span = Span(self.read(start), self.read(end))
        if span.end <= span.start:
            raise CaseError(at, "must end after it starts")
        return span


def read_people(node: Node, instants: Instants) -> tuple[Person, ...]:
    """Return the people of a case."""
    used: set[str] = set()
    return tuple(_read_person(each, instants, used) for each in node.items())


def _read_person(node: Node, instants: Instants, used: set[str]) -> Person:
    lists = ("free", "busy", "unknown", "preferred")
    fields = node.fields(["id"], lists)
    name = fields["id"].new_id(used)
    free, busy, unknown, preferred = (instants.spans(fields[each]) if each in fields else () for each in lists)
    return Person(name, free, busy, unknown, preferred)


def read_meetings(node: Node, instants: Instants, people: Container[str]) -> tuple[Meeting, ...]:
    """Return the existing meetings of a case."""
    used: set[str] = set()
    return tuple(_read_meeting(each, instants, people, used) for each in node.items())


def _read_meeting(node: Node, instants: Instants, people: Container[str], used: set[str]) -> Meeting:
    fields = node.fields(["id", "start", "end"], ["locked", "seats"])
    name = fields["id"].new_id(used)
    span = instants.proper_span(fields["start"], fields["end"], node.at)
    locked = fields["locked"].flag() if "locked" in fields else False
    used_seats: set[str] = set()
    seats = fields["seats"].items() if "seats" in fields else ()
    held = tuple(_read_held_seat(each, instants, people, used_seats) for each in seats)
    return Meeting(name, span.start, span.end, locked, held)


def _read_held_seat(node: Node, instants: Instants, people: Container[str], used: set[str]) -> HeldSeat:
    fields = node.fields(["id", "holder"], ["eligible", "may_double", "blocks"])
    name = fields["id"].new_id(used)
    holder = fields["holder"].person(people)
    eligible = fields["eligible"].items() if "eligible" in fields else ()
    names = tuple(each.person(people) for each in eligible)
    may_double = fields["may_double"].flag() if "may_double" in fields else False
    blocks = instants.spans(fields["blocks"]) if "blocks" in fields else ()
    return HeldSeat(name, holder, names, may_double, blocks)
