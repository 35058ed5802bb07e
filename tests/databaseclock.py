"""The database's clock, set by a test: what it calls now is a function that stands before its own."""

from django.db import connection

MAKE = """
CREATE SCHEMA IF NOT EXISTS set_clock;
CREATE OR REPLACE FUNCTION set_clock.statement_timestamp() RETURNS timestamptz LANGUAGE sql AS
    $$SELECT timestamptz '{at}'$$;
SET LOCAL search_path = set_clock, pg_catalog, public;
"""


def set_database_clock(at):
    """Let the database think that it is `at`, until the transaction of the test ends."""
    with connection.cursor() as cursor:
        cursor.execute(MAKE.format(at=at.isoformat()))
