"""./run: prepare the database, then web and worker together until one is told to stop."""

import hashlib
import http.client
import socket
import sys
import time
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from iep_scheduler import postgres, web
from iep_scheduler.checks import check_profiles
from iep_scheduler.processes import TURN_SECONDS, Child, Fork, Program, StopSignals, stop_all
from iep_scheduler.readiness import pending_migrations
from students.models import Staff

READY_SECONDS = 60
REVIVE_SECONDS = 5
LONGEST_JOB = max(settings.QUICK["timeout"], settings.LONG["timeout"])


class Command(BaseCommand):
    """Starts everything; stops everything."""

    help = "Start web and worker together. What ./run does after preparing."
    requires_system_checks = ()

    def handle(self, *_: object, **__: object) -> None:
        signals = StopSignals()
        if not port_is_free():
            self.say(f"Port {settings.PORT} is taken by another program. Choose another: PORT=8001 ./run")
            sys.exit(1)
        self.prepare()
        connection.close()
        site = Fork("The web server", web.serve, patience=25)
        worker = Program("The worker", ["manage.py", "worker"], patience=LONGEST_JOB + 30)
        children: list[Child] = [site, worker]
        try:
            site.start()
            failed = self.wait_until_ready(site, signals)
            if not failed:
                worker.start()
                self.greet()
                failed = self.watch(children, signals)
        finally:
            self.say("Stopping.")
            stop_all(children, signals, lambda: self.say("Finishing what is under way; Ctrl-C again stops at once."))
        sys.exit(1 if failed else 0)

    def prepare(self) -> None:
        if wrong := check_profiles():
            # Nothing is counted by a rule that cannot be read.
            self.say(f"A state’s rules cannot be read. {wrong[0].msg}")
            sys.exit(1)
        if pending_migrations():
            self.say("Preparing the database. This takes a moment, once.")
            call_command("migrate", verbosity=0, interactive=False)
        if settings.DEMO and not Staff.objects.exists():
            self.say("Importing the demo district.")
            call_command("demo", verbosity=0)
        collect_static()

    def wait_until_ready(self, site: Child, signals: StopSignals) -> bool:
        """Return whether the web server failed to come up."""
        while not signals.count and site.age() < READY_SECONDS:
            if site.exit_code() is not None:
                self.say(f"{site.name} did not start (exit code {site.exit_code()}).")
                return True
            if answers():
                return False
            time.sleep(TURN_SECONDS / 4)
        if not signals.count:
            self.say(f"{site.name} does not answer on port {settings.PORT}.")
        return not signals.count

    def watch(self, children: list[Child], signals: StopSignals) -> bool:
        """Return whether a child ended unasked, once it did; else wait for the signal to stop."""
        looked = time.monotonic()
        while not signals.count:
            for child in children:
                if child.exit_code() is not None:
                    self.say(f"{child.name} ended by itself (exit code {child.exit_code()}). Stopping everything.")
                    return True
            if settings.EMBEDDED_DATABASE and time.monotonic() > looked + REVIVE_SECONDS:
                self.revive()
                looked = time.monotonic()
            time.sleep(TURN_SECONDS)
        return False

    def revive(self) -> None:
        try:
            postgres.SERVER.revive()
        except postgres.CannotStartError as error:
            self.say(f"The embedded PostgreSQL is down and does not start. {error}")

    def greet(self) -> None:
        self.say(f"\nIEP Scheduler is ready: {settings.BASE_URL}")
        if settings.DEMO:
            call_command("demo", logins=True)
        elif not Staff.objects.exists():
            self.say("There is nobody in it yet. Make the first administrator: ./run manage setup")
        connection.close()
        self.say("Stop with Ctrl-C.\n")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def port_is_free() -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.HOST, settings.PORT))
        except OSError:
            return False
    return True


def answers() -> bool:
    asked = http.client.HTTPConnection("127.0.0.1", settings.PORT, timeout=5)
    try:
        asked.request("GET", "/healthz")
        return asked.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        asked.close()


def collect_static() -> None:
    """Collect the static files, unless what was collected last came from the same ones."""
    stamp = settings.VAR / "static.stamp"
    current = static_digest()
    if stamp.exists() and stamp.read_text() == current:
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(current)


def static_digest() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            found: Any = storage
            digest.update(f"{path} {found.size(path)} {found.get_modified_time(path)}\n".encode())
    return digest.hexdigest()
