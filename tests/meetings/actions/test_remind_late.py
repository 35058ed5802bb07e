"""Reminders after a time without service, and after a run that died."""

import pytest
from django.db import DatabaseError, connection
from django.urls import reverse

from meetings.actions import remind
from meetings.models import (
    Failure,
    Message,
    MessageState,
)
from tests.meetings.booked import book, sent
from tests.meetings.reminding import MINUTE, cast_of_november, new_york, reminders, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def c():
    return cast_of_november()


def too_late():
    rows = Message.objects.filter(failure=Failure.TOO_LATE, state=MessageState.WITHDRAWN)
    return sorted(rows.values_list("recipient__given_name", "about"))


def test_reminder_due_while_the_service_was_down_three_hours_goes_out_once(c):
    meeting = book(c, booked_at=new_york(11, 1, 9))
    remind.plan(new_york(11, 26, 8))
    Message.objects.all().delete()
    remind.plan(new_york(12, 2, 8) - MINUTE)
    before = too_late()

    assert [remind.plan(new_york(12, 2, 11)), remind.plan(new_york(12, 2, 11, 10))] == [3, 0]

    assert [row for row in written() if row[1].endswith("1d")] == reminders(
        meeting, "member-1d", "Dana", "Alice", "Raj"
    )
    assert too_late() == before


def test_reminder_due_while_the_service_was_down_three_days_is_kept_as_too_late(c, client):
    """Down from Tuesday to Friday: the day-before reminder of a Thursday is of no use any more, and is listed."""
    meeting = book(c, booked_at=new_york(11, 1, 9))
    remind.plan(new_york(11, 26, 8))
    for row in Message.objects.all():
        sent(row, new_york(11, 26, 8))

    assert [remind.plan(new_york(12, 4, 9)), remind.plan(new_york(12, 4, 9, 10))] == [0, 0]

    assert too_late() == reminders(meeting, "member-1d", "Dana", "Alice", "Raj")
    client.force_login(c.case_manager)
    page = client.get(reverse("meetings:meeting", args=[meeting.pk])).content.decode()
    assert page.count("not sent: too late") == 3


def test_too_late_is_nothing_that_nobody_owed(c):
    """A meeting that was booked, or entered, after its reminder would have been due."""
    book(c, booked_at=new_york(12, 3, 9))

    remind.plan(new_york(12, 4, 9))

    assert (too_late(), written()) == ([], [])


def test_a_seven_day_reminder_after_three_days_down_still_goes_out_once(c):
    meeting = book(c, booked_at=new_york(11, 1, 9))

    assert [remind.plan(new_york(11, 29, 9)), remind.plan(new_york(11, 29, 9, 10))] == [3, 0]
    assert written() == reminders(meeting, "member-7d", "Dana", "Alice", "Raj")


def test_a_run_that_dies_half_way_loses_nothing_and_doubles_nothing(c, monkeypatch):
    monkeypatch.setattr(remind, "BATCH", 1)
    meeting = book(c)
    # The second person's mail cannot be written: the run ends there.
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN IF (SELECT count(*) FROM meetings_message) > 0 THEN RAISE EXCEPTION 'broken'; END IF; "
            "RETURN NEW; END$$"
        )
        cursor.execute("CREATE TRIGGER break BEFORE INSERT ON meetings_message FOR EACH ROW EXECUTE FUNCTION break()")
    with pytest.raises(DatabaseError, match="broken"):
        remind.plan(new_york(11, 26, 8))
    assert len(written()) == 1

    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER break ON meetings_message")
    assert remind.plan(new_york(11, 26, 8)) == 2
    assert written() == reminders(meeting, "member-7d", "Dana", "Alice", "Raj")
