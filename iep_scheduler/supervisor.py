"""Whoever watches over the clusters of this machine: starts them, hears their canaries, starts them again."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import Error, close_old_connections, connection

from iep_scheduler import rollcall
from iep_scheduler.cluster import Cluster
from iep_scheduler.processes import TURN_SECONDS, StopSignals, stop_all
from meetings.actions import canary

PREFIX = "iep-scheduler-worker-"
LOCK = "lock"
LOOK_SECONDS = 0.4
BEAT_SECONDS = min(5, settings.CANARY_SECONDS / 3)
LATE = settings.CANARY_LATE
SECONDS_LATE = LATE.total_seconds()
HOST = settings.WORKER_HOST


class Supervisor:
    """Both queues of one machine."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self.say = say
        remove_left_folders()
        self.base = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.lock = held(self.base)
        shared = settings.Q_CLUSTER
        queues = {shared["name"]: shared, **shared["ALT_CLUSTERS"]}
        self.clusters = [Cluster(name, own["workers"], own["timeout"], self.base) for name, own in queues.items()]
        self.is_answered = True  # Whether the database answered when it was last asked.
        self.judged_from: datetime | None = None  # What was sent before then is not judged.
        self.looked = self.beaten = self.sent = -SECONDS_LATE

    def run(self, signals: StopSignals) -> None:
        """Watch until told to stop, then let what is under way finish."""
        try:
            while not signals.count:
                self.turn()
                time.sleep(TURN_SECONDS)
        finally:
            stop_all(self.clusters, signals)
            self.ask(self.note_stopped)
            self.close()

    def close(self) -> None:
        shutil.rmtree(self.base, ignore_errors=True)
        os.close(self.lock)

    def turn(self) -> None:
        for cluster in self.clusters:
            if cluster.pid and (code := cluster.exit_code()) is not None:
                # Its main process may end while four others go on working.
                self.restart(cluster, f"ended (exit code {code})")
            elif cluster.is_due():
                self.ask(self.start, cluster)
        now = time.monotonic()
        if now > self.beaten + BEAT_SECONDS:
            self.beaten = now
            self.ask(self.beat)
        if self.is_answered and now > self.looked + LOOK_SECONDS:
            self.looked = now
            for cluster in self.clusters:
                if why := cluster.trouble(SECONDS_LATE):
                    self.restart(cluster, why)

    def ask(self, what: Callable[..., None], *about: Cluster) -> None:
        """Do what needs the database. While it is down nobody is judged, and afterwards the waiting begins anew."""
        close_old_connections()
        try:
            if not self.is_answered:
                self.judged_from = canary.database_now()
            what(*about)
        except Error as error:
            connection.close()
            if self.is_answered:
                self.say(f"The database does not answer: {str(error).strip()}")
            self.is_answered = False
            return
        if not self.is_answered:
            self.say("The database answers again.")
            for cluster in self.clusters:
                cluster.wait_anew()
        self.is_answered = True

    def start(self, cluster: Cluster) -> None:
        # Before it takes any itself: afterwards nobody could tell its own from those of the one before it.
        back = canary.give_back(cluster.queue, cluster.left_over, host=HOST, seen_within=settings.WORKER_SEEN)
        if back:
            self.say(f"{cluster.name}: {back} jobs that had been taken and not done are given back.")
        if hopeless := cluster.hopeless():
            canary.put_aside(hopeless)
            self.say(f"{cluster.name}: {len(hopeless)} jobs that ended their process each time wait for a day.")
        cluster.begin(canary.database_now())
        self.sent = self.beaten = -SECONDS_LATE

    def beat(self) -> None:
        for cluster in self.clusters:
            self.note(cluster)
            rollcall.freshen(cluster.folder)
            if cluster.group is not None and self.is_late(cluster, cluster.group.started_at):
                self.restart(cluster, f"did no job for {SECONDS_LATE:.0f} seconds")
        if time.monotonic() > self.sent + settings.CANARY_SECONDS:
            self.sent = time.monotonic()
            for cluster in self.clusters:
                if cluster.pid:
                    canary.send(cluster.queue)

    def is_late(self, cluster: Cluster, started_at: datetime) -> bool:
        sent_since = max(started_at, self.judged_from or started_at)
        return cluster.is_frozen(SECONDS_LATE) and canary.is_late(cluster.queue, sent_since=sent_since, late=LATE)

    def restart(self, cluster: Cluster, why: str) -> None:
        self.say(cluster.end(why))

    def note(self, cluster: Cluster) -> None:
        group, untold = cluster.group, tuple(cluster.untold)
        if group is None:
            seen = canary.Seen(None, 0, 0, restarts=untold)
        else:
            ago = time.monotonic() - group.worked if group.worked else None
            seen = canary.Seen(group.started_at, len(group.living("worker")), len(group.busy()), ago, untold)
        canary.note_group(HOST, cluster.queue, seen)
        del cluster.untold[: len(untold)]

    def note_stopped(self) -> None:
        for cluster in self.clusters:
            canary.note_group(HOST, cluster.queue, canary.Seen(None, 0, 0, restarts=tuple(cluster.untold)))


def held(folder: Path) -> int:
    """Hold the folder until this process ends, however it does. Raises OSError where another holds it."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock


def remove_left_folders() -> None:
    """Remove the folders of supervisors that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        # It may be somebody else's, or held, or not whole yet.
        with suppress(OSError):
            if (folder / LOCK).exists():
                lock = held(folder)
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)
