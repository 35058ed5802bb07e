"""Free/busy of Google Workspace, asked of a server that answers as its reference says."""

import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from meetings.core.intervals import Span, minute_of
from meetings.directories.asking import SlowDownError
from meetings.directories.google import Google
from meetings.feeds.readings import Reading, Trouble, UnreadableError
from tests.directoryserver import directory_server

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
WINDOW = Span(minute_of(NOW - timedelta(days=1)), minute_of(NOW + timedelta(days=180)))
ANN, BEN = "ann@schools.example", "ben@schools.example"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def server():
    with directory_server() as found:
        found.busy = {ANN: [], BEN: []}
        yield found


@pytest.fixture
def google(server, tmp_path):
    pem = KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    key = {"type": "service_account", "private_key_id": "k1", "private_key": pem}
    key |= {"client_email": "iep@district.iam.gserviceaccount.com", "token_uri": f"{server.url}/token"}
    file = tmp_path / "key.json"
    file.write_text(json.dumps(key))
    return Google.from_file(str(file), "calendars@schools.example", f"{server.url}/calendar/v3")


def at(day, hour, minute=0):
    return datetime(2026, 12, day, hour, minute, tzinfo=UTC)


def span(start, end):
    return Span(minute_of(start), minute_of(end))


def test_busy_times_of_several_people_come_in_one_answer(server, google):
    server.busy = {ANN: [(at(3, 18), at(3, 19)), (at(4, 18), at(4, 18, 30))], BEN: []}

    assert google.busy_times([ANN, BEN], WINDOW, NOW) == {
        ANN: Reading((span(at(3, 18), at(3, 19)), span(at(4, 18), at(4, 18, 30)))),
        BEN: Reading(),
    }


def test_question_is_in_utc_in_pieces_that_are_not_refused(server, google):
    google.busy_times([ANN, BEN], WINDOW, NOW)

    asked = [body for _, _, body in server.asked]
    assert [path for path, _, _ in server.asked] == ["/calendar/v3/freeBusy"] * 4
    assert asked[0] == {
        "timeMin": "2026-11-22T14:00:00Z",
        "timeMax": "2027-01-21T14:00:00Z",
        "timeZone": "UTC",
        "calendarExpansionMax": 50,
        "items": [{"id": ANN}, {"id": BEN}],
    }
    ends = [(body["timeMin"], body["timeMax"]) for body in asked]
    assert [end for _, end in ends[:-1]] == [start for start, _ in ends[1:]]
    assert ends[-1][1] == "2027-05-22T14:00:00Z"


def test_busy_time_on_both_sides_of_a_piece_is_one(server, google):
    server.busy[ANN] = [(datetime(2027, 1, 21, 13, tzinfo=UTC), datetime(2027, 1, 21, 15, tzinfo=UTC))]

    assert google.busy_times([ANN], WINDOW, NOW)[ANN].busy == (span(*server.busy[ANN][0]),)


def test_service_account_signs_in_with_the_least_scope_and_keeps_its_token(server, google):
    google.busy_times([ANN], WINDOW, NOW)
    google.busy_times([ANN], WINDOW, NOW + timedelta(minutes=58))
    ((path, form),) = server.token_asked
    claims = jwt.decode(
        form["assertion"][0],
        KEY.public_key(),
        algorithms=["RS256"],
        audience=f"{server.url}/token",
        options={"verify_exp": False, "verify_iat": False},
    )
    google.busy_times([ANN], WINDOW, NOW + timedelta(minutes=59))

    assert path == "/token"
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    assert claims == {
        "iss": "iep@district.iam.gserviceaccount.com",
        "sub": "calendars@schools.example",
        "scope": "https://www.googleapis.com/auth/calendar.freebusy",
        "aud": f"{server.url}/token",
        "iat": int(NOW.timestamp()),
        "exp": int((NOW + timedelta(hours=1)).timestamp()),
    }
    assert jwt.get_unverified_header(form["assertion"][0]) == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert len(server.token_asked) == 2


def test_calendar_that_is_not_known_leaves_the_others_readable(server, google):
    del server.busy[BEN]
    server.errors[ANN] = "internalError"
    server.busy["eve@schools.example"] = [(at(3, 18), at(3, 19))]

    found = google.busy_times([ANN, BEN, "eve@schools.example"], WINDOW, NOW)

    assert found == {
        ANN: Trouble.NO_ANSWER,
        BEN: Trouble.NOT_FOUND,
        "eve@schools.example": Reading((span(at(3, 18), at(3, 19)),)),
    }


