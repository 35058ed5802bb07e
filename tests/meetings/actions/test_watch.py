"""A required seat that loses whoever filled it: one flag, one mail, closed when it is filled again."""

from datetime import date, time, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from meetings.actions import busy, watch
from meetings.actions.book import SeatPlan, book
from meetings.actions.cancel import cancel
from meetings.actions.commit import CommitmentPlan, commit, recommit, uncommit
from meetings.actions.family import close_out
from meetings.actions.hours import add_hours, drop_hours
from meetings.actions.reasons import still_stands
from meetings.actions.reply import reply_as_staff, reply_for_guardian
from meetings.actions.reschedule import reschedule
from meetings.actions.seat import give_seat
from meetings.models import Commitment, Message, QuorumFlag, Requirement, Seat, WeeklyHours
from students.editing.staff import Post, edit_staff, version_of_staff
from students.models import Assignment, Enrollment, Person, Role, Staff
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, one_seat_plan, plan_of
from tests.effort import tries
from tests.queued import asked_for
from tests.races import at_once

# Who said what first is asked of the database's clock, which stands still inside of one transaction.
pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOW + HOUR


@pytest.fixture
def cast():
    return people.cast()


@pytest.fixture
def meeting(cast):
    row = booked(cast)
    watch.review(row.pk, by=cast.case_manager.pk, is_new=True, now=NOW)
    return row


def seat_of(meeting, person):
    return meeting.seats.select_related("meeting", "holder").filter(holder=person.pk).first()


def flags_of(meeting, *, closed=False):
    rows = QuorumFlag.objects.filter(meeting=meeting, closed_at__isnull=not closed).order_by("seat")
    return [(flag.seat.role, flag.cause, str(flag.person or "")) for flag in rows.select_related("seat", "person")]


def told(meeting):
    rows = Message.objects.filter(meeting=meeting, kind="quorum_lost").order_by("pk")
    return [row.recipient.full_name for row in rows.select_related("recipient")]


def leave(person, start=START, end=START + HOUR):
    plan = CommitmentPlan(kind="leave", title="Dentist", start_at=start, end_at=end)
    return commit(person.person, plan, by=person)


def say(meeting, person, answer, now=LATER):
    assert reply_as_staff(seat_of(meeting, person), answer=answer, note="", now=now)


# Causes: each opens and closes


def test_nothing_is_lost_of_a_meeting_that_has_everyone(meeting):
    assert watch.review(meeting.pk, now=LATER) == 0
    assert (flags_of(meeting), told(meeting)) == ([], [])


def declines(cast, meeting):
    say(meeting, cast.vice_principal, "no")


def accepts(cast, meeting):
    say(meeting, cast.vice_principal, "yes", LATER + HOUR)


def is_away(cast, meeting):
    leave(cast.vice_principal)


def is_back(cast, meeting):
    uncommit(Commitment.objects.get())


def has_a_duty(cast, meeting):
    add_hours(cast.vice_principal.person, THURSDAY | {"kind": "duty"})


def has_none(cast, meeting):
    drop_hours(WeeklyHours.objects.get())


def is_gone(cast, meeting):
    Person.objects.filter(pk=cast.vice_principal.pk).update(gone_at=NOW)


def is_here(cast, meeting):
    Person.objects.filter(pk=cast.vice_principal.pk).update(gone_at=None)


def account_closes(cast, meeting):
    Staff.objects.filter(pk=cast.vice_principal.pk).update(is_active=False)


def account_opens(cast, meeting):
    Staff.objects.get_queryset().filter(pk=cast.vice_principal.pk).update(is_active=True)


def loses_the_right(cast, meeting):
    Assignment.objects.filter(staff=cast.vice_principal).update(is_representative=False)


def gets_it_back(cast, meeting):
    Assignment.objects.filter(staff=cast.vice_principal).update(is_representative=True)


THURSDAY = {"school_id": None, "weekday": 4, "day_type": "", "start": time(13), "end": time(14)}


