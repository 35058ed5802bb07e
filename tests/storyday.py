"""The day that the product is named for, with the cast: what is booked, and who is free when.

It is Monday, November 23, 9:00 AM. At 3:00 PM the vice principal leads the 504 meeting of Pippa Thimble; the principal
has to be at the buses at 3:45 PM. School is out at 2:00 PM here, and the staff stay until 4:00.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from meetings.actions.book import book
from meetings.actions.seating import MeetingPlan, SeatPlan
from meetings.models import Meeting, Requirement, WeeklyHours
from students.models import MeetingKind, Role, School
from tests import cast as people
from tests.booking import NOW

THREE = datetime(2026, 11, 23, 20, tzinfo=UTC)  # 3:00 PM in New York


@dataclass
class StoryDay:
    cast: people.Cast
    pippa: object
    mother_of_pippa: object
    counselor: object
    other: Meeting  # The 504 meeting at 3:00.


def story_day():
    cast = people.cast()
    School.objects.filter(pk=cast.school.pk).update(minutes_after_bell=120)
    cast.school.refresh_from_db()
    pippa = people.student("Pippa Thimble", cast.school, has_iep=False)
    mother = people.guardian("Iris Thimble", pippa, relationship="mother", language="es")
    teacher = people.staff("Otis Grove", cast.school)
    counselor = people.staff("Sofia Marin", cast.school, position="counselor")
    buses = {"person": cast.administrator.person, "start": time(15, 45), "end": time(16, 10), "kind": "duty"}
    WeeklyHours.objects.bulk_create(WeeklyHours(weekday=weekday, **buses) for weekday in range(1, 6))
    plan = MeetingPlan(
        kind=MeetingKind.SECTION_504,
        due_date_id=None,
        school_id=cast.school.pk,
        room_id=None,
        start_at=THREE,
        end_at=THREE + timedelta(minutes=45),
        seats=(
            SeatPlan(Role.PARENT, Requirement.MUST_BE_INVITED, mother.pk),
            SeatPlan(Role.LEA_REPRESENTATIVE, Requirement.REQUIRED, cast.vice_principal.pk),
            SeatPlan(Role.GENERAL_EDUCATION_TEACHER, Requirement.REQUIRED, teacher.pk),
            SeatPlan(Role.EVALUATION_INTERPRETER, Requirement.REQUIRED, counselor.pk),
        ),
    )
    other = book(pippa, plan, by=counselor, now=NOW - timedelta(days=5))
    other.messages.update(state="sent", sent_at=NOW - timedelta(days=5))
    return StoryDay(cast, pippa, mother, counselor, other)
