"""The real child process, from a real server: the bad inputs that must cost nobody more than one failed reading."""

import gzip
import logging
import zlib
from contextlib import suppress
from pathlib import Path

import pytest

from meetings.feeds.addresses import HOSTS
from meetings.feeds.fetching import MOST_BYTES
from meetings.feeds.limits import CPU_SECONDS, MEMORY
from meetings.feeds.process import HANDED_ON, READER, Request, ask
from meetings.feeds.readings import Trouble, UnreadableError
from meetings.models import CalendarTrouble
from tests.calendarserver import drip
from tests.effort import IS_NIGHTLY
from tests.meetings.feeds.written import WINDOW, ZONE, calendar, event, times

PATH = "/calendar/ical/dana/private-0a1b2c3d4e5f/basic.ics"
REQUEST = Request(f"https://calendar.google.com{PATH}", HOSTS, WINDOW, ZONE)
GOOD = calendar(event("DTSTART:20261202T140000Z", "DURATION:PT1H", uid="good"))
HEAD = "DTSTART:20261201T140000Z\r\nDURATION:PT1H"


def trouble(server, page, *seconds):
    server.pages[PATH] = page
    with pytest.raises(UnreadableError) as error:
        ask(REQUEST, server.reader(*seconds))
    return error.value.trouble


def found(server, text, **headers):
    server.pages[PATH] = (200, headers, text if isinstance(text, bytes) else text.encode())
    return ask(REQUEST, server.reader())


def test_troubles_are_those_that_the_rows_keep():
    assert {each.value for each in Trouble} == set(CalendarTrouble.values)


def test_calendar_is_read_by_a_process_of_its_own(calendar_server):
    reading = found(calendar_server, GOOD, ETag='"v1"')

    assert (times(reading.busy), reading.etag, reading.skipped) == (["12-02 14:00 60"], '"v1"', 0)


def test_nothing_has_changed(calendar_server):
    calendar_server.pages[PATH] = (304, {}, b"")

    assert ask(Request(**vars(REQUEST) | {"etag": '"v1"'}), calendar_server.reader()) is None


def test_reader_of_the_product_refuses_this_machine(calendar_server):
    calendar_server.pages["/basic.ics"] = (200, {}, GOOD.encode())
    request = Request(**vars(REQUEST) | {"address": "https://localhost/basic.ics", "hosts": ["localhost"]})

    with pytest.raises(UnreadableError) as error:
        ask(request, READER)

    assert error.value.trouble == Trouble.REFUSED_ADDRESS
    assert calendar_server.asked == []


def test_feed_of_five_megabytes_is_read_within_its_limits(calendar_server):
    one = event("DTSTART:20190101T140000Z", "DTEND:20190101T150000Z", "DESCRIPTION:" + "x" * 800, uid="old")
    count = (MOST_BYTES - len(GOOD) - 100) // (len(one) + 2)

    assert times(found(calendar_server, calendar(*[one] * count) + GOOD).busy) == ["12-02 14:00 60"]


def test_feed_of_one_line_of_five_megabytes(calendar_server):
    text = calendar(event(HEAD, "SUMMARY:" + "x" * (MOST_BYTES - 1000)))

    assert times(found(calendar_server, text).busy) == ["12-01 14:00 60"]


def test_feed_above_five_megabytes(calendar_server):
    assert trouble(calendar_server, (200, {}, b"x" * (MOST_BYTES + 1))) == Trouble.TOO_LARGE


@pytest.mark.parametrize("rule", ["FREQ=DAILY;INTERVAL=0", "FREQ=MINUTELY", "FREQ=SECONDLY;UNTIL=20991231T000000Z"])
def test_rule_without_end(calendar_server, rule):
    reading = found(calendar_server, calendar(event(HEAD, f"RRULE:{rule}")) + GOOD)

    assert (times(reading.busy), reading.skipped) == (["12-02 14:00 60"], 1)


