"""What a supervisor concludes from what the processes of a cluster wrote of themselves."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from iep_scheduler.cluster import Cluster, Group
from iep_scheduler.rollcall import MONITOR, PUSHER, SENTINEL, WORKER, Entry, read

NOW = datetime(2026, 12, 1, tzinfo=UTC)
LATE = 60
PLACE_OF_MONITOR, PLACE_OF_PUSHER, PLACE_OF_WORKER = 1, 2, 3


class Processes:
    """Processes that do nothing, in a group of their own, and the files that they would keep."""

    def __init__(self, folder):
        self.folder = folder
        self.group = 0
        self.all = []

    def add(self, role, **what):
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, process_group=self.group)
        self.group = self.group or process.pid
        self.all.append(process)
        self.write(Entry(process.pid, role, **what))
        return process

    def write(self, entry):
        (self.folder / f"{entry.pid}.json").write_text(json.dumps(asdict(entry)))

    def end(self):
        for process in self.all:
            process.kill()
            process.stdin.close()
            process.wait()


@pytest.fixture
def processes(tmp_path):
    processes = Processes(tmp_path)
    yield processes
    processes.end()


@pytest.fixture
def cluster(processes, tmp_path):
    """A cluster of two workers, a monitor, a pusher and a sentinel, of which nothing was seen so far."""
    for role in (SENTINEL, MONITOR, PUSHER, WORKER, WORKER):
        processes.add(role)
    cluster = Cluster("quick", 2, 30, tmp_path)
    cluster.group = Group(processes.group, NOW)
    cluster.started = time.monotonic()
    return cluster


@pytest.fixture
def pass_time(monkeypatch):
    """Let seconds pass."""
    real, passed = time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: real() + passed[0])

    def pass_time(seconds):
        passed[0] += seconds

    return pass_time


def kill(process):
    process.kill()
    process.wait()


def test_roll_of_a_cluster_is_what_its_processes_wrote(cluster, processes, tmp_path):
    (tmp_path / "7.new").write_text("half a li")

    assert sorted(entry.pid for entry in read(tmp_path)) == sorted(process.pid for process in processes.all)


def test_cluster_that_is_whole_has_no_trouble(cluster):
    assert (cluster.trouble(LATE), cluster.is_frozen(LATE)) == ("", False)


@pytest.mark.parametrize(("place", "role"), list(enumerate((SENTINEL, MONITOR, PUSHER, WORKER, WORKER))))
def test_cluster_that_lost_a_process_is_to_be_started_again(cluster, processes, place, role):
    kill(processes.all[place])

    assert cluster.trouble(LATE) == f"lost its {role}"


def test_process_of_which_only_the_number_is_left_counts_as_lost(cluster, processes):
    # The number of a process that ended may be given to another program.
    processes.write(Entry(os.getpid(), WORKER))

    assert cluster.trouble(LATE) == "lost its worker"


def test_cluster_that_lost_a_process_may_end_the_job_of_another_first_and_fetches_no_more(cluster, processes):
    kill(processes.all[PLACE_OF_WORKER])
    processes.write(Entry(processes.all[-1].pid, WORKER, job=4, since=time.monotonic()))
    assert cluster.trouble(LATE) == ""
    _, how = os.waitpid(processes.all[PLACE_OF_PUSHER].pid, os.WUNTRACED)
    assert os.WSTOPSIG(how) == signal.SIGSTOP

    processes.write(Entry(processes.all[-1].pid, WORKER, since=time.monotonic(), done_at=time.monotonic()))
    assert cluster.trouble(LATE) == "lost its worker"


def test_cluster_that_lost_a_process_waits_for_no_job_for_ever(cluster, processes, pass_time):
    kill(processes.all[PLACE_OF_WORKER])
    cluster.timeout = 900
    processes.write(Entry(processes.all[-1].pid, WORKER, job=4, since=time.monotonic()))
    assert cluster.trouble(LATE) == ""

    pass_time(LATE + 1)
    assert cluster.trouble(LATE) == "lost its worker"


def test_cluster_that_lost_its_monitor_waits_for_no_job_whose_end_nobody_would_note(cluster, processes):
    kill(processes.all[PLACE_OF_MONITOR])
    processes.write(Entry(processes.all[-1].pid, WORKER, job=4, since=time.monotonic()))

    assert cluster.trouble(LATE) == "lost its monitor"


def test_cluster_whose_results_nobody_notes_is_to_be_started_again(cluster, processes, pass_time):
    processes.write(Entry(processes.all[-1].pid, WORKER, since=1, done_at=2))
    assert cluster.trouble(LATE) == ""
    pass_time(29)
    assert cluster.trouble(LATE) == ""

    pass_time(2)
    assert cluster.trouble(LATE) == "ended jobs that nobody noted"


def test_cluster_whose_results_are_noted_one_by_one_has_no_trouble(cluster, processes, pass_time):
    for turn in range(4):
        processes.write(Entry(processes.all[-1].pid, WORKER, since=1, done_at=2 + turn))
        processes.write(Entry(processes.all[PLACE_OF_MONITOR].pid, MONITOR, done_at=1.5 + turn))
        assert cluster.trouble(LATE) == ""
        pass_time(20)


def test_cluster_that_lacks_a_process_for_long_is_to_be_started_again(cluster, processes, tmp_path, pass_time):
    (tmp_path / f"{processes.all[PLACE_OF_MONITOR].pid}.json").unlink()
    pass_time(61)
    assert cluster.trouble(LATE) == ""

    pass_time(11)
    assert cluster.trouble(LATE) == "has no monitor"


def test_cluster_whose_job_goes_on_beyond_its_time_is_to_be_started_again(cluster, processes, pass_time):
    processes.write(Entry(processes.all[-1].pid, WORKER, job=4, since=time.monotonic()))
    pass_time(44)
    assert cluster.trouble(LATE) == ""

    pass_time(2)
    assert cluster.trouble(LATE) == "had a job that did not end in time"


def test_cluster_is_frozen_once_nothing_was_done_for_long(cluster, pass_time):
    cluster.trouble(LATE)
    pass_time(59)
    assert not cluster.is_frozen(LATE)

    pass_time(2)
    assert cluster.is_frozen(LATE)


def test_cluster_that_did_a_job_lately_is_not_frozen(cluster, processes, pass_time):
    cluster.trouble(LATE)
    pass_time(59)
    processes.write(Entry(processes.all[-1].pid, WORKER, since=1, done_at=time.monotonic()))
    cluster.trouble(LATE)

    pass_time(59)
    assert not cluster.is_frozen(LATE)


def test_cluster_whose_workers_are_all_at_jobs_is_not_frozen(cluster, processes, pass_time):
    for process in processes.all[-2:]:
        processes.write(Entry(process.pid, WORKER, job=4, since=time.monotonic()))
    cluster.trouble(LATE)

    pass_time(120)
    assert not cluster.is_frozen(LATE)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_worker_that_cannot_go_on_with_its_job_does_not_count_as_busy(cluster, processes, pass_time, number):
    for process in processes.all[-2:]:
        processes.write(Entry(process.pid, WORKER, job=4, since=time.monotonic()))
    cluster.trouble(LATE)
    processes.all[-1].send_signal(number)
    os.waitpid(processes.all[-1].pid, os.WUNTRACED)

    pass_time(120)
    assert cluster.is_frozen(LATE)


def test_job_that_is_the_end_of_its_process_each_time_is_hopeless_after_three(cluster, processes):
    number = processes.group
    for _ in range(3):
        assert cluster.hopeless() == []
        dead, alive = processes.add(WORKER, job=4, since=time.monotonic()), processes.all[PLACE_OF_WORKER]
        kill(dead)
        cluster.pid, cluster.group = 0, Group(number, NOW)
        processes.write(Entry(alive.pid, WORKER, job=5, since=time.monotonic()))

        cluster.end("lost its worker")
        assert sorted(set(cluster.left_over)) == [4, 5]
        (processes.folder / f"{dead.pid}.json").unlink()

    # That of a process that was ended with the others is not to blame.
    assert (cluster.hopeless(), cluster.hopeless()) == ([4], [])
