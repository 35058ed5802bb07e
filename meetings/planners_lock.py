"""The lock that lets one planner write at a time."""

from django.db import connection

KEY = 0x52454D


def hold_the_planners_lock() -> None:
    """Wait for the lock and hold it until the transaction ends: two planners would gather the same in two ways."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [KEY])
