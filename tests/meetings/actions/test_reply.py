from datetime import timedelta

import pytest

from meetings.actions.attempt import log_attempt
from meetings.actions.book import SeatPlan, Taken, book
from meetings.actions.cancel import cancel
from meetings.actions.reply import reply_as_staff, reply_for_guardian
from meetings.models import Attempt, MeetingChange, Message, ParentLink, Reply, Requirement
from students.models import Role
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, busy_of, one_seat_plan, plan_of

pytestmark = pytest.mark.django_db

LATER = NOW + HOUR


def seat_of(meeting, person):
    return meeting.seats.select_related("meeting", "holder").filter(holder=person.pk).first()


def shown(meeting, person):
    return list(
        meeting.seats.filter(holder=person.pk).values_list("answer", "joins", "note", "answered_at").order_by("pk")
    )


def test_reply_as_staff_no_frees_the_time_and_tells_the_organizer():
    cast = people.cast()
    meeting = booked(cast)

    kept = reply_as_staff(seat_of(meeting, cast.speech), answer="no", note="Field trip", now=LATER)

    assert kept is True
    assert shown(meeting, cast.speech) == [("no", "", "Field trip", LATER)]
    assert "Jo Lee" not in busy_of(meeting)
    told = Message.objects.get(kind="seat_declined")
    assert (told.recipient, told.meeting_version) == (cast.case_manager.person, 1)
    reply = Reply.objects.get()
    assert (reply.answer, reply.meeting_version, reply.answered_by, reply.recorded_by, reply.at) == (
        "no",
        1,
        "Jo Lee",
        None,
        LATER,
    )
    change = MeetingChange.objects.get(what="seat_answered")
    assert (change.person, change.by, change.detail) == (
        cast.speech.person,
        None,
        {"answer": "no", "joins": "", "note": "Field trip"},
    )


def test_reply_as_staff_yes_after_no_takes_the_time_again():
    cast = people.cast()
    meeting = booked(cast)
    reply_as_staff(seat_of(meeting, cast.teacher), answer="no", note="", now=NOW)

    assert reply_as_staff(seat_of(meeting, cast.teacher), answer="yes", note="", now=LATER) is True

    assert busy_of(meeting).count("Raj Patel") == 1
    assert shown(meeting, cast.teacher) == [("yes", "", "", LATER)]
    assert list(Reply.objects.values_list("answer", flat=True)) == ["yes", "no"]


def test_reply_as_staff_yes_after_no_when_the_time_is_gone():
    cast = people.cast()
    meeting = booked(cast)
    reply_as_staff(seat_of(meeting, cast.teacher), answer="no", note="", now=NOW)
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    book(other, one_seat_plan(other, cast.teacher), by=cast.colleague, now=NOW)

    with pytest.raises(Taken) as taken:
        reply_as_staff(seat_of(meeting, cast.teacher), answer="yes", note="", now=LATER)

    assert taken.value.people == (cast.teacher.person,)
    assert shown(meeting, cast.teacher) == [("no", "", "", NOW)]


def test_reply_as_staff_the_same_twice():
    cast = people.cast()
    meeting = booked(cast)
    outcomes = [reply_as_staff(seat_of(meeting, cast.speech), answer="no", note="", now=now) for now in (NOW, LATER)]

    assert outcomes == [True, True]
    assert Reply.objects.count() == 1
    assert Message.objects.filter(kind="seat_declined").count() == 1


def test_reply_as_staff_in_two_seats_answers_for_both():
    cast = people.cast()
    seats = (*plan_of(cast).seats, SeatPlan(Role.EVALUATION_INTERPRETER, Requirement.REQUIRED, cast.speech.pk))
    meeting = booked(cast, seats=seats)

    reply_as_staff(seat_of(meeting, cast.speech), answer="no", note="", now=LATER)

    assert shown(meeting, cast.speech) == [("no", "", "", LATER)] * 2
    assert Reply.objects.count() == 2


