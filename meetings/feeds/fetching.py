"""Fetch a calendar from an address that somebody gave us, without being led anywhere else.

The name is looked up once and the connection goes to the address that was checked, so that a second, different answer
of the name server has no effect. Nothing that came is ever part of an error.
"""

import logging
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from urllib3 import BaseHTTPResponse, HTTPSConnectionPool, Timeout
from urllib3.exceptions import ConnectTimeoutError, DecodeError, HTTPError, NewConnectionError, ReadTimeoutError

from meetings.feeds.addresses import HTTPS_PORT, Address, RefusedAddressError, checked
from meetings.feeds.guard import is_public
from meetings.feeds.readings import Trouble, UnreadableError

MOST_BYTES = 5_000_000
MOST_REDIRECTS = 3
MOST_TRIES = 3
SECONDS = 20.0
CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 15.0  # Outlook puts a calendar together before it says anything.
PIECE = 65_536
LONGEST_ETAG = 255
REDIRECTS = {301, 302, 303, 307, 308}
OK, UNCHANGED = 200, 304
REFUSED = {401: Trouble.NOT_ALLOWED, 403: Trouble.NOT_ALLOWED, 404: Trouble.NOT_FOUND, 410: Trouble.NOT_FOUND}
HEADERS = {"User-Agent": "IEP-Scheduler", "Accept": "text/calendar", "Accept-Encoding": "gzip"}

# It writes each address down that it asks, at DEBUG, and at WARNING where the answer's head is odd.
logging.getLogger("urllib3").setLevel(logging.ERROR)


def looked_up(host: str) -> list[str]:
    """Return the addresses of a host, as the system finds them."""
    try:
        found = socket.getaddrinfo(host, HTTPS_PORT, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True)
class Network:
    """How the internet is reached. As it stands, strictly; only a test has another, with a server of its own."""

    resolve: Callable[[str], list[str]] = looked_up
    may_be_asked: Callable[[str], bool] = is_public
    trust: Callable[[], ssl.SSLContext] = ssl.create_default_context
    port: int = HTTPS_PORT


STRICT = Network()


@dataclass(frozen=True)
class Fetched:
    """What came; `body` is None where nothing has changed since the last time."""

    body: bytes | None
    etag: str


def fetch(
    address: Address, hosts: Sequence[str], *, etag: str = "", network: Network = STRICT, seconds: float = SECONDS
) -> Fetched:
    """Return what lies at an address now, unless its ETag is still the one given. Raises UnreadableError.

    Each redirect is checked like the address itself; three are followed.
    """
    until = time.monotonic() + seconds
    for _ in range(MOST_REDIRECTS + 1):
        response = _ask(address, etag, network, until)
        try:
            if response.status not in REDIRECTS:
                return _taken(response, etag, until)
            target = urljoin(address.url, response.headers.get("Location", ""))
        finally:
            response.close()
        try:
            address = checked(target, hosts)
        except RefusedAddressError:
            raise UnreadableError(Trouble.REFUSED_ADDRESS) from None
    raise UnreadableError(Trouble.NO_ANSWER)


def _ask(address: Address, etag: str, network: Network, until: float) -> BaseHTTPResponse:
    found = network.resolve(address.host)
    allowed = [each for each in found if network.may_be_asked(each)]
    if not allowed:
        raise UnreadableError(Trouble.REFUSED_ADDRESS if found else Trouble.NO_ANSWER)
    headers = {**HEADERS, "Host": address.host, **({"If-None-Match": etag} if etag else {})}
    for each in allowed[:MOST_TRIES]:
        try:
            return _pool(each, address.host, network, until).urlopen(
                "GET", address.path, headers=headers, redirect=False, preload_content=False
            )
        except (NewConnectionError, ConnectTimeoutError):
            continue
        except ReadTimeoutError:
            raise UnreadableError(Trouble.TOO_SLOW) from None
        except HTTPError:
            raise UnreadableError(Trouble.NO_ANSWER) from None
    raise UnreadableError(Trouble.NO_ANSWER)


def _pool(ip: str, host: str, network: Network, until: float) -> HTTPSConnectionPool:
    """Return a way to one machine that must show the host's certificate. It knows no proxy, no cookie, no retry."""
    left = until - time.monotonic()
    if left <= 0:
        raise UnreadableError(Trouble.TOO_SLOW)
    return HTTPSConnectionPool(
        ip,
        network.port,
        timeout=Timeout(connect=min(CONNECT_SECONDS, left), read=min(SILENCE_SECONDS, left)),
        retries=False,
        ssl_context=network.trust(),
        server_hostname=host,
    )


def _taken(response: BaseHTTPResponse, etag: str, until: float) -> Fetched:
    if response.status == UNCHANGED and etag:
        return Fetched(None, etag)
    if response.status != OK:
        raise UnreadableError(REFUSED.get(response.status, Trouble.NO_ANSWER))
    fresh = response.headers.get("ETag", "")
    is_kept = len(fresh) <= LONGEST_ETAG and fresh.isascii() and fresh.isprintable()
    return Fetched(_body(response, until), fresh if is_kept else "")


def _body(response: BaseHTTPResponse, until: float) -> bytes:
    """Return the body, unpacked piece by piece, so that a small one that unpacks to gigabytes is left in time."""
    body = bytearray()
    try:
        # read1 returns what there is: read would wait for a full piece, however slowly it drips.
        while piece := response.read1(PIECE, decode_content=True):
            body += piece
            if len(body) > MOST_BYTES:
                raise UnreadableError(Trouble.TOO_LARGE)
            if time.monotonic() > until:
                raise UnreadableError(Trouble.TOO_SLOW)
    except ReadTimeoutError:
        raise UnreadableError(Trouble.TOO_SLOW) from None
    except DecodeError:
        raise UnreadableError(Trouble.NOT_A_CALENDAR) from None
    except (HTTPError, OSError):
        raise UnreadableError(Trouble.NO_ANSWER) from None
    return bytes(body)
