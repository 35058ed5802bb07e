"""Start the child process that reads a calendar, and take its answer. All that a worker runs of this package."""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from meetings.core.intervals import Span
from meetings.feeds.readings import Reading, Trouble, UnreadableError

log = logging.getLogger(__name__)

HOUSE = Path(__file__).resolve().parent.parent.parent
READER = ("meetings.feeds",)
# The child ends itself before: 22 s of fetching, 20 s of reading, and its start.
SECONDS = 50.0
# Where certificates lie, on systems that say so. The child gets no other setting, and no secret.
HANDED_ON = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SYSTEMROOT", "TZDIR", "PYTHONTZPATH")


@dataclass(frozen=True)
class Request:
    """What the child is asked: where to read, what was there last time, and for whom."""

    address: str
    hosts: Sequence[str]
    window: Span
    zone: str
    owner: Sequence[str] = ()
    our_host: str = ""
    etag: str = ""


def ask(request: Request, reader: Sequence[str] = READER, *, seconds: float = SECONDS) -> Reading | None:
    """Return when the owner of a calendar is busy, or None where nothing has changed there. Raises UnreadableError.

    `reader` is the module that is run, with its arguments.
    """
    try:
        ended = subprocess.run(  # noqa: S603
            [sys.executable, "-s", "-B", "-m", *reader],
            input=json.dumps(asdict(request)).encode(),  # Not an argument: everyone on the machine sees those.
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # A trace would quote what came.
            cwd=HOUSE,
            env={name: os.environ[name] for name in HANDED_ON if name in os.environ},
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnreadableError(Trouble.TOO_SLOW) from None
    if ended.returncode:
        raise UnreadableError(_trouble_of(ended.returncode))
    return _reading(json.loads(ended.stdout))


def _trouble_of(code: int) -> Trouble:
    if code in {-signal.SIGALRM, -signal.SIGXCPU, -signal.SIGKILL}:
        return Trouble.TOO_SLOW
    # Out of memory where Python itself cannot say so, most likely.
    log.error("The process that reads a calendar ended with %s", code)
    return Trouble.TOO_LARGE


def _reading(answer: dict[str, Any]) -> Reading | None:
    if "trouble" in answer:
        if "error" in answer:
            log.error("Reading a calendar met a fault of ours: %s", answer["error"])
        raise UnreadableError(Trouble(answer["trouble"]))
    if answer.get("unchanged"):
        return None
    said = answer["reading"]
    return Reading(**said | {"busy": _spans(said["busy"]), "tentative": _spans(said["tentative"])})


def _spans(pairs: Iterable[Sequence[int]]) -> tuple[Span, ...]:
    return tuple(Span(*pair) for pair in pairs)
