"""Reminders at exact times. The school is in New York: UTC-4 until November 1, 2026, then UTC-5."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from meetings import mail, tokens
from meetings.actions import remind
from meetings.calendars import calendar_of
from meetings.models import (
    Answer,
    Gathered,
    Meeting,
    MeetingStatus,
    Message,
    MessageState,
    ParentLink,
    Seat,
)
from meetings.quiet import Quiet
from meetings.reminder_times import answer_due, digest_week
from students.models import CalendarDay, DueDate, MeetingKind, Role, School, Staff, Term
from tests.cast import outside, person, school, staff, student
from tests.meetings.booked import START, book, link_of, seat_of
from tests.meetings.reminding import (
    MINUTE,
    asked,
    cast_of_november,
    new_york,
    of_family,
    reminders,
    summer_time,
    written,
)

pytestmark = pytest.mark.django_db

NIGHT = Quiet(20 * 60, 7 * 60)


@pytest.fixture
def c():
    return cast_of_november()


# Members


def test_members_are_reminded_a_week_before_at_eight(c):
    meeting = book(c)
    due = new_york(11, 26, 8)

    assert remind.plan(due - MINUTE) == 0
    assert remind.plan(due) == 3
    assert written() == reminders(meeting, "member-7d", "Dana", "Alice", "Raj")


def test_members_are_reminded_the_day_before_at_eight(c):
    meeting = book(c)
    due = new_york(12, 2, 8)

    assert remind.plan(due - MINUTE) == 0
    assert remind.plan(due) == 3
    assert written() == reminders(meeting, "member-1d", "Dana", "Alice", "Raj")


def test_members_are_reminded_of_a_monday_on_friday(c):
    book(c, new_york(12, 7, 13))
    remind.plan(new_york(11, 30, 8))
    due = new_york(12, 4, 8)

    assert (remind.plan(due - MINUTE), remind.plan(due)) == (0, 3)


def test_members_are_reminded_after_a_long_break_on_the_day_before(c):
    CalendarDay.objects.bulk_create(
        CalendarDay(school=c.school, on=date(2026, 12, 7) + timedelta(days=n), day_type=CalendarDay.CLOSED)
        for n in range(5)
    )
    book(c, new_york(12, 14, 13))
    due = new_york(12, 13, 8)

    assert (remind.plan(due - MINUTE), remind.plan(due)) == (0, 3)


def test_members_are_reminded_without_a_calendar_on_the_day_before(c):
    CalendarDay.objects.all().delete()
    Term.objects.all().delete()
    book(c, new_york(12, 7, 13))
    due = new_york(12, 6, 8)

    assert (remind.plan(due - MINUTE), remind.plan(due)) == (0, 3)


@pytest.mark.parametrize(
    ("start_at", "due"),
    [
        # The clock goes back on November 1, 2026, and forward on March 14, 2027: eight o'clock stays eight o'clock.
        (new_york(11, 4, 13), summer_time(10, 28, 8)),
        (summer_time(3, 17, 13, year=2027), new_york(3, 10, 8, year=2027)),
    ],
)
def test_members_are_reminded_at_eight_over_a_clock_change(c, start_at, due):
    book(c, start_at)

    assert (remind.plan(due - MINUTE), remind.plan(due)) == (0, 3)


def test_each_school_goes_by_its_own_clock(c):
    School.objects.update(time_zone="America/Los_Angeles")
    c.school.refresh_from_db()
    book(c)
    due = new_york(12, 2, 8) + timedelta(hours=3)

    assert (remind.plan(due - MINUTE), remind.plan(due)) == (0, 3)


def test_running_twice_writes_nothing_twice(c):
    book(c)

    assert [remind.plan(new_york(12, 2, 8) + n * MINUTE) for n in range(3)] == [3, 0, 0]


def test_a_run_three_days_late_still_reminds_once(c):
    meeting = book(c)

    assert remind.plan(new_york(11, 29, 9)) == 3
    assert written() == reminders(meeting, "member-7d", "Dana", "Alice", "Raj")
    assert remind.plan(new_york(11, 30, 9)) == 0


def test_a_run_too_late_for_the_first_reminder_waits_for_the_second(c):
    book(c)

    assert remind.plan(new_york(11, 30, 8)) == 0


def test_a_late_run_writes_one_reminder_and_not_both(c):
    book(c)

    assert remind.plan(START - timedelta(hours=1)) == 3
    assert remind.plan(START) == 0


def test_who_was_told_since_is_not_reminded(c):
    meeting = book(c)
    mail.invite(seat_of(meeting, c.teacher), now=new_york(11, 27, 9))

    remind.plan(new_york(11, 27, 10))

    assert [name for name, about in written() if about.endswith("member-7d")] == ["Alice", "Dana"]


def test_a_moved_meeting_reminds_of_its_new_time(c):
    meeting = book(c)
    remind.plan(new_york(12, 2, 8))
    Meeting.objects.update(start_at=new_york(12, 9, 13), end_at=new_york(12, 9, 14), version=2, sequence=1)
    meeting.refresh_from_db()

    assert remind.plan(new_york(12, 8, 8)) == 3
    assert set(reminders(meeting, "member-1d", "Dana", "Alice", "Raj")) < set(written())


def test_a_seat_that_changed_hands_reminds_nobody_twice(c):
    book(c)
    remind.plan(new_york(12, 2, 8))
    Meeting.objects.update(version=2)
    Seat.objects.filter(holder=c.teacher.pk).update(holder=c.colleague.person)

    assert remind.plan(new_york(12, 2, 9)) == 1
    assert "Priya" in dict(written())


@pytest.mark.parametrize(
    "change", [{"status": MeetingStatus.CANCELLED}, {"status": MeetingStatus.HELD}, {"start_at": new_york(12, 2, 7)}]
)
def test_a_meeting_that_is_off_held_or_over_reminds_nobody(c, change):
    book(c)
    Meeting.objects.update(**change)

    assert remind.plan(new_york(12, 2, 8)) == 0


def test_who_said_no_the_student_and_an_empty_seat_are_not_reminded(c):
    meeting = book(c)
    Seat.objects.filter(holder=c.teacher.pk).update(answer=Answer.NO)
    Seat.objects.create(meeting=meeting, role=Role.STUDENT, holder=c.student.person)
    Seat.objects.create(meeting=meeting, role=Role.OTHER)

    assert remind.plan(new_york(12, 2, 8)) == 2


def test_who_holds_two_seats_is_reminded_once(c):
    meeting = book(c)
    Seat.objects.create(meeting=meeting, role=Role.EVALUATION_INTERPRETER, holder=c.teacher.person)

    assert remind.plan(new_york(12, 2, 8)) == 3


def test_a_guest_is_reminded_too(c):
    meeting = book(c)
    guest = outside("Otis Marigold", "agency").person
    Seat.objects.create(meeting=meeting, role=Role.OTHER, holder=guest)

    assert remind.plan(new_york(12, 2, 8)) == 4


def test_nothing_goes_out_at_night(c):
    book(c)

    remind.plan(new_york(12, 2, 20))

    assert set(Message.objects.values_list("not_before_at", flat=True)) == {new_york(12, 3, 7)}


def test_no_reminder_that_the_night_would_hold_back_until_the_meeting(c):
    book(c, new_york(12, 3, 6, 45))

    assert remind.plan(new_york(12, 3, 6)) == 0


# Families


def test_a_family_that_says_nothing_is_asked_again_after_two_school_days(c):
    # Monday. Tuesday is a school day, Wednesday to Friday are not, so the second one is the Monday after.
    asked(c)
    due = new_york(11, 30, 10)

    remind.plan(due - MINUTE)
    assert of_family() == ["link-g1"]
    remind.plan(due)
    assert of_family() == ["link-g1", "parent-no-answer"]
    remind.plan(due + timedelta(days=1))
    assert of_family() == ["link-g1", "parent-no-answer"]


def test_a_family_that_was_asked_at_night_is_asked_again_by_day(c):
    calendar = calendar_of(c.school)

    assert answer_due(calendar, new_york(12, 1, 22), 2, NIGHT) == new_york(12, 3, 19, 59)
    assert answer_due(calendar, new_york(12, 1, 5), 2, NIGHT) == new_york(12, 3, 7)


def test_a_family_is_asked_again_without_a_calendar_after_two_days(c):
    CalendarDay.objects.all().delete()
    Term.objects.all().delete()

    assert answer_due(calendar_of(c.school), new_york(12, 4, 10), 2, NIGHT) == new_york(12, 6, 10)


def test_a_family_is_asked_again_at_the_same_hour_over_a_clock_change(c):
    # Friday, October 30: the clock goes back on Sunday.
    assert answer_due(calendar_of(c.school), summer_time(10, 30, 10), 2, NIGHT) == new_york(11, 3, 10)


@pytest.mark.parametrize("answer", [Answer.YES, Answer.NO])
def test_a_family_that_answered_is_not_asked_again(c, answer):
    asked(c)
    Seat.objects.filter(holder=c.mother.pk).update(answer=answer)

    remind.plan(new_york(11, 30, 10))

    assert of_family() == ["link-g1"]


@pytest.mark.parametrize("state", [MessageState.QUEUED, MessageState.FAILED, MessageState.WITHDRAWN])
def test_a_family_whose_notice_never_went_out_is_not_asked_again(c, state):
    asked(c)
    Message.objects.update(state=state)

    remind.plan(new_york(11, 30, 10))

    assert of_family() == ["link-g1"]


def test_a_family_without_a_link_or_with_a_closed_one_is_not_written_to(c):
    meeting = asked(c)
    tokens.revoke(ParentLink.objects.get(), new_york(11, 24, 10))

    remind.plan(new_york(11, 30, 10))
    ParentLink.objects.all().delete()
    Seat.objects.filter(meeting=meeting, holder=c.mother.pk).update(answer=Answer.YES)
    remind.plan(new_york(12, 2, 8))

    assert of_family() == ["link-g1"]


def test_a_family_that_said_yes_is_reminded_the_day_before_at_eight(c):
    asked(c)
    Seat.objects.filter(holder=c.mother.pk).update(answer=Answer.YES)
    due = new_york(12, 2, 8)

    remind.plan(due - MINUTE)
    assert "parent-1d" not in of_family()
    remind.plan(due)
    assert of_family() == ["link-g1", "parent-1d"]


def test_a_family_is_reminded_of_a_monday_on_sunday(c):
    meeting = book(c, new_york(12, 7, 13))
    link_of(meeting, c.mother)
    Seat.objects.filter(holder=c.mother.pk).update(answer=Answer.YES)

    remind.plan(new_york(12, 6, 8))

    assert of_family() == ["parent-1d"]


# Due dates


@pytest.fixture
def due(c):
    """Due on Sunday, December 20: the last school day is Friday, December 18."""
    return DueDate.objects.create(student=c.student, kind=MeetingKind.ANNUAL_REVIEW, due_on=date(2026, 12, 20))


@pytest.mark.parametrize(
    ("days", "at"),
    [
        (60, summer_time(10, 19, 9)),
        (30, new_york(11, 18, 9)),
        (14, new_york(12, 4, 9)),
        (7, new_york(12, 11, 9)),
    ],
)
def test_a_nudge_goes_out_days_before_the_last_school_day(due, days, at):
    assert remind.plan(at - timedelta(days=1)) == 0
    assert remind.plan(at) == 1
    assert remind.plan(at + timedelta(hours=1)) == 0

    assert written() == [("Dana", f"due:{due.pk}:2026-12-20:nudge-{days}d")]


def test_a_nudge_three_days_late_still_goes_out_once(due):
    assert [remind.plan(new_york(11, 21, 9)), remind.plan(new_york(11, 21, 10))] == [1, 0]


def test_a_nudge_long_past_its_day_does_not(due):
    assert remind.plan(new_york(11, 24, 9)) == 0


def test_a_nudge_waits_for_the_morning(due):
    assert remind.plan(new_york(11, 18, 0, 5)) == 1

    assert Message.objects.get().not_before_at == new_york(11, 18, 7)


@pytest.mark.parametrize("reason", ["booked", "closed", "no case manager", "gone", "no calendar"])
def test_no_nudge_where_there_is_nothing_to_do(c, due, reason):
    if reason == "booked":
        book(c, new_york(12, 17, 13), due_date=due)
    elif reason == "closed":
        DueDate.objects.update(closed_at=new_york(11, 1, 9))
    elif reason == "no case manager":
        c.student.__class__.objects.update(case_manager=None)
    elif reason == "gone":
        c.student.person.__class__.objects.filter(pk=c.student.pk).update(gone_at=new_york(11, 1, 9))
    else:
        CalendarDay.objects.all().delete()
        Term.objects.all().delete()

    assert remind.plan(new_york(11, 18, 9)) == 0


def test_a_due_date_in_summer_is_nudged_in_spring(c):
    pupil = student("Otis Marigold", c.school, c.case_manager)
    row = DueDate.objects.create(student=pupil, kind=MeetingKind.ANNUAL_REVIEW, due_on=date(2027, 8, 10))

    # Sixty days before June 11, the last day of school.
    assert remind.plan(summer_time(4, 12, 9, year=2027)) == 1
    assert written() == [("Dana", f"due:{row.pk}:2027-08-10:nudge-60d")]


def test_another_due_date_begins_anew(due):
    remind.plan(new_york(11, 18, 9))
    DueDate.objects.update(due_on=date(2026, 12, 21))

    assert remind.plan(new_york(11, 21, 9)) == 1


# Digests


def test_digest_on_monday_at_seven(c):
    monday = new_york(11, 23, 7)

    assert remind.digests(monday - MINUTE) == 0
    assert remind.digests(monday) == 3
    assert remind.digests(monday + timedelta(hours=1)) == 0
    assert written() == [(name, "digest:2026-W48") for name in ("Alice", "Iris", "Marcus")]


def test_digest_three_days_late_at_most(c):
    monday = new_york(11, 23, 7)

    assert remind.digests(monday + timedelta(days=3)) == 0
    assert remind.digests(monday + timedelta(days=3) - MINUTE) == 3


def test_digest_goes_by_the_clock_of_the_readers_school(c):
    west = school("Ocean View Middle")
    School.objects.filter(pk=west.pk).update(time_zone="America/Los_Angeles")
    staff("Jo West", west, is_administrator=True)

    assert remind.digests(new_york(11, 23, 7)) == 3
    assert remind.digests(new_york(11, 23, 9, 59)) == 0
    assert remind.digests(new_york(11, 23, 10)) == 1


def test_digest_over_new_year_has_the_iso_week(c):
    assert digest_week("America/New_York", new_york(1, 4, 7, year=2027)) == "2027-W01"
    assert digest_week("America/New_York", new_york(12, 28, 7)) == "2026-W53"


def test_no_digest_for_who_left(c):
    Staff.objects.filter(pk=c.administrator.pk).update(is_active=False)
    person_of = type(c.vice_principal.person)
    person_of.objects.filter(pk=c.vice_principal.pk).update(gone_at=new_york(11, 1, 9))

    remind.digests(new_york(11, 23, 7))

    assert written() == [("Iris", "digest:2026-W48")]


# In bulk


def test_plan_asks_for_the_outbox_once_and_only_where_something_was_written(c):
    book(c)

    remind.plan(new_york(11, 1, 12))
    assert OrmQ.objects.count() == 0
    remind.plan(new_york(12, 2, 8))
    assert OrmQ.objects.count() == 1


def test_plan_takes_everything_in_batches(c, monkeypatch):
    monkeypatch.setattr(remind, "BATCH", 2)
    for n in range(5):
        book(c, START + timedelta(minutes=n))

    assert remind.plan(new_york(12, 2, 8)) == 3
    assert Gathered.objects.count() == 15
    assert remind.plan(new_york(12, 2, 8)) == 0


def test_plan_looks_with_the_same_number_of_queries_at_one_meeting_and_at_three(c, django_assert_num_queries):
    quiet = new_york(11, 24, 12)
    book(c)
    with CaptureQueriesContext(connection) as one:
        remind.plan(quiet)
    for n in range(2):
        book(c, START + timedelta(hours=2 + n))

    with django_assert_num_queries(len(one)):
        remind.plan(quiet)


def test_a_person_who_left_is_not_reminded(c):
    book(c)
    person_of = type(person("outside", "Nobody"))
    person_of.objects.filter(pk=c.teacher.pk).update(gone_at=new_york(11, 1, 9))

    assert remind.plan(new_york(12, 2, 8)) == 2
