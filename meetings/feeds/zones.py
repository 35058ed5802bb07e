"""Which zone a calendar means: by its own name, by Windows', by what programs show, or as the calendar defines it."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Timezone
from icalendar.timezone import tzp
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from meetings.feeds.lines import Component

# Outlook shows these and writes some of them; without the (UTC-05:00) before them.
SHOWN = {
    "eastern time (us & canada)": "America/New_York",
    "eastern time": "America/New_York",
    "indiana (east)": "America/Indiana/Indianapolis",
    "central time (us & canada)": "America/Chicago",
    "central time": "America/Chicago",
    "mountain time (us & canada)": "America/Denver",
    "mountain time": "America/Denver",
    "arizona": "America/Phoenix",
    "pacific time (us & canada)": "America/Los_Angeles",
    "pacific time (us & canada); tijuana": "America/Los_Angeles",
    "pacific time": "America/Los_Angeles",
    "alaska": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
    "atlantic time (canada)": "America/Halifax",
    "puerto rico": "America/Puerto_Rico",
    "guam, port moresby": "Pacific/Guam",
    "coordinated universal time": "UTC",
    "monrovia, reykjavik": "Atlantic/Reykjavik",
    "dublin, edinburgh, lisbon, london": "Europe/London",
    "amsterdam, berlin, bern, rome, stockholm, vienna": "Europe/Berlin",
    "brussels, copenhagen, madrid, paris": "Europe/Paris",
}
BEFORE_SHOWN = re.compile(r"\((?:UTC|GMT)[^)]*\)\s*", re.IGNORECASE)
OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2}):?(\d\d)?", re.IGNORECASE)
WINDOWS = {name.casefold(): zone for name, zone in WINDOWS_TO_OLSON.items()}
OBSERVANCES = ("STANDARD", "DAYLIGHT")
OF_A_CHANGE = ("FREQ", "UNTIL", "COUNT", "BYMONTH", "BYDAY", "BYMONTHDAY")
OF_AN_OBSERVANCE = {"DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO"}
# Outlook's rules begin in 1601, others' in the year 1: every one since would be worked out.
FIRST_YEAR = 1970
SOME_YEAR = 2026
MOST_DEFINITIONS = 200


class Zones:
    """The zones of one calendar."""

    def __init__(self, definitions: Iterable[Component]) -> None:
        self._definitions: dict[str, Component] = {}
        for component in list(definitions)[:MOST_DEFINITIONS]:
            for line in component.lines({"TZID"}):
                self._definitions.setdefault(_key(line.value), component)
        self._found: dict[str, tzinfo | None] = {}

    def find(self, name: str) -> tzinfo | None:
        """Return the zone of this name, or None where nobody knows it."""
        key = _key(name)
        if key not in self._found:
            self._found[key] = self._look_up(key)
        return self._found[key]

    def _look_up(self, key: str) -> tzinfo | None:
        if zone := _known(key) or _known(WINDOWS.get(key, "")):
            return zone
        if key in self._definitions and (defined := _defined(self._definitions[key])):
            return defined
        shown = BEFORE_SHOWN.sub("", key)
        return _known(SHOWN.get(shown, "")) or _known(WINDOWS.get(shown, "")) or _by_ending(key) or _by_offset(key)


class _Names:
    @cached_property
    def by_key(self) -> dict[str, str]:
        return {name.casefold(): name for name in available_timezones()}


NAMES = _Names()


def _key(name: str) -> str:
    return name.replace("\\", "").replace(" and ", " & ").strip(' "/').casefold()


def _known(key: str) -> ZoneInfo | None:
    name = NAMES.by_key.get(key.casefold())
    return ZoneInfo(name) if name else None


def _by_ending(key: str) -> tzinfo | None:
    """Return the zone of /freeassociation.sourceforge.net/America/New_York."""
    parts = key.split("/")[-4:]
    return next(filter(None, (_known("/".join(parts[start:])) for start in range(len(parts) - 1))), None)


def _by_offset(key: str) -> tzinfo | None:
    found = OFFSET.fullmatch(key)
    minutes = int(found[2]) * 60 + int(found[3] or 0) if found else 0
    if found is None or minutes >= 24 * 60:
        return None
    return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))


def _defined(component: Component) -> tzinfo | None:
    """Return the zone that the calendar itself defines, or None where it makes no sense."""
    observances = [_observance(part) for part in component.parts if part.name in OBSERVANCES]
    written = "\r\n".join(["BEGIN:VTIMEZONE", "TZID:own", *filter(None, observances), "END:VTIMEZONE", ""])
    try:
        zone = tzp.create_timezone(Timezone.from_ical(written))
        for month in (1, 7):
            # Its rules are looked at when a time is worked out, not before.
            datetime(SOME_YEAR, month, 1, tzinfo=zone).astimezone(UTC)
        return zone
    except Exception:  # noqa: BLE001  Whatever is wrong with it: the name may still be known.
        return None


def _observance(component: Component) -> str:
    lines = {line.name: line.value for line in component.lines(OF_AN_OBSERVANCE)}
    if rule := _rule(lines.pop("RRULE", "")):
        lines["RRULE"] = rule
    lines.setdefault("TZOFFSETFROM", lines.get("TZOFFSETTO", ""))
    start = re.sub(r"[^\dT]", "", lines.get("DTSTART", ""))
    if rule and start[:4] < str(FIRST_YEAR):
        start = f"{FIRST_YEAR}{start[4:]}"
    lines["DTSTART"] = start if "T" in start else f"{start}T000000"
    body = [f"{name}:{value}" for name, value in lines.items()]
    return "\r\n".join([f"BEGIN:{component.name}", *body, f"END:{component.name}"])


def _rule(text: str) -> str:
    """Return the rule of a clock change. It comes once a year: any other is a mistake or a trap."""
    parts = dict(part.strip().upper().split("=", 1) for part in text.split(";") if "=" in part)
    if parts.get("FREQ") != "YEARLY" or parts.get("INTERVAL", "1") != "1":
        return ""
    return ";".join(f"{key}={parts[key]}" for key in OF_A_CHANGE if key in parts)
