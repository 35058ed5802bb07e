"""A job that tells of itself: each time that it is begun and done leaves a file, so that runs can be counted."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from pathlib import Path

from django_q.tasks import async_task


def tell(folder, name, seconds):
    """The job."""
    run = uuid.uuid4().hex
    (Path(folder) / f"{name}.began.{run}").touch()
    time.sleep(seconds)
    (Path(folder) / f"{name}.done.{run}").touch()


def end_its_process(folder):
    """A job that is the end of whoever is at it."""
    (Path(folder) / f"poison.began.{uuid.uuid4().hex}").touch()
    os.kill(os.getpid(), signal.SIGKILL)


def start_and_stop(folder):
    """A job that starts a program, and tells it to stop as soon as it runs."""
    program = "print('here', flush=True); import time; time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.terminate()
    (Path(folder) / "ended-by").write_text(str(process.returncode))


def ask(folder, names, seconds, queue="quick"):
    """Ask for a job of each name."""
    for name in names:
        async_task("tests.telling.tell", str(folder), name, seconds, cluster=queue)


def counted(folder, what):
    """How often each job was begun, or done."""
    return Counter(file.name.split(".")[0] for file in Path(folder).iterdir() if f".{what}." in file.name)


def wait_until(true, seconds=90):
    """Return as soon as something is true; what it came to last. Fails when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)
    return found