@pytest.mark.skipif(not IS_NIGHTLY, reason="ten seconds of hard work")
def test_many_rules_that_are_never_true_use_up_their_time(calendar_server):
    """Each is worked out to the year 9999 in vain, and left after two seconds: ten seconds are all there are."""
    rules = [event(HEAD, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", uid=f"{n}") for n in range(20)]

    assert trouble(calendar_server, (200, {}, calendar(*rules).encode())) == Trouble.TOO_SLOW


def test_too_many_occurrences(calendar_server):
    daily = [event(HEAD, "RRULE:FREQ=DAILY", uid=f"{n}") for n in range(40)]

    assert trouble(calendar_server, (200, {}, calendar(*daily).encode())) == Trouble.TOO_MANY_EVENTS


def test_html_page_with_status_200(calendar_server):
    page = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>BEGIN:VCALENDAR</body></html>"

    assert trouble(calendar_server, (200, {"Content-Type": "text/html"}, page)) == Trouble.NOT_A_CALENDAR


def test_redirect_to_this_machine(calendar_server):
    page = (302, {"Location": f"https://127.0.0.1:{calendar_server.port}/private"}, b"")

    assert trouble(calendar_server, page) == Trouble.REFUSED_ADDRESS
    assert len(calendar_server.asked) == 1


def test_gzip_bomb(calendar_server):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = b"".join([*(packer.compress(bytes(1_000_000)) for _ in range(60)), packer.flush()])

    assert trouble(calendar_server, (200, {"Content-Encoding": "gzip"}, body)) == Trouble.TOO_LARGE


def test_packed_feed(calendar_server):
    assert times(found(calendar_server, gzip.compress(GOOD.encode()), **{"Content-Encoding": "gzip"}).busy) == [
        "12-02 14:00 60"
    ]


def test_slow_drip_of_the_body(calendar_server):
    page = drip(calendar_server, b"Content-Length: 4000000\r\n\r\n")

    assert trouble(calendar_server, page, 1) == Trouble.TOO_SLOW


def test_slow_drip_of_the_headers_ends_by_the_systems_clock(calendar_server):
    page = drip(calendar_server, b"X-Slow: ")

    assert trouble(calendar_server, page, 0.5) == Trouble.TOO_SLOW


def test_reading_that_hangs_ends_by_the_systems_clock(calendar_server):
    rules = [event(HEAD, "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", uid=f"{n}") for n in range(20)]

    assert trouble(calendar_server, (200, {}, calendar(*rules).encode()), 20, 0.5) == Trouble.TOO_SLOW


def test_child_that_never_ends_is_ended(calendar_server, tmp_path):
    calendar_server.pages[PATH] = lambda _: calendar_server.stopping.wait(60)

    with pytest.raises(UnreadableError) as error:
        ask(REQUEST, calendar_server.reader(), seconds=1)

    assert error.value.trouble == Trouble.TOO_SLOW


def test_child_has_its_limits_and_none_of_our_environment(calendar_server, tmp_path, monkeypatch):
    """The limits are read from outside, as the system holds them."""
    monkeypatch.setenv("SECRET_KEY", "must not be there")
    monkeypatch.setenv("SSL_CERT_FILE", "")
    seen = {}

    def page(handler):
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # Others end while we look.
                words = (process / "cmdline").read_text().split("\0")
                if str(calendar_server.authority_file) in words:
                    seen["words"] = words
                    seen["limits"] = {
                        line[:26].strip(): line[26:47].strip() for line in (process / "limits").read_text().splitlines()
                    }
                    environment = (process / "environ").read_text().split("\0")
                    seen["names"] = {each.partition("=")[0] for each in environment if each}
        handler.send_error(404)

    assert trouble(calendar_server, page) == Trouble.NOT_FOUND
    limits = seen["limits"]
    assert (limits["Max address space"], limits["Max cpu time"]) == (str(MEMORY), str(CPU_SECONDS))
    assert (limits["Max file size"], limits["Max core file size"]) == ("0", "0")
    assert seen["names"] <= {*HANDED_ON, "LC_CTYPE"}
    assert "private-0a1b2c3d4e5f" not in " ".join(seen["words"])


def test_child_that_breaks_is_noted(caplog):
    with pytest.raises(UnreadableError) as error:
        ask(REQUEST, ("tests.calendar_reader",))

    assert error.value.trouble == Trouble.TOO_LARGE
    assert [record.getMessage() for record in caplog.records] == ["The process that reads a calendar ended with 1"]


def test_log_names_a_fault_of_ours_and_neither_address_nor_content(calendar_server, caplog):
    caplog.set_level(logging.DEBUG)
    calendar_server.pages[PATH] = (200, {}, GOOD.encode())

    with pytest.raises(UnreadableError):
        ask(Request(**vars(REQUEST) | {"zone": "No/Where"}), calendar_server.reader())

    assert [record.getMessage() for record in caplog.records if record.name.startswith("meetings")] == [
        "Reading a calendar met a fault of ours: ZoneInfoNotFoundError"
    ]
    assert "private-0a1b2c3d4e5f" not in caplog.text
