"""What the child process may use. The system holds it to these, whatever a calendar makes it do."""

import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

MEMORY = 512 * 1024 * 1024
CPU_SECONDS = 10
SERIES_SECONDS = 2.0


class TooMuchWorkError(Exception):
    """One series takes too long to be worked out."""


def hold() -> None:
    """Limit this process for good: memory, time at work, and nothing is ever written to a file."""
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),  # It would hold the address, and what came from there.
    ):
        _, most = resource.getrlimit(kind)
        limit = limit if most == resource.RLIM_INFINITY else min(limit, most)
        with suppress(ValueError):  # macOS holds nobody to a limit of memory.
            resource.setrlimit(kind, (limit, limit))


def end_after(seconds: float) -> None:
    """Have the system end this process then, even where it hangs outside of Python."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


@contextmanager
def bounded_work(seconds: float = SERIES_SECONDS) -> Iterator[None]:
    """Raise TooMuchWorkError in a block that computes longer. Only the main thread gets signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooMuchWorkError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
