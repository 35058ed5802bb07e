"""The database connection is cut before each statement of a change in turn: nothing of the change is there."""

from contextlib import contextmanager

import psycopg
import pytest
from django.db import DatabaseError, InterfaceError, connection
from django_q.models import OrmQ

from meetings.actions.cancel import cancel
from meetings.actions.reschedule import reschedule
from meetings.models import Busy, Meeting, MeetingChange, Message, ParentLink, Seat
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, plan_of
from tests.effort import tries

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 500
ROWS = (Meeting, Seat, Busy, Message, ParentLink, MeetingChange, OrmQ)


@contextmanager
def cut_before(statement):
    """Have the server end this connection before its so-manieth statement, as when it is killed."""
    seen = 0

    def cut(execute, sql, params, many, context):
        nonlocal seen
        seen += 1
        if seen == statement:
            found = connection.settings_dict
            address = {"host": found["HOST"], "user": found["USER"], "dbname": found["NAME"], "port": found["PORT"]}
            with psycopg.connect(**address, password=found["PASSWORD"] or None, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(cut):
        yield
    assert seen < statement, "the change should have been cut off"


def left():
    """Everything that a change writes, row by row."""
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in ROWS}


def cut_at_every_statement(change, is_whole=lambda: False):
    """Try the change, cut off further on each time, until it is there. Return how many statements it came to.

    After its commit it reads what became of it: cut off there it is whole, and whoever asked for it is not told so.
    """
    before = left()
    for statement in range(1, MANY, tries(7, 1)):
        try:
            with cut_before(statement):
                change()
        except (DatabaseError, InterfaceError):
            connection.close()
            if is_whole():
                return statement
            assert left() == before
        else:
            return statement
    raise AssertionError("it never came through")


def test_booking_cut_off_at_any_statement_leaves_nothing():
    cast = people.cast()

    assert cut_at_every_statement(lambda: booked(cast)) > 20
    assert (Meeting.objects.count(), Message.objects.count(), OrmQ.objects.count()) == (1, 6, 2)


def test_moving_cut_off_at_any_statement_leaves_the_meeting_as_it_was():
    cast = people.cast()
    meeting = booked(cast)

    def move():
        row = Meeting.objects.get(pk=meeting.pk)
        return reschedule(row, plan_of(cast, start=START + HOUR), by=cast.case_manager, why="Snow", version=1, now=NOW)

    def is_moved():
        told, starts = meeting.messages.filter(kind="update").count(), {row.during.lower for row in Busy.objects.all()}
        return (told, meeting.changes.count(), starts) == (4, 2, {START + HOUR})

    assert cut_at_every_statement(move, is_moved) > 20
    assert is_moved()


def test_cancelling_cut_off_at_any_statement_leaves_the_meeting_as_it_was():
    cast = people.cast()
    meeting = booked(cast)

    def call_off():
        return cancel(Meeting.objects.get(pk=meeting.pk), by=cast.case_manager, why="Snow", version=1, now=NOW)

    assert cut_at_every_statement(call_off) > 5
    meeting.refresh_from_db()
    assert (meeting.status, Busy.objects.count()) == ("cancelled", 0)
