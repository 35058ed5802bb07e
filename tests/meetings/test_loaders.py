"""What the rows of a small school come to, person by person."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from meetings.availability import Taken
from meetings.core.intervals import Span, minute_of
from meetings.core.schooldays import WallSpan
from meetings.loaders import load_case, room_key
from meetings.models import Busy, Commitment, FamilyTime, Meeting, WeeklyHours
from students.models import (
    Assignment,
    CalendarDay,
    District,
    OutsideKind,
    Role,
    Room,
    SchoolClass,
    Student,
    TeamMember,
)
from tests.cast import cast, guardian, outside, staff, teaches

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
MONDAY, TUESDAY, WEDNESDAY = (date(2026, 11, day) for day in (9, 10, 11))


def instant(on, text):
    hour, minute = map(int, text.split(":"))
    return datetime.combine(on, time(hour, minute), NEW_YORK)


def span(on, start, end):
    return Span(minute_of(instant(on, start)), minute_of(instant(on, end)))


def load(c, first=MONDAY, last=MONDAY, *, now=NOW, without_meeting=None, kind="annual_review"):
    student = Student.objects.select_related("person", "school").get(pk=c.student.pk)
    return load_case(
        student,
        kind,
        window_start_on=first,
        window_end_on=last,
        duration=60,
        step=5,
        now=now,
        without_meeting=without_meeting,
    )


def hours_of(c, person, *dates, **options):
    dates = dates or (MONDAY, MONDAY)
    return load(c, *dates, **options).hours[str(person.pk)]


def keeps(person, kind, start, end, *, weekday=1, at=None, day_type=""):
    WeeklyHours.objects.create(
        person=person.person,
        school=at,
        weekday=None if day_type else weekday,
        day_type=day_type,
        start=start,
        end=end,
        kind=kind,
    )


def books(c, *people, room=None, start, end, on=MONDAY):
    meeting = Meeting.objects.create(
        kind="section_504",
        student=c.student,
        school=c.school,
        start_at=instant(on, start),
        end_at=instant(on, end),
        organizer=c.case_manager,
        booked_at=NOW,
    )
    during = (meeting.start_at, meeting.end_at)
    Busy.objects.bulk_create(Busy(person=one.person, during=during, meeting=meeting) for one in people)
    if room:
        Busy.objects.create(room=room, during=during, meeting=meeting)
    return meeting


def test_case_of_one_ordinary_day():
    c = cast()

    loaded = load(c)

    contract, lesson = span(MONDAY, "7:30", "14:45"), span(MONDAY, "8:00", "13:00")
    assert loaded.case.zone == "America/New_York"
    assert loaded.case.window == Span(minute_of(instant(MONDAY, "0:00")), minute_of(instant(TUESDAY, "0:00")))
    assert (loaded.case.duration, loaded.case.step) == (60, 5)
    assert {
        person.id: (person.free, person.busy, person.unknown, person.preferred) for person in loaded.case.people
    } == {
        str(c.mother.pk): ((), (), (contract,), ()),
        str(c.father.pk): ((), (), (contract,), ()),
        str(c.administrator.pk): ((contract,), (), (), ()),
        str(c.vice_principal.pk): ((contract,), (), (), ()),
        str(c.case_manager.pk): ((contract,), (), (), ()),
        str(c.teacher.pk): ((contract,), (lesson,), (), ()),
        str(c.speech.pk): ((contract,), (), (), ()),
        str(c.student.pk): ((contract,), (), (), ()),
        room_key(c.room.pk): ((loaded.case.window,), (), (), ()),
    }
    parents = (str(c.mother.pk), str(c.father.pk))
    assert [(seat.id, seat.eligible, seat.required) for seat in loaded.case.seats] == [
        ("parent", parents, True),
        ("lea_representative", (str(c.administrator.pk), str(c.vice_principal.pk)), True),
        ("special_education_teacher", (str(c.case_manager.pk),), True),
        ("general_education_teacher", (str(c.teacher.pk),), True),
        ("parent-2", parents, False),
        ("student", (str(c.student.pk),), False),
        (f"related_service_provider-p{c.speech.pk}", (str(c.speech.pk),), False),
        ("room", (room_key(c.room.pk),), True),
    ]


def test_early_release_moves_contract_and_lessons():
    c = cast()
    CalendarDay.objects.create(school=c.school, on=MONDAY, day_type="early")

    hours = hours_of(c, c.teacher)

    lessons = [span(MONDAY, f"{hour}:00", f"{hour}:45") for hour in (8, 9, 10, 11)]
    assert hours.free == (span(MONDAY, "7:30", "12:30"),)
    assert hours.taken == {Taken.TEACHING: tuple(lessons)}


def test_closed_day_leaves_nobody_free():
    c = cast()
    keeps(c.case_manager, "available", time(8), time(16))
    CalendarDay.objects.create(school=c.school, on=MONDAY, day_type="closed")

    loaded = load(c)

    assert {person.id: person.free + person.unknown for person in loaded.case.people} == dict.fromkeys(
        (person.id for person in loaded.case.people), ()
    )


def test_clocks_go_back_over_the_weekend():
    c = cast()
    friday, monday = date(2026, 10, 30), date(2026, 11, 2)

    hours = hours_of(c, c.case_manager, friday, monday, now=datetime(2026, 10, 1, tzinfo=UTC))

    assert hours.free == (span(friday, "7:30", "14:45"), span(monday, "7:30", "14:45"))
    assert hours.free[1].start - hours.free[0].start == (3 * 24 + 1) * 60


def test_school_on_the_sunday_of_a_clock_change_keeps_wall_time():
    c = cast()
    sunday = date(2026, 11, 1)
    CalendarDay.objects.create(school=c.school, on=sunday, day_type="regular")

    loaded = load(c, sunday, sunday, now=datetime(2026, 10, 1, tzinfo=UTC))

    assert loaded.hours[str(c.case_manager.pk)].free == (span(sunday, "7:30", "14:45"),)
    assert loaded.case.window.end - loaded.case.window.start == 25 * 60
    assert loaded.hours[room_key(c.room.pk)].free == (loaded.case.window,)


def test_planning_period_and_lunch_are_cut_out_of_a_class_of_the_whole_day():
    c = cast()
    keeps(c.teacher, "prep", time(9), time(10))
    keeps(c.teacher, "lunch", time(11), time(11, 30))
    keeps(c.teacher, "teaching", time(9, 45), time(10))
    keeps(c.teacher, "duty", time(14), time(14, 30))

    hours = hours_of(c, c.teacher)

    assert hours.prep == (span(MONDAY, "9:00", "10:00"),)
    assert hours.taken == {
        Taken.TEACHING: (span(MONDAY, "8:00", "9:00"), span(MONDAY, "9:45", "11:00"), span(MONDAY, "11:30", "13:00")),
        Taken.LUNCH: (span(MONDAY, "11:00", "11:30"),),
        Taken.DUTY: (span(MONDAY, "14:00", "14:30"),),
    }


def test_hours_of_a_day_type_count_on_such_days_alone():
    c = cast()
    CalendarDay.objects.create(school=c.school, on=TUESDAY, day_type="early")
    keeps(c.case_manager, "duty", time(12), time(12, 30), day_type="early")

    hours = hours_of(c, c.case_manager, MONDAY, WEDNESDAY)

    assert hours.taken == {Taken.DUTY: (span(TUESDAY, "12:00", "12:30"),)}


@pytest.mark.parametrize(
    ("term_end", "enrollment_end", "teaching"),
    [
        (WEDNESDAY, None, [MONDAY, TUESDAY, WEDNESDAY]),
        (TUESDAY, None, [MONDAY, TUESDAY]),
        (WEDNESDAY, MONDAY, [MONDAY]),
    ],
)
def test_lessons_end_with_their_term_or_enrollment(term_end, enrollment_end, teaching):
    c = cast()
    lessons = teaches(c.colleague, c.student, "1", title="Reading")
    lessons.terms.create(sourced_id="t", title="t", kind="term", start_on=MONDAY, end_on=term_end)
    lessons.terms.remove(lessons.terms.get(sourced_id="year"))
    lessons.enrollments.update(end_on=enrollment_end)
    TeamMember.objects.create(student=c.student, person=c.colleague.person, role=Role.SPECIAL_EDUCATION_TEACHER)

    hours = hours_of(c, c.colleague, MONDAY, WEDNESDAY)

    assert hours.taken == {Taken.TEACHING: tuple(span(day, "8:00", "9:00") for day in teaching)}


def test_gone_class_takes_nobody():
    c = cast()
    SchoolClass.objects.update(gone_at=NOW)
    TeamMember.objects.create(student=c.student, person=c.teacher.person, role=Role.GENERAL_EDUCATION_TEACHER)

    assert hours_of(c, c.teacher).taken == {}


def test_itinerant_is_here_on_the_days_of_this_school():
    c = cast()
    Assignment.objects.create(staff=c.speech, school=c.other_school)
    keeps(c.speech, "available", time(8), time(15), weekday=1, at=c.school)
    keeps(c.speech, "available", time(8), time(15), weekday=2, at=c.other_school)
    keeps(c.speech, "available", time(8), time(12), weekday=3)

    hours = hours_of(c, c.speech, MONDAY, WEDNESDAY)

    assert hours.free == (span(MONDAY, "8:00", "15:00"), span(WEDNESDAY, "8:00", "12:00"))
    assert hours.taken == {Taken.ELSEWHERE: (span(TUESDAY, "8:00", "15:00"),)}
    assert hours.unknown == ()


def test_lessons_at_another_school_follow_its_bells():
    c = cast()
    other = staff("Ida Brook", c.school, c.other_school)
    TeamMember.objects.create(student=c.student, person=other.person, role=Role.RELATED_SERVICE_PROVIDER)
    lessons = teaches(other, c.student, "2", title="Band")
    SchoolClass.objects.filter(pk=lessons.pk).update(school=c.other_school)
    CalendarDay.objects.create(school=c.other_school, on=MONDAY, day_type="early")

    assert hours_of(c, other).taken == {Taken.TEACHING: (span(MONDAY, "9:00", "9:45"),)}


def test_member_from_another_school_is_to_be_asked():
    c = cast()
    TeamMember.objects.create(student=c.student, person=c.stranger.person, role=Role.RELATED_SERVICE_PROVIDER)

    hours = hours_of(c, c.stranger)

    assert (hours.free, hours.unknown) == ((), (span(MONDAY, "7:30", "14:45"),))


def test_commitments_take_whole_minutes_and_meetings_their_rest():
    c = cast()
    Commitment.objects.create(
        person=c.case_manager.person,
        kind="leave",
        start_at=instant(MONDAY, "8:00") + timedelta(seconds=30),
        end_at=instant(MONDAY, "9:00") + timedelta(seconds=30),
    )
    books(c, c.case_manager, start="10:00", end="11:00")

    hours = hours_of(c, c.case_manager)

    assert hours.taken == {Taken.BOOKED: (span(MONDAY, "8:00", "9:01"), span(MONDAY, "9:50", "11:10"))}
    assert hours.meetings == 1


def test_rest_of_a_meeting_the_day_before_reaches_over_midnight():
    c = cast()
    District.objects.update(rest_minutes=600)
    books(c, c.case_manager, on=date(2026, 11, 8), start="20:00", end="22:00")

    assert hours_of(c, c.case_manager).taken == {
        Taken.BOOKED: (Span(minute_of(instant(date(2026, 11, 8), "10:00")), minute_of(instant(MONDAY, "8:00"))),)
    }


def test_family_student_and_room_need_no_rest():
    c = cast()
    books(c, c.mother, c.student, room=c.room, start="10:00", end="11:00")

    loaded = load(c)

    taken = {Taken.BOOKED: (span(MONDAY, "10:00", "11:00"),)}
    keys = (str(c.mother.pk), str(c.student.pk), room_key(c.room.pk))
    assert {key: loaded.hours[key].taken for key in keys} == dict.fromkeys(keys, taken)


def test_meeting_that_is_being_moved_takes_nobody():
    c = cast()
    meeting = books(c, c.case_manager, c.mother, room=c.room, start="10:00", end="11:00")
    books(c, c.vice_principal, start="10:00", end="11:00")

    loaded = load(c, without_meeting=meeting)

    assert {key for key, hours in loaded.hours.items() if hours.taken} == {str(c.teacher.pk), str(c.vice_principal.pk)}


def test_what_a_guardian_said_of_a_date_stands_against_the_weekday():
    c = cast()

    def says(answer, start, end, *, weekday=None, on=None, student=c.student, who=c.mother):
        FamilyTime.objects.create(
            guardian=who.person, student=student, says=answer, weekday=weekday, on=on, start=start, end=end, said_at=NOW
        )

    says("works", time(13), time(17), weekday=1)
    says("cannot", time(7), time(12), weekday=1)
    says("works", time(11), time(12), on=MONDAY)
    says("cannot", time(15), time(16), on=MONDAY)
    says("works", time(13), time(17), weekday=2)

    hours = hours_of(c, c.mother)

    yes = (span(MONDAY, "11:00", "12:00"), span(MONDAY, "13:00", "15:00"), span(MONDAY, "16:00", "17:00"))
    assert (hours.free, hours.preferred, hours.unknown) == (yes, yes, (span(MONDAY, "7:30", "14:45"),))
    assert hours.taken == {Taken.CANNOT: (span(MONDAY, "7:00", "11:00"), span(MONDAY, "15:00", "16:00"))}


def test_person_from_outside_is_free_in_their_hours_else_unknown():
    c = cast()
    advocate, interpreter = outside("Ann Cole", OutsideKind.ADVOCATE), outside("Ines Prado", OutsideKind.OTHER)
    for one in (advocate, interpreter):
        TeamMember.objects.create(student=c.student, person=one.person, role=Role.OTHER)
    keeps(interpreter, "available", time(9), time(11))

    loaded = load(c)

    assert loaded.hours[str(advocate.pk)].unknown == (span(MONDAY, "7:30", "14:45"),)
    assert loaded.hours[str(interpreter.pk)].free == (span(MONDAY, "9:00", "11:00"),)
    assert loaded.hours[str(interpreter.pk)].unknown == ()


def test_representative_with_the_fewest_meetings_comes_first():
    c = cast()
    books(c, c.administrator, start="10:00", end="11:00")

    seats = {seat.id: seat.eligible for seat in load(c).case.seats}

    assert seats["lea_representative"] == (str(c.vice_principal.pk), str(c.administrator.pk))


def test_representative_of_the_whole_district_comes_last():
    c = cast()
    Assignment.objects.create(staff=c.director, school=c.school, is_representative=True)
    books(c, c.administrator, c.vice_principal, start="10:00", end="11:00")

    seats = {seat.id: seat.eligible for seat in load(c).case.seats}

    assert seats["lea_representative"] == tuple(str(one.pk) for one in (c.administrator, c.vice_principal, c.director))


def test_rooms_smallest_that_fits_first_then_the_largest():
    c = cast()
    small, tiny, large = (
        Room.objects.create(school=c.school, name=name, capacity=size) for name, size in (("S", 6), ("T", 2), ("L", 30))
    )
    Room.objects.create(school=c.school, name="Shut", capacity=10, is_active=False)
    Room.objects.create(school=c.other_school, name="There", capacity=10)

    seats = {seat.id: seat.eligible for seat in load(c).case.seats}

    assert seats["room"] == tuple(room_key(room.pk) for room in (c.room, large, small, tiny))


def test_school_without_rooms_asks_for_none():
    c = cast()
    c.room.delete()

    assert "room" not in {seat.id for seat in load(c).case.seats}


def test_window_begins_with_the_next_whole_minute():
    c = cast()

    loaded = load(c, now=instant(MONDAY, "10:00") + timedelta(seconds=1))

    assert loaded.case.window.start == minute_of(instant(MONDAY, "10:01"))


def test_window_that_is_over_is_empty():
    c = cast()

    window = load(c, now=instant(WEDNESDAY, "10:00")).case.window

    assert window.start == window.end


def test_teachers_are_those_of_the_first_school_day_ahead():
    c = cast()
    sunday = date(2026, 11, 8)
    SchoolClass.objects.get().enrollments.filter(role="teacher").update(begin_on=MONDAY)

    seats = {seat.key: seat.eligible for seat in load(c, sunday, TUESDAY).wanted}

    assert seats["general_education_teacher"] == (c.teacher.person,)


def test_calendar_of_the_case_is_that_of_the_school():
    c = cast()

    assert load(c).calendar.school_hours(MONDAY) == WallSpan(480, 840)


def test_load_case_takes_as_many_queries_for_many_people(django_assert_num_queries):
    c = cast()
    student = Student.objects.select_related("person", "school").get(pk=c.student.pk)

    def asked():
        return load_case(
            student,
            "reevaluation",
            window_start_on=MONDAY,
            window_end_on=date(2026, 12, 11),
            duration=60,
            step=5,
            now=NOW,
        )

    with django_assert_num_queries(17):
        few = asked()
    for n in range(20):
        guardian(f"Guardian {n}", c.student)
        member = staff(f"Teacher {n}", c.school, is_representative=True)
        teaches(member, c.student, "6", title=f"Class {n}")
        TeamMember.objects.create(student=c.student, person=member.person, role=Role.RELATED_SERVICE_PROVIDER)
        keeps(member, "prep", time(9), time(10))
        Room.objects.create(school=c.school, name=f"Office {n}", capacity=4)
    with django_assert_num_queries(17):
        many = asked()
    assert (len(few.case.people), len(many.case.people)) == (9, 9 + 20 * 3)
