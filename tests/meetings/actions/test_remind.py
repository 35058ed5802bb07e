"""Reminders at exact times. The school is in New York: UTC-4 until November 1, 2026, then UTC-5."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_q.models import OrmQ

from meetings import mail, tokens
from meetings.actions import remind
from meetings.actions.last_look import instead_of_sending
from meetings.actions.reasons import still_stands
from meetings.calendars import calendar_of
from meetings.models import (
    Answer,
    Failure,
    Gathered,
    Meeting,
    MeetingStatus,
    Message,
    MessageState,
    ParentLink,
    ReminderRule,
    Seat,
)
from meetings.quiet import Quiet
from meetings.reminder_times import answer_due, digest_week
from students.models import CalendarDay, District, DueDate, MeetingKind, Role, School, Staff, Term
from tests.cast import cast, outside, person, school, staff, student
from tests.meetings.booked import START, book, link_of, seat_of, sent

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
NIGHT = Quiet(20 * 60, 7 * 60)


def new_york(month, day, hour, minute=0, year=2026):
    """A time on the wall of the school, after November 1."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC) + timedelta(hours=5)


def summer_time(month, day, hour, minute=0, year=2026):
    return datetime(year, month, day, hour, minute, tzinfo=UTC) + timedelta(hours=4)


@pytest.fixture
def c():
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


def asked(c):
    """A booked meeting whose notice was sent to the mother on Monday, November 23, at ten."""
    at = new_york(11, 23, 10)
    meeting = book(c)
    sent(mail.parent_link(link_of(meeting, c.mother), now=at), at)
    return meeting


def of_family():
    return sorted(about.rpartition(":")[2] for name, about in written() if name == "Elena")


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


# Rules of the district


def rule(group, *days, kind="", again=None):
    ReminderRule.objects.create(kind=kind, group=group, days_before=list(days), ask_again_after=again)


def test_the_districts_rule_is_followed_for_its_group_alone(c):
    meeting = book(c)
    Seat.objects.filter(holder=c.teacher.pk).update(requirement="optional")
    rule("optional", 3)

    assert remind.plan(new_york(11, 30, 8)) == 1
    assert written() == reminders(meeting, "member-3d", "Raj")
    assert remind.plan(new_york(12, 2, 8)) == 2
    assert ("Raj", f"{mail.about_prefix(meeting)}member-1d") not in written()


def test_a_rule_for_one_kind_goes_before_that_for_every_kind(c):
    meeting = book(c)
    rule("required", 5)
    rule("required", 3, kind="annual_review")

    assert (remind.plan(new_york(11, 28, 8)), remind.plan(new_york(11, 30, 8))) == (0, 3)
    assert written() == reminders(meeting, "member-3d", "Dana", "Alice", "Raj")


def test_an_empty_rule_reminds_nobody_and_the_notice_still_goes_out(c):
    rule("required")
    rule("family")
    meeting = asked(c)
    Seat.objects.filter(holder=c.mother.pk).update(answer=Answer.YES)

    assert [remind.plan(new_york(*at)) for at in ((11, 26, 8), (11, 30, 10), (12, 2, 8))] == [0, 0, 0]
    moved = mail.parent_moved(link_of(meeting, c.mother), now=new_york(12, 2, 9))
    assert instead_of_sending(moved, now=new_york(12, 2, 9)) is None


def test_a_guest_from_outside_follows_the_rule_for_people_from_outside(c):
    meeting = book(c)
    guest = outside("Otis Marigold", "agency").person
    Seat.objects.create(meeting=meeting, role=Role.OTHER, holder=guest)
    rule("outside", 2)

    assert remind.plan(new_york(12, 1, 8)) == 1
    assert written() == reminders(meeting, "member-2d", "Otis")


