"""How often an event repeats: what may be worked out, put so that the library understands it."""

import re
from datetime import UTC, datetime, time

from meetings.feeds.times import Clock, TimeError

FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
TOO_OFTEN = {"SECONDLY", "MINUTELY", "HOURLY"}
MOST_A_DAY = 24
LONGEST_INTERVAL = 10_000
NUMBERS = re.compile(r"[+-]?\d{1,3}(,[+-]?\d{1,3})*")
DAYS = re.compile(r"([+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU))(,[+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU))*")
WORDS = {
    "BYDAY": DAYS,
    "WKST": DAYS,
    **dict.fromkeys(
        ["BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYHOUR", "BYMINUTE", "BYSECOND"], NUMBERS
    ),
}
WITHIN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")


class RuleRefusedError(ValueError):
    """A rule that would be worked out without end."""


class RuleError(ValueError):
    """What stands there is not a rule."""


def clean(rule: str, start: datetime, clock: Clock) -> str:
    """Return a rule in the form that the library takes, of the parts that are known.

    Raises RuleRefusedError for one that repeats within the day or does not move on (RFC 5545 allows the first; no
    appointment needs it), and RuleError for one that cannot be understood.
    """
    parts = dict(part.strip().upper().split("=", 1) for part in rule.split(";") if "=" in part)
    parts = {key: value.replace(" ", "") for key, value in parts.items()}
    _check_frequency(parts)
    done = {"FREQ": parts["FREQ"], "INTERVAL": str(_whole(parts.get("INTERVAL", "1"), LONGEST_INTERVAL))}
    if parts.get("COUNT", "").startswith("-"):
        del parts["COUNT"]  # Some programs say -1 for no end, beside the UNTIL that holds.
    if "COUNT" in parts:
        done["COUNT"] = str(_whole(parts["COUNT"], 10**9))
    elif "UNTIL" in parts:
        done["UNTIL"] = _until(parts["UNTIL"], start, clock)
    for key, form in WORDS.items():
        if key in parts:
            done[key] = _checked(parts[key], form)
    if parts["FREQ"] in {"DAILY", "WEEKLY"} and "BYDAY" in done:
        done["BYDAY"] = re.sub(r"[+-]?\d+", "", done["BYDAY"])  # The second Monday of a week is a Monday.
    return ";".join(f"{key}={value}" for key, value in done.items())


def _check_frequency(parts: dict[str, str]) -> None:
    times_a_day = 1
    for key in WITHIN_A_DAY:
        times_a_day *= parts.get(key, "").count(",") + 1
    if parts.get("FREQ") in TOO_OFTEN or times_a_day > MOST_A_DAY or re.fullmatch(r"0+|-.*", parts.get("INTERVAL", "")):
        raise RuleRefusedError
    if parts.get("FREQ") not in FREQUENCIES or parts.get("RSCALE", "GREGORIAN") != "GREGORIAN":
        raise RuleError


def _whole(text: str, most: int) -> int:
    if not re.fullmatch(r"\d{1,10}", text) or not 1 <= int(text) <= most:
        raise RuleError
    return int(text)


def _checked(text: str, form: re.Pattern[str]) -> str:
    if not form.fullmatch(text):
        raise RuleError
    return text


def _until(text: str, start: datetime, clock: Clock) -> str:
    """Return the last moment in UTC. A bare date holds to its end; a time without a zone is in that of the event."""
    try:
        until = clock.moment_of(text, kind="DATE" if "T" not in text else "")
    except TimeError:
        raise RuleError from None
    if not isinstance(until, datetime):
        until = datetime.combine(until, time(23, 59, 59), start.tzinfo)
    elif not text.endswith("Z"):
        until = until.replace(tzinfo=start.tzinfo)
    return f"{until.astimezone(UTC):%Y%m%dT%H%M%SZ}"
