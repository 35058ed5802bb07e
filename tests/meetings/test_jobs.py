from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from django_q.models import OrmQ, Schedule
from django_q.signing import SignedPackage

from meetings import jobs, mail, queue
from meetings.actions import watch
from meetings.models import Answer, Message, MessageState, Seat
from tests.cast import cast
from tests.meetings.booked import NOW, book, link_of, seat_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def c():
    return cast()


def queued():
    tasks = [(row.key, SignedPackage.loads(row.payload)) for row in OrmQ.objects.order_by("pk")]
    return [(key, task["func"], task["kwargs"]) for key, task in tasks]


def test_enqueue_puts_the_job_into_its_queue():
    queue.enqueue("write_password_reset", address="dana@schools.example")

    assert queued() == [("quick", "meetings.jobs.write_password_reset", {"address": "dana@schools.example"})]


def test_enqueue_of_a_job_that_nobody_declared():
    with pytest.raises(KeyError):
        queue.enqueue("drop_everything")


def test_every_declared_job_is_there_and_has_a_cluster(settings):
    assert [name for name in queue.JOBS if not callable(getattr(jobs, name, None))] == []
    assert set(queue.JOBS.values()) <= {settings.Q_CLUSTER["name"], *settings.Q_CLUSTER["ALT_CLUSTERS"]}


def test_a_job_rolls_back_with_the_change_that_asked_for_it():
    with pytest.raises(ValueError, match="no"), transaction.atomic():
        queue.enqueue("send_outbox")
        raise ValueError("no")

    assert queued() == []


def test_declare_schedules_as_often_as_you_like():
    jobs.declare_schedules()
    Schedule.objects.filter(name="send_outbox").update(minutes=60)
    Schedule.objects.create(name="of an older release", func="meetings.jobs.gone", schedule_type=Schedule.HOURLY)
    Schedule.objects.create(name="of somebody else", func="elsewhere.job", schedule_type=Schedule.HOURLY)
    before = dict(Schedule.objects.values_list("name", "pk"))

    jobs.declare_schedules()

    rows = Schedule.objects.filter(func__startswith="meetings.").order_by("name")
    assert list(rows.values_list("name", "func", "schedule_type", "minutes", "cluster", "repeats")) == [
        ("expire_swaps", "meetings.jobs.expire_swaps", Schedule.MINUTES, 1, "quick", -1),
        ("look_at_clock_rules", "meetings.jobs.look_at_clock_rules", Schedule.MINUTES, 60, "long", -1),
        ("plan_reminders", "meetings.jobs.plan_reminders", Schedule.MINUTES, 10, "quick", -1),
        ("read_calendars", "meetings.jobs.read_calendars", Schedule.MINUTES, 1, "long", -1),
        ("read_directories", "meetings.jobs.read_directories", Schedule.MINUTES, 10, "long", -1),
        ("read_replies", "meetings.jobs.read_replies", Schedule.MINUTES, 1, "long", -1),
        ("review_all", "meetings.jobs.review_all", Schedule.MINUTES, 60, "long", -1),
        ("send_outbox", "meetings.jobs.send_outbox", Schedule.MINUTES, 1, "quick", -1),
        ("write_digests", "meetings.jobs.write_digests", Schedule.MINUTES, 60, "quick", -1),
    ]
    assert {row.name: row.pk for row in rows}.items() <= before.items()
    assert Schedule.objects.filter(name="of somebody else").exists()


def test_send_outbox_asks_for_another_run_where_more_waits(c, mail_server, monkeypatch):
    monkeypatch.setattr(jobs, "BATCH", 1)
    with time_machine.travel(NOW):
        meeting = book(c)
        for who in (c.teacher, c.vice_principal):
            mail.invite(seat_of(meeting, who), now=NOW)

        assert (jobs.send_outbox(), len(queued())) == (1, 1)
        assert (jobs.send_outbox(), len(queued())) == (1, 1)
        assert (jobs.send_outbox(), len(queued())) == (0, 1)


