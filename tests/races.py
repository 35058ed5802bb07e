"""Two changes at the same moment, on real connections."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection, connections, transaction

from meetings.actions import busy


def at_once(*calls):
    """Run the calls in as many threads, all let go at one moment; return what each returned or raised."""
    ready = threading.Barrier(len(calls))

    def run(call):
        try:
            connection.ensure_connection()
            ready.wait(timeout=20)
            return call()
        except Exception as raised:  # noqa: BLE001  Whatever it was, the test looks at it.
            return raised
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


@contextmanager
def meanwhile(change, *person_ids):
    """Hold these people until whatever the block does waits for them; make the change before it goes on.

    Whoever waits holds all that it locks before these people. A change that needs any of that would deadlock, which no
    two changes of the product do, for they lock in one order: so hold the first that both lock.
    """
    holding = threading.Event()

    def run():
        try:
            with transaction.atomic():
                busy.lock(person_ids)
                holding.set()
                with connection.cursor() as cursor:
                    wait_for_a_lock(cursor)
                    # Sooner than the database looks for deadlocks, which it would end one way or the other.
                    cursor.execute("SET LOCAL lock_timeout = '400ms'")
                change()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(run)
        assert holding.wait(timeout=20)
        yield
        other.result()


def deadlocks():
    """Return how many deadlocks the database has ended so far, of connections that are closed by now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def wait_for_a_lock(cursor):
    """Return once another connection waits for what this one holds."""
    # Asked of those whom this connection blocks: other tests wait for their own on the same server.
    waits = "SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    for _ in range(2_000):
        # Inside a transaction the database would go on showing the connections that there were at the first look.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(f"{waits} AND pg_sleep(0.005) IS NOT NULL")
        if cursor.fetchone()[0]:
            return
    raise AssertionError("nobody waited")
