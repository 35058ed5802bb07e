"""The page that says whether the jobs behind the pages are being done."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.html import strip_tags

from meetings.actions import canary
from meetings.actions.canary import Seen
from meetings.models import WorkerGroup
from meetings.queue import enqueue
from tests.cast import cast

pytestmark = pytest.mark.django_db
ADDRESS = reverse("meetings:system")


@pytest.fixture
def page(client):
    client.force_login(cast().director)
    return lambda: " ".join(strip_tags(client.get(ADDRESS).content.decode()).split())


def at_work(*queues):
    for queue in queues:
        started = canary.database_now() - timedelta(hours=3)
        canary.note_group("desk", queue, Seen(started, 2, 1, worked_ago=4, restarts=["lost its monitor"]))


def test_system_at_work_says_so(page):
    at_work("quick", "long")
    canary.note_ran(canary.send("quick").pk, on="desk")

    said = page()

    assert "All is well: the jobs of every queue are being done." in said
    assert "desk for 3 hours" in said
    assert "1 of 2" in said
    assert "seconds ago: it lost its monitor" in said


def test_system_without_a_worker_says_how_to_start_one(page):
    said = page()

    assert "All is well" not in said
    for name in ("Mail and reminders", "Imports and plans"):
        assert f"{name}: no worker has been seen. Start one: ./run manage worker." in said


def test_system_with_a_queue_that_is_frozen_says_which(page):
    at_work("quick", "long")
    WorkerGroup.objects.filter(queue="quick").update(worked_at=Now() - timedelta(minutes=3))

    said = page()

    assert "Mail and reminders: no job has been done for 3 minutes. The worker is started again by itself." in said
    assert "Imports and plans: " not in said


def test_system_counts_what_waits(page):
    at_work("quick", "long")
    enqueue("send_outbox")
    enqueue("expire_swaps")

    assert "2 jobs waiting, the oldest for" in page()


@pytest.mark.parametrize("queues", [1, 3])
def test_system_asks_the_database_as_often_however_many_machines(client, django_assert_num_queries, queues):
    client.force_login(cast().director)
    for number in range(queues):
        canary.note_group(f"desk{number}", "quick", Seen(None, 0, 0))
    client.get(ADDRESS)

    # Its clock, its machines, and of each queue the last canary, what waits and the oldest; the rest is the frame.
    with django_assert_num_queries(9 + 6):
        client.get(ADDRESS)
