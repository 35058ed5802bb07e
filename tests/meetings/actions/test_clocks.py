"""Wrong clocks: ours is ahead, behind or steps back, the database's is right. Each reminder goes out once, in time."""

from datetime import timedelta

import pytest
import time_machine

from meetings import jobs
from meetings.models import Message, MessageState
from students.models import DueDate
from tests.cast import cast
from tests.databaseclock import set_database_clock
from tests.meetings.booked import book
from tests.meetings.reminding import new_york

pytestmark = pytest.mark.django_db

EIGHT = new_york(12, 2, 8)  # The day before the meeting.
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ALL = ["alice.kim@schools.example", "dana.ortiz@schools.example", "raj.patel@schools.example"]


@pytest.fixture
def c():
    c = cast()
    DueDate.objects.all().delete()
    c.due = None
    # Booked so late that the reminder of the day before is its first.
    c.meeting = book(c, booked_at=new_york(12, 1, 9))
    return c


class Machine:
    """Where planner and sender run: with a clock of its own beside the database's."""

    def __init__(self, server, clock):
        self.server, self.clock = server, clock

    def at(self, ours, database):
        """Let both clocks show this, run the planner and the sender, and return who has mail by now."""
        self.clock.move_to(ours)
        set_database_clock(database)
        jobs.plan_reminders()
        jobs.send_outbox()
        return sorted(address for message in self.server.messages for address in message.envelope_to)


@pytest.fixture
def machine(c, mail_server):
    with time_machine.travel(EIGHT, tick=False) as clock:
        yield Machine(mail_server, clock)


def test_clock_ten_minutes_ahead_reminds_nobody_early(machine):
    ahead = 10 * MINUTE

    assert machine.at(EIGHT, EIGHT - ahead) == []
    assert Message.objects.filter(state=MessageState.QUEUED).count() == 3
    assert machine.at(EIGHT + ahead - MINUTE, EIGHT - MINUTE) == []
    assert machine.at(EIGHT + ahead, EIGHT) == ALL
    assert machine.at(EIGHT + ahead + HOUR, EIGHT + HOUR) == ALL


def test_clock_ten_minutes_behind_reminds_everyone_once(machine):
    behind = 10 * MINUTE

    assert machine.at(EIGHT - behind, EIGHT) == []
    assert machine.at(EIGHT, EIGHT + behind) == ALL
    assert machine.at(EIGHT + behind, EIGHT + 2 * behind) == ALL


def test_clock_that_steps_back_an_hour_reminds_nobody_twice(machine):
    machine.server.refuse["raj.patel@schools.example"] = "451 come back later"
    assert machine.at(EIGHT + 5 * MINUTE, EIGHT + 5 * MINUTE) == ALL[:2]
    machine.server.refuse.clear()

    # Ours goes back; the wait of a minute is the database's, and goes on.
    assert machine.at(EIGHT - 55 * MINUTE, EIGHT + 5 * MINUTE) == ALL[:2]
    assert machine.at(EIGHT - 53 * MINUTE, EIGHT + 7 * MINUTE) == ALL
    for minutes in (60, 70, 120):
        assert machine.at(EIGHT + (minutes - 60) * MINUTE, EIGHT + minutes * MINUTE) == ALL


def test_clock_that_is_ahead_in_the_night_wakes_nobody(machine, c):
    # The reminder was due at eight, nothing ran until the night, and our clock says that it is morning.
    morning = new_york(12, 3, 7)

    assert machine.at(morning, morning - 10 * MINUTE) == []
    assert machine.at(morning + 10 * MINUTE, morning) == ALL
