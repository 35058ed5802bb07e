"""Google Workspace: free/busy by a service account that the district lets look at everyone's calendar.

Service account with domain-wide delegation: https://developers.google.com/identity/protocols/oauth2/service-account
Free/busy: https://developers.google.com/workspace/calendar/api/v3/reference/freebusy/query
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import urllib3

from meetings.core.intervals import Span
from meetings.directories.asking import (
    Found,
    Token,
    joined,
    new_pool,
    pieces,
    post,
    post_json,
    reading_of,
    span_of,
    stamp,
    token_of,
)
from meetings.feeds.readings import Reading, Trouble, UnreadableError

URL = "https://www.googleapis.com/calendar/v3"
# The least that free/busy asks for: it opens no event.
SCOPE = "https://www.googleapis.com/auth/calendar.freebusy"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_FOR = timedelta(hours=1)
# Longer ones are refused with "The requested time range is too long", beyond about 90 days.
MOST_DAYS = 60
TROUBLES = {"notFound": Trouble.NOT_FOUND, "forbidden": Trouble.NOT_ALLOWED}


class Google:
    """One Workspace, asked in the name of `user`: whose calendars that account may see, free/busy is told of."""

    most_at_once = 50

    def __init__(self, key: Mapping[str, str], user: str, url: str = URL) -> None:
        """Take the service account's JSON key, as Google hands it out."""
        self._key, self._user, self._url = key, user, url
        self._pool: urllib3.PoolManager = new_pool()
        self._token: Token | None = None

    @classmethod
    def from_file(cls, path: str, user: str, url: str = URL) -> "Google":
        """Read the key from its file."""
        return cls(json.loads(Path(path).read_text(encoding="utf-8")), user, url)

    def busy_times(self, addresses: Sequence[str], window: Span, now: datetime) -> Found:
        """Return when each of up to fifty people is busy. Google tells of no tentative time."""
        token = self._opened(now)
        try:
            return joined([self._asked(addresses, piece, token) for piece in pieces(window, MOST_DAYS)], addresses)
        except UnreadableError:
            # It may have been taken back before its time.
            self._token = None
            raise

    def _opened(self, now: datetime) -> Token:
        if self._token is None or not self._token.opens_at(now):
            body = urlencode({"grant_type": GRANT, "assertion": self._assertion(now)}).encode()
            answer = post(self._pool, self._key["token_uri"], body, kind="application/x-www-form-urlencoded")
            self._token = token_of(answer, now)
        return self._token

    def _assertion(self, now: datetime) -> str:
        claims = {
            "iss": self._key["client_email"],
            "sub": self._user,
            "scope": SCOPE,
            "aud": self._key["token_uri"],
            "iat": int(now.timestamp()),
            "exp": int((now + TOKEN_FOR).timestamp()),
        }
        headers = {"kid": self._key["private_key_id"]} if "private_key_id" in self._key else None
        return jwt.encode(claims, self._key["private_key"], algorithm="RS256", headers=headers)

    def _asked(self, addresses: Sequence[str], piece: Span, token: Token) -> Found:
        asked = {
            "timeMin": f"{stamp(piece.start)}Z",
            "timeMax": f"{stamp(piece.end)}Z",
            "timeZone": "UTC",
            "calendarExpansionMax": self.most_at_once,
            "items": [{"id": address} for address in addresses],
        }
        answer = post_json(self._pool, f"{self._url}/freeBusy", asked, token)
        calendars = answer.get("calendars")
        if not isinstance(calendars, dict):
            raise UnreadableError(Trouble.NOT_A_CALENDAR)
        told = {str(key).lower(): each for key, each in calendars.items()}
        return {address: _read(told[address.lower()], piece) for address in addresses if address.lower() in told}


def _read(calendar: Mapping[str, Any], piece: Span) -> Reading | Trouble:
    """Return what is told of one calendar. One error is enough: half an answer frees nobody's other half."""
    try:
        if errors := calendar.get("errors"):
            return TROUBLES.get(str(errors[0].get("reason")), Trouble.NO_ANSWER)
        busy = [
            span_of(datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"]))
            for each in calendar["busy"]
        ]
    except (AttributeError, KeyError, IndexError, TypeError, ValueError):
        return Trouble.NOT_A_CALENDAR
    return reading_of(busy, [], piece)
