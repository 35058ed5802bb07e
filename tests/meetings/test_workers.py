from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django_q.models import OrmQ

from meetings.actions import canary
from meetings.actions.canary import Seen
from meetings.models import Canary, WorkerGroup
from meetings.queue import enqueue
from meetings.workers import Limits, Trouble, queue_states

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
LIMITS = Limits(seen=60 * SECOND, ran=45 * SECOND)


def state(queue="quick"):
    return next(state for state in queue_states(canary.database_now()) if state.queue == queue)


def group(host="desk", *, seen=0, worked=None, started=True, workers=2, busy=0):
    at = canary.database_now() if started else None
    canary.note_group(host, "quick", Seen(at, workers, busy, worked_ago=worked))
    WorkerGroup.objects.filter(host=host).update(seen_at=Now() - seen * SECOND)


def ran(ago):
    Canary.objects.create(queue="quick", sent_at=Now() - ago * SECOND, ran_at=Now() - ago * SECOND, ran_on="desk")


def trouble():
    return state().trouble(LIMITS)


def test_queue_that_nobody_ever_worked_on():
    assert trouble() == Trouble.NEVER_SEEN


def test_queue_whose_supervisor_fell_silent():
    group(seen=61, worked=1)
    assert trouble() == Trouble.NOT_SEEN


def test_queue_whose_cluster_is_being_started():
    group(started=False)
    assert trouble() == Trouble.NOT_STARTED


def test_queue_through_which_nothing_went_lately():
    group()
    assert trouble() == Trouble.NOTHING_RAN
    ran(46)
    assert trouble() == Trouble.NOTHING_RAN


@pytest.mark.parametrize("sign", [lambda: ran(40), lambda: group(worked=40), lambda: group(busy=2)])
def test_queue_that_is_worked_on(sign):
    group()
    sign()
    assert trouble() is None


def test_queue_with_one_of_two_machines_at_work():
    group("gone", seen=3600)
    group("desk", worked=5)
    assert trouble() is None


def test_queue_of_which_only_some_workers_are_at_jobs_and_nothing_else_ran():
    group(busy=1)
    assert trouble() == Trouble.NOTHING_RAN


def test_jobs_that_wait_are_counted_from_when_they_were_asked_for():
    assert (state().waiting, state().oldest_at) == (0, None)
    before = canary.database_now()
    for name in ("send_outbox", "expire_swaps", "plan_reminders", "review_all"):
        enqueue(name)
    OrmQ.objects.update(lock=Now() - SECOND)
    first, second, *_ = OrmQ.objects.order_by("pk")
    OrmQ.objects.filter(pk=second.pk).update(lock=Now() + 60 * SECOND)
    OrmQ.objects.filter(pk=first.pk).update(lock=Now() - timedelta(days=1))

    # The second is taken; the first was given back, and is no older for that.
    found = state()
    assert (found.waiting, found.oldest_at) == (2, first.task["started"])
    assert abs(found.oldest_at - before) < 60 * SECOND
