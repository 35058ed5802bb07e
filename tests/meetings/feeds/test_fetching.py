import gzip
import logging
import socket
import ssl
import zlib

import pytest

from meetings.feeds.addresses import checked
from meetings.feeds.fetching import MOST_BYTES, STRICT, Fetched, Network, fetch, looked_up
from meetings.feeds.guard import is_public
from meetings.feeds.readings import Trouble, UnreadableError
from tests.calendarserver import HOSTS, drip

PATH = "/calendar/ical/dana/private-0a1b2c3d4e5f/basic.ics"
ADDRESS = checked(f"https://calendar.google.com{PATH}")
BODY = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def server(calendar_server):
    calendar_server.pages[PATH] = (200, {"ETag": '"v1"'}, BODY)
    return calendar_server


def trouble(server, *, address=ADDRESS, seconds=10, hosts=HOSTS, **network):
    with pytest.raises(UnreadableError) as error:
        fetch(address, hosts, network=server.network(**network), seconds=seconds)
    assert str(error.value) == error.value.trouble.value
    return error.value.trouble


def test_calendar_with_its_etag(server):
    assert fetch(ADDRESS, HOSTS, network=server.network()) == Fetched(BODY, '"v1"')

    (host, path, headers) = server.asked[0]
    assert (host, path) == ("calendar.google.com", PATH)
    assert headers == {
        "Host": "calendar.google.com",
        "User-Agent": "IEP-Scheduler",
        "Accept": "text/calendar",
        "Accept-Encoding": "gzip",
    }


def test_calendar_that_has_not_changed(server):
    server.pages[PATH] = (304, {}, b"")

    assert fetch(ADDRESS, HOSTS, etag='"v1"', network=server.network()) == Fetched(None, '"v1"')
    assert server.asked[0][2]["If-None-Match"] == '"v1"'


def test_answer_not_changed_to_a_question_that_nobody_asked(server):
    server.pages[PATH] = (304, {}, b"")

    assert trouble(server) == Trouble.NO_ANSWER


def test_etag_that_cannot_be_kept_is_none(server):
    server.pages[PATH] = (200, {"ETag": "x" * 256}, BODY)

    assert fetch(ADDRESS, HOSTS, network=server.network()) == Fetched(BODY, "")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, Trouble.NOT_ALLOWED),
        (403, Trouble.NOT_ALLOWED),
        (404, Trouble.NOT_FOUND),
        (410, Trouble.NOT_FOUND),
        (429, Trouble.NO_ANSWER),
        (500, Trouble.NO_ANSWER),
        (206, Trouble.NO_ANSWER),
    ],
)
def test_answer_that_is_no_calendar(server, status, expected):
    server.pages[PATH] = (status, {}, b"")

    assert trouble(server) == expected


def test_nobody_listens(server):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    assert trouble(server, port=port) == Trouble.NO_ANSWER


def test_name_that_nobody_knows(server):
    assert trouble(server, resolve=lambda _: []) == Trouble.NO_ANSWER
    assert looked_up("calendar.invalid") == []


def test_second_machine_is_asked_where_the_first_is_down(server):
    asked = fetch(
        ADDRESS,
        HOSTS,
        network=server.network(resolve=lambda _: ["127.0.0.9", "127.0.0.1"], may_be_asked=lambda _: True),
    )

    assert asked.body == BODY


def test_certificate_of_another_host(server):
    other = checked("https://outlook.live.com/owa/calendar.ics")

    assert trouble(server, address=other, hosts=["outlook.live.com"]) == Trouble.NO_ANSWER
    assert server.asked == []


def test_certificate_of_an_authority_that_nobody_trusts(server):
    assert trouble(server, trust=ssl.create_default_context) == Trouble.NO_ANSWER
    assert server.asked == []


def test_proxies_and_passwords_of_the_environment_are_not_used(server, monkeypatch, tmp_path):
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine calendar.google.com login dana password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))

    assert fetch(ADDRESS, HOSTS, network=server.network()).body == BODY
    assert "Authorization" not in server.asked[0][2]


def test_cookie_is_not_sent_back(server):
    server.pages["/first.ics"] = (302, {"Location": PATH, "Set-Cookie": "who=dana; Path=/"}, b"")

    assert fetch(checked("https://calendar.google.com/first.ics"), HOSTS, network=server.network()).body == BODY
    assert [headers.get("Cookie") for _, _, headers in server.asked] == [None, None]


# Where it may lead


def test_defaults_refuse_this_machine(server):
    assert (STRICT.resolve, STRICT.may_be_asked, STRICT.port) == (looked_up, is_public, 443)
    assert Network() == STRICT
    with pytest.raises(UnreadableError) as error:
        fetch(checked("https://localhost/basic.ics", ["localhost"]), ["localhost"])
    assert error.value.trouble == Trouble.REFUSED_ADDRESS
    # The same server, all else of the test in place: only the strict look at the address is as it is in earnest.
    assert trouble(server, may_be_asked=STRICT.may_be_asked) == Trouble.REFUSED_ADDRESS
    assert server.asked == []


