"""The worker under fire: each of its processes killed, all of it frozen, told to stop while it works."""

import os
import signal

import psutil
import pytest
from django.db import connection
from django_q.models import OrmQ
from django_q.tasks import async_task

from meetings.models import Canary, WorkerGroup
from tests.clusters import Clusters
from tests.effort import IS_NIGHTLY, at_night
from tests.telling import ask, counted, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

# A cluster takes seconds to start; what is late must be later than that on a slow machine too.
SOON = {"CANARY_SECONDS": "1", "CANARY_LATE_SECONDS": "12", "WORKER_HOST": "desk"}
KINDS = ("idle worker", "other idle worker", "busy worker", "pusher", "monitor", "sentinel", "main")
ORDINARY = ("idle worker", "busy worker", "monitor")


@pytest.fixture
def start(manage):
    def start(**environment):
        run = manage("worker", **SOON | environment)
        clusters = Clusters(run.process.pid)
        for queue in ("quick", "long"):
            clusters.whole(queue)
        return run, clusters

    return start


def whys(queue):
    return WorkerGroup.objects.get(queue=queue).last_restart_why


def restarts(queue="quick"):
    return WorkerGroup.objects.filter(queue=queue).values_list("restarts", flat=True).first() or 0


def test_worker_of_which_any_process_is_killed_is_started_again_and_loses_nothing(start, tmp_path, record_property):
    run, clusters = start()
    for kind in KINDS if IS_NIGHTLY else ORDINARY:
        folder = tmp_path / kind.replace(" ", "-")
        folder.mkdir()
        before, names = restarts(), [f"job{number}" for number in range(8)]
        if kind == "busy worker":
            ask(folder, ["kept"], 3)
        victim = clusters.find(kind)
        ask(folder, names, 0.2)
        os.kill(victim, signal.SIGKILL)

        wait_until(lambda before=before: restarts() == before + 1)
        # What breaks soon after its start waits longer each time until it is started again, up to a minute.
        wait_until(lambda folder=folder, names=names: counted(folder, "done").keys() >= set(names), seconds=240)
        if kind == "busy worker":
            wait_until(lambda folder=folder: counted(folder, "done")["kept"])
        done = counted(folder, "done")
        twice = sum(count > 1 for count in done.values())
        record_property(kind, {"lost": len(set(names) - done.keys()), "twice": twice})
        clusters.whole("quick")
    assert run.end(signal.SIGTERM) == 0
    assert whys("long") == ""


def test_worker_without_its_monitor_repeats_no_job(start, tmp_path):
    _, clusters = start()
    os.kill(clusters.find("monitor"), signal.SIGKILL)
    wait_until(lambda: restarts() == 1)
    ask(tmp_path, ["after"], 0)

    wait_until(lambda: counted(tmp_path, "done")["after"])
    # It is off the queue, so that nothing brings it back.
    wait_until(lambda: not [row for row in OrmQ.objects.all() if row.task["func"] == "tests.telling.tell"])
    assert counted(tmp_path, "done") == {"after": 1}


def test_worker_that_froze_is_not_ready_and_is_started_again(start, client, settings):
    settings.CANARY_READY = settings.CANARY_READY / 5
    _, clusters = start()
    wait_until(lambda: client.get("/readyz").status_code == 200)
    main = clusters.main("quick")

    os.killpg(main.pid, signal.SIGSTOP)

    wait_until(lambda: client.get("/readyz").content.startswith(b"quick queue: no job has run for"))
    wait_until(lambda: client.get("/readyz").status_code == 200)
    assert not main.is_running()
    group = WorkerGroup.objects.get(queue="quick")
    assert (group.restarts, group.last_restart_why) == (1, "did no job for 12 seconds")


@at_night
def test_worker_whose_workers_are_all_at_long_jobs_is_ready_and_left_alone(start, client, settings, tmp_path):
    settings.CANARY_READY = settings.CANARY_READY / 5
    start(CANARY_LATE_SECONDS="6")
    wait_until(lambda: client.get("/readyz").status_code == 200)
    ask(tmp_path, ["import", "plan"], 20, queue="long")

    wait_until(lambda: Canary.objects.filter(queue="long", ran_at=None).count() > 9)
    assert client.get("/readyz").content == b"ready"
    wait_until(lambda: counted(tmp_path, "done") == {"import": 1, "plan": 1})
    assert whys("long") == ""