@pytest.mark.parametrize(
    ("cause", "loses", "regains"),
    [
        ("declined", declines, accepts),
        ("away", is_away, is_back),
        ("hours", has_a_duty, has_none),
        ("left", is_gone, is_here),
        ("left", account_closes, account_opens),
        ("role", loses_the_right, gets_it_back),
    ],
)
def test_cause_raises_a_flag_and_its_end_closes_it(cast, meeting, cause, loses, regains):
    loses(cast, meeting)
    assert watch.review(meeting.pk, now=LATER) == 1
    raised = flags_of(meeting)
    regains(cast, meeting)
    assert watch.review(meeting.pk, now=LATER + HOUR) == 1

    assert raised == [("lea_representative", cause, "Alice Kim")]
    assert flags_of(meeting) == []
    assert flags_of(meeting, closed=True) == raised
    assert told(meeting) == ["Dana Ortiz"]


def test_teacher_who_no_longer_teaches_the_child(cast, meeting):
    Enrollment.objects.filter(person=cast.teacher.pk).update(end_on=date(2026, 11, 30))

    watch.review(meeting.pk, now=LATER)

    assert flags_of(meeting) == [("general_education_teacher", "role", "Raj Patel")]


def test_teacher_passed_over_for_one_whom_the_team_names_may_stay(cast, meeting):
    other = people.staff("Noa Quill", cast.school)
    people.teaches(other, cast.student, "6", title="Art")
    cast.student.team.create(person=other.person, role=Role.GENERAL_EDUCATION_TEACHER, is_required=True)

    assert watch.review(meeting.pk, now=LATER) == 0


def test_any_parent_fills_the_parents_place(cast, meeting):
    def says(guardian, answer, now):
        seat = seat_of(meeting, guardian)
        assert reply_for_guardian(seat, version=1, answer=answer, joins="", note="", by=cast.case_manager, now=now)
        watch.review(meeting.pk, by=cast.case_manager.pk, now=now)
        return flags_of(meeting)

    assert says(cast.mother, "no", LATER) == []
    assert says(cast.father, "no", LATER + HOUR) == [("parent", "declined", "Elena Rainwater")]
    assert says(cast.father, "yes", LATER + 2 * HOUR) == []
    assert told(meeting) == []  # The case manager wrote it down.


def test_parent_who_said_yes_after_a_no_to_an_older_time(cast, meeting):
    args = {"joins": "", "note": "", "by": cast.case_manager}
    reply_for_guardian(seat_of(meeting, cast.mother), version=1, answer="no", now=LATER, **args)
    reschedule(meeting, plan_of(cast, start=START + 24 * HOUR), by=cast.case_manager, why="x", version=1, now=LATER)
    reschedule(meeting, plan_of(cast), by=cast.case_manager, why="x", version=2, now=LATER)
    reply_for_guardian(seat_of(meeting, cast.mother), version=3, answer="yes", now=LATER, **args)

    assert watch.review(meeting.pk, now=LATER) == 0


def test_seat_of_a_guardian_that_was_emptied(cast):
    plan = plan_of(cast)
    cast.father.guardianships.all().delete()
    meeting = book(cast.student, plan, by=cast.case_manager, now=NOW)
    close_out(cast.student, cast.mother.person, now=LATER)

    assert asked_for("review_meeting")[-1] == {"pk": meeting.pk}
    watch.review(meeting.pk, now=LATER)

    assert flags_of(meeting) == [("parent", "empty", "")]
    assert told(meeting) == ["Dana Ortiz"]
    assert "Elena" not in Message.objects.get(kind="quorum_lost").text


def test_seat_that_nobody_ever_held_is_told_to_nobody(cast):
    seats = (*plan_of(cast).seats, SeatPlan(Role.EVALUATION_INTERPRETER, Requirement.REQUIRED, None))
    meeting = booked(cast, seats=seats)

    watch.review(meeting.pk, now=LATER)

    assert flags_of(meeting) == [("evaluation_interpreter", "empty", "")]
    assert told(meeting) == []


def test_no_that_came_with_a_list_of_meetings_is_told_to_nobody(cast, meeting):
    Seat.objects.filter(holder=cast.vice_principal.pk).update(answer="no", answered_at=meeting.booked_at)

    watch.review(meeting.pk, now=LATER)

    assert flags_of(meeting) == [("lea_representative", "declined", "Alice Kim")]
    assert told(meeting) == []