def test_reply_as_the_organizer_writes_no_mail_to_oneself():
    cast = people.cast()
    meeting = booked(cast)

    reply_as_staff(seat_of(meeting, cast.case_manager), answer="no", note="", now=LATER)

    assert not Message.objects.filter(kind="seat_declined").exists()


@pytest.mark.parametrize("what", ["cancelled", "begun", "moved on", "seat given away"])
def test_reply_as_staff_too_late(what):
    cast = people.cast()
    meeting = booked(cast)
    seat, now = seat_of(meeting, cast.teacher), LATER
    if what == "cancelled":
        cancel(meeting, by=cast.case_manager, why="Snow", version=1, now=NOW)
    elif what == "begun":
        now = START
    elif what == "moved on":
        seat.meeting.version = 0
    else:
        meeting.seats.filter(pk=seat.pk).update(holder=cast.colleague.person)

    assert reply_as_staff(seat, answer="no", note="", now=now) is False
    assert not Reply.objects.exists()


def test_reply_for_guardian_is_marked_as_recorded():
    cast = people.cast()
    meeting = booked(cast)

    kept = reply_for_guardian(
        seat_of(meeting, cast.mother),
        version=1,
        answer="yes",
        joins="phone",
        note="Call my work number",
        by=cast.case_manager,
        now=LATER,
    )

    assert kept is True
    assert shown(meeting, cast.mother) == [("yes", "phone", "Call my work number", LATER)]
    reply = Reply.objects.get()
    assert (reply.recorded_by, reply.answered_by, reply.link) == (
        cast.case_manager,
        "Elena Rainwater",
        ParentLink.objects.get(guardian=cast.mother.pk),
    )
    assert Message.objects.filter(kind="parent_confirmation", recipient=cast.mother.pk).count() == 1
    change = MeetingChange.objects.get(what="seat_answered")
    assert (change.person, change.by) == (cast.mother.person, cast.case_manager)


def test_reply_for_guardian_to_an_older_version():
    cast = people.cast()
    meeting = booked(cast)
    seat = seat_of(meeting, cast.mother)

    kept = reply_for_guardian(seat, version=0, answer="yes", joins="", note="", by=cast.case_manager, now=LATER)

    assert kept is False
    assert not Reply.objects.exists()


def test_reply_for_guardian_the_same_twice():
    cast = people.cast()
    meeting = booked(cast)
    said = {"version": 1, "answer": "yes", "joins": "", "note": "", "by": cast.case_manager, "now": LATER}

    kept = [reply_for_guardian(seat_of(meeting, cast.mother), **said) for _ in range(2)]

    assert kept == [True, True]
    assert Reply.objects.count() == 1


def test_reply_to_a_seat_that_nobody_holds():
    cast = people.cast()
    meeting = booked(cast)
    meeting.seats.filter(holder=cast.teacher.pk).update(holder=None)
    seat = meeting.seats.select_related("meeting", "holder").get(holder=None)

    assert reply_as_staff(seat, answer="yes", note="", now=LATER) is False
    assert not Reply.objects.exists()


def attempt(cast, **extra):
    fields = {
        "meeting": None,
        "guardian": cast.mother.person,
        "way": "phone",
        "result": "no_answer",
        "note": "",
        "happened_at": NOW - HOUR,
        "by": cast.case_manager,
        "now": NOW,
    }
    return log_attempt(cast.student, **fields | extra)


def test_log_attempt_keeps_both_times():
    cast = people.cast()

    row = attempt(cast)

    assert (row.student, row.guardian, row.way, row.result, row.happened_at, row.entered_at, row.by) == (
        cast.student,
        cast.mother.person,
        "phone",
        "no_answer",
        NOW - HOUR,
        NOW,
        cast.case_manager,
    )


def test_log_attempt_twice_by_a_double_click():
    cast = people.cast()

    rows = [attempt(cast), attempt(cast, now=NOW + timedelta(seconds=1)), attempt(cast, note="Second number")]

    assert rows[0] == rows[1]
    assert Attempt.objects.count() == 2


def test_log_attempt_that_has_not_happened():
    cast = people.cast()

    with pytest.raises(ValueError, match="after it happened"):
        attempt(cast, happened_at=NOW + HOUR)