def test_a_family_is_reminded_and_asked_by_the_districts_rule(c):
    rule("family", 7, 2, again=1)
    asked(c)

    # Asked on Monday at ten: again on Tuesday, which is a school day.
    remind.plan(new_york(11, 24, 10))
    assert of_family() == ["link-g1", "parent-no-answer"]
    Seat.objects.filter(holder=c.mother.pk).update(answer=Answer.YES)
    remind.plan(new_york(11, 26, 8))
    remind.plan(new_york(12, 1, 8))
    assert of_family() == ["link-g1", "parent-2d", "parent-7d", "parent-no-answer"]


def test_staff_who_say_nothing_are_asked_again_where_the_district_wants_it(c):
    rule("required", 1, again=1)
    meeting = book(c)
    at = new_york(11, 23, 10)
    for holder in (c.teacher, c.case_manager):
        sent(mail.invite(seat_of(meeting, holder), now=at), at)

    # Dana has said yes.
    assert (remind.plan(new_york(11, 24, 10) - MINUTE), remind.plan(new_york(11, 24, 10))) == (0, 1)
    row = Message.objects.get(about__endswith="member-no-answer")
    assert (row.recipient.given_name, row.text.splitlines()[0]) == (
        "Raj",
        "A reminder of the meeting for Maya. You have not answered yet.",
    )
    Seat.objects.filter(holder=c.teacher.pk).update(answer=Answer.YES)
    assert not still_stands(row, now=new_york(11, 24, 10))


def test_two_days_before_a_monday_come_after_the_school_day_before(c):
    rule("required", 2, 1)
    meeting = book(c, new_york(12, 7, 13))

    assert remind.plan(new_york(12, 4, 8)) == 3
    assert written() == reminders(meeting, "member-1d", "Dana", "Alice", "Raj")
    assert remind.plan(new_york(12, 5, 8)) == 3


# One mail for several


def two_meetings(c):
    """Two of one day, which the same people keep."""
    return book(c), book(c, START + timedelta(hours=2), room=None, kind=MeetingKind.AMENDMENT)


def test_reminders_of_one_morning_come_in_one_mail(c):
    first, second = two_meetings(c)
    Seat.objects.filter(meeting=second, holder=c.teacher.pk).update(answer=Answer.YES)

    assert remind.plan(new_york(12, 2, 8)) == 3

    row = Message.objects.get(recipient=c.teacher.pk)
    assert (row.kind, row.about, row.subject, row.not_before_at, row.expires_at) == (
        "day_ahead",
        "day-ahead:2026-12-02:1",
        "Reminder: 2 school meetings, the first Thu, Dec 3, 1:30 PM",
        new_york(12, 2, 8),
        second.start_at,
    )
    assert row.text == DAY_AHEAD.format(first=first.pk, second=second.pk)
    assert list(row.gathered.values_list("about", "meeting", "asks")) == [
        (f"meeting:{first.pk}:s0:member-1d", first.pk, True),
        (f"meeting:{second.pk}:s0:member-1d", second.pk, False),
    ]
    assert "Rainwater" not in row.subject + row.text + row.html
    assert remind.plan(new_york(12, 2, 8)) == 0


DAY_AHEAD = """\
A reminder of 2 meetings.

Thursday, December 3, 1:30 – 2:30 PM
Annual review for Maya
Where: Room 12, Willow Bend Elementary
You come as: General education teacher
Still missing: your answer. Give it here: http://localhost:8000/meetings/{first}/answer/
The meeting: http://localhost:8000/meetings/{first}/

Thursday, December 3, 3:30 – 4:30 PM
Amendment for Maya
Where: Willow Bend Elementary
You come as: General education teacher
I can't come: http://localhost:8000/meetings/{second}/answer/
The meeting: http://localhost:8000/meetings/{second}/

You get this because you are asked to these meetings. Reminders that fall due on one morning come in one mail.
"""


def test_reminders_come_one_by_one_where_the_district_wants_it(c):
    District.objects.update(gathers_reminders=False)
    two_meetings(c)

    assert remind.plan(new_york(12, 2, 8)) == 6
    assert set(Message.objects.values_list("kind", flat=True)) == {"member_reminder"}


