"""What happens to the worker when a part of it is killed or stands still: python bench/worker_faults.py [FAULT ...]

Starts web and worker on an empty database of its own on the embedded server, with the intervals that they have
everywhere. Then breaks one thing after another while jobs of a second each are being done, and asks /readyz four times
a second. Prints for each fault: after how many seconds the site said that it was not ready, the cluster was started
again, a test job went through the queue, every job was done; and how many jobs were lost, begun twice, done twice.
"""

import http.client
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iep_scheduler.settings")

import django  # noqa: E402

from iep_scheduler import postgres  # noqa: E402

NAME = "bench_worker_faults"
JOBS = 20
STEADY = 61  # Seconds after which a cluster that breaks is started again without a longer pause.
LONGEST = 240
COLUMNS = ("not ready", "restarted", "canary ran", "all done", "lost", "begun twice", "done twice")
IDLE = {"idle worker", "other idle worker", "an idle worker, by SIGTERM", "all stand still, idle"}
FAULTS = (
    "idle worker",
    "other idle worker",
    "busy worker",
    "pusher",
    "monitor",
    "sentinel",
    "main",
    "both workers stand still",
    "all stand still, at work",
    "all stand still, idle",
    "an idle worker, by SIGTERM",
)


def main():
    chosen = sys.argv[1:] or FAULTS
    postgres.start()
    django.setup()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for line in measured(chosen):
        print(line, flush=True)


def measured(chosen=FAULTS):
    """Break each of these in turn, and at last tell everything to stop under load; give the lines of a table."""
    folder = Path(tempfile.mkdtemp(prefix="bench-worker-"))
    with own_database():
        site = Site()
        try:
            yield f"| {'broken':<28} | {' | '.join(COLUMNS)} |"
            yield "|---" * (1 + len(COLUMNS)) + "|"
            for fault in chosen:
                found = Trial(site, fault, folder / fault.replace(" ", "-")).run()
                yield f"| {fault:<28} | {' | '.join(f'{found[name]:>{len(name)}}' for name in COLUMNS)} |"
            yield stopped_under_load(site, folder / "stop")
        finally:
            site.end()
            shutil.rmtree(folder)


class own_database:  # noqa: N801
    """A migrated database that nobody else uses, while the block runs."""

    def __enter__(self):
        from django.db import connection  # noqa: PLC0415 - after the set-up

        from tests.database import use_migrated_template  # noqa: PLC0415

        use_migrated_template()
        template = connection.settings_dict["TEST"]["TEMPLATE"]
        with connection._nodb_cursor() as cursor:  # noqa: SLF001
            cursor.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
            cursor.execute(f'CREATE DATABASE {NAME} TEMPLATE "{template}"')
        connection.close()
        self.before, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], NAME

    def __exit__(self, *_):
        from django.db import connection  # noqa: PLC0415

        connection.close()
        connection.settings_dict["NAME"] = self.before
        with connection._nodb_cursor() as cursor:  # noqa: SLF001
            cursor.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


