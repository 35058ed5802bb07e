"""What is promised holds while things break. Each runs a scenario of `bench/chaos.py`, which says what it saw."""

from tests.effort import at_night


def test_senders_killed_at_random_lose_no_mail(broken_promises):
    assert broken_promises("senders") == []


@at_night
def test_worker_told_to_stop_under_load_loses_nothing_and_sends_nothing_twice(broken_promises):
    assert broken_promises("sigterm") == []


def test_meeting_moved_between_claim_and_send_keeps_the_old_mail_back(broken_promises):
    assert broken_promises("moved") == []


def test_clock_stepped_back_and_ahead_reminds_nobody_early_or_twice(broken_promises):
    assert broken_promises("clock") == []


def test_booking_at_once_has_one_winner_and_no_deadlock(broken_promises):
    assert broken_promises("booking") == []


def test_database_killed_mid_booking_leaves_meetings_whole_or_absent(broken_promises):
    assert broken_promises("postgres-kill-mid-booking") == []


def test_database_that_is_down_is_a_clear_503_and_all_recovers_alone(broken_promises):
    assert broken_promises("postgres-stop-60s") == []


@at_night
def test_database_restarted_mid_booking_leaves_meetings_whole_or_absent(broken_promises):
    assert broken_promises("postgres-restart") == []


def test_full_disk_of_the_database_is_a_clear_503_and_all_recovers_alone(broken_promises):
    assert broken_promises("disk-full") == []


@at_night
def test_full_disk_of_the_journal_leaves_meetings_whole_or_absent(broken_promises):
    assert broken_promises("journal-full") == []


@at_night
def test_mail_server_in_trouble_loses_no_mail_and_is_not_flooded(broken_promises):
    assert broken_promises("smtp") == []


@at_night
def test_copy_put_back_sends_nothing_until_a_person_says_go(broken_promises):
    assert broken_promises("restore") == []


@at_night
def test_each_process_of_a_queue_killed_in_turn_loses_no_job(broken_promises):
    assert broken_promises("queue") == []