def test_jobs_that_a_killed_cluster_had_taken_are_done_at_once(start, tmp_path):
    _, clusters = start()
    names = {f"import{number}" for number in range(6)}
    ask(tmp_path, names, 1, queue="long")
    wait_until(lambda: counted(tmp_path, "began"))

    # Locked for half an hour: those that were running, and those that were fetched ahead.
    os.kill(clusters.main("long").pid, signal.SIGKILL)

    wait_until(lambda: counted(tmp_path, "done").keys() == names)


@at_night
def test_job_that_ends_its_process_each_time_is_put_aside_and_the_others_are_done(start, tmp_path):
    run, _ = start()
    async_task("tests.telling.end_its_process", str(tmp_path), cluster="quick")
    ask(tmp_path, ["other"], 0)

    run.wait_to_say("1 jobs that ended their process each time wait for a day.")

    wait_until(lambda: counted(tmp_path, "done")["other"])
    ask(tmp_path, ["later"], 0)
    wait_until(lambda: counted(tmp_path, "done")["later"])
    assert (counted(tmp_path, "began")["poison"], restarts()) == (3, 3)


def test_jobs_that_another_machine_has_taken_are_left_to_it(start, tmp_path):
    ask(tmp_path, ["elsewhere"], 0, queue="long")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_q_ormq SET lock = now() + interval '30 minutes'")
        cursor.execute(
            "INSERT INTO meetings_workergroup (host, queue, started_at, seen_at, workers, busy, restarts,"
            " last_restart_why) VALUES ('other', 'long', now(), now() + interval '1 hour', 2, 1, 0, '')"
        )
    start()
    ask(tmp_path, ["here"], 0, queue="long")

    wait_until(lambda: counted(tmp_path, "done")["here"])
    assert counted(tmp_path, "done") == {"here": 1}


def to_the_supervisor(run):
    return [run.process]


def to_everyone(run):
    """As systemd does unless told otherwise."""
    return [*run.family(), run.process]


@pytest.mark.parametrize("whom", [pytest.param(to_the_supervisor, marks=at_night), to_everyone])
def test_worker_told_to_stop_under_load_loses_nothing_and_does_nothing_twice(start, tmp_path, whom):
    run, _ = start()
    names = {f"job{number}" for number in range(10)}
    ask(tmp_path, names, 2)
    wait_until(lambda: len(counted(tmp_path, "began")) == 2)

    for process in whom(run):
        process.send_signal(signal.SIGTERM)

    assert run.process.wait(60) == 0
    began = counted(tmp_path, "began")
    assert counted(tmp_path, "done") == began
    assert 2 <= len(began) < 10
    start()
    wait_until(lambda: counted(tmp_path, "done").keys() == names)
    assert set(counted(tmp_path, "done").values()) == {1}


def test_worker_that_is_told_to_stop_is_not_ready(start, client):
    run, _ = start()
    wait_until(lambda: client.get("/readyz").status_code == 200)

    assert run.end(signal.SIGTERM) == 0

    words = b"its worker is being started, or was stopped"
    assert client.get("/readyz").content == b"quick queue: %b\nlong queue: %b" % (words, words)


@at_night
def test_cluster_outlives_neither_its_supervisor_nor_a_freeze(start):
    run, clusters = start(CANARY_LATE_SECONDS="600")
    main = clusters.main("quick")
    family = [main, *main.children(recursive=True)]
    for process in family[2:]:
        process.suspend()

    run.end(signal.SIGKILL)

    # It cannot stop by itself, for its workers never end: it is ended by force when its time to stop is over.
    assert psutil.wait_procs(family, timeout=90)[1] == []


def test_a_program_that_a_job_starts_can_be_told_to_stop(start, tmp_path):
    start()
    async_task("tests.telling.start_and_stop", str(tmp_path), cluster="quick")

    wait_until(lambda: (tmp_path / "ended-by").exists() and (tmp_path / "ended-by").read_text())
    assert (tmp_path / "ended-by").read_text() == str(-signal.SIGTERM)


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
