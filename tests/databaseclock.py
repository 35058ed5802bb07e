"""The database's clock, set by a test: what it calls now is a function that stands before its own."""

from django.db import connection

MAKE = """
CREATE SCHEMA IF NOT EXISTS set_clock;
CREATE OR REPLACE FUNCTION set_clock.statement_timestamp() RETURNS timestamptz LANGUAGE sql AS
    $$SELECT timestamptz '{at}'$$;
SET {kept} search_path = set_clock, pg_catalog, public;
"""


def set_database_clock(at, *, beyond_transaction=False):
    """Let the database think that it is `at`, until the transaction ends, or for as long as this connection lives."""
    with connection.cursor() as cursor:
        cursor.execute(MAKE.format(at=at.isoformat(), kept="SESSION" if beyond_transaction else "LOCAL"))
