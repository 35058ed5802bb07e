"""Real processes: what is started together ends together."""

import http.client
import signal
import socket

import psutil
import pytest

from tests.telling import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
READY = "IEP Scheduler is ready"


# Web: one and two workers. Worker: itself and two clusters, each with a guard, two workers, a monitor and a pusher.
WHOLE_FAMILY = 3 + 1 + 2 * 6


def answer_of(port, path):
    asked = http.client.HTTPConnection("127.0.0.1", port)
    asked.request("GET", path)
    answer = asked.getresponse()
    found = answer.status, answer.read()
    asked.close()
    return found


def test_start_answers_and_ends_without_a_trace_on_ctrl_c(manage, port):
    run = manage("start")
    run.wait_to_say(READY)
    assert answer_of(port, "/healthz") == (200, b"ok")
    family = run.wait_for_family(WHOLE_FAMILY)
    wait_until(lambda: answer_of(port, "/readyz") == (200, b"ready"))

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
