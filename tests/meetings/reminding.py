"""What tests of reminders share. The school is in New York: UTC-4 until November 1, 2026, then UTC-5."""

from datetime import UTC, date, datetime, timedelta

from meetings import mail
from meetings.models import Message
from students.models import CalendarDay, DueDate
from tests.cast import cast
from tests.meetings.booked import book, link_of, sent

MINUTE = timedelta(minutes=1)


def new_york(month, day, hour, minute=0, year=2026):
    """A time on the wall of the school, after November 1."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC) + timedelta(hours=5)


def summer_time(month, day, hour, minute=0, year=2026):
    return datetime(year, month, day, hour, minute, tzinfo=UTC) + timedelta(hours=4)


def cast_of_november():
    """The cast without a due date, and with no school from November 25 to 27."""
    c = cast()
    DueDate.objects.all().delete()
    c.due = None
    CalendarDay.objects.bulk_create(
        CalendarDay(school=c.school, on=date(2026, 11, day), day_type=CalendarDay.CLOSED) for day in (25, 26, 27)
    )
    return c


def written():
    return sorted(Message.objects.exclude(failure="too_late").values_list("recipient__given_name", "about"))


def reminders(meeting, what, *names):
    return [(name, f"{mail.about_prefix(meeting)}{what}") for name in sorted(names)]


def asked(c):
    """A booked meeting whose notice was sent to the mother on Monday, November 23, at ten."""
    at = new_york(11, 23, 10)
    meeting = book(c)
    sent(mail.parent_link(link_of(meeting, c.mother), now=at), at)
    return meeting


def of_family():
    return sorted(about.rpartition(":")[2] for name, about in written() if name == "Elena")
