import io
import json
from copy import deepcopy

import pytest

from meetings.core.cases_propose import answer_line, read_case, run, write_proposals
from meetings.core.json_reading import parse_json
from meetings.core.proposals import Case, HeldSeat, Meeting, Person, Proposal, Proposals, Reason, Reseating, Seat
from tests.meetings.core.times import minute, span

PLAIN = {
    "schema": "scheduling-case/1",
    "time_zone": "America/New_York",
    "window": {"start": "2026-11-23T14:00:00-05:00", "end": "2026-11-23T21:00Z"},
    "duration_minutes": 60,
    "step_minutes": 30,
    "people": [
        {
            "id": "mother",
            "unknown": [["2026-11-23T15:00-05:00", "2026-11-23T21:00Z"]],
            "preferred": [["2026-11-23T15:00-05:00", "2026-11-23T16:00-05:00"]],
        },
        {
            "id": "vp",
            "free": [
                ["2026-11-23T12:00Z", "2026-11-23T18:00Z"],
                ["2026-11-23T18:00Z", "2026-11-23T22:00Z"],
                ["2026-11-23T01:00Z", "2026-11-23T01:00Z"],
            ],
            "busy": [],
        },
    ],
    "seats": [
        {"id": "parent", "role": "parent", "eligible": ["mother"]},
        {"id": "lea", "role": "LEA representative", "required": True, "eligible": ["vp", "vp"], "may_double": True},
        {"id": "speech", "role": "related service provider", "required": False, "eligible": []},
    ],
    "meetings": [
        {
            "id": "504-17",
            "start": "2026-11-23T13:00-05:00",
            "end": "2026-11-23T14:00-05:00",
            "locked": True,
            "seats": [
                {
                    "id": "chair",
                    "holder": "vp",
                    "eligible": ["vp"],
                    "may_double": False,
                    "blocks": [["2026-11-23T19:00Z", "2026-11-23T19:15Z"]],
                },
                {"id": "notes", "holder": "mother"},
            ],
        },
        {"id": "504-18", "start": "2026-11-24T13:00-05:00", "end": "2026-11-24T14:00-05:00"},
    ],
    "max_reseatings": 0,
    "limit": 5,
}
ANSWER = {
    "schema": "proposals/1",
    "starts_searched": 3,
    "starts_possible": 1,
    "proposals": [
        {
            "start": "2026-11-23T15:00-05:00",
            "end": "2026-11-23T16:00-05:00",
            "seating": {"parent": "mother", "lea": "vp", "speech": None},
            "to_ask": ["parent"],
            "reseatings": [],
            "reasons": [{"term": "preferred", "people": ["mother"]}],
        }
    ],
    "blockers": {"parent": 1},
}


def changed(path, value):
    """The plain case with one place changed; None takes the field away."""
    case = deepcopy(PLAIN)
    *way, last = path
    place = case
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return case


def test_answer_line_of_a_plain_case():
    text, good = answer_line(json.dumps(PLAIN))
    assert (json.loads(text), good) == (ANSWER, True)


def test_read_case_takes_every_field():
    free = (span("2026-11-23T12:00Z", "2026-11-23T18:00Z"), span("2026-11-23T18:00Z", "2026-11-23T22:00Z"))
    assert read_case(parse_json(json.dumps(PLAIN), 1)) == Case(
        zone="America/New_York",
        window=span("2026-11-23T19:00Z", "2026-11-23T21:00Z"),
        duration=60,
        step=30,
        people=(
            Person(
                "mother",
                unknown=(span("2026-11-23T20:00Z", "2026-11-23T21:00Z"),),
                preferred=(span("2026-11-23T20:00Z", "2026-11-23T21:00Z"),),
            ),
            Person("vp", free=(*free, span("2026-11-23T01:00Z", "2026-11-23T01:00Z"))),
        ),
        seats=(
            Seat("parent", "parent", ("mother",)),
            Seat("lea", "LEA representative", ("vp",), may_double=True),
            Seat("speech", "related service provider", (), required=False),
        ),
        meetings=(
            Meeting(
                "504-17",
                minute("2026-11-23T18:00Z"),
                minute("2026-11-23T19:00Z"),
                locked=True,
                seats=(
                    HeldSeat("chair", "vp", ("vp",), blocks=(span("2026-11-23T19:00Z", "2026-11-23T19:15Z"),)),
                    HeldSeat("notes", "mother"),
                ),
            ),
            Meeting("504-18", minute("2026-11-24T18:00Z"), minute("2026-11-24T19:00Z")),
        ),
        max_reseatings=0,
        limit=5,
    )