@pytest.mark.parametrize(
    "target",
    [
        "https://127.0.0.1/private",
        "https://localhost/private",
        "https://169.254.169.254/latest/meta-data/",
        "http://calendar.google.com/basic.ics",
        "https://calendar.google.com:8443/basic.ics",
        "https://dana:secret@calendar.google.com/basic.ics",
        "file:///etc/passwd",
        "//127.0.0.1/private",
        "https://accounts.google.com/signin.ics",
        "",
    ],
)
def test_redirect_to_somewhere_that_may_not_be_asked(server, target):
    server.pages[PATH] = (302, {"Location": target} if target else {"Location": "https:///"}, b"")

    assert trouble(server) == Trouble.REFUSED_ADDRESS
    assert len(server.asked) == 1


def test_redirect_to_an_allowed_host_whose_address_is_private(server):
    server.pages[PATH] = (302, {"Location": "https://outlook.office365.com/owa/calendar.ics"}, b"")
    addresses = {"calendar.google.com": ["127.0.0.1"], "outlook.office365.com": ["10.0.0.5"]}

    assert trouble(server, resolve=addresses.__getitem__) == Trouble.REFUSED_ADDRESS
    assert len(server.asked) == 1


def test_redirect_to_another_allowed_host(server):
    server.pages[PATH] = (301, {"Location": "https://outlook.office365.com/owa/calendar.ics"}, b"")
    server.pages["/owa/calendar.ics"] = (200, {}, BODY)

    assert fetch(ADDRESS, HOSTS, network=server.network()).body == BODY
    assert [(host, path) for host, path, _ in server.asked] == [
        ("calendar.google.com", PATH),
        ("outlook.office365.com", "/owa/calendar.ics"),
    ]


def test_redirects_without_end(server):
    server.pages[PATH] = (302, {"Location": PATH}, b"")

    assert trouble(server) == Trouble.NO_ANSWER
    assert len(server.asked) == 4


def test_name_that_resolves_differently_the_second_time(server):
    """DNS rebinding: were the name looked up again to connect, the second answer would count."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]])

    assert fetch(ADDRESS, HOSTS, network=server.network(resolve=lambda _: next(answers))).body == BODY
    assert next(answers) == ["10.0.0.1"]


def test_name_that_resolves_to_a_public_and_a_private_address(server):
    answers = ["10.0.0.1", "::1", "127.0.0.1"]

    assert fetch(ADDRESS, HOSTS, network=server.network(resolve=lambda _: answers)).body == BODY
    assert trouble(server, resolve=lambda _: answers[:2]) == Trouble.REFUSED_ADDRESS


# How much may come, and how slowly


def test_five_megabytes_are_taken_and_not_one_byte_more(server):
    server.pages[PATH] = (200, {}, b"x" * MOST_BYTES)
    assert len(fetch(ADDRESS, HOSTS, network=server.network()).body) == MOST_BYTES

    server.pages[PATH] = (200, {}, b"x" * (MOST_BYTES + 1))
    assert trouble(server) == Trouble.TOO_LARGE


def test_packed_calendar(server):
    server.pages[PATH] = (200, {"Content-Encoding": "gzip"}, gzip.compress(BODY * 5000))

    assert fetch(ADDRESS, HOSTS, network=server.network()).body == BODY * 5000


def bomb(megabytes):
    """Megabytes of nothing in a thousandth of that, put together without ever unpacking it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = bytes(1_000_000)
    return b"".join([*(packer.compress(piece) for _ in range(megabytes)), packer.flush()])


@pytest.mark.parametrize("layers", [1, 2])
def test_gzip_bomb_is_left_when_five_megabytes_are_unpacked(server, layers):
    body = bomb(60)
    for _ in range(layers - 1):
        body = gzip.compress(body)
    server.pages[PATH] = (200, {"Content-Encoding": ", ".join(["gzip"] * layers)}, body)

    assert trouble(server) == Trouble.TOO_LARGE


def test_packing_that_is_broken(server):
    server.pages[PATH] = (200, {"Content-Encoding": "gzip"}, b"not packed at all")

    assert trouble(server) == Trouble.NOT_A_CALENDAR


def test_calendar_that_breaks_off(server):
    server.pages[PATH] = (200, {"Content-Length": len(BODY) + 10, "Connection": "close"}, BODY)

    def page(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nBEGIN:VCALENDAR\r\n")
        handler.close_connection = True

    server.pages[PATH] = page
    assert trouble(server) == Trouble.NO_ANSWER


def test_slow_drip_ends_with_the_time_that_there_is(server):
    server.pages[PATH] = drip(server, b"Content-Length: 4000000\r\n\r\n")

    assert trouble(server, seconds=0.5) == Trouble.TOO_SLOW


def test_server_that_says_nothing(server):
    server.pages[PATH] = lambda _: server.stopping.wait(30)

    assert trouble(server, seconds=0.5) == Trouble.TOO_SLOW


def test_neither_log_nor_error_holds_the_address_or_what_came(server, caplog):
    caplog.set_level(logging.DEBUG)
    server.pages[PATH] = (302, {"Location": "https://evil.example/secret-body"}, b"secret body")
    assert trouble(server) == Trouble.REFUSED_ADDRESS
    server.pages[PATH] = (500, {}, b"secret body")
    assert trouble(server) == Trouble.NO_ANSWER

    said = caplog.text.replace("-", " ")
    assert "private" not in caplog.text
    assert "secret body" not in said
