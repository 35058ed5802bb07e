from datetime import date, time, timedelta

import pytest

from meetings import tokens
from meetings.actions.book import book
from meetings.actions.cancel import cancel
from meetings.actions.link import send_link_again
from meetings.actions.reply import reply_for_guardian
from meetings.actions.reply_guardian import ReplyOutcome, WeekdayPart, reply_as_guardian
from meetings.actions.reschedule import reschedule
from meetings.answers import answers_of
from meetings.models import FamilyTime, Mark, Meeting, MeetingChange, Message, Reply, Seat
from students.history import history_of_student_alone
from students.models import Guardianship, Role, Student
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, busy_of, one_seat_plan, plan_of

pytestmark = pytest.mark.django_db

LATER = NOW + HOUR
TUESDAY_MORNING = WeekdayPart(2, time(8), time(11))
FRIDAY_MIDDAY = WeekdayPart(5, time(11), time(13))
SAID = {
    "version": 1,
    "answer": "yes",
    "joins": "",
    "wants_interpreter": False,
    "interpreter_language": "",
    "other_times": "",
    "family_times": (),
    "note": "",
    "answered_by": "Elena Rainwater",
    "now": LATER,
}


def link_of(meeting, guardian):
    return tokens.find(tokens.token_of(meeting.parent_links.get(guardian=guardian.pk)))


def say(meeting, guardian, **extra):
    return reply_as_guardian(link_of(meeting, guardian), **SAID | extra)


def shown(meeting, guardian):
    return meeting.seats.values_list("answer", "joins", "note", "answered_at").get(holder=guardian.pk)


def told(meeting):
    """To whom what a family said was written, in order."""
    return [row.recipient.full_name for row in meeting.messages.filter(kind="family_answered").order_by("pk")]


def times_of(guardian):
    return list(FamilyTime.objects.filter(guardian=guardian.pk).values_list("says", "weekday", "on", "start", "end"))


def state_of(meeting):
    return (
        Reply.objects.count(),
        MeetingChange.objects.count(),
        Message.objects.count(),
        FamilyTime.objects.count(),
        list(Seat.objects.order_by("pk").values_list("role", "holder", "answer")),
        busy_of(meeting),
    )


def test_yes_is_shown_kept_and_confirmed():
    cast = people.cast()
    meeting = booked(cast)

    outcome = say(meeting, cast.mother, joins="phone")

    assert outcome == ReplyOutcome.RECORDED
    assert shown(meeting, cast.mother) == ("yes", "phone", "", LATER)
    reply = Reply.objects.get()
    assert (reply.link, reply.meeting_version, reply.answered_by, reply.recorded_by, reply.at) == (
        link_of(meeting, cast.mother),
        1,
        "Elena Rainwater",
        None,
        LATER,
    )
    assert busy_of(meeting).count("Elena Rainwater") == 1
    assert [row.recipient for row in meeting.messages.filter(kind="parent_confirmation")] == [cast.mother.person]
    assert told(meeting) == []
    change = MeetingChange.objects.get(what="seat_answered")
    assert (change.person, change.by) == (cast.mother.person, None)


def test_no_frees_their_time_keeps_what_would_work_and_tells_the_organizer():
    cast = people.cast()
    meeting = booked(cast)

    say(meeting, cast.mother, answer="no", family_times=[FRIDAY_MIDDAY, TUESDAY_MORNING], other_times="After four")

    assert shown(meeting, cast.mother) == ("no", "", "", LATER)
    assert "Elena Rainwater" not in busy_of(meeting)
    assert times_of(cast.mother) == [
        ("works", 2, None, time(8), time(11)),
        ("works", 5, None, time(11), time(13)),
        ("cannot", None, date(2026, 12, 3), time(13, 30), time(14, 30)),
    ]
    assert told(meeting) == ["Dana Ortiz"]
    text = meeting.messages.get(kind="family_answered").text
    assert "I cannot come then." in text
    assert "- Tuesday, 8:00 – 11:00 AM\n- Friday, 11:00 AM – 1:00 PM\n" in text
    assert "About other times they wrote: After four" in text


