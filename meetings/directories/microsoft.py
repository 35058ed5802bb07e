"""Microsoft 365: free/busy by an application that the district lets read everyone's free/busy.

Client credentials: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
getSchedule: https://learn.microsoft.com/graph/api/calendar-getschedule
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

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

LOGIN_URL, URL = "https://login.microsoftonline.com", "https://graph.microsoft.com"
# More than 62 days are refused as ErrorTimeIntervalTooBig.
MOST_DAYS = 60
SLOT_MINUTES = 15
BUSY, TENTATIVE = frozenset({"busy", "oof", "unknown"}), "tentative"
# The digits of availabilityView: 0 free, 1 tentative, 2 busy, 3 out of office, 4 working elsewhere.
BUSY_DIGITS, TENTATIVE_DIGIT = frozenset("23"), "1"
TROUBLES = {
    "ErrorMailRecipientNotFound": Trouble.NOT_FOUND,
    "ErrorNonExistentMailbox": Trouble.NOT_FOUND,
    "ErrorNoFreeBusyAccess": Trouble.NOT_ALLOWED,
    "ErrorAccessDenied": Trouble.NOT_ALLOWED,
}


class Account(NamedTuple):
    """An application's way in: its tenant, its id, its secret, and the mailbox in whose name it asks."""

    tenant: str
    client_id: str
    client_secret: str
    user: str


class Microsoft:
    """One tenant. The addresses are other ones in the clouds of governments."""

    most_at_once = 20

    def __init__(self, account: Account, login_url: str = LOGIN_URL, url: str = URL) -> None:
        """Take the application's way in."""
        self._account, self._login_url, self._url = account, login_url, url
        self._pool: urllib3.PoolManager = new_pool()
        self._token: Token | None = None

    def busy_times(self, addresses: Sequence[str], window: Span, now: datetime) -> Found:
        """Return when each of up to twenty people is busy, and when perhaps."""
        token = self._opened(now)
        try:
            return joined([self._asked(addresses, piece, token) for piece in pieces(window, MOST_DAYS)], addresses)
        except UnreadableError:
            # It may have been taken back before its time.
            self._token = None
            raise

    def _opened(self, now: datetime) -> Token:
        if self._token is None or not self._token.opens_at(now):
            asked = {
                "client_id": self._account.client_id,
                "client_secret": self._account.client_secret,
                "scope": f"{self._url}/.default",
                "grant_type": "client_credentials",
            }
            url = f"{self._login_url}/{quote(self._account.tenant)}/oauth2/v2.0/token"
            answer = post(self._pool, url, urlencode(asked).encode(), kind="application/x-www-form-urlencoded")
            self._token = token_of(answer, now)
        return self._token

    def _asked(self, addresses: Sequence[str], piece: Span, token: Token) -> Found:
        asked = {
            "schedules": list(addresses),
            "startTime": {"dateTime": stamp(piece.start), "timeZone": "UTC"},
            "endTime": {"dateTime": stamp(piece.end), "timeZone": "UTC"},
            "availabilityViewInterval": SLOT_MINUTES,
        }
        url = f"{self._url}/v1.0/users/{quote(self._account.user)}/calendar/getSchedule"
        answer = post_json(self._pool, url, asked, token, Prefer='outlook.timezone="UTC"')
        rows = answer.get("value")
        if not isinstance(rows, list):
            raise UnreadableError(Trouble.NOT_A_CALENDAR)
        told = {str(row.get("scheduleId")).lower(): row for row in rows if isinstance(row, dict)}
        return {address: _read(told[address.lower()], piece) for address in addresses if address.lower() in told}


def _read(row: Mapping[str, Any], piece: Span) -> Reading | Trouble:
    """Return what is told of one mailbox: times and status alone, whatever else it says."""
    try:
        if error := row.get("error"):
            return TROUBLES.get(str(error.get("responseCode")), Trouble.NO_ANSWER)
        items = row.get("scheduleItems")
        spans = list(_of_items(items)) if items else list(_of_view(row["availabilityView"], piece))
    except (AttributeError, KeyError, TypeError, ValueError):
        return Trouble.NOT_A_CALENDAR
    busy = [span for status, span in spans if status in BUSY]
    return reading_of(busy, [span for status, span in spans if status == TENTATIVE], piece)


def _of_items(items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Span]]:
    for item in items:
        yield str(item["status"]).lower(), span_of(_instant(item["start"]), _instant(item["end"]))


def _of_view(view: str, piece: Span) -> Iterator[tuple[str, Span]]:
    """Yield what the digits say, where the items are kept from us."""
    for n, digit in enumerate(view):
        start = piece.start + n * SLOT_MINUTES
        if digit in BUSY_DIGITS:
            yield "busy", Span(start, start + SLOT_MINUTES)
        elif digit == TENTATIVE_DIGIT:
            yield TENTATIVE, Span(start, start + SLOT_MINUTES)


def _instant(said: Mapping[str, str]) -> datetime:
    """Return a dateTimeTimeZone. It was asked for in UTC: another zone would be read an hour off, so it is refused."""
    if said["timeZone"] not in {"UTC", "Etc/UTC", "tzone://Microsoft/Utc"}:
        raise ValueError("not in UTC")
    return datetime.fromisoformat(said["dateTime"].removesuffix("Z")).replace(tzinfo=UTC)
