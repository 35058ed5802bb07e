import pytest

from iep_scheduler.checks import check_mail, check_queues, check_replies


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


def replies(**given):
    return {name: given.get(name, "") for name in ("REPLIES_ADDRESS", "REPLIES_URL", "INBOUND_SECRET")}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (replies(), []),
        (replies(REPLIES_ADDRESS="r@x.example"), ["iep_scheduler.W002"]),
        (replies(REPLIES_ADDRESS="r@x.example", REPLIES_URL="imaps://r:p@x.example/INBOX"), []),
        (replies(REPLIES_ADDRESS="r@x.example", INBOUND_SECRET="s" * 32), []),
        (replies(REPLIES_ADDRESS="r@x.example", INBOUND_SECRET="short"), ["iep_scheduler.W004"]),
        (replies(REPLIES_URL="imaps://r:p@x.example/INBOX"), ["iep_scheduler.W003"]),
        (replies(REPLIES_ADDRESS="r@x.example", REPLIES_URL="https://x.example"), ["iep_scheduler.E003"]),
        (replies(REPLIES_ADDRESS="r@x.example", REPLIES_URL="imap://r:p@x.example"), ["iep_scheduler.W005"]),
        (replies(REPLIES_ADDRESS="r@x.example", REPLIES_URL="imap://r:p@127.0.0.1"), []),
    ],
)
def test_replies_are_asked_for_where_somebody_reads_them(settings, given, expected):
    for name, value in given.items():
        setattr(settings, name, value)

    assert [found.id for found in check_replies()] == expected
