"""Reminders by the rules that the district sets, and by the clock where people live."""

import pytest

from meetings import mail
from meetings.actions import remind
from meetings.actions.last_look import instead_of_sending
from meetings.actions.reasons import still_stands
from meetings.models import (
    Answer,
    Message,
    ReminderRule,
    Seat,
)
from students.models import Role
from tests.cast import outside
from tests.meetings.booked import book, link_of, seat_of, sent
from tests.meetings.reminding import MINUTE, asked, cast_of_november, new_york, of_family, reminders, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def c():
    return cast_of_november()


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


def test_a_reminder_waits_until_it_is_day_where_its_reader_lives(c):
    book(c)
    c.teacher.person.__class__.objects.filter(pk=c.teacher.pk).update(time_zone="America/Los_Angeles")

    remind.plan(new_york(12, 2, 8))

    at = dict(Message.objects.values_list("recipient__given_name", "not_before_at"))
    assert at == {"Dana": new_york(12, 2, 8), "Alice": new_york(12, 2, 8), "Raj": new_york(12, 2, 10)}


def test_a_school_that_has_closed_reminds_and_asks_nobody(c):
    asked(c)
    c.school.__class__.objects.filter(pk=c.school.pk).update(gone_at=new_york(11, 24, 9))

    assert [remind.plan(new_york(*at)) for at in ((11, 26, 8), (11, 30, 10), (12, 2, 8))] == [0, 0, 0]