def test_who_interprets_evaluation_results_is_not_judged_by_rows(cast):
    seats = (*plan_of(cast).seats, SeatPlan(Role.EVALUATION_INTERPRETER, Requirement.REQUIRED, cast.speech.pk))
    assert watch.review(booked(cast, seats=seats).pk, now=LATER) == 0


def test_only_required_seats_are_watched(cast, meeting):
    leave(cast.speech)
    assert watch.review(meeting.pk, now=LATER) == 0


def test_rest_between_two_meetings_is_no_loss(cast, meeting):
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    book(other, one_seat_plan(other, cast.vice_principal, start=START + HOUR), by=cast.case_manager, now=NOW)

    assert watch.review(meeting.pk, now=LATER) == 0


# A yes against what was known before it


def test_yes_stands_against_what_was_written_before_it(cast):
    leave(cast.vice_principal)
    add_hours(cast.vice_principal.person, THURSDAY | {"kind": "duty"})
    meeting = booked(cast)
    watch.review(meeting.pk, now=NOW)
    before = flags_of(meeting)

    say(meeting, cast.vice_principal, "yes")
    watch.review(meeting.pk, now=LATER)

    assert before == [("lea_representative", "away", "Alice Kim")]
    assert flags_of(meeting) == []


def test_what_is_written_after_the_yes_counts_until_they_say_it_again(cast, meeting):
    seen = []
    for change in (
        lambda: say(meeting, cast.vice_principal, "yes"),
        lambda: leave(cast.vice_principal),
        lambda: say(meeting, cast.vice_principal, "yes", LATER + HOUR),
        lambda: has_a_duty(cast, meeting),
        lambda: say(meeting, cast.vice_principal, "yes", LATER + 2 * HOUR),
    ):
        change()
        watch.review(meeting.pk, now=LATER)
        seen.append([cause for _, cause, _ in flags_of(meeting)])

    assert seen == [[], ["away"], [], ["hours"], []]


def test_new_title_of_a_leave_is_no_new_leave(cast, meeting):
    row = leave(cast.vice_principal)
    say(meeting, cast.vice_principal, "yes")
    recommit(row, CommitmentPlan(kind="leave", title="Doctor", start_at=row.start_at, end_at=row.end_at))

    assert watch.review(meeting.pk, now=LATER) == 0


def test_organizer_who_books_over_their_own_duty_said_yes(cast):
    add_hours(cast.case_manager.person, THURSDAY | {"kind": "duty"})
    meeting = booked(cast)

    assert watch.review(meeting.pk, now=NOW) == 0


# Once


def test_flag_and_mail_once(cast, meeting):
    is_away(cast, meeting)
    outcomes = [watch.review(meeting.pk, now=LATER + n * HOUR) for n in range(3)]

    assert outcomes == [1, 0, 0]
    assert told(meeting) == ["Dana Ortiz"]


def test_two_workers_at_once_raise_one_flag_and_write_one_mail(cast):
    for n in range(tries(3, 40)):
        meeting = booked(cast)
        declines(cast, meeting)

        outcomes = at_once(*[lambda pk=meeting.pk: watch.review(pk, now=LATER)] * 4)

        assert sorted(outcomes) == [0, 0, 0, 1], n
        assert (len(flags_of(meeting)), told(meeting)) == (1, ["Dana Ortiz"])
        cancel(meeting, by=cast.case_manager, why="x", version=1, now=LATER)


def test_other_cause_of_the_same_holder_is_the_same_flag(cast, meeting):
    is_away(cast, meeting)
    watch.review(meeting.pk, now=LATER)
    declines(cast, meeting)

    assert watch.review(meeting.pk, now=LATER + HOUR) == 0
    assert flags_of(meeting) == [("lea_representative", "declined", "Alice Kim")]
    assert told(meeting) == ["Dana Ortiz"]


def test_next_holder_who_cannot_come_is_another_flag(cast, meeting):
    declines(cast, meeting)
    watch.review(meeting.pk, now=LATER)
    seat = meeting.seats.get(role=Role.LEA_REPRESENTATIVE)
    give_seat(seat, cast.administrator.person, by=cast.case_manager, version=1, now=LATER)
    say(meeting, cast.administrator, "no")

    assert watch.review(meeting.pk, now=LATER + HOUR) == 2
    assert flags_of(meeting) == [("lea_representative", "declined", "Marcus Bell")]
    assert told(meeting) == ["Dana Ortiz", "Dana Ortiz"]


