"""What the supervisor of the worker does about its database."""

import math
import tempfile
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from iep_scheduler.cluster import Group
from iep_scheduler.supervisor import Supervisor, remove_left_folders
from meetings.actions import canary
from meetings.models import Canary, WorkerGroup

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def said():
    return []


@pytest.fixture(autouse=True)
def own_tmp(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def supervisor(said):
    """One that starts nothing by itself."""
    supervisor = Supervisor(said.append)
    for cluster in supervisor.clusters:
        cluster.start_at = math.inf
    yield supervisor
    supervisor.close()


@pytest.fixture
def down(monkeypatch):
    """Take the database away and give it back."""

    def down():
        connection.close()
        monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
        return monkeypatch.undo

    return down


def frozen(cluster, started_at):
    """Let the cluster have done nothing since it was started long ago."""
    cluster.group = Group(0, started_at, whole_since=time.monotonic() - 3600)


def test_supervisor_without_a_database_starts_nothing_and_says_so_once(supervisor, said, down):
    back = down()
    for cluster in supervisor.clusters:
        cluster.start_at = 0
    for _ in range(2):
        supervisor.beaten = -math.inf
        supervisor.turn()

    assert [cluster.pid for cluster in supervisor.clusters] == [0, 0]
    assert len(said) == 1
    assert said[0].startswith("The database does not answer: ")
    for cluster in supervisor.clusters:
        cluster.start_at = math.inf
    back()
    supervisor.turn()
    supervisor.beaten = -math.inf
    supervisor.turn()
    assert said[1:] == ["The database answers again."]
    assert WorkerGroup.objects.count() == 2


def test_supervisor_judges_no_canary_from_before_the_database_was_down(supervisor, down):
    quick = supervisor.clusters[0]
    started = canary.database_now() - timedelta(hours=1)
    frozen(quick, started)
    canary.send("quick")
    Canary.objects.update(sent_at=Now() - timedelta(minutes=10))
    assert supervisor.is_late(quick, started)

    back = down()
    supervisor.ask(supervisor.beat)
    back()
    supervisor.ask(supervisor.note, quick)

    assert not supervisor.is_late(quick, started)
    # But one that was sent since and is late all the same.
    supervisor.judged_from -= timedelta(minutes=2)
    canary.send("quick")
    Canary.objects.filter(pk=Canary.objects.first().pk).update(sent_at=F("sent_at") - timedelta(seconds=61))
    assert supervisor.is_late(quick, started)


def test_supervisor_tells_of_a_restart_once_the_database_answers(supervisor, said, down):
    quick = supervisor.clusters[0]
    frozen(quick, canary.database_now())
    back = down()
    supervisor.restart(quick, "lost its monitor")
    supervisor.ask(supervisor.beat)
    assert said[0] == "The quick queue lost its monitor; starting it again in 1 s."
    quick.start_at = math.inf

    back()
    supervisor.ask(supervisor.beat)
    supervisor.ask(supervisor.beat)

    rows = WorkerGroup.objects.order_by("-queue").values_list("queue", "restarts", "last_restart_why")
    assert list(rows) == [("quick", 1, "lost its monitor"), ("long", 0, "")]


def test_supervisor_removes_what_one_that_was_killed_left_and_nothing_else(supervisor, tmp_path):
    left, young, other = (tmp_path / name for name in ("iep-scheduler-worker-1", "iep-scheduler-worker-2", "other"))
    for folder in (left, young, other):
        folder.mkdir()
    for folder in (left, other):
        (folder / "lock").touch()

    remove_left_folders()

    assert sorted(tmp_path.iterdir()) == sorted([supervisor.base, young, other])