class Site:
    """Web and worker, as ./run starts them."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self):
        from django.db import connection  # noqa: PLC0415

        found = connection.settings_dict
        host = found["HOST"].replace("/", "%2F")
        environment = os.environ | {
            "DATABASE_URL": f"postgres://{found['USER']}@{host}:{found['PORT']}/{NAME}",
            "PORT": str(self.port),
            "DEMO": "false",
        }
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "start"],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.wait(self.is_ready)

    def is_ready(self):
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            asked.request("GET", "/readyz")
            return asked.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            asked.close()

    def clusters(self):
        from tests.clusters import Clusters  # noqa: PLC0415

        children = psutil.Process(self.process.pid).children()
        return Clusters(next(child.pid for child in children if "worker" in child.cmdline()))

    @staticmethod
    def wait(true, seconds=LONGEST):
        from tests.telling import wait_until  # noqa: PLC0415

        return wait_until(true, seconds)

    def end(self):
        self.process.terminate()
        return self.process.wait()


class Trial:
    """One fault, and what became of the jobs."""

    def __init__(self, site, fault, folder):
        self.site, self.fault, self.folder = site, fault, folder
        self.names = {f"job{number}" for number in range(JOBS)}
        self.seen = {}
        folder.mkdir(parents=True)

    def run(self):
        from meetings.models import WorkerGroup  # noqa: PLC0415
        from tests.telling import ask  # noqa: PLC0415

        group = WorkerGroup.objects.get(queue="quick")
        time.sleep(max(0, STEADY - (datetime.now(UTC) - group.started_at).total_seconds()))
        self.site.wait(self.site.is_ready)
        self.restarts = group.restarts
        clusters = self.site.clusters()
        if self.fault in IDLE:
            break_it(clusters, self.fault)
        ask(self.folder, sorted(self.names), 1)
        if self.fault not in IDLE:
            # In the midst of it.
            self.site.wait(lambda: len(self.counted("done")) > 3)  # noqa: PLR2004
            break_it(clusters, self.fault)
        self.broken, self.broken_at = time.monotonic(), self.database_now()
        self.watch()
        return self.row()

    def watch(self):
        while time.monotonic() < self.broken + LONGEST and not self.is_over():
            for name, happened in self.signs().items():
                if name not in self.seen and happened:
                    self.seen[name] = time.monotonic() - self.broken
            time.sleep(0.25)

    def signs(self):
        from meetings.models import Canary, WorkerGroup  # noqa: PLC0415

        restarts = WorkerGroup.objects.get(queue="quick").restarts
        ran = Canary.objects.filter(queue="quick", sent_at__gt=self.broken_at, ran_at__isnull=False)
        return {
            "not ready": not self.site.is_ready(),
            "restarted": restarts > self.restarts,
            # One that ran before the cluster was started again says nothing of the new one.
            "canary ran": (restarts > self.restarts or "SIGTERM" in self.fault) and ran.exists(),
            "all done": self.counted("done").keys() == self.names,
        }

    def is_over(self):
        wanted = {"canary ran", "all done"} | (set() if "SIGTERM" in self.fault else {"restarted"})
        return wanted <= self.seen.keys() and self.site.is_ready()

    def row(self):
        time.sleep(2)  # For what might be done a second time.
        began, done = self.counted("began"), self.counted("done")
        times = {name: f"{self.seen[name]:.1f} s" if name in self.seen else "-" for name in COLUMNS[:4]}
        return times | {
            "lost": len(self.names - done.keys()),
            "begun twice": sum(count > 1 for count in began.values()),
            "done twice": sum(count > 1 for count in done.values()),
        }

    def counted(self, what):
        from tests.telling import counted  # noqa: PLC0415

        return counted(self.folder, what)

    @staticmethod
    def database_now():
        from meetings.actions.canary import database_now  # noqa: PLC0415

        return database_now()


def break_it(clusters, fault):
    if fault.startswith("all stand still"):
        os.killpg(clusters.find("main"), signal.SIGSTOP)
    elif fault == "both workers stand still":
        for entry in clusters.entries("quick"):
            if entry.role == "worker":
                os.kill(entry.pid, signal.SIGSTOP)
    elif "SIGTERM" in fault:
        os.kill(clusters.find("idle worker"), signal.SIGTERM)
    else:
        os.kill(clusters.find(fault), signal.SIGKILL)


def stopped_under_load(site, folder):
    """Tell everything to stop while jobs of two seconds are being done, and start it again."""
    from tests.telling import ask, counted  # noqa: PLC0415

    folder.mkdir()
    names = {f"job{number}" for number in range(JOBS)}
    ask(folder, sorted(names), 2)
    site.wait(lambda: len(counted(folder, "began")) > 3)  # noqa: PLR2004
    told = time.monotonic()
    code = site.end()
    took, before = time.monotonic() - told, counted(folder, "done")
    cut = counted(folder, "began") - before
    site.start()
    site.wait(lambda: counted(folder, "done").keys() == names)
    time.sleep(2)
    twice = sum(count > 1 for count in counted(folder, "done").values())
    return (
        f"SIGTERM under load ({JOBS} jobs of 2 s, {len(before)} done by then): ended after {took:.1f} s with {code},"
        f" {sum(cut.values())} cut short, 0 lost, {twice} done twice"
    )


if __name__ == "__main__":
    main()
