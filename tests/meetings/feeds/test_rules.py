from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from meetings.feeds.rules import RuleError, RuleRefusedError, clean
from meetings.feeds.times import Clock
from meetings.feeds.zones import Zones

NEW_YORK = ZoneInfo("America/New_York")
START = datetime(2026, 12, 1, 9, tzinfo=NEW_YORK)


def cleaned(rule):
    return clean(rule, START, Clock(Zones([]), NEW_YORK))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=1"),
        ("freq=weekly;byday=tu, th;wkst=su", "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU,TH;WKST=SU"),
        ("FREQ=MONTHLY;BYDAY=2MO,-1FR;BYSETPOS=-1", "FREQ=MONTHLY;INTERVAL=1;BYDAY=2MO,-1FR;BYSETPOS=-1"),
        ("FREQ=WEEKLY;BYDAY=1MO", "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"),
        ("FREQ=DAILY;X-ODD=1;BYEASTER=0;;=;COUNT=3", "FREQ=DAILY;INTERVAL=1;COUNT=3"),
        ("FREQ=DAILY;COUNT=1000000000", "FREQ=DAILY;INTERVAL=1;COUNT=1000000000"),
        ("FREQ=DAILY;COUNT=-1;UNTIL=20261209T140000Z", "FREQ=DAILY;INTERVAL=1;UNTIL=20261209T140000Z"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20261209T140000Z", "FREQ=DAILY;INTERVAL=1;COUNT=2"),
        ("FREQ=DAILY;UNTIL=20261209", "FREQ=DAILY;INTERVAL=1;UNTIL=20261210T045959Z"),
        ("FREQ=DAILY;UNTIL=20261209T090000", "FREQ=DAILY;INTERVAL=1;UNTIL=20261209T140000Z"),
        ("FREQ=DAILY;UNTIL=2026-12-09T14:00:00Z", "FREQ=DAILY;INTERVAL=1;UNTIL=20261209T140000Z"),
        ("FREQ=DAILY;BYHOUR=9,10;BYMINUTE=0,30", "FREQ=DAILY;INTERVAL=1;BYHOUR=9,10;BYMINUTE=0,30"),
    ],
)
def test_rule_in_the_librarys_form(rule, expected):
    assert cleaned(rule) == expected


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=60",
        "FREQ=HOURLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=00",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4;BYMINUTE=0,10,20,30,40",
        f"FREQ=DAILY;BYSECOND={','.join(map(str, range(60)))}",
    ],
)
def test_rule_without_end_is_refused_before_it_is_worked_out(rule):
    with pytest.raises(RuleRefusedError):
        cleaned(rule)


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "nonsense",
        "FREQ=FORTNIGHTLY",
        "INTERVAL=1",
        "FREQ=DAILY;INTERVAL=two",
        "FREQ=DAILY;INTERVAL=10001",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=many",
        "FREQ=DAILY;UNTIL=later",
        "FREQ=WEEKLY;BYDAY=MONDAY",
        "FREQ=MONTHLY;BYMONTHDAY=first",
        "RSCALE=HEBREW;FREQ=YEARLY",
    ],
)
def test_what_is_no_rule(rule):
    with pytest.raises(RuleError):
        cleaned(rule)
