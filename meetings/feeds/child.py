"""The child process: held to its limits, it fetches one calendar, reads it, says when its owner is busy, and ends.

Both happen here, so that nothing that came from outside is ever in a process that has the database: not the unpacked
body, not what a parser makes of it. After the fetch nothing is asked of the network.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TextIO

from meetings.core.intervals import Span
from meetings.feeds import limits
from meetings.feeds.addresses import RefusedAddressError, checked
from meetings.feeds.events import Owner
from meetings.feeds.fetching import SECONDS, STRICT, Fetched, Network, fetch
from meetings.feeds.reading import Asked, read
from meetings.feeds.readings import Trouble, UnreadableError

READING_SECONDS = 20.0
# The fetch ends itself at its own limit and says so; this ends one that hangs where it cannot.
GRACE_SECONDS = 2.0


@dataclass(frozen=True)
class Patience:
    """How long it may take to fetch, and then to read."""

    fetching: float = SECONDS
    reading: float = READING_SECONDS


def run(asked: TextIO, answer: TextIO, *, network: Network = STRICT, patience: Patience = Patience()) -> None:
    """Do what the JSON in `asked` says (`meetings.feeds.process.Request`); write the reading as JSON into `answer`."""
    limits.hold()
    request = json.load(asked)
    json.dump(_guarded(lambda: _answer(request, network, patience)), answer)


def _guarded(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return work()
    except UnreadableError as error:
        return {"trouble": error.trouble}
    except RefusedAddressError:
        return {"trouble": Trouble.REFUSED_ADDRESS}
    except MemoryError:
        return {"trouble": Trouble.TOO_LARGE}
    except Exception as error:  # noqa: BLE001  Its words may hold what came; its name holds nothing.
        return {"trouble": Trouble.NOT_A_CALENDAR, "error": type(error).__name__}


def _answer(request: dict[str, Any], network: Network, patience: Patience) -> dict[str, Any]:
    hosts = request["hosts"]
    limits.end_after(patience.fetching + GRACE_SECONDS)
    came = fetch(
        checked(request["address"], hosts), hosts, etag=request["etag"], network=network, seconds=patience.fetching
    )
    limits.end_after(patience.reading)
    return _read(came, request)


def _read(came: Fetched, request: dict[str, Any]) -> dict[str, Any]:
    if came.body is None:
        return {"unchanged": True}
    owner = Owner(frozenset(request["owner"]), request["our_host"])
    reading = read(came.body, Asked(Span(*request["window"]), request["zone"], owner))
    return {"reading": asdict(reading) | {"etag": came.etag}}
