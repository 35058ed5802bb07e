import pytest

from iep_scheduler.checks import check_mail, check_queues


def test_queues_as_set_are_right():
    assert check_queues() == []


@pytest.mark.parametrize(("retry", "found"), [(90, ["iep_scheduler.E001"]), (91, [])])
def test_retry_counts_the_tasks_fetched_ahead(settings, retry, found):
    # Two workers, two tasks fetched ahead: 30 x (1 + ceil(3 / 2)) = 90.
    settings.Q_CLUSTER = settings.Q_CLUSTER | {"workers": 2, "queue_limit": 2, "timeout": 30, "retry": retry}

    assert [error.id for error in check_queues()] == found


@pytest.mark.parametrize("changed", [{"max_attempts": 0}, {"ack_failures": False}, {"catch_up": True}])
def test_queue_that_repeats_tasks_is_refused(settings, changed):
    settings.Q_CLUSTER = settings.Q_CLUSTER | changed

    assert {error.id for error in check_queues()} == {"iep_scheduler.E002"}


@pytest.mark.parametrize(("given", "demo", "found"), [(False, False, 1), (True, False, 0), (False, True, 0)])
def test_missing_mail_server_is_said_outside_the_demo(settings, given, demo, found):
    settings.EMAIL_GIVEN, settings.DEMO_MAILBOX = given, demo

    assert len(check_mail()) == found