@pytest.mark.parametrize("what", ["cancelled", "begun"])
def test_meeting_that_is_off_or_over_has_no_flags(cast, meeting, what):
    declines(cast, meeting)
    watch.review(meeting.pk, now=LATER)
    now = LATER + HOUR
    if what == "cancelled":
        cancel(meeting, by=cast.case_manager, why="Snow", version=1, now=now)
    else:
        now = START

    assert watch.review_batch(0, now=now) == 0
    assert flags_of(meeting) == []


# Mail


def test_mail_goes_to_the_case_manager_and_the_organizer_not_to_who_caused_it(cast):
    meeting = booked(cast, by=cast.administrator)
    declines(cast, meeting)
    watch.review(meeting.pk, by=cast.vice_principal.pk, now=LATER)
    say(meeting, cast.case_manager, "no")
    watch.review(meeting.pk, by=cast.case_manager.pk, now=LATER)

    assert told(meeting) == ["Dana Ortiz", "Marcus Bell", "Marcus Bell"]


def test_what_was_seen_when_it_was_booked_so_is_told_to_nobody(cast):
    add_hours(cast.vice_principal.person, THURSDAY | {"kind": "duty"})
    meeting = booked(cast, by=cast.administrator)
    job = asked_for("review_meeting")[-1]

    watch.review(job["pk"], by=job["by"], is_new=bool(job["is_new"]), now=NOW)

    assert flags_of(meeting) == [("lea_representative", "hours", "Alice Kim")]
    assert told(meeting) == []


def test_mail_names_what_is_missing_and_three_repairs_and_no_family_name(cast, meeting):
    reply_as_staff(seat_of(meeting, cast.vice_principal), answer="no", note="Jury duty", now=LATER)
    watch.review(meeting.pk, by=cast.vice_principal.pk, now=LATER)

    mail = Message.objects.get(kind="quorum_lost")

    assert mail.subject == "A meeting lacks someone: school meeting Thu, Dec 3, 1:30 PM"
    for words in (
        "The meeting for Maya on Thursday, December 3 at 1:30 PM lacks someone it must have.",
        "Alice Kim can’t come: no LEA representative.\nThey wrote: Jury duty\n",
        "What would mend it:\n- Marcus Bell as LEA representative (free then)\n- Move it to ",
        f"/meetings/{meeting.pk}/",
    ):
        assert words in mail.text
    assert mail.text.count("\n- ") == 3
    assert "Rainwater" not in mail.subject + mail.text.replace("Elena Rainwater", "").replace("Tomas Rainwater", "")
    assert "Jury duty" in mail.html


def test_mail_is_not_sent_once_the_flag_is_closed(cast, meeting):
    declines(cast, meeting)
    watch.review(meeting.pk, now=LATER)
    mail = Message.objects.get(kind="quorum_lost")
    stood = still_stands(mail, now=LATER)
    accepts(cast, meeting)
    watch.review(meeting.pk, now=LATER + HOUR)

    assert (stood, still_stands(Message.objects.get(pk=mail.pk), now=LATER + HOUR)) == (True, False)


def test_required_member_who_cannot_come_is_told_of_in_one_mail(cast, meeting):
    declines(cast, meeting)
    watch.review(meeting.pk, by=cast.vice_principal.pk, now=LATER)
    say(meeting, cast.speech, "no")

    rows = Message.objects.filter(kind__in=["quorum_lost", "seat_declined"]).order_by("pk")
    assert list(rows.values_list("kind", flat=True)) == ["quorum_lost", "seat_declined"]


# Triggers, through the actions themselves


def test_changes_of_a_meeting_ask_for_a_review(cast):
    meeting = booked(cast, by=cast.administrator)
    declines(cast, meeting)
    give_seat(
        seat_of(meeting, cast.vice_principal), cast.administrator.person, by=cast.case_manager, version=1, now=LATER
    )
    reply_for_guardian(
        seat_of(meeting, cast.mother), version=2, answer="no", joins="", note="", by=cast.case_manager, now=LATER
    )
    reschedule(meeting, plan_of(cast, start=START + 24 * HOUR), by=cast.case_manager, why="x", version=2, now=LATER)

    manager, quiet = cast.case_manager.pk, {"is_new": 1}
    assert asked_for("review_meeting") == [
        {"pk": meeting.pk, "by": cast.administrator.pk} | quiet,
        {"pk": meeting.pk, "by": cast.vice_principal.pk},
        {"pk": meeting.pk, "by": manager} | quiet,
        {"pk": meeting.pk, "by": manager},
        {"pk": meeting.pk, "by": manager} | quiet,
    ]


