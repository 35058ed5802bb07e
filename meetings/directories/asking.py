"""What every directory of calendars is asked, and how: by POST, in UTC, with an end to all waiting."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import urllib3

from meetings.core.intervals import Span, instant_of, subtract, union, whole_minutes
from meetings.feeds.readings import Reading, Trouble, UnreadableError

CONNECT_SECONDS, READ_SECONDS = 5, 20
MOST_BYTES = 10 * 2**20
DAY = 24 * 60
SHORTEST_WAIT, LONGEST_WAIT = 60, 6 * 60 * 60
# A token that ends while a call is under way would fail it.
MARGIN = timedelta(minutes=1)
OK, BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 200, 400, 401, 403, 404
TOO_MANY, UNAVAILABLE = 429, 503

Found = dict[str, Reading | Trouble]


class SlowDownError(UnreadableError):
    """The directory asks to be left alone for so many seconds: nobody's calendar is at fault."""

    def __init__(self, seconds: int) -> None:
        super().__init__(Trouble.TOO_SLOW)
        self.seconds = seconds


class Directory(Protocol):
    """The calendars of a district. Only from when until when people are busy is asked for, and kept."""

    most_at_once: int

    def busy_times(self, addresses: Sequence[str], window: Span, now: datetime) -> Found:
        """Return, by address, when each is busy inside the window, or why that is not known.

        Raises UnreadableError where nobody could be read, and SlowDownError where it should wait.
        """
        ...


@dataclass(frozen=True)
class Token:
    """What opens a directory, until when."""

    value: str
    until_at: datetime

    def opens_at(self, now: datetime) -> bool:
        return now < self.until_at - MARGIN


def token_of(answer: Mapping[str, Any], now: datetime) -> Token:
    """Return the token of an answer by RFC 6749, 5.1."""
    try:
        return Token(str(answer["access_token"]), now + timedelta(seconds=int(answer["expires_in"])))
    except (KeyError, TypeError, ValueError):
        raise UnreadableError(Trouble.NOT_ALLOWED) from None


def pieces(window: Span, days: int) -> Iterator[Span]:
    """Yield the window in pieces of at most so many days."""
    for start in range(window.start, window.end, days * DAY):
        yield Span(start, min(start + days * DAY, window.end))


def reading_of(busy: Sequence[Span], tentative: Sequence[Span], window: Span) -> Reading:
    """Return the spans inside the window, in order. What is busy is not tentative too."""
    inside = [Span(max(each.start, window.start), min(each.end, window.end)) for each in busy]
    maybe = [Span(max(each.start, window.start), min(each.end, window.end)) for each in tentative]
    taken = union(inside)
    return Reading(tuple(taken), tuple(subtract(union(maybe), taken)))


def joined(found: Sequence[Found], addresses: Sequence[str]) -> Found:
    """Return the answers for the pieces of a window as one: who is not known in one piece is not known at all."""
    whole: Found = {}
    for address in addresses:
        parts = [each.get(address, Trouble.NOT_FOUND) for each in found]
        trouble = next((part for part in parts if isinstance(part, Trouble)), None)
        readings = [part for part in parts if isinstance(part, Reading)]
        busy = union(span for part in readings for span in part.busy)
        tentative = union(span for part in readings for span in part.tentative)
        whole[address] = trouble or Reading(tuple(busy), tuple(tentative))
    return whole


def span_of(start_at: datetime, end_at: datetime) -> Span:
    """Return a span from instants, which may have seconds."""
    return whole_minutes(start_at, end_at)


def stamp(minute: int) -> str:
    """Return a minute as "2026-12-03T18:30:00", in UTC."""
    return f"{instant_of(minute):%Y-%m-%dT%H:%M:%S}"


def new_pool() -> urllib3.PoolManager:
    """Return connections that take no proxy from the environment, follow nothing and try nothing twice."""
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    return urllib3.PoolManager(num_pools=4, timeout=timeout, retries=False)


def post(
    pool: urllib3.PoolManager, url: str, body: bytes, *, kind: str, headers: Mapping[str, str] | None = None
) -> Any:
    """Return the JSON that is answered to a POST. Raises UnreadableError or SlowDownError, without a word of it."""
    sent = {"Content-Type": kind, "Accept": "application/json", **(headers or {})}
    try:
        response = pool.request("POST", url, body=body, headers=sent, redirect=False, preload_content=False)
        try:
            text = response.read(MOST_BYTES + 1)
        finally:
            response.release_conn()
    except urllib3.exceptions.HTTPError:
        raise UnreadableError(Trouble.NO_ANSWER) from None
    if len(text) > MOST_BYTES:
        raise UnreadableError(Trouble.TOO_LARGE)
    if response.status != OK:
        raise _refusal(response.status, text, response.headers.get("Retry-After", ""))
    return _json(text)


def post_json(pool: urllib3.PoolManager, url: str, data: Any, token: Token, **headers: str) -> Any:
    """Return what is answered to JSON, asked with a token."""
    body = json.dumps(data).encode()
    return post(pool, url, body, kind="application/json", headers={"Authorization": f"Bearer {token.value}", **headers})


def _json(text: bytes) -> Any:
    try:
        answer = json.loads(text)
    except ValueError:
        raise UnreadableError(Trouble.NOT_A_CALENDAR) from None
    if not isinstance(answer, dict):
        raise UnreadableError(Trouble.NOT_A_CALENDAR)
    return answer


def _refusal(status: int, text: bytes, retry_after: str) -> UnreadableError:
    # Google says 403 for a limit of its own, with the reason inside.
    is_limit = status == FORBIDDEN and any(each in text for each in (b"ateLimitExceeded", b"quotaExceeded"))
    if status == TOO_MANY or is_limit or (status == UNAVAILABLE and retry_after):
        asked = int(retry_after) if retry_after.isdecimal() else SHORTEST_WAIT
        return SlowDownError(min(max(asked, SHORTEST_WAIT), LONGEST_WAIT))
    if status in {BAD_REQUEST, UNAUTHORIZED, FORBIDDEN}:
        return UnreadableError(Trouble.NOT_ALLOWED)
    return UnreadableError(Trouble.NOT_FOUND if status == NOT_FOUND else Trouble.NO_ANSWER)