def test_families_and_guests_get_a_mail_for_each_meeting(c):
    guest = outside("Otis Marigold", "agency").person
    for meeting in two_meetings(c):
        Seat.objects.create(meeting=meeting, role=Role.OTHER, holder=guest)
        link_of(meeting, c.mother)
    Seat.objects.filter(holder=c.mother.pk).update(answer=Answer.YES)

    remind.plan(new_york(12, 2, 8))

    kinds = Message.objects.order_by("kind").values_list("recipient__given_name", "kind")
    assert [kind for name, kind in kinds if name == "Elena"] == ["parent_reminder"] * 2
    assert [kind for name, kind in kinds if name == "Otis"] == ["member_reminder"] * 2


def cancel(c, first, second):
    Meeting.objects.filter(pk=first.pk).update(status=MeetingStatus.CANCELLED, sequence=1)


def move(c, first, second):
    Meeting.objects.filter(pk=first.pk).update(start_at=new_york(12, 11, 13), end_at=new_york(12, 11, 14), sequence=1)


def decline(c, first, second):
    Seat.objects.filter(meeting=first, holder=c.teacher.pk).update(answer=Answer.NO)


def give_away(c, first, second):
    Seat.objects.filter(meeting=first, holder=c.teacher.pk).update(holder=c.colleague.person)


@pytest.mark.parametrize("change", [cancel, move, decline, give_away])
def test_a_mail_of_which_one_meeting_is_not_as_told_is_withdrawn_and_the_rest_written_anew(c, change):
    first, second = two_meetings(c)
    now = new_york(12, 2, 8)
    remind.plan(now)
    row = Message.objects.get(recipient=c.teacher.pk)
    assert still_stands(row, now=now)

    change(c, first, second)

    assert not still_stands(row, now=now)
    Message.objects.filter(pk=row.pk).update(state=MessageState.WITHDRAWN)
    remind.plan(now + 10 * MINUTE)
    anew = Message.objects.filter(recipient=c.teacher.pk).exclude(pk=row.pk)
    assert [about for (about,) in anew.values_list("about")] == [f"meeting:{second.pk}:s0:member-1d"]
    assert remind.plan(now + 20 * MINUTE) == 0


def test_who_answers_meanwhile_is_not_told_that_the_answer_is_missing(c):
    two_meetings(c)
    now = new_york(12, 2, 8)
    remind.plan(now)
    row = Message.objects.get(recipient=c.teacher.pk)

    Seat.objects.filter(holder=c.teacher.pk).update(answer=Answer.YES)

    assert not still_stands(row, now=now)
    Message.objects.filter(pk=row.pk).update(state=MessageState.WITHDRAWN)
    assert remind.plan(now + 10 * MINUTE) == 1
    anew = Message.objects.get(recipient=c.teacher.pk, about="day-ahead:2026-12-02:2")
    assert "Still missing" not in anew.text


def test_nudges_of_one_day_come_in_one_mail(c, due):
    other = student("Otis Marigold", c.school, c.case_manager)
    second = DueDate.objects.create(student=other, kind=MeetingKind.REEVALUATION, due_on=date(2026, 12, 18))
    now = new_york(11, 18, 9)

    assert (remind.plan(now), remind.plan(now)) == (1, 0)

    row = Message.objects.get()
    assert (row.kind, row.about, row.subject) == (
        "due_nudge",
        "nudges:2026-11-18:1",
        "2 meetings not booked yet: the first last day is Friday, December 18",
    )
    assert [about for (about,) in row.gathered.values_list("about")] == [
        f"due:{second.pk}:2026-12-18:nudge-30d",
        f"due:{due.pk}:2026-12-20:nudge-30d",
    ]
    assert "Rainwater" not in row.text and "Marigold" not in row.text
    assert still_stands(row, now=now)
    book(c, new_york(12, 17, 13), due_date=due)
    assert not still_stands(row, now=now)
    Message.objects.update(state=MessageState.WITHDRAWN)
    assert remind.plan(now) == 1
    assert Message.objects.get(state=MessageState.QUEUED).about == f"due:{second.pk}:2026-12-18:nudge-30d"