def test_send_outbox_does_not_spin_where_the_server_refuses(c, mail_server):
    with time_machine.travel(NOW):
        message = mail.invite(seat_of(book(c), c.teacher), now=NOW)
        mail_server.refuse[message.to_address] = "451 Later"

        assert (jobs.send_outbox(), queued()) == (0, [])


def test_send_outbox_has_another_run_share_the_work_where_much_waits(c, mail_server, monkeypatch):
    monkeypatch.setattr(jobs, "MUCH", 2)
    with time_machine.travel(NOW):
        meeting = book(c)
        for who in (c.teacher, c.vice_principal):
            mail.invite(seat_of(meeting, who), now=NOW)

        assert (jobs.send_outbox(), queued()) == (2, [("quick", "meetings.jobs.send_outbox", {})])
        assert (jobs.send_outbox(), len(queued())) == (0, 1)


def test_send_outbox_never_fills_its_queue_with_its_own_runs(c, mail_server, monkeypatch):
    monkeypatch.setattr(jobs, "BATCH", 1)
    for _ in range(jobs.MOST_RUNS):
        queue.enqueue("send_outbox")
    queue.enqueue("expire_swaps")
    with time_machine.travel(NOW):
        meeting = book(c)
        for who in (c.teacher, c.vice_principal):
            mail.invite(seat_of(meeting, who), now=NOW)

        assert (jobs.send_outbox(), queue.count("send_outbox"), queue.count("expire_swaps")) == (1, jobs.MOST_RUNS, 1)


def test_reminders_by_the_clock(c):
    meeting = book(c)
    link_of(meeting, c.mother)
    Seat.objects.filter(holder=c.mother.pk).update(answer=Answer.YES)
    eight = datetime(2026, 12, 2, 13, 0, tzinfo=UTC)

    with time_machine.travel(eight - timedelta(seconds=1), tick=False):
        assert jobs.plan_reminders() == 0
    with time_machine.travel(eight, tick=False):
        assert jobs.plan_reminders() == 4
    assert sorted(Message.objects.values_list("recipient__given_name", flat=True)) == ["Alice", "Dana", "Elena", "Raj"]


def test_digests_by_the_clock(c):
    with time_machine.travel(datetime(2026, 11, 23, 12, 0, tzinfo=UTC), tick=False):
        assert jobs.write_digests() == 3
        assert jobs.write_digests() == 0
    with time_machine.travel(datetime(2026, 11, 30, 12, 0, tzinfo=UTC), tick=False):
        assert jobs.write_digests() == 3


@pytest.mark.parametrize("address", ["raj.patel@schools.example", "Raj.Patel@Schools.example"])
def test_password_reset_is_written_and_the_outbox_asked_for(c, address):
    jobs.write_password_reset(address)

    assert list(Message.objects.values_list("to_address", "state")) == [
        ("raj.patel@schools.example", MessageState.QUEUED)
    ]
    assert queued() == [("quick", "meetings.jobs.send_outbox", {})]


def test_password_reset_for_nobody(c):
    c.teacher.__class__.objects.get_queryset().filter(pk=c.teacher.pk).update(is_active=False)

    for address in ("raj.patel@schools.example", "nobody@schools.example", ""):
        jobs.write_password_reset(address)

    assert (Message.objects.count(), queued()) == (0, [])


def test_reviews_of_one_meeting_of_a_persons_and_of_all(c, monkeypatch):
    meeting = book(c)
    Seat.objects.filter(holder=c.vice_principal.pk).update(answer=Answer.NO)
    with time_machine.travel(NOW, tick=False):
        assert jobs.review_meetings_of(c.vice_principal.pk, by=7) == 1
        assert queued() == [("quick", "meetings.jobs.review_meeting", {"pk": meeting.pk, "by": 7})]
        assert jobs.review_meeting(meeting.pk, by=7) == 1
        assert jobs.review_all() == 0
        monkeypatch.setattr(watch, "BATCH", 1)
        assert jobs.review_all() == meeting.pk
    assert queued()[-1] == ("long", "meetings.jobs.review_all", {"after": meeting.pk})
    assert meeting.flags.open().count() == 1
