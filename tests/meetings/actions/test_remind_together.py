"""Several reminders or nudges of one person in one mail."""

from datetime import date, timedelta

import pytest

from meetings.actions import remind
from meetings.actions.reasons import still_stands
from meetings.models import (
    Answer,
    Meeting,
    MeetingStatus,
    Message,
    MessageState,
    Seat,
)
from students.models import District, DueDate, MeetingKind, Role
from tests.cast import outside, student
from tests.meetings.booked import START, book, link_of
from tests.meetings.reminding import MINUTE, cast_of_november, new_york, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def c():
    return cast_of_november()


@pytest.fixture
def due(c):
    """Due on Sunday, December 20: the last school day is Friday, December 18."""
    return DueDate.objects.create(student=c.student, kind=MeetingKind.ANNUAL_REVIEW, due_on=date(2026, 12, 20))


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