def test_read_case_without_its_optional_fields():
    case = deepcopy(PLAIN)
    for name in ("meetings", "max_reseatings", "limit"):
        del case[name]
    found = read_case(parse_json(json.dumps(case), 1))
    assert (found.meetings, found.max_reseatings, found.limit) == ((), 0, None)
    assert read_case(parse_json(json.dumps(changed(["limit"], 0) | {"limit": None}), 1)).limit is None


def test_write_proposals_with_a_reseating():
    start = minute("2026-11-23T15:00-05:00")
    reseating = Reseating("504-17", "chair", "vp", "principal")
    proposal = Proposal(start, start + 60, {"lea": "vp"}, (), (reseating,), (Reason("notice"),))
    found = write_proposals("America/New_York", Proposals(9, 1, (proposal,), {"lea": 8}))
    assert json.loads(json.dumps(found)) == {
        "schema": "proposals/1",
        "starts_searched": 9,
        "starts_possible": 1,
        "proposals": [
            {
                "start": "2026-11-23T15:00-05:00",
                "end": "2026-11-23T16:00-05:00",
                "seating": {"lea": "vp"},
                "to_ask": [],
                "reseatings": [{"meeting": "504-17", "seat": "chair", "from": "vp", "to": "principal"}],
                "reasons": [{"term": "notice", "people": []}],
            }
        ],
        "blockers": {"lea": 8},
    }


ONE = ["2026-11-23T15:00Z", "2026-11-23T16:00Z"]
NOT_AN_INSTANT = "must be an instant such as 2026-11-23T15:00-05:00"
BAD = [
    (["schema"], "scheduling-case/2", "schema", "must be 'scheduling-case/1'"),
    (["schema"], None, "schema", "this field is missing"),
    (["rooms"], [], "rooms", "unknown field"),
    (["time_zone"], "America", "time_zone", "no time zone 'America'"),
    (["time_zone"], "Mars/Olympus", "time_zone", "no time zone 'Mars/Olympus'"),
    (["time_zone"], "../etc/passwd", "time_zone", "no time zone '../etc/passwd'"),
    (["time_zone"], 5, "time_zone", "must be a text that is not empty"),
    (["window"], ONE, "window", "must be an object"),
    (["window"], {"start": ONE[0], "end": ONE[0]}, "window", "must end after it starts"),
    (["window", "end"], "2027-12-29T19:00Z", "window", "is longer than 400 days"),
    (["window"], {"start": "1969-12-31T23:00Z", "end": ONE[0]}, "window", "is longer than 400 days"),
    (
        ["window"],
        {"start": "1969-12-31T23:00Z", "end": "1970-02-01T00:00Z"},
        "window.start",
        "must lie between the years 1970 and 2200",
    ),
    (
        ["window"],
        {"start": "2199-12-31T23:00Z", "end": "2200-02-01T00:00Z"},
        "window.end",
        "must lie between the years 1970 and 2200",
    ),
    (["window", "start"], "2026-11-23T14:00", "window.start", "an instant needs an offset from UTC"),
    (["window", "start"], "2026-11-23T14:00:30Z", "window.start", "an instant lies on a whole minute"),
    (["window", "start"], "2026-11-23", "window.start", NOT_AN_INSTANT),
    (["window", "start"], "2026-13-23T14:00Z", "window.start", "there is no such day or time as '2026-13-23T14:00Z'"),
    (["window", "start"], 5, "window.start", "must be a text that is not empty"),
    (["duration_minutes"], 0, "duration_minutes", "must be a whole number from 1 to 1440"),
    (["duration_minutes"], 1441, "duration_minutes", "must be a whole number from 1 to 1440"),
    (["duration_minutes"], True, "duration_minutes", "must be a whole number from 1 to 1440"),
    (["duration_minutes"], 60.0, "duration_minutes", "must be a whole number from 1 to 1440"),
    (["step_minutes"], 7, "step_minutes", "must divide a day of 1440 minutes"),
    (["max_reseatings"], 4, "max_reseatings", "must be a whole number from 0 to 3"),
    (["max_reseatings"], -1, "max_reseatings", "must be a whole number from 0 to 3"),
    (["max_reseatings"], 1.0, "max_reseatings", "must be a whole number from 0 to 3"),
    (["limit"], -1, "limit", "must be a whole number from 0 up"),
    (["people"], {}, "people", "must be a list"),
    (["people", 0, "id"], "vp", "people[1].id", "the id 'vp' stands here a second time"),
    (["people", 0, "id"], "", "people[0].id", "must be a text that is not empty"),
    (["people", 0, "name"], "Otis Marigold", "people[0].name", "unknown field"),
    (["people", 0, "free"], "always", "people[0].free", "must be a list"),
    (["people", 0, "free"], [ONE, ONE[::-1]], "people[0].free[1]", "ends before it starts"),
    (["people", 0, "free"], [ONE[:1]], "people[0].free[0]", "must be a start and an end"),
    (["people", 0, "free"], [ONE, dict.fromkeys(ONE)], "people[0].free[1]", "must be a list"),
    (["people", 0, "free"], [[ONE[0], "noon"]], "people[0].free[0][1]", NOT_AN_INSTANT),
    (["people", 0, "free"], [[ONE[0], 5]], "people[0].free[0][1]", "must be a text that is not empty"),
    (["people", 0, "free"], [[ONE[0], []]], "people[0].free[0][1]", "must be a text that is not empty"),
    (["seats"], [], "seats", "a meeting needs at least one seat"),
    (["seats", 0, "id"], "lea", "seats[1].id", "the id 'lea' stands here a second time"),
    (["seats", 0, "role"], None, "seats[0].role", "this field is missing"),
    (["seats", 0, "required"], 1, "seats[0].required", "must be true or false"),
    (["seats", 2, "eligible"], ["x"], "seats[2].eligible[0]", "no person 'x'"),
    (["meetings", 1, "id"], "504-17", "meetings[1].id", "the id '504-17' stands here a second time"),
    (["meetings", 1, "end"], "2026-11-24T13:00-05:00", "meetings[1]", "must end after it starts"),
    (["meetings", 0, "locked"], "yes", "meetings[0].locked", "must be true or false"),
    (["meetings", 0, "seats", 0, "holder"], "x", "meetings[0].seats[0].holder", "no person 'x'"),
    (["meetings", 0, "seats", 0, "eligible"], ["vp", "x"], "meetings[0].seats[0].eligible[1]", "no person 'x'"),
    (["meetings", 0, "seats", 1, "id"], "chair", "meetings[0].seats[1].id", "the id 'chair' stands here a second time"),
]


