"""A person's own calendar from end to end: the real worker starts the real reader."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from meetings.actions.calendar_source import add_address
from meetings.models import CalendarBusy, CalendarSource, CalendarTrouble
from tests.cast import cast

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


@pytest.fixture
def our_own_host(settings, monkeypatch):
    """Somebody put a name of this machine on the list of hosts."""
    settings.CALENDAR_HOSTS = ["localhost"]
    monkeypatch.setenv("CALENDAR_HOSTS", "localhost")


def test_the_worker_asks_nobody_on_this_machine_and_keeps_the_last_good_copy(our_own_host, worker):
    c = cast()
    now = timezone.now()
    source = add_address(c.teacher.person, "https://localhost/basic.ics", "", by=c.teacher, now=now)
    start = datetime(2026, 12, 1, 14, tzinfo=UTC)
    CalendarBusy.objects.create(source=source, start_at=start, end_at=start + HOUR)

    until = time.monotonic() + 60
    while not source.trouble and time.monotonic() < until:
        time.sleep(0.2)
        source.refresh_from_db()

    assert (source.trouble, source.failures, source.good_at) == (CalendarTrouble.REFUSED_ADDRESS, 1, None)
    assert list(CalendarBusy.objects.values_list("start_at", flat=True)) == [start]
    assert CalendarSource.objects.get().due_at > timezone.now()
