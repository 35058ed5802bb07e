from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django_q.models import OrmQ

from meetings import jobs
from meetings.actions import canary
from meetings.actions.canary import Seen
from meetings.models import Canary, WorkerGroup
from meetings.queue import enqueue

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
HALF_AN_HOUR = timedelta(minutes=30)


def queued():
    return [(row.key, row.task["func"], row.task["kwargs"]) for row in OrmQ.objects.order_by("pk")]


def sent(queue="quick", ago=timedelta()):
    row = canary.send(queue)
    Canary.objects.filter(pk=row.pk).update(sent_at=Now() - ago)
    return row


def test_canary_is_sent_through_its_queue():
    row = canary.send("long")

    assert queued() == [("long", "meetings.jobs.canary", {"pk": row.pk})]
    assert list(Canary.objects.values_list("queue", "ran_at", "ran_on")) == [("long", None, "")]


def test_canary_says_once_where_it_ran(settings):
    row = canary.send("quick")
    settings.WORKER_HOST = "desk"
    assert jobs.canary(row.pk) is True
    settings.WORKER_HOST = "other"
    assert jobs.canary(row.pk) is False

    row.refresh_from_db()
    assert (row.ran_on, row.ran_at >= Canary.objects.get().sent_at) == ("desk", True)


def test_canary_that_was_swept_away_meanwhile():
    assert jobs.canary(404) is False


def test_old_canaries_are_swept_away():
    old, other = sent(ago=2 * HALF_AN_HOUR + MINUTE), sent("long", ago=2 * HALF_AN_HOUR + MINUTE)
    young = sent(ago=HALF_AN_HOUR)

    last = canary.send("quick")

    assert {row.pk for row in Canary.objects.all()} == {other.pk, young.pk, last.pk}
    assert old.pk not in {row.pk for row in Canary.objects.all()}


def test_canary_is_late_that_did_not_run_in_time():
    start = canary.database_now() - HALF_AN_HOUR
    row = sent(ago=timedelta(seconds=59))
    assert not canary.is_late("quick", sent_since=start, late=MINUTE)

    Canary.objects.update(sent_at=F("sent_at") - timedelta(seconds=2))
    assert canary.is_late("quick", sent_since=start, late=MINUTE)
    # Not those of another queue, or sent before anybody waited for them, or that ran after all.
    assert not canary.is_late("long", sent_since=start, late=MINUTE)
    assert not canary.is_late("quick", sent_since=canary.database_now(), late=MINUTE)
    canary.note_ran(row.pk, on="desk")
    assert not canary.is_late("quick", sent_since=start, late=MINUTE)


def test_group_is_one_row_however_often_it_is_seen():
    now = canary.database_now()
    canary.note_group("desk", "quick", Seen(now, 2, 1, worked_ago=4))
    canary.note_group("desk", "quick", Seen(now, 2, 0))
    canary.note_group("desk", "long", Seen(None, 0, 0))

    rows = WorkerGroup.objects.order_by("pk").values_list("host", "queue", "started_at", "workers", "busy", "restarts")
    assert list(rows) == [("desk", "quick", now, 2, 0, 0), ("desk", "long", None, 0, 0, 0)]
    # When it worked last stays known where it has done nothing since.
    worked = WorkerGroup.objects.get(queue="quick").worked_at
    assert timedelta() <= canary.database_now() - worked - timedelta(seconds=4) < MINUTE


def test_restarts_of_a_group_are_counted_and_the_last_is_told():
    canary.note_group("desk", "quick", Seen(None, 0, 0, restarts=["lost its monitor", "x" * 200]))
    canary.note_group("desk", "quick", Seen(None, 0, 0, restarts=["did no job for 60 seconds"]))

    row = WorkerGroup.objects.get()
    assert (row.restarts, row.last_restart_why) == (3, "did no job for 60 seconds")
    assert row.last_restart_at == row.seen_at or row.last_restart_at > row.seen_at


def test_machines_not_seen_for_a_week_are_forgotten():
    for host, days in (("gone", 8), ("here", 6)):
        canary.note_group(host, "quick", Seen(None, 0, 0))
        WorkerGroup.objects.filter(host=host).update(seen_at=Now() - timedelta(days=days))

    assert canary.forget_machines() == 1
    assert list(WorkerGroup.objects.values_list("host", flat=True)) == ["here"]


@pytest.fixture
def taken():
    """Two long jobs that are locked by whoever took them, and a quick one."""
    for name in ("review_all", "review_all", "send_outbox"):
        enqueue(name)
    OrmQ.objects.update(lock=Now() + HALF_AN_HOUR)
    return list(OrmQ.objects.order_by("pk").values_list("pk", flat=True))


def free():
    return list(OrmQ.objects.filter(lock__lt=Now()).order_by("pk").values_list("pk", flat=True))


def give_back(*left_over):
    return canary.give_back("long", left_over, host="desk", seen_within=MINUTE)


def test_what_a_gone_cluster_had_taken_is_given_back(taken):
    canary.note_group("desk", "long", Seen(canary.database_now(), 2, 0))

    assert (give_back(), free()) == (2, taken[:2])


def test_what_another_machine_has_taken_is_left_to_it(taken):
    canary.note_group("other", "long", Seen(canary.database_now(), 2, 0))

    assert (give_back(), free()) == (0, [])
    assert (give_back(taken[1]), free()) == (1, [taken[1]])


@pytest.mark.parametrize("gone", [{"seen_at": Now() - 2 * MINUTE}, {"started_at": None}, {"queue": "quick"}])
def test_another_machine_that_does_not_work_on_the_queue_now_has_no_say(taken, gone):
    canary.note_group("other", "long", Seen(canary.database_now(), 2, 0))
    WorkerGroup.objects.update(**gone)

    assert (give_back(), free()) == (2, taken[:2])


def test_job_that_is_put_aside_is_not_taken_for_a_day(taken):
    give_back()

    assert canary.put_aside(taken[:1]) == 1
    assert free() == taken[1:2]
    # Nor when a cluster is started again.
    assert (give_back(), free()) == (0, taken[1:2])