def test_a_new_case_manager_is_told_of_what_was_told_to_another(c, due):
    now = new_york(11, 18, 9)
    remind.plan(now)

    c.student.__class__.objects.update(case_manager=c.colleague)

    assert not still_stands(Message.objects.get(), now=now)
    assert remind.plan(now) == 1
    assert [name for name, _ in written()] == ["Dana", "Priya"]


# Where people live


def test_a_reminder_waits_until_it_is_day_where_its_reader_lives(c):
    book(c)
    c.teacher.person.__class__.objects.filter(pk=c.teacher.pk).update(time_zone="America/Los_Angeles")

    remind.plan(new_york(12, 2, 8))

    at = dict(Message.objects.values_list("recipient__given_name", "not_before_at"))
    assert at == {"Dana": new_york(12, 2, 8), "Alice": new_york(12, 2, 8), "Raj": new_york(12, 2, 10)}


# After a time without service


def too_late():
    rows = Message.objects.filter(failure=Failure.TOO_LATE, state=MessageState.WITHDRAWN)
    return sorted(rows.values_list("recipient__given_name", "about"))


def test_reminder_due_while_the_service_was_down_three_hours_goes_out_once(c):
    meeting = book(c, booked_at=new_york(11, 1, 9))
    remind.plan(new_york(11, 26, 8))
    Message.objects.all().delete()
    remind.plan(new_york(12, 2, 8) - MINUTE)
    before = too_late()

    assert [remind.plan(new_york(12, 2, 11)), remind.plan(new_york(12, 2, 11, 10))] == [3, 0]

    assert [row for row in written() if row[1].endswith("1d")] == reminders(
        meeting, "member-1d", "Dana", "Alice", "Raj"
    )
    assert too_late() == before


def test_reminder_due_while_the_service_was_down_three_days_is_kept_as_too_late(c, client):
    """Down from Tuesday to Friday: the day-before reminder of a Thursday is of no use any more, and is listed."""
    meeting = book(c, booked_at=new_york(11, 1, 9))
    remind.plan(new_york(11, 26, 8))
    for row in Message.objects.all():
        sent(row, new_york(11, 26, 8))

    assert [remind.plan(new_york(12, 4, 9)), remind.plan(new_york(12, 4, 9, 10))] == [0, 0]

    assert too_late() == reminders(meeting, "member-1d", "Dana", "Alice", "Raj")
    client.force_login(c.case_manager)
    page = client.get(reverse("meetings:meeting", args=[meeting.pk])).content.decode()
    assert page.count("not sent: too late") == 3


def test_too_late_is_nothing_that_nobody_owed(c):
    """A meeting that was booked, or entered, after its reminder would have been due."""
    book(c, booked_at=new_york(12, 3, 9))

    remind.plan(new_york(12, 4, 9))

    assert (too_late(), written()) == ([], [])


def test_a_seven_day_reminder_after_three_days_down_still_goes_out_once(c):
    meeting = book(c, booked_at=new_york(11, 1, 9))

    assert [remind.plan(new_york(11, 29, 9)), remind.plan(new_york(11, 29, 9, 10))] == [3, 0]
    assert written() == reminders(meeting, "member-7d", "Dana", "Alice", "Raj")


def test_a_run_that_dies_half_way_loses_nothing_and_doubles_nothing(c, monkeypatch):
    monkeypatch.setattr(remind, "BATCH", 1)
    meeting = book(c)
    # The second person's mail cannot be written: the run ends there.
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN IF (SELECT count(*) FROM meetings_message) > 0 THEN RAISE EXCEPTION 'broken'; END IF; "
            "RETURN NEW; END$$"
        )
        cursor.execute("CREATE TRIGGER break BEFORE INSERT ON meetings_message FOR EACH ROW EXECUTE FUNCTION break()")
    with pytest.raises(DatabaseError, match="broken"):
        remind.plan(new_york(11, 26, 8))
    assert len(written()) == 1

    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER break ON meetings_message")
    assert remind.plan(new_york(11, 26, 8)) == 2
    assert written() == reminders(meeting, "member-7d", "Dana", "Alice", "Raj")
