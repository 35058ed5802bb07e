"""How long a meeting is, in minutes: what the pages offer, and what is usual for one student."""

from datetime import timedelta

from meetings.models import Meeting
from students.models import Student

MINUTES = (30, 45, 60, 75, 90, 120)
USUAL_MINUTES = 60
LEAST_MINUTES, MOST_MINUTES = 15, 240


def minutes_of(meeting: Meeting) -> int:
    """Return how long a meeting is planned."""
    return (meeting.end_at - meeting.start_at) // timedelta(minutes=1)


def minutes_for(student: Student) -> int:
    """Return how long this student's meetings are: as is kept for them, else the usual."""
    return student.meeting_minutes or USUAL_MINUTES


def longer_than(minutes: int) -> list[int]:
    """Return the lengths that a family can ask for where so many minutes are planned."""
    return [each for each in MINUTES if each > minutes]


def with_own(minutes: int) -> list[int]:
    """Return the lengths to choose from, one's own among them though no other page offers it."""
    return sorted({*MINUTES, minutes})