def test_no_replaces_what_they_said_before_and_nothing_else():
    cast = people.cast()
    meeting = booked(cast)
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    Guardianship.objects.create(student=other, guardian=cast.mother)
    said = {"says": "works", "start": time(8), "end": time(9), "said_at": NOW}
    for extra in (
        {"guardian": cast.mother.person, "student": cast.student, "weekday": 1, "recorded_by": cast.case_manager},
        {"guardian": cast.father.person, "student": cast.student, "weekday": 2},
        {"guardian": cast.mother.person, "student": other, "weekday": 3},
        {"guardian": cast.mother.person, "student": cast.student, "weekday": 4},
        {"guardian": cast.mother.person, "student": cast.student, "on": date(2026, 12, 1), "says": "cannot"},
    ):
        FamilyTime.objects.create(**said | extra)

    say(meeting, cast.mother, answer="no", family_times=[FRIDAY_MIDDAY])

    kept = FamilyTime.objects.values_list("guardian", "student", "says", "weekday", "on").order_by("pk")
    mother, father, maya = cast.mother.pk, cast.father.pk, cast.student.pk
    assert list(kept) == [
        (mother, maya, "works", 1, None),
        (father, maya, "works", 2, None),
        (mother, other.pk, "works", 3, None),
        (mother, maya, "cannot", None, date(2026, 12, 1)),
        (mother, maya, "works", 5, None),
        (mother, maya, "cannot", None, date(2026, 12, 3)),
    ]


def test_yes_after_no_takes_their_time_again_and_unsays_the_cannot():
    cast = people.cast()
    meeting = booked(cast)
    say(meeting, cast.mother, answer="no", family_times=[FRIDAY_MIDDAY], now=NOW)

    say(meeting, cast.mother, now=LATER)

    assert shown(meeting, cast.mother) == ("yes", "", "", LATER)
    assert busy_of(meeting).count("Elena Rainwater") == 1
    assert times_of(cast.mother) == [("works", 5, None, time(11), time(13))]
    assert list(Reply.objects.values_list("answer", flat=True)) == ["yes", "no"]


def test_yes_where_they_are_at_another_childs_meeting_is_kept_and_told():
    cast = people.cast()
    meeting = booked(cast)
    say(meeting, cast.mother, answer="no", now=NOW)
    sister = people.student("Juniper Rainwater", cast.school, cast.case_manager)
    Guardianship.objects.create(student=sister, guardian=cast.mother)
    other = book(sister, one_seat_plan(sister, cast.colleague), by=cast.colleague, now=NOW)
    assert "Elena Rainwater" in busy_of(other)

    outcome = say(meeting, cast.mother, now=LATER)

    assert outcome == ReplyOutcome.RECORDED
    assert shown(meeting, cast.mother)[0] == "yes"
    assert "Elena Rainwater" not in busy_of(meeting)
    assert told(meeting) == ["Dana Ortiz", "Dana Ortiz"]
    assert "booked at another child's meeting" in meeting.messages.filter(kind="family_answered").first().text


def test_interpreter_is_a_required_seat_once_and_the_guardian_is_left_as_they_were():
    cast = people.cast()
    meeting = booked(cast)

    say(meeting, cast.mother, wants_interpreter=True, interpreter_language="Mixteco")
    say(meeting, cast.father, wants_interpreter=True, interpreter_language="Español", answered_by="Tomas Rainwater")

    seats = meeting.seats.filter(role=Role.FAMILY_INTERPRETER).values_list("requirement", "holder", "answer")
    assert list(seats) == [("required", None, "none")]
    cast.mother.refresh_from_db()
    assert cast.mother.needs_interpreter is False
    assert told(meeting) == ["Dana Ortiz"]
    assert "They ask for an interpreter (Mixteco)." in meeting.messages.get(kind="family_answered").text
    assert list(Reply.objects.order_by("pk").values_list("interpreter_language", flat=True)) == ["Mixteco", "Español"]


def test_interpreter_seat_that_was_optional_becomes_required():
    cast = people.cast()
    meeting = booked(cast)
    interpreter = people.outside("Rosa Fable", "family_interpreter")
    Seat.objects.create(meeting=meeting, role="family_interpreter", requirement="optional", holder=interpreter.person)

    say(meeting, cast.mother, wants_interpreter=True)

    seats = meeting.seats.filter(role=Role.FAMILY_INTERPRETER).values_list("requirement", "holder")
    assert list(seats) == [("required", interpreter.pk)]


def test_language_without_the_wish_for_an_interpreter_is_not_kept():
    cast = people.cast()
    meeting = booked(cast)

    say(meeting, cast.mother, interpreter_language="Español")

    assert Reply.objects.get().interpreter_language == ""


