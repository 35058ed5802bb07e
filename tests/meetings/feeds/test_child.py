import io
import json
import subprocess
import sys

import pytest

from meetings.feeds import child
from meetings.feeds.addresses import HOSTS
from meetings.feeds.process import HOUSE
from tests.meetings.feeds.written import WINDOW, ZONE, calendar, event

PATH = "/calendar/ical/dana/private-0a1b2c3d4e5f/basic.ics"
ASKED = {
    "address": f"https://calendar.google.com{PATH}",
    "hosts": HOSTS,
    "window": WINDOW,
    "zone": ZONE,
    "owner": ["dana@schools.example"],
    "our_host": "iep.schools.example",
    "etag": "",
}
DECLINED = "ATTENDEE;PARTSTAT=DECLINED:mailto:dana@schools.example"
OURS = "0b7f3c1e-6a52-4a6c-9d55-1f2f6e9b7a10@iep.schools.example"
TEXT = calendar(
    event("DTSTART:20261201T140000Z", "DURATION:PT1H", "SUMMARY:A secret title"),
    event("DTSTART:20261202T140000Z", "DURATION:PT1H", DECLINED, uid="two"),
    event("DTSTART:20261203T140000Z", "DURATION:PT1H", uid=OURS),
    event("DTSTART:20261204T140000", "DURATION:PT1H", "STATUS:TENTATIVE", uid="three"),
    event("DTSTART:nonsense!", uid="four"),
)


@pytest.fixture
def answer(calendar_server, monkeypatch):
    """Run the child's part in this process, without the limits that would stay."""
    monkeypatch.setattr(child.limits, "hold", lambda: None)
    monkeypatch.setattr(child.limits, "end_after", lambda _: None)

    def answer(page, **other):
        calendar_server.pages[PATH] = page
        said = io.StringIO()
        child.run(io.StringIO(json.dumps(ASKED | other)), said, network=calendar_server.network())
        return json.loads(said.getvalue())

    return answer


def test_answer_holds_times_and_nothing_else(answer):
    first = WINDOW.start + 30 * 24 * 60 + 14 * 60
    days = 24 * 60

    assert answer((200, {"ETag": '"v1"'}, TEXT.encode())) == {
        "reading": {
            "busy": [[first, first + 60]],
            "tentative": [[first + 3 * days + 300, first + 3 * days + 360]],
            "skipped": 1,
            "has_floating_times": True,
            "etag": '"v1"',
        }
    }


def test_nothing_has_changed(answer):
    assert answer((304, {}, b""), etag='"v1"') == {"unchanged": True}


@pytest.mark.parametrize(
    ("page", "other", "expected"),
    [
        ((404, {}, b""), {}, "not_found"),
        ((200, {}, b"<html>Sign in</html>"), {}, "not_a_calendar"),
        ((200, {}, b""), {"address": "https://127.0.0.1/basic.ics"}, "refused_address"),
        ((200, {}, b""), {"hosts": ["outlook.live.com"]}, "refused_address"),
    ],
)
def test_trouble_in_one_word(answer, page, other, expected):
    assert answer(page, **other) == {"trouble": expected}


def test_fault_of_ours_says_its_name_alone(answer):
    assert answer((200, {}, TEXT.encode()), zone="No/Where") == {
        "trouble": "not_a_calendar",
        "error": "ZoneInfoNotFoundError",
    }


def test_out_of_memory_is_said(answer, monkeypatch):
    def too_much(*_):
        raise MemoryError

    monkeypatch.setattr(child, "read", too_much)

    assert answer((200, {}, TEXT.encode())) == {"trouble": "too_large"}


def test_child_loads_neither_django_nor_the_rest_of_the_product():
    script = (
        "import sys, meetings.feeds.child\n"
        "ours = {'django', 'psycopg', 'students', 'iep_scheduler'}\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & ours),"
        " sorted(name for name in sys.modules if name.startswith('meetings.') and 'feeds' not in name))"
    )

    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=HOUSE, capture_output=True, text=True, check=True, timeout=60
    )

    assert ended.stdout.strip() == "[] ['meetings.core', 'meetings.core.intervals']"
