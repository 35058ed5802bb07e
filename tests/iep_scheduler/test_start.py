"""Real processes: what is started together ends together."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading

import psutil
import pytest
from django.conf import settings

pytestmark = pytest.mark.django_db(transaction=True)
READY = "IEP Scheduler is ready"


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


# Web: one and two workers. Worker: itself and two clusters, each with a guard, two workers, a monitor and a pusher.
WHOLE_FAMILY = 3 + 1 + 2 * 6


def test_start_answers_and_ends_without_a_trace_on_ctrl_c(manage, port):
    run = manage("start")
    run.wait_to_say(READY)
    asked = http.client.HTTPConnection("127.0.0.1", port)
    asked.request("GET", "/healthz")
    answer = asked.getresponse()
    assert (answer.status, answer.read()) == (200, b"ok")
    asked.close()
    family = run.wait_for_family(WHOLE_FAMILY)

    code = run.end(signal.SIGINT)

    assert code == 0
    assert [process for process in family if process.is_running()] == []
    assert "Stopping.\n" in run.said


def test_start_that_is_killed_takes_everything_along(manage):
    run = manage("start")
    run.wait_to_say(READY)
    family = run.wait_for_family(WHOLE_FAMILY)

    run.end(signal.SIGKILL)

    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []


def test_start_with_a_dead_worker_says_so_and_stops_everything(manage):
    run = manage("start")
    run.wait_to_say(READY)
    family = run.wait_for_family(WHOLE_FAMILY)
    worker = next(process for process in family if "worker" in process.cmdline())

    worker.kill()

    assert run.process.wait(60) == 1
    run.wait_to_say("The worker ended by itself (exit code -9). Stopping everything.")
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []


def test_start_on_a_taken_port_says_so(manage, port):
    with socket.create_server(("127.0.0.1", port)):
        run = manage("start")
        assert run.process.wait(60) == 1
        run.wait_to_say(f"Port {port} is taken by another program. Choose another: PORT=8001 ./run\n")


def test_worker_starts_a_cluster_again_that_was_killed(manage):
    run = manage("worker")
    before = run.wait_for_family(12)
    cluster = next(process for process in before if process.ppid() == run.process.pid)
    theirs = cluster.children(recursive=True)

    os.kill(cluster.pid, signal.SIGKILL)

    run.wait_to_say("queue ended (exit code -9); starting it again in 2 s.")
    # The four that go on working without their head are ended with it.
    assert psutil.wait_procs(theirs, timeout=60)[1] == []
    after = run.wait_for_family(12)
    assert run.end(signal.SIGTERM) == 0
    assert [process for process in after if process.is_running()] == []