def test_question_is_told_once_to_the_organizer_and_the_case_manager():
    cast = people.cast()
    meeting = booked(cast, by=cast.vice_principal)

    say(meeting, cast.mother, note="May my sister come?", now=NOW)
    say(meeting, cast.mother, note="May my sister come?", joins="phone", now=LATER)

    assert told(meeting) == ["Alice Kim", "Dana Ortiz"]
    assert [row.subject for row in meeting.messages.filter(kind="family_answered")] == [
        "The family wrote: school meeting Thu, Dec 3, 1:30 PM"
    ] * 2


def test_question_is_still_sent_when_the_meeting_moves():
    cast = people.cast()
    meeting = booked(cast)
    say(meeting, cast.mother, note="May my sister come?")

    reschedule(meeting, plan_of(cast, start=START + HOUR), by=cast.case_manager, why="", version=1, now=LATER)

    assert meeting.messages.get(kind="family_answered").state == "queued"
    assert meeting.messages.get(kind="parent_confirmation").state == "withdrawn"


def test_same_answer_twice_is_kept_once():
    cast = people.cast()
    meeting = booked(cast)
    say(meeting, cast.mother, answer="no", family_times=[FRIDAY_MIDDAY], now=NOW)
    before = state_of(meeting)

    outcome = say(meeting, cast.mother, answer="no", family_times=[FRIDAY_MIDDAY], now=LATER)

    assert outcome == ReplyOutcome.RECORDED
    assert state_of(meeting) == before
    assert shown(meeting, cast.mother)[3] == NOW


def test_same_answer_with_other_times_is_another_answer():
    cast = people.cast()
    meeting = booked(cast)
    say(meeting, cast.mother, answer="no", family_times=[FRIDAY_MIDDAY], now=NOW)

    say(meeting, cast.mother, answer="no", family_times=[TUESDAY_MORNING], now=LATER)

    assert Reply.objects.count() == 2
    assert times_of(cast.mother)[0] == ("works", 2, None, time(8), time(11))


def test_own_answer_after_one_that_staff_wrote_down_is_kept():
    cast = people.cast()
    meeting = booked(cast)
    seat = meeting.seats.get(holder=cast.mother.pk)
    reply_for_guardian(seat, version=1, answer="yes", joins="", note="", by=cast.case_manager, now=NOW)

    say(meeting, cast.mother)

    assert list(Reply.objects.values_list("recorded_by", flat=True)) == [None, cast.case_manager.pk]


def test_two_tabs_with_different_answers_keep_both_and_show_the_last():
    cast = people.cast()
    meeting = booked(cast)

    say(meeting, cast.mother, answer="yes", now=NOW)
    say(meeting, cast.mother, answer="no", now=NOW)

    assert shown(meeting, cast.mother)[0] == "no"
    assert list(Reply.objects.order_by("pk").values_list("answer", flat=True)) == ["yes", "no"]


def test_parents_who_disagree_each_keep_their_answer_and_one_yes_is_enough():
    cast = people.cast()
    meeting = booked(cast)

    say(meeting, cast.mother, answer="no")
    say(meeting, cast.father, answer="yes", answered_by="Tomas Rainwater")

    assert (shown(meeting, cast.mother)[0], shown(meeting, cast.father)[0]) == ("no", "yes")
    parents = answers_of(meeting.seats.select_related("holder")).places[0]
    assert (parents.role, parents.mark, parents.names) == (Role.PARENT, Mark.CONFIRMED, ("Tomas Rainwater",))


def test_answer_to_a_meeting_that_moved_changes_nothing():
    cast = people.cast()
    meeting = booked(cast)
    reschedule(meeting, plan_of(cast, start=START + HOUR), by=cast.case_manager, why="", version=1, now=NOW)
    before = state_of(meeting)

    assert say(meeting, cast.mother, version=1, answer="no") == ReplyOutcome.MEETING_CHANGED

    assert state_of(meeting) == before


def test_answer_to_a_meeting_that_is_cancelled_changes_nothing():
    cast = people.cast()
    meeting = booked(cast)
    cancel(meeting, by=cast.case_manager, why="", version=1, now=NOW)
    before = state_of(meeting)

    assert say(meeting, cast.mother, version=2) == ReplyOutcome.CLOSED

    assert state_of(meeting) == before


@pytest.mark.parametrize("at", [START, START + HOUR, START + timedelta(days=3)])
def test_answer_to_a_meeting_that_has_begun_changes_nothing(at):
    cast = people.cast()
    meeting = booked(cast)
    before = state_of(meeting)

    assert say(meeting, cast.mother, now=at) == ReplyOutcome.CLOSED

    assert state_of(meeting) == before


