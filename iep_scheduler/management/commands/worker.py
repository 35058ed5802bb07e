"""The worker: one django-q2 cluster for each queue, started again when it ends."""

import time

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from iep_scheduler.processes import TURN_SECONDS, Program, StopSignals, stop_all
from meetings.jobs import declare_schedules

STEADY_SECONDS = 60
LONGEST_PAUSE = 60


class Cluster(Program):
    """One queue's cluster, and how long to wait before it is started again."""

    def __init__(self, queue: str, longest_task: int) -> None:
        super().__init__(f"The {queue} queue", ["manage.py", "qcluster"], longest_task + 10, {"Q_CLUSTER_NAME": queue})
        self.pause = 1
        self.start_at = 0.0

    def tend(self) -> str:
        """Start it where it is due. Return what there is to say of it."""
        if not self.pid:
            if time.monotonic() >= self.start_at:
                self.start()
            return ""
        code = self.exit_code()
        if code is None:
            return ""
        # Its main process may end while four others go on working.
        self.kill()
        self.pause = 1 if self.age() > STEADY_SECONDS else min(2 * self.pause, LONGEST_PAUSE)
        self.start_at = time.monotonic() + self.pause
        return f"{self.name} ended (exit code {code}); starting it again in {self.pause} s."


class Command(BaseCommand):
    """Runs both queues."""

    help = "Run the worker: mail and reminders (quick), imports and plans (long)."

    def handle(self, *_: object, **__: object) -> None:
        signals = StopSignals()
        declare_schedules()
        connection.close()
        clusters = [
            Cluster(settings.Q_CLUSTER["name"], settings.Q_CLUSTER["timeout"]),
            *(Cluster(name, own["timeout"]) for name, own in settings.Q_CLUSTER["ALT_CLUSTERS"].items()),
        ]
        try:
            while not signals.count:
                for cluster in clusters:
                    if words := cluster.tend():
                        self.stderr.write(words)
                time.sleep(TURN_SECONDS)
        finally:
            stop_all(clusters, signals)
