"""One queue's django-q2 cluster: a process group of its own, and what its processes tell of it."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from iep_scheduler import rollcall
from iep_scheduler.processes import Program
from iep_scheduler.rollcall import MONITOR, PUSHER, SENTINEL, WORKER, Entry

STEADY_SECONDS = 60
LONGEST_PAUSE = 60
BEYOND_TIMEOUT = 15  # django-q2 ends a job by itself, a moment after its time.
START_SECONDS = 60
MISSING_SECONDS = 10
ACKNOWLEDGED_SECONDS = 30
MOST_TRIES = 3


@dataclass
class Group:
    """What is known of the processes since they were started together."""

    number: int
    started_at: datetime  # By the database's clock.
    entries: list[Entry] = field(default_factory=list)
    acknowledged: float = 0
    unacknowledged_since: float = 0
    missing_since: float = 0
    whole_since: float = 0  # When all of them were there first: a slow machine takes its time.
    worked: float = 0  # When a process last began or ended a job.

    def look(self, folder: Path) -> None:
        self.entries = rollcall.read(folder)
        self.worked = max(self.worked, *(max(entry.since, entry.done_at) for entry in self.workers()), 0)

    def workers(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.role == WORKER]

    def living(self, role: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.role == role and entry.lives(self.number)]

    def killed(self) -> list[Entry]:
        return [entry for entry in self.entries if not entry.lives(self.number)]

    def take_no_more(self) -> None:
        """Have it fetch no further jobs: it is to end as soon as those are done that it has."""
        for entry in self.living(PUSHER):
            with suppress(ProcessLookupError):
                os.kill(entry.pid, signal.SIGSTOP)

    def busy(self) -> list[Entry]:
        return [entry for entry in self.workers() if entry.works(self.number)]


class Cluster(Program):
    """A queue's cluster, when it is to be started, and why it was started again."""

    def __init__(self, queue: str, workers: int, timeout: int, base: Path) -> None:
        command = ["manage.py", "qcluster"]
        super().__init__(f"The {queue} queue", command, timeout + 10, {"Q_CLUSTER_NAME": queue})
        self.queue = queue
        self.workers = workers
        self.timeout = timeout
        self.base = base
        self.folder = base
        self.group: Group | None = None
        self.starts = 0
        self.pause = 1
        self.start_at = 0.0
        self.wanted_since = 0.0  # Since when it is known that it must be started again, as soon as nobody is at a job.
        self.left_over: list[int] = []  # The jobs that its processes were at when they were killed.
        self.fatal: Counter[int] = Counter()  # How often a job was the end of the process that was at it.
        self.untold: list[str] = []  # Why it was started again, for each time that is not in its row yet.

    def is_due(self) -> bool:
        return not self.pid and time.monotonic() >= self.start_at

    def begin(self, at: datetime) -> None:
        """Start its processes, at this time of the database's clock."""
        self.starts += 1
        self.folder = self.base / f"{self.queue}-{self.starts}"
        self.folder.mkdir(parents=True)
        self.environment[rollcall.FOLDER] = str(self.folder)
        self.start()
        self.group = Group(self.pid, at)
        self.wanted_since = 0

    def end(self, why: str) -> str:
        """End what is left of its processes. Return what there is to say of it."""
        if self.group is not None:
            self.group.look(self.folder)
            at_jobs = [entry for entry in self.group.workers() if entry.job > 0]
            self.left_over = [entry.job for entry in at_jobs]
            self.fatal.update(entry.job for entry in at_jobs if not self._goes_on(entry, self.group))
        self.kill()
        self.group = None
        self.pause = 1 if self.age() > STEADY_SECONDS else min(2 * self.pause, LONGEST_PAUSE)
        self.start_at = time.monotonic() + self.pause
        self.untold.append(why)
        return f"{self.name} {why}; starting it again in {self.pause} s."

    def wait_anew(self) -> None:
        """Forget what was seen while nothing could be judged."""
        if self.group is not None:
            self.group.unacknowledged_since = self.group.missing_since = 0

    def trouble(self, late: float) -> str:
        """Return why its processes must be ended now, as far as they tell it themselves.

        What can wait does so until nobody is at a job, `late` seconds at most, and no new ones are fetched meanwhile.
        """
        group, now = self.group, time.monotonic()
        if group is None:
            return ""
        group.look(self.folder)
        if any(self._is_overdue(entry) for entry in group.living(WORKER)):
            return "had a job that did not end in time"
        missing = self._missing(group, now)
        # Each job that ends while nobody notes results is done again.
        if why := self._unheard(group, now):
            return why
        why = self._killed(group) or missing
        self.wanted_since = (self.wanted_since or now) if why else 0
        if not why or not group.busy() or now > self.wanted_since + late:
            return why
        group.take_no_more()
        return ""

    def hopeless(self) -> list[int]:
        """Return, once, the jobs that were the end of their process each time that they were tried."""
        found = [job for job, times in self.fatal.items() if times >= MOST_TRIES]
        for job in found:
            del self.fatal[job]
        return found

    def ask_to_stop(self) -> None:
        super().ask_to_stop()
        # Those that stand still would never hear of it.
        if self.exit_code() is None:
            os.killpg(self.pid, signal.SIGCONT)

    def _is_overdue(self, entry: Entry) -> bool:
        return bool(entry.job) and time.monotonic() > entry.since + self.timeout + BEYOND_TIMEOUT

    def _goes_on(self, entry: Entry, group: Group) -> bool:
        return entry.lives(group.number) and not self._is_overdue(entry)

    def is_frozen(self, late: float) -> bool:
        """Return whether no process did anything for so long, and not because each worker is at a job."""
        group = self.group
        if group is None or not group.whole_since or len(group.busy()) >= self.workers:
            return False
        return time.monotonic() > max(group.whole_since, group.worked) + late

    @staticmethod
    def _killed(group: Group) -> str:
        # One that is killed may take a lock along which the others wait for, or jobs that it had fetched.
        return f"lost its {killed[0].role}" if (killed := group.killed()) else ""

    @staticmethod
    def _unheard(group: Group, now: float) -> str:
        """Without a monitor that reads results every job runs again and again, each time its lock ends."""
        if any(entry.role == MONITOR for entry in group.killed()):
            return f"lost its {MONITOR}"
        acknowledged = _last(entry for entry in group.entries if entry.role == MONITOR)
        waits = _last(group.workers()) > acknowledged
        if not waits or acknowledged != group.acknowledged or not group.unacknowledged_since:
            group.acknowledged, group.unacknowledged_since = acknowledged, now
        return "ended jobs that nobody noted" if now > group.unacknowledged_since + ACKNOWLEDGED_SECONDS else ""

    def _missing(self, group: Group, now: float) -> str:
        wanted = {SENTINEL: 1, MONITOR: 1, PUSHER: 1, WORKER: self.workers}
        missing = [role for role, count in wanted.items() if len(group.living(role)) < count]
        if not missing:
            group.whole_since = group.whole_since or now
        if not missing or self.age() < START_SECONDS:
            group.missing_since = 0
            return ""
        group.missing_since = group.missing_since or now
        return f"has no {missing[0]}" if now > group.missing_since + MISSING_SECONDS else ""


def _last(entries: Iterable[Entry]) -> float:
    return max((entry.done_at for entry in entries), default=0)
