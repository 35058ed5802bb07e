"""Two planners at once, as on two machines: each reminder is written once, in one mail."""

from collections import Counter
from datetime import timedelta

import pytest

from meetings.actions import remind
from meetings.models import Gathered, Message
from students.models import MeetingKind
from tests.meetings.booked import START, book
from tests.meetings.reminding import cast_of_november, new_york
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_planners_write_each_reminder_once_and_gather_it_one_way(monkeypatch):
    monkeypatch.setattr(remind, "BATCH", 1)
    c = cast_of_november()
    book(c)
    book(c, START + timedelta(hours=2), room=None, kind=MeetingKind.AMENDMENT)
    now = new_york(12, 2, 8)

    written = at_once(*[lambda: remind.plan(now)] * 3)

    assert sum(written) == 3
    assert Counter(Message.objects.values_list("kind", flat=True)) == {"day_ahead": 3}
    assert Gathered.objects.count() == 6
