"""Processes that live and end with the one that started them."""

import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress

from django.conf import settings

TIED = "ENDS_WITH_PARENT"
TURN_SECONDS = 0.2


class Child:
    """A process in a session of its own, so that Ctrl-C reaches it through us alone."""

    def __init__(self, name: str, patience: float) -> None:
        self.name = name
        self.patience = patience  # Seconds from being asked to stop until it is made to.
        self.pid = 0
        self.started = 0.0
        self._lifeline = -1
        self._code: int | None = None

    def start(self) -> None:
        # The pipe carries nothing: its end tells the child that we are gone, however we went.
        theirs, self._lifeline = os.pipe()
        self.pid = self.spawn(theirs)
        os.close(theirs)
        self.started = time.monotonic()
        self._code = None

    def spawn(self, lifeline: int) -> int:
        """Start the process with the pipe as its standard input. Return its number."""
        raise NotImplementedError

    def exit_code(self) -> int | None:
        """Return what it ended with (below zero: by which signal), or nothing while it lives."""
        if self.pid and self._code is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if ended else None
        return self._code if self.pid else 0

    def age(self) -> float:
        return time.monotonic() - self.started

    def ask_to_stop(self) -> None:
        # To the main process alone: told together, the workers of a cluster stop in the middle of their tasks.
        if self.exit_code() is None:
            os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End whatever is left of its group."""
        if not self.pid:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        if self.exit_code() is None:
            os.waitpid(self.pid, 0)
        os.close(self._lifeline)
        self.pid = 0


class Program(Child):
    """A child that starts Python afresh."""

    def __init__(
        self, name: str, command: list[str], patience: float, environment: dict[str, str] | None = None
    ) -> None:
        super().__init__(name, patience)
        self.command = command
        self.environment = environment or {}

    def spawn(self, lifeline: int) -> int:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, *self.command],
            cwd=settings.BASE_DIR,
            env=os.environ | self.environment | {TIED: str(self.patience)},
            stdin=lifeline,
            start_new_session=True,
        )
        process.returncode = 0  # Waiting for it is our own affair.
        return process.pid


class Fork(Child):
    """A child that goes on from what is loaded here: half a start's time is loading Django."""

    def __init__(self, name: str, target: Callable[[], None], patience: float) -> None:
        super().__init__(name, patience)
        self.target = target

    def spawn(self, lifeline: int) -> int:
        sys.stdout.flush()
        if pid := os.fork():
            return pid
        os._exit(self._become(lifeline))

    def _become(self, lifeline: int) -> int:
        try:
            os.setsid()
            os.dup2(lifeline, 0)
            os.close(self._lifeline)  # While we held the other end ourselves it would never end.
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            _tie(self.patience)
            self.target()
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
            return 1
        return 0


class StopSignals:
    """Counts SIGTERM and Ctrl-C instead of dying from them."""

    def __init__(self) -> None:
        self.count = 0
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def _note(self, *_: object) -> None:
        self.count += 1


def stop_all(children: Iterable[Child], signals: StopSignals, on_wait: Callable[[], None] = lambda: None) -> None:
    """Ask every child to stop, wait as long as each may take, then end what is left. A second signal ends the wait."""
    asked, already = time.monotonic(), signals.count
    living = [child for child in children if child.exit_code() is None]
    for child in living:
        child.ask_to_stop()
    told = False
    while any(child.exit_code() is None and time.monotonic() < asked + child.patience for child in living):
        if signals.count > max(already, 1):
            break
        if not told and time.monotonic() > asked + 3:
            told = True
            on_wait()
        time.sleep(TURN_SECONDS / 4)
    for child in children:
        child.kill()


def end_with_parent() -> None:
    """End by SIGTERM when the process that started this one as its child is gone."""
    # Not handed on: what a task starts has another standard input.
    if patience := os.environ.pop(TIED, None):
        _tie(float(patience))


def _tie(patience: float) -> None:
    threading.Thread(target=_watch, args=(patience,), daemon=True).start()


def _watch(patience: float) -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    # Nobody is left to end by force a cluster that cannot stop by itself.
    time.sleep(patience)
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