@pytest.mark.parametrize(("path", "value", "at", "message"), BAD)
def test_answer_line_names_the_place_of_an_error(path, value, at, message):
    text, good = answer_line(json.dumps(changed(path, value)))
    assert (json.loads(text), good) == ({"error": {"at": at, "message": message}}, False)


@pytest.mark.parametrize(
    ("line", "at", "message"),
    [
        (b"", "line 7, column 1", "not JSON: Expecting value"),
        (b'{"schema": }', "line 7, column 12", "not JSON: Expecting value"),
        (b'{"limit": NaN}', "line 7", "not JSON: NaN is no number of JSON"),
        (b'{"limit": 1, "seats": 2, "limit": 3}', "line 7", "not JSON: the field 'limit' stands twice in one object"),
        (b'{"limit": ' + b"1" * 5000 + b"}", "line 7", None),
        (b"[" * 100_000, "line 7", "not JSON: nested too deeply"),
        (b'"\xff"', "line 7, byte 2", "not UTF-8"),
        (b"[1]", "", "must be an object"),
    ],
)
def test_answer_line_of_what_is_not_a_case(line, at, message):
    text, good = answer_line(line, 7)
    error = json.loads(text)["error"]
    assert (error["at"], good) == (at, False)
    assert message in (None, error["message"])


def test_run_answers_every_line_in_order():
    out = io.StringIO()
    plain = json.dumps(PLAIN).encode() + b"\n"

    status = run([plain, b"oops\n", plain], out)

    assert status == 1
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [
        ANSWER,
        {"error": {"at": "line 2, column 1", "message": "not JSON: Expecting value"}},
        ANSWER,
    ]


def test_run_without_a_bad_line():
    out = io.StringIO()
    assert run([json.dumps(PLAIN).encode()], out) == 0
    assert json.loads(out.getvalue()) == ANSWER


def test_answer_line_at_the_edge_of_the_calendar():
    """People may be free for ever; only the window must lie in times that zones know."""
    always = [["0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00"]]
    case = changed(["people", 0], {"id": "mother", "free": always})
    case["window"] = {"start": "2199-12-31T14:00Z", "end": "2200-01-01T00:00Z"}
    case["people"][1] = {"id": "vp", "free": always}
    found = json.loads(answer_line(json.dumps(case))[0])
    assert (found["starts_searched"], found["starts_possible"]) == (19, 19)
