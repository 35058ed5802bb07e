from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from students.models import WrongPassword
from students.wrong_passwords import PER_LOGIN, PER_LOGIN_AND_ADDRESS, WINDOW, forget, next_try_at

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
DANA, RAJ, SCHOOL, HOME = "dana@schools.example", "raj@schools.example", "203.0.113.7", "198.51.100.4"

pytestmark = pytest.mark.django_db


def wrong(times, login=DANA, address=SCHOOL, now=NOW):
    return [next_try_at(login, address, now=now) for _ in range(times)]


def test_tries_up_to_the_limit_wait_for_nothing():
    assert wrong(PER_LOGIN_AND_ADDRESS) == [None] * PER_LOGIN_AND_ADDRESS


def test_try_beyond_the_limit_waits_until_the_oldest_is_forgotten():
    wrong(1)
    wrong(PER_LOGIN_AND_ADDRESS - 1, now=NOW + timedelta(minutes=5))

    assert wrong(3, now=NOW + timedelta(minutes=6)) == [NOW + WINDOW] * 3
    assert wrong(2, now=NOW + WINDOW) == [None, NOW + timedelta(minutes=5) + WINDOW]


def test_shared_address_slows_only_the_login_that_was_tried():
    wrong(PER_LOGIN_AND_ADDRESS + 1)

    assert wrong(1, login=RAJ) == [None]
    assert wrong(1, address=HOME) == [None]


def test_login_tried_from_many_addresses_waits_too():
    for n in range(PER_LOGIN):
        assert wrong(1, address=f"198.51.100.{n}") == [None]

    assert wrong(1, address=HOME) == [NOW + WINDOW]
    assert wrong(1, login=RAJ, address=HOME) == [None]


@pytest.mark.parametrize("spelling", ["DANA@schools.example", " dana@schools.example ", "Dana@Schools.Example"])
def test_spelling_of_a_login_opens_no_second_count(spelling):
    wrong(PER_LOGIN_AND_ADDRESS)

    assert wrong(1, login=spelling) == [NOW + WINDOW]


def test_letter_that_the_database_takes_for_another_opens_no_second_count():
    wrong(PER_LOGIN_AND_ADDRESS, login="ike@schools.example")

    assert wrong(1, login="\u0131ke@schools.example") == [NOW + WINDOW]


def test_right_password_is_forgotten_for_its_address_alone():
    wrong(PER_LOGIN_AND_ADDRESS)
    wrong(PER_LOGIN_AND_ADDRESS, address=HOME)

    forget(DANA, SCHOOL)

    assert wrong(1) + wrong(1, address=HOME) == [None, NOW + WINDOW]


def test_new_password_is_a_new_beginning_everywhere():
    wrong(PER_LOGIN_AND_ADDRESS)
    wrong(PER_LOGIN_AND_ADDRESS, address=HOME)
    wrong(1, login=RAJ)

    forget(DANA)

    assert WrongPassword.objects.count() == 1
    assert wrong(1) + wrong(1, address=HOME) == [None, None]


def test_flood_leaves_no_rows_beyond_the_limit_and_old_ones_go():
    wrong(PER_LOGIN_AND_ADDRESS + 30)
    assert WrongPassword.objects.count() == PER_LOGIN_AND_ADDRESS

    wrong(1, login=RAJ, now=NOW + WINDOW)
    assert WrongPassword.objects.count() == 1


def test_rows_hold_neither_login_nor_address():
    wrong(1)
    row = WrongPassword.objects.values().get()

    assert [len(row["login"]), len(row["address"])] == [64, 64]
    assert not {DANA, SCHOOL} & set(map(str, row.values()))


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_instant_let_no_more_in_than_one_after_another():
    together, answers = Barrier(12), []

    def one():
        together.wait(timeout=20)
        try:
            answers.extend(wrong(1))
        finally:
            connection.close()

    threads = [Thread(target=one) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert len(answers) == 12
    assert answers.count(None) <= PER_LOGIN_AND_ADDRESS
