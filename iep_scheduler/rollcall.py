"""Which processes a cluster has and what each is at: every one keeps a small file, its supervisor reads them all.

A file is taken away by a process that ends as it should. What is left of one that is gone says that it was killed.
"""

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from multiprocessing.util import Finalize, register_after_fork
from pathlib import Path
from typing import Any

from django_q.signals import post_execute, post_execute_in_worker, pre_execute

FOLDER = "CLUSTER_FOLDER"  # Where the supervisor has its cluster keep the files.
SENTINEL, WORKER, MONITOR, PUSHER = "sentinel", "worker", "monitor", "pusher"
ROLES = {"Sentinel": SENTINEL, "worker": WORKER, "monitor": MONITOR, "pusher": PUSHER}
ENDED = "ZXx"  # As /proc calls it: ended, and its parent has not looked yet.
STOPPED = "Tt"


@dataclass
class Entry:
    """One process. Times are of the machine's monotonic clock, which all processes share and nobody sets back."""

    pid: int
    role: str
    job: int = 0  # Which row of the queue it is at.
    since: float = 0  # When it began with that.
    done_at: float = 0  # When it last ended a job; of a monitor: when it last took one off the queue.

    def lives(self, group: int) -> bool:
        with suppress(ProcessLookupError, PermissionError):
            # Another program may have been given the number since.
            return os.getpgid(self.pid) == group and _state(self.pid) not in ENDED
        return False

    def works(self, group: int) -> bool:
        """Return whether it is at a job and can go on with it."""
        return bool(self.job) and self.lives(group) and _state(self.pid) not in STOPPED


def read(folder: Path) -> list[Entry]:
    """Return what the processes of the cluster last wrote of themselves."""
    return list(_entries(folder))


def _entries(folder: Path) -> Iterator[Entry]:
    for file in _files(folder):
        with suppress(FileNotFoundError):
            yield Entry(**json.loads(file.read_text()))


def freshen(folder: Path) -> None:
    """Touch the files: what tidies /tmp takes away those that nobody has touched for days."""
    for file in _files(folder):
        with suppress(FileNotFoundError):
            os.utime(file)


def _files(folder: Path) -> list[Path]:
    return list(folder.glob("*.json"))


def _state(pid: int) -> str:
    """Return the letter that the system has for what the process is at; "R" where it does not tell."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return "X" if Path("/proc/self").exists() else "R"
    # The name before it may hold anything, spaces and brackets too.
    return line.rpartition(")")[2].split()[0]


class Roll:
    """This process's own line of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.own: Entry | None = None
        register_after_fork(self, Roll.enter)
        pre_execute.connect(self.begin)
        post_execute_in_worker.connect(self.end)
        post_execute.connect(self.acknowledge)

    def enter(self) -> None:
        """Begin a line of its own in a process that was just forked."""
        self.own = None
        target = getattr(multiprocessing.current_process(), "_target", None)
        role = ROLES.get(getattr(target, "__name__", ""))
        if role is None:
            return
        stand_fast(role)
        self.own = Entry(os.getpid(), role)
        self.write()
        Finalize(None, self.leave, exitpriority=0)

    def begin(self, *, task: dict[str, Any], **_: object) -> None:
        if self.own is not None:
            self.own.job, self.own.since = task.get("ack_id") or -1, time.monotonic()
            self.write()

    def end(self, **_: object) -> None:
        if self.own is not None:
            self.own.job, self.own.done_at = 0, time.monotonic()
            self.write()

    def acknowledge(self, **_: object) -> None:
        if self.own is not None and self.own.role == MONITOR:
            self.own.done_at = time.monotonic()
            self.write()

    def write(self) -> None:
        if self.own is None:
            return
        # The folder goes with a supervisor that stops without waiting; the disk may be full. No job must fail by that.
        with suppress(OSError):
            fresh = self.folder / f"{self.own.pid}.new"
            fresh.write_text(json.dumps(asdict(self.own)))
            fresh.replace(self.folder / f"{self.own.pid}.json")

    def leave(self) -> None:
        (self.folder / f"{os.getpid()}.json").unlink(missing_ok=True)


def stand_fast(role: str) -> None:
    """Have the process outlive a SIGTERM that was sent to the whole group: the main process alone ends the others.

    Told together, the workers would stop in the middle of their jobs, and the main process would wait for ever.
    """
    if role == SENTINEL:
        # It sets its own handler when it begins, so that only a mask holds.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    else:
        # A handler of ours, and not SIG_IGN or the mask: a program that a job starts must not inherit it.
        signal.signal(signal.SIGTERM, _go_on)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _go_on(*_: object) -> None:
    pass


ROLLS: list[Roll] = []


def keep() -> None:
    """Keep the roll of a cluster that starts in this process, where its supervisor asked for it."""
    folder = os.environ.get(FOLDER)
    if folder and not ROLLS:
        ROLLS.append(Roll(Path(folder)))
