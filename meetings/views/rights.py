"""Which meetings a member of the staff may look at, and which they may change."""

from django.db.models import QuerySet

from meetings.models import Meeting
from students.models import Staff, Student


def with_parts(meetings: QuerySet[Meeting]) -> QuerySet[Meeting]:
    """Return the rows with what every page about one meeting shows."""
    return meetings.select_related(
        "student__person",
        "student__school",
        "student__case_manager__person",
        "school",
        "room",
        "due_date",
        "organizer__person",
    )


def seen_by(user: Staff) -> QuerySet[Meeting]:
    """Return the meetings that the user may look at: their students', and those in which they hold a seat."""
    return with_parts(Meeting.objects.visible_to(user))


def kept_by(user: Staff) -> QuerySet[Meeting]:
    """Return the meetings that the user may change: a seat alone gives no right to the record or to the meeting."""
    return seen_by(user).filter(student__in=Student.objects.visible_to(user).values("pk"))


def may_keep(user: Staff, meeting: Meeting) -> bool:
    """Return whether the user may change the meeting and read what the record says of it."""
    return Student.objects.visible_to(user).filter(pk=meeting.student_id).exists()