def test_calendar_unknown_in_one_piece_is_not_known_at_all(server, google):
    whole = {"calendars": {ANN: {"busy": []}}}
    part = {"calendars": {ANN: {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}}}
    server.next = [(200, {}, whole), (200, {}, part), (200, {}, whole), (200, {}, whole)]

    assert google.busy_times([ANN], WINDOW, NOW) == {ANN: Trouble.NOT_FOUND}


def test_calendar_left_out_of_the_answer_is_not_known(server, google):
    server.next = [(200, {}, {"kind": "calendar#freeBusy", "calendars": {}})] * 4

    assert google.busy_times([ANN], WINDOW, NOW) == {ANN: Trouble.NOT_FOUND}


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ((429, {"Retry-After": "120"}, {}), 120),
        ((429, {"Retry-After": "1"}, {}), 60),
        ((429, {}, {}), 60),
        ((503, {"Retry-After": "999999"}, {}), 6 * 60 * 60),
        ((403, {}, {"error": {"errors": [{"domain": "usageLimits", "reason": "rateLimitExceeded"}]}}), 60),
        ((403, {}, {"error": {"errors": [{"domain": "usageLimits", "reason": "userRateLimitExceeded"}]}}), 60),
    ],
)
def test_limit_says_how_long_to_wait(server, google, answer, seconds):
    server.next = [answer]

    with pytest.raises(SlowDownError) as asked:
        google.busy_times([ANN], WINDOW, NOW)

    assert asked.value.seconds == seconds


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        ((401, {}, {"error": {"code": 401}}), Trouble.NOT_ALLOWED),
        ((403, {}, {"error": {"errors": [{"reason": "forbidden"}]}}), Trouble.NOT_ALLOWED),
        ((404, {}, {}), Trouble.NOT_FOUND),
        ((500, {}, b"Internal error: Dentist"), Trouble.NO_ANSWER),
        ((503, {}, {}), Trouble.NO_ANSWER),
        ((302, {"Location": "http://127.0.0.1:1/"}, {}), Trouble.NO_ANSWER),
        ((200, {}, b"<html>Sign in</html>"), Trouble.NOT_A_CALENDAR),
        ((200, {}, []), Trouble.NOT_A_CALENDAR),
        ((200, {}, {"calendars": []}), Trouble.NOT_A_CALENDAR),
    ],
)
def test_answer_that_is_none_says_why_and_nothing_of_what_it_held(server, google, answer, trouble):
    server.next = [answer]

    with pytest.raises(UnreadableError) as refused:
        google.busy_times([ANN], WINDOW, NOW)

    assert (refused.value.trouble, str(refused.value)) == (trouble, trouble.value)


@pytest.mark.parametrize(
    "calendar", [{}, {"busy": [{}]}, {"busy": [{"start": "soon", "end": "later"}]}, [], {"errors": "x"}]
)
def test_broken_calendar_is_told_from_an_empty_one(server, google, calendar):
    server.next = [(200, {}, {"calendars": {ANN: calendar, BEN: {"busy": []}}})] * 4

    found = google.busy_times([ANN, BEN], WINDOW, NOW)

    assert found == {ANN: Trouble.NOT_A_CALENDAR, BEN: Reading()}


def test_refused_service_account_is_not_allowed(server, google):
    server.refuses_token = (400, {}, {"error": "unauthorized_client", "error_description": "Client is unauthorized"})

    with pytest.raises(UnreadableError) as refused:
        google.busy_times([ANN], WINDOW, NOW)

    assert (refused.value.trouble, server.asked) == (Trouble.NOT_ALLOWED, [])


def test_token_taken_back_before_its_time_is_asked_for_anew(server, google):
    google.busy_times([ANN], WINDOW, NOW)
    server.next = [(401, {}, {})]
    with pytest.raises(UnreadableError):
        google.busy_times([ANN], WINDOW, NOW)

    assert google.busy_times([ANN], WINDOW, NOW) == {ANN: Reading()}
    assert len(server.token_asked) == 2


def test_server_that_is_gone_does_not_answer(server, google):
    google._url = "http://127.0.0.1:1/calendar/v3"

    with pytest.raises(UnreadableError) as refused:
        google.busy_times([ANN], WINDOW, NOW)

    assert refused.value.trouble is Trouble.NO_ANSWER
