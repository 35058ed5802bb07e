"""`manage.py` in real processes."""

import socket
import subprocess
import sys
import threading

import psutil
import pytest
from django.conf import settings


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Run:
    """A `manage.py` in a session of its own, what it said, and the processes that it started."""

    def __init__(self, arguments, environment):
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = []
        self.news = threading.Condition()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.news:
                self.said.append(line)
                self.news.notify_all()

    def wait_to_say(self, words):
        with self.news:
            assert self.news.wait_for(lambda: words in "".join(self.said), timeout=60), self.said

    def family(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def wait_for_family(self, count):
        """Wait until it has that many processes below it: the worker's clusters take their time."""
        turn = threading.Event()
        for _ in range(600):
            if len(self.family()) >= count:
                return self.family()
            turn.wait(0.1)
        raise AssertionError(self.family())

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(60)

    def close(self):
        for process in (*self.family(), self.process) if self.process.poll() is None else ():
            process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


@pytest.fixture
def manage(worker_environment, port):
    started = []

    def manage(*arguments, **environment):
        started.append(Run(arguments, worker_environment | {"PORT": str(port)} | environment))
        return started[-1]

    yield manage
    for run in started:
        run.close()
