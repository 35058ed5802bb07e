"""What each process of a cluster writes of itself."""

import os
import signal
import subprocess
import sys
from multiprocessing import get_context

import pytest
from django_q.signals import post_execute, post_execute_in_worker, pre_execute

from iep_scheduler import rollcall
from iep_scheduler.rollcall import MONITOR, WORKER, Roll, read


@pytest.fixture
def roll(tmp_path):
    """A roll that is kept in this folder; what forks from here later must not keep it too."""
    roll = Roll(tmp_path)
    yield roll
    roll.own = None
    for sent, heard in (
        (pre_execute, roll.begin),
        (post_execute_in_worker, roll.end),
        (post_execute, roll.acknowledge),
    ):
        sent.disconnect(heard)


def worker(ready, go_on):
    """Called as django-q2 calls what its workers run."""
    pre_execute.send(sender="django_q", func=None, task={"ack_id": 7})
    os.kill(os.getpid(), signal.SIGTERM)
    ready.set()
    go_on.wait(60)
    post_execute_in_worker.send(sender="django_q", func=None, task={})


def monitor(ready, go_on):
    post_execute.send(sender="django_q", task={})
    ready.set()
    go_on.wait(60)


def other(ready, go_on):
    ready.set()
    go_on.wait(60)


@pytest.fixture
def forked():
    """Runs a function in a process of its own until it is told to go on."""
    context, all_of_them = get_context("fork"), []

    def forked(target):
        ready, go_on = context.Event(), context.Event()
        process = context.Process(target=target, args=(ready, go_on))
        process.start()
        all_of_them.append((process, go_on))
        assert ready.wait(60)
        return process, go_on

    yield forked
    for process, go_on in all_of_them:
        # An event waits for ever for one that was killed while it waited for the event.
        if process.is_alive():
            go_on.set()
        process.join(60)


def test_worker_writes_what_it_is_at_outlives_sigterm_and_takes_its_file_away(roll, forked, tmp_path):
    process, go_on = forked(worker)

    (entry,) = read(tmp_path)
    assert (entry.pid, entry.role, entry.job, entry.since > 0, entry.done_at) == (process.pid, WORKER, 7, True, 0)
    assert (entry.lives(os.getpgrp()), entry.works(os.getpgrp()), entry.lives(1)) == (True, True, False)
    go_on.set()
    process.join(60)
    assert (process.exitcode, read(tmp_path)) == (0, [])


def test_file_of_a_killed_process_stays(roll, forked, tmp_path):
    process, _ = forked(worker)
    process.kill()
    process.join(60)

    (entry,) = read(tmp_path)
    assert (entry.job, entry.lives(os.getpgrp()), entry.works(os.getpgrp())) == (7, False, False)


def test_monitor_writes_when_it_noted_a_result(roll, forked, tmp_path):
    forked(monitor)

    (entry,) = read(tmp_path)
    assert (entry.role, entry.job, entry.done_at > 0) == (MONITOR, 0, True)


def test_what_is_no_process_of_the_cluster_writes_nothing(roll, forked, tmp_path):
    forked(other)

    assert read(tmp_path) == []


def test_full_disk_or_a_folder_that_is_gone_fails_no_job(roll, tmp_path):
    roll.own = rollcall.Entry(1, WORKER)
    roll.folder = tmp_path / "gone"

    pre_execute.send(sender="django_q", func=None, task={"ack_id": 7})

    assert (roll.own.job, read(roll.folder)) == (7, [])


def test_files_are_kept_from_what_tidies_up(roll, forked, tmp_path):
    forked(other)
    forked(monitor)
    (file,) = tmp_path.glob("*.json")
    os.utime(file, (0, 0))

    rollcall.freshen(tmp_path)

    assert file.stat().st_mtime > 0


def test_no_roll_is_kept_where_no_supervisor_asked_for_it():
    assert rollcall.FOLDER not in os.environ
    command = "import django; django.setup(); from iep_scheduler import rollcall; print(rollcall.ROLLS)"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "iep_scheduler.settings"}
    said = subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
