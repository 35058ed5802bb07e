"""Free/busy of Microsoft 365, asked of a server that answers as its reference says."""

from datetime import UTC, datetime, timedelta

import pytest

from meetings.core.intervals import Span, minute_of
from meetings.directories.asking import SlowDownError
from meetings.directories.microsoft import Account, Microsoft
from meetings.feeds.readings import Reading, Trouble, UnreadableError
from tests.directoryserver import directory_server

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
WINDOW = Span(minute_of(NOW - timedelta(days=1)), minute_of(NOW + timedelta(days=180)))
ANN, BEN = "ann@schools.example", "ben@schools.example"
ACCOUNT = Account("tenant-1", "client-1", "s3cr3t & more", "calendars@schools.example")


@pytest.fixture
def server():
    with directory_server() as found:
        found.busy = {ANN: [], BEN: []}
        yield found


@pytest.fixture
def microsoft(server):
    return Microsoft(ACCOUNT, server.url, server.url)


def at(day, hour, minute=0):
    return datetime(2026, 12, day, hour, minute, tzinfo=UTC)


def span(start, end):
    return Span(minute_of(start), minute_of(end))


def test_only_times_and_status_are_taken(server, microsoft):
    server.busy = {
        ANN: [
            (at(3, 13), at(3, 14), "busy"),
            (at(3, 15), at(3, 16), "tentative"),
            (at(3, 17), at(3, 18), "oof"),
            (at(3, 19), at(3, 20), "workingElsewhere"),
            (at(3, 21), at(3, 22), "free"),
        ],
        BEN: [(at(4, 13), at(4, 15), "tentative"), (at(4, 14), at(4, 15), "busy")],
    }

    found = microsoft.busy_times([ANN, BEN], WINDOW, NOW)

    assert found == {
        ANN: Reading(
            busy=(span(at(3, 13), at(3, 14)), span(at(3, 17), at(3, 18))), tentative=(span(at(3, 15), at(3, 16)),)
        ),
        BEN: Reading(busy=(span(at(4, 14), at(4, 15)),), tentative=(span(at(4, 13), at(4, 14)),)),
    }
    assert "Dentist" not in repr(found)


def test_question_is_in_utc_in_pieces_that_are_not_refused(server, microsoft):
    microsoft.busy_times([ANN, BEN], WINDOW, NOW)

    assert [path for path, _, _ in server.asked] == ["/v1.0/users/calendars%40schools.example/calendar/getSchedule"] * 4
    assert {headers["Prefer"] for _, headers, _ in server.asked} == {'outlook.timezone="UTC"'}
    assert server.asked[0][2] == {
        "schedules": [ANN, BEN],
        "startTime": {"dateTime": "2026-11-22T14:00:00", "timeZone": "UTC"},
        "endTime": {"dateTime": "2027-01-21T14:00:00", "timeZone": "UTC"},
        "availabilityViewInterval": 15,
    }


def test_application_signs_in_and_keeps_its_token(server, microsoft):
    microsoft.busy_times([ANN], WINDOW, NOW)
    microsoft.busy_times([ANN], WINDOW, NOW + timedelta(minutes=58))

    assert server.token_asked == [
        (
            "/tenant-1/oauth2/v2.0/token",
            {
                "client_id": ["client-1"],
                "client_secret": ["s3cr3t & more"],
                "scope": [f"{server.url}/.default"],
                "grant_type": ["client_credentials"],
            },
        )
    ]


def test_digits_are_read_where_the_items_are_kept_from_us(server, microsoft):
    server.hides_items = True
    server.busy[ANN] = [
        (at(3, 13), at(3, 14), "busy"),
        (at(3, 15), at(3, 16), "tentative"),
        (at(4, 9), at(4, 10), "oof"),
    ]

    assert microsoft.busy_times([ANN], WINDOW, NOW)[ANN] == Reading(
        busy=(span(at(3, 13), at(3, 14)), span(at(4, 9), at(4, 10))), tentative=(span(at(3, 15), at(3, 16)),)
    )


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        ("ErrorMailRecipientNotFound", Trouble.NOT_FOUND),
        ("ErrorNoFreeBusyAccess", Trouble.NOT_ALLOWED),
        ("ErrorServerBusy", Trouble.NO_ANSWER),
    ],
)
def test_mailbox_that_cannot_be_read_leaves_the_others_readable(server, microsoft, code, trouble):
    server.errors[ANN] = code

    assert microsoft.busy_times([ANN, BEN], WINDOW, NOW) == {ANN: trouble, BEN: Reading()}


def test_status_that_nobody_knows_is_busy(server, microsoft):
    item = {"status": "unknown"}
    item |= {
        name: {"dateTime": f"2026-12-03T{hour}:00:00.0000000", "timeZone": "UTC"}
        for name, hour in (("start", 13), ("end", 14))
    }
    row = {"scheduleId": ANN, "availabilityView": "", "scheduleItems": [item]}
    server.next = [(200, {}, {"value": [row]})] * 4

    assert microsoft.busy_times([ANN], WINDOW, NOW)[ANN] == Reading((span(at(3, 13), at(3, 14)),))


def test_time_in_another_zone_than_was_asked_for_is_refused(server, microsoft):
    times = {
        name: {"dateTime": "2026-12-03T13:00:00", "timeZone": "Pacific Standard Time"} for name in ("start", "end")
    }
    row = {"scheduleId": ANN, "availabilityView": "", "scheduleItems": [{"status": "busy", **times}]}
    server.next = [(200, {}, {"value": [row]})] * 4

    assert microsoft.busy_times([ANN], WINDOW, NOW) == {ANN: Trouble.NOT_A_CALENDAR}


def test_address_in_other_letters_is_the_same(server, microsoft):
    row = {"scheduleId": ANN.upper(), "availabilityView": "", "scheduleItems": []}
    server.next = [(200, {}, {"value": [row]})] * 4

    assert microsoft.busy_times([ANN], WINDOW, NOW) == {ANN: Reading()}


def test_throttled_says_how_long_to_wait(server, microsoft):
    server.next = [(429, {"Retry-After": "90"}, {"error": {"code": "ApplicationThrottled"}})]

    with pytest.raises(SlowDownError) as asked:
        microsoft.busy_times([ANN], WINDOW, NOW)

    assert asked.value.seconds == 90


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        ((403, {}, {"error": {"code": "ErrorAccessDenied"}}), Trouble.NOT_ALLOWED),
        ((404, {}, {"error": {"code": "ErrorInvalidUser"}}), Trouble.NOT_FOUND),
        ((504, {}, {}), Trouble.NO_ANSWER),
        ((200, {}, {"value": {}}), Trouble.NOT_A_CALENDAR),
    ],
)
def test_answer_that_is_none_says_why(server, microsoft, answer, trouble):
    server.next = [answer]

    with pytest.raises(UnreadableError) as refused:
        microsoft.busy_times([ANN], WINDOW, NOW)

    assert refused.value.trouble is trouble


def test_refused_application_is_not_allowed(server, microsoft):
    server.refuses_token = (401, {}, {"error": "invalid_client"})

    with pytest.raises(UnreadableError) as refused:
        microsoft.busy_times([ANN], WINDOW, NOW)

    assert refused.value.trouble is Trouble.NOT_ALLOWED