def test_answer_through_a_link_that_was_renewed_meanwhile_changes_nothing():
    cast = people.cast()
    meeting = booked(cast)
    old = link_of(meeting, cast.mother)
    send_link_again(link_of(meeting, cast.mother), by=cast.case_manager, now=NOW)
    before = state_of(meeting)

    assert reply_as_guardian(old, **SAID) == ReplyOutcome.CLOSED

    assert state_of(meeting) == before


def test_answer_through_a_link_that_was_revoked_meanwhile_changes_nothing():
    cast = people.cast()
    meeting = booked(cast)
    link = link_of(meeting, cast.mother)
    tokens.revoke(link, NOW)
    before = state_of(meeting)

    assert reply_as_guardian(link, **SAID) == ReplyOutcome.CLOSED

    assert state_of(meeting) == before


@pytest.mark.parametrize("rights", [{"has_education_rights": False}, {"is_no_contact": True}])
def test_answer_of_a_guardian_who_lost_their_rights_changes_nothing(rights):
    cast = people.cast()
    meeting = booked(cast)
    Guardianship.objects.filter(guardian=cast.mother).update(**rights)
    before = state_of(meeting)

    assert say(meeting, cast.mother) == ReplyOutcome.CLOSED

    assert state_of(meeting) == before


def test_answer_of_a_guardian_without_a_seat_changes_nothing():
    cast = people.cast()
    meeting = booked(cast)
    meeting.seats.filter(holder=cast.mother.pk).update(holder=None)
    before = state_of(meeting)

    assert say(meeting, cast.mother) == ReplyOutcome.CLOSED

    assert state_of(meeting) == before
    assert Meeting.objects.get().version == 1


# A longer meeting


def kept_for(cast):
    return Student.objects.values_list("meeting_minutes", flat=True).get(pk=cast.student.pk)


def test_longer_meeting_is_kept_confirmed_told_and_looked_for_from_then_on():
    cast = people.cast()
    meeting = booked(cast)

    say(meeting, cast.mother, wants_minutes=90)

    assert (Reply.objects.get().wants_minutes, kept_for(cast)) == (90, 90)
    confirmation = meeting.messages.get(kind="parent_confirmation")
    assert "You asked for a meeting of 90 minutes. The school has been told." in confirmation.text
    assert "You asked for a meeting of 90 minutes." in confirmation.html
    assert told(meeting) == ["Dana Ortiz"]
    mail = meeting.messages.get(kind="family_answered")
    assert "They ask for a longer meeting: 90 minutes." in mail.text
    assert "They ask for a longer meeting: 90 minutes." in mail.html
    assert [(edit.who, edit.field, edit.old, edit.new) for edit in history_of_student_alone(cast.student)] == [
        ("Elena Rainwater", "length of meetings", "", "90")
    ]
    meeting.refresh_from_db()
    assert (meeting.end_at - meeting.start_at, meeting.version) == (HOUR, 1)


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        (None, 75, 75),
        (None, 45, None),  # Of a short meeting: the usual one is longer.
        (30, 45, 45),
        (90, 75, 90),
        (90, 90, 90),
        (75, 120, 120),
        (90, None, 90),
    ],
)
def test_wish_of_a_family_never_makes_meetings_shorter(before, wanted, after):
    cast = people.cast()
    meeting = booked(cast, minutes=30)
    Student.objects.filter(pk=cast.student.pk).update(meeting_minutes=before)

    say(meeting, cast.mother, wants_minutes=wanted)

    assert (Reply.objects.get().wants_minutes, kept_for(cast)) == (wanted, after)


def test_wish_for_more_time_is_told_once_and_again_when_it_is_another():
    cast = people.cast()
    meeting = booked(cast)

    for minutes in (75, 75, 90, None):
        say(meeting, cast.mother, wants_minutes=minutes)

    assert list(Reply.objects.order_by("pk").values_list("wants_minutes", flat=True)) == [75, 90, None]
    assert told(meeting) == ["Dana Ortiz", "Dana Ortiz"]
    assert kept_for(cast) == 90


def test_wish_given_too_late_is_not_kept_for_the_student():
    cast = people.cast()
    meeting = booked(cast)
    reschedule(meeting, plan_of(cast, start=START + HOUR), by=cast.case_manager, why="", version=1, now=NOW)

    assert say(meeting, cast.mother, wants_minutes=90) == ReplyOutcome.MEETING_CHANGED
    assert (Reply.objects.count(), kept_for(cast)) == (0, None)
