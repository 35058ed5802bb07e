"""Proposal cases as JSON: one case per line in (`scheduling-case/1`), one answer per line out (`proposals/1`).

Instants come out as ISO 8601 in the case's time zone, with its offset, to the minute: `2026-11-23T15:00-05:00`.
A bad line is answered by `{"error": {"at": "seats[2].eligible[0]", "message": "no person 'x'"}}`; where the text is
not JSON at all, `at` names the line of the input and the column.
"""

import json
from collections.abc import Container, Iterable
from datetime import UTC, datetime
from typing import Any, TextIO

from meetings.core.cases import Case, Proposal, Proposals, Reason, Reseating
from meetings.core.intervals import Span, minute_of
from meetings.core.json_reading import CaseError, Instants, Node, parse_json, read_meetings, read_people
from meetings.core.proposals import propose
from meetings.core.schooldays import MINUTES_PER_DAY, local_iso
from meetings.core.seats import Seat

SCHEMA = "scheduling-case/1"
MOST_DAYS = 400
MOST_RESEATINGS = 3
# Zones are not known for times long past or far ahead; nobody meets then.
EARLIEST = minute_of(datetime(1970, 1, 2, tzinfo=UTC))
LATEST = minute_of(datetime(2200, 1, 1, tzinfo=UTC))


def run(lines: Iterable[bytes], out: TextIO) -> int:
    """Answer each line in order; return the exit status, 1 when any line was bad."""
    status = 0
    for number, line in enumerate(lines, 1):
        text, good = answer_line(line, number)
        status = status if good else 1
        out.write(text + "\n")
        out.flush()
    return status


def answer_line(line: bytes | str, number: int = 1) -> tuple[str, bool]:
    """Return the answer to one line, without a line end, and whether the line was good."""
    try:
        case = read_case(parse_json(line, number))
        return json.dumps(write_proposals(case.zone, propose(case))), True
    except CaseError as error:
        return json.dumps({"error": {"at": error.at, "message": error.message}}), False


def read_case(node: Node) -> Case:
    """Return the case that a JSON value describes. Raises CaseError, which names the place, for anything wrong."""
    fields = node.fields(
        ["schema", "time_zone", "window", "duration_minutes", "step_minutes", "people", "seats"],
        ["meetings", "max_reseatings", "limit"],
    )
    if fields["schema"].value != SCHEMA:
        raise fields["schema"].error(f"must be {SCHEMA!r}")
    instants = Instants()
    people = read_people(fields["people"], instants)
    names = {person.id for person in people}
    return Case(
        zone=fields["time_zone"].zone(),
        window=_read_window(fields["window"], instants),
        duration=fields["duration_minutes"].integer(1, MINUTES_PER_DAY),
        step=_read_step(fields["step_minutes"]),
        people=people,
        seats=_read_seats(fields["seats"], names),
        meetings=read_meetings(fields["meetings"], instants, names) if "meetings" in fields else (),
        max_reseatings=fields["max_reseatings"].integer(0, MOST_RESEATINGS) if "max_reseatings" in fields else 0,
        limit=_read_limit(fields["limit"]) if "limit" in fields else None,
    )


def _read_window(node: Node, instants: Instants) -> Span:
    fields = node.fields(["start", "end"])
    window = instants.proper_span(fields["start"], fields["end"], node.at)
    if window.end - window.start > MOST_DAYS * MINUTES_PER_DAY:
        raise node.error(f"is longer than {MOST_DAYS} days")
    for each, minute in zip(("start", "end"), window, strict=True):
        if not EARLIEST <= minute <= LATEST:
            raise fields[each].error("must lie between the years 1970 and 2200")
    return window


def _read_step(node: Node) -> int:
    step = node.integer(1, MINUTES_PER_DAY)
    if MINUTES_PER_DAY % step:
        raise node.error(f"must divide a day of {MINUTES_PER_DAY} minutes")
    return step


def _read_limit(node: Node) -> int | None:
    return None if node.value is None else node.integer(0)


def _read_seats(node: Node, people: Container[str]) -> tuple[Seat, ...]:
    used: set[str] = set()
    seats = tuple(_read_seat(each, people, used) for each in node.items())
    if not seats:
        raise node.error("a meeting needs at least one seat")
    return seats


def _read_seat(node: Node, people: Container[str], used: set[str]) -> Seat:
    fields = node.fields(["id", "role", "eligible"], ["required", "may_double"])
    return Seat(
        id=fields["id"].new_id(used),
        role=fields["role"].text(),
        eligible=tuple(dict.fromkeys(each.person(people) for each in fields["eligible"].items())),
        required=fields["required"].flag() if "required" in fields else True,
        may_double=fields["may_double"].flag() if "may_double" in fields else False,
    )


def write_proposals(zone: str, found: Proposals) -> dict[str, Any]:
    """Return the answer as JSON values, its instants as text in the zone."""
    return {
        "schema": "proposals/1",
        "starts_searched": found.searched,
        "starts_possible": found.possible,
        "proposals": [_write_proposal(zone, proposal) for proposal in found.proposals],
        "blockers": found.blockers,
    }


def _write_proposal(zone: str, proposal: Proposal) -> dict[str, Any]:
    return {
        "start": local_iso(zone, proposal.start),
        "end": local_iso(zone, proposal.end),
        "seating": proposal.seating,
        "to_ask": proposal.to_ask,
        "reseatings": [_write_reseating(each) for each in proposal.reseatings],
        "reasons": [_write_reason(each) for each in proposal.reasons],
    }


def _write_reseating(reseating: Reseating) -> dict[str, str]:
    return {"meeting": reseating.meeting, "seat": reseating.seat, "from": reseating.from_, "to": reseating.to}


def _write_reason(reason: Reason) -> dict[str, Any]:
    return {"term": reason.term, "people": reason.people}
