"""Meetings at the edges of days and clocks: one event, the right instant, the right day in words."""

from datetime import UTC, datetime

import pytest
from icalendar import Calendar

from meetings import mail
from students.models import Guardian
from tests.calendar_readers import by_ical_js, by_icalendar, by_vobject
from tests.cast import cast
from tests.meetings.booked import NOW, book, link_of, seat_of

pytestmark = [pytest.mark.django_db, pytest.mark.browser]

# In New York: the start in UTC, and the day and hours as the mail says them.
EDGES = {
    "the first 1:30 of the night in which the clock goes back": (
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        "Sunday, November 1, 1:30",
        "domingo 1 de noviembre, 1:30",
    ),
    "the second 1:30 of it": (
        datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
        "Sunday, November 1, 1:30",
        "domingo 1 de noviembre, 1:30",
    ),
    "the hour before the clock skips one": (
        datetime(2027, 3, 14, 6, 30, tzinfo=UTC),
        "Sunday, March 14, 1:30",
        "domingo 14 de marzo, 1:30",
    ),
    "over midnight": (
        datetime(2026, 12, 4, 4, 30, tzinfo=UTC),
        "Thursday, December 3, 11:30",
        "jueves 3 de diciembre, 11:30",
    ),
    "over New Year": (
        datetime(2027, 1, 1, 4, 30, tzinfo=UTC),
        "Thursday, December 31, 11:30",
        "jueves 31 de diciembre, 11:30",
    ),
    "on the 29th of February": (
        datetime(2028, 2, 29, 18, 30, tzinfo=UTC),
        "Tuesday, February 29, 1:30",
        "martes 29 de febrero, 1:30",
    ),
}


@pytest.mark.parametrize("edge", EDGES)
def test_meeting_is_one_event_at_its_instant_and_on_its_day(browser, edge):
    start_at, day, dia = EDGES[edge]
    c = cast()
    meeting = book(c, start_at)
    Guardian.objects.filter(pk=c.mother.pk).update(language="es")
    c.mother.person.refresh_from_db()

    rows = [mail.invite(seat_of(meeting, c.teacher), now=NOW), mail.parent_link(link_of(meeting, c.mother), now=NOW)]

    for row, words in zip(rows, (f"When: {day}", f"Cuándo: {dia}"), strict=True):
        assert words in row.text
        invite = bytes(row.ics)
        read = by_icalendar(invite)
        assert (read["events"], read["start_at"], read["end_at"]) == (["vevent"], start_at, meeting.end_at)
        assert by_vobject(invite) == read
        assert by_ical_js(browser, invite) == read
        assert "VTIMEZONE" not in invite.decode()


def test_hours_over_midnight_are_said_with_both_halves_of_the_day():
    c = cast()
    meeting = book(c, EDGES["over midnight"][0])

    row = mail.invite(seat_of(meeting, c.teacher), now=NOW)

    assert "When: Thursday, December 3, 11:30 PM – 12:30 AM" in row.text
    assert len(Calendar.from_ical(bytes(row.ics)).events) == 1