def test_changes_of_time_and_place_ask_for_the_persons_meetings(cast):
    person = cast.vice_principal
    row = leave(person)
    recommit(row, CommitmentPlan(kind="leave", title="", start_at=START, end_at=START + 2 * HOUR))
    uncommit(row)
    has_a_duty(cast, None)
    has_none(cast, None)
    names = {"given_name": "Alice", "family_name": "Kim"}
    staff = Staff.objects.get_queryset().prefetch_related("assignments").get(pk=person.pk)
    edit_staff(staff, names, {}, {cast.school: Post(is_administrator=True)}, version=version_of_staff(staff))

    own = {"pk": person.pk, "by": person.pk}
    assert asked_for("review_meetings_of") == [own] * 5 + [{"pk": person.pk}]


def test_review_rolls_back_with_the_change_that_asked_for_it(cast, meeting):
    before = len(asked_for("review_meetings_of"))
    with pytest.raises(RuntimeError), transaction.atomic():
        leave(cast.vice_principal)
        raise RuntimeError

    assert len(asked_for("review_meetings_of")) == before


def test_meetings_of_a_person_are_asked_for_one_by_one(cast, meeting):
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    later = book(
        other, one_seat_plan(other, cast.vice_principal, start=START + 24 * HOUR), by=cast.case_manager, now=NOW
    )
    started = len(asked_for("review_meeting"))

    assert watch.ask_for_reviews(cast.vice_principal.pk, by=7, now=LATER) == 2
    assert watch.ask_for_reviews(cast.student.pk, now=LATER) == 1
    assert watch.ask_for_reviews(cast.vice_principal.pk, now=START + HOUR) == 1
    assert [job["pk"] for job in asked_for("review_meeting")[started:]] == [
        meeting.pk,
        later.pk,
        meeting.pk,
        later.pk,
    ]


def test_batches_go_on_where_the_last_one_ended(cast, meeting, monkeypatch):
    monkeypatch.setattr(watch, "BATCH", 1)
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    later = book(other, one_seat_plan(other, cast.speech, start=START + 24 * HOUR), by=cast.case_manager, now=NOW)
    declines(cast, meeting)
    reply_as_staff(later.seats.select_related("meeting", "holder").get(), answer="no", note="", now=LATER)

    assert watch.review_batch(0, now=LATER) == meeting.pk
    assert (len(flags_of(meeting)), len(flags_of(later))) == (1, 0)
    assert watch.review_batch(meeting.pk, now=LATER) == later.pk
    assert watch.review_batch(later.pk, now=LATER) == 0
    assert (len(flags_of(meeting)), len(flags_of(later))) == (1, 1)


def test_review_of_many_seats_takes_as_many_queries_as_of_few(cast, meeting, django_assert_num_queries):
    with CaptureQueriesContext(connection) as few:
        watch.review(meeting.pk, now=LATER)
    for n in range(4):
        extra = people.staff(f"Member {n}", cast.school)
        Seat.objects.create(meeting=meeting, role=Role.OTHER, holder=extra.person)

    with django_assert_num_queries(len(few)):
        watch.review(meeting.pk, now=LATER)


def test_review_waits_for_a_change_of_its_meeting(cast, meeting):
    """A seat given while the meeting is looked at: the flag is that of the new holder, or there is none."""
    declines(cast, meeting)
    seat = seat_of(meeting, cast.vice_principal)

    at_once(
        lambda: give_seat(seat, cast.administrator.person, by=cast.case_manager, version=1, now=LATER),
        lambda: watch.review(meeting.pk, now=LATER),
    )
    watch.review(meeting.pk, now=LATER + timedelta(minutes=1))

    assert flags_of(meeting) == []
    assert not busy.in_the_way([cast.vice_principal.pk], None, START, START + HOUR)
