"""A swap from the ask to both meetings changed: once, whole, or not at all."""

from dataclasses import replace
from datetime import timedelta

import pytest

from meetings.actions import swap as swaps
from meetings.actions.agreement import Agreement, Waiver
from meetings.actions.book import book
from meetings.actions.handover import Gone
from meetings.actions.reasons import still_stands
from meetings.models import (
    Answer,
    Attempt,
    Busy,
    Commitment,
    FamilyTime,
    Meeting,
    MeetingChange,
    Message,
    NoticeWaiver,
    Swap,
    SwapMove,
    SwapState,
)
from students.models import District, Student
from tests.booking import NOW, busy_of, mails_of, one_seat_plan, plan_of, seats_of
from tests.cast import staff, student
from tests.races import at_once
from tests.storyday import THREE, story_day

pytestmark = pytest.mark.django_db
SAID = "today at 3"


def swap_plan(day, **extra):
    cast = day.cast
    seat = day.other.seats.get(role="lea_representative")
    move = swaps.MovePlan(cast.vice_principal.pk, cast.administrator.pk, seat_id=seat.pk)
    meeting = plan_of(cast, start=THREE)
    fields = {"agreed": Agreement(cast.mother.pk, "phone", SAID)}
    return swaps.SwapPlan(meeting, (move,), **fields | extra)


def ask(day, *, in_person=False, now=NOW, **extra):
    student = Student.objects.select_related("school", "person").get(pk=day.cast.student.pk)
    return swaps.ask(student, swap_plan(day, **extra), by=day.cast.case_manager, in_person=in_person, now=now)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def state_of(swap):
    return fresh(swap).state


def messages_of(swap):
    return [(row.kind, row.recipient.full_name) for row in Message.objects.filter(swap=swap).order_by("pk")]


def test_asking_changes_nothing_but_what_is_asked_and_logged():
    day = story_day()

    swap = ask(day)

    assert (swap.state, swap.expires_at) == (SwapState.OPEN, THREE)
    assert messages_of(swap) == [("swap_ask", "Marcus Bell")]
    assert not Meeting.objects.filter(student=day.cast.student).exists()
    assert busy_of(day.other).count("Alice Kim") == 1
    attempt = Attempt.objects.get(student=day.cast.student)
    assert (attempt.way, attempt.result, attempt.guardian, attempt.meeting) == (
        "phone",
        "reached",
        day.cast.mother.person,
        None,
    )
    assert attempt.note == "Can come Nov 23, 3:00 PM: “today at 3”. Agreed to meet by phone."
    time = FamilyTime.objects.get()
    assert (time.says, str(time.on), str(time.start), str(time.end)) == ("works", "2026-11-23", "15:00:00", "16:00:00")


def test_the_ask_names_no_student():
    day = story_day()
    swap = ask(day)

    message = Message.objects.get(swap=swap)

    for text in (message.subject, message.text, message.html):
        assert not any(name in text for name in ("Maya", "Rainwater", "Pippa", "Thimble"))


def test_yes_changes_both_meetings_and_every_calendar():
    day = story_day()
    cast, swap = day.cast, ask(day)

    outcome = swaps.answer(swap.moves.get(), says=Answer.YES, note="", now=NOW)

    booked = Meeting.objects.get(student=cast.student)
    assert (outcome, state_of(swap), fresh(swap).meeting) == (swaps.Outcome.DONE, SwapState.DONE, booked)
    assert sorted(busy_of(booked)) == sorted(
        [
            *("Alice Kim", "Dana Ortiz", "Elena Rainwater", "Jo Lee"),
            *("Maya Rainwater", "Raj Patel", "Room 12", "Tomas Rainwater"),
        ]
    )
    assert sorted(busy_of(day.other)) == sorted(
        ["Iris Thimble", "Marcus Bell", "Otis Grove", "Pippa Thimble", "Sofia Marin"]
    )
    assert ("lea_representative", "required", "Marcus Bell", "yes", True) in seats_of(day.other)
    assert ("parent", "required", "Elena Rainwater", "yes", True) in seats_of(booked)
    assert fresh(day.other).version == day.other.version + 1
    assert fresh(day.other).sequence == day.other.sequence


def test_yes_tells_each_what_concerns_them():
    day = story_day()
    swap = ask(day)

    swaps.answer(swap.moves.get(), says=Answer.YES, note="", now=NOW)

    new = [mail for mail in mails_of(day.other) if mail[3] == day.other.version + 1]
    assert sorted(new) == sorted(
        [
            ("cancel", "Alice Kim", "queued", 2),
            ("invite", "Marcus Bell", "queued", 2),
            ("update", "Otis Grove", "queued", 2),
            ("update", "Sofia Marin", "queued", 2),
            ("parent_update", "Iris Thimble", "queued", 2),
        ]
    )
    assert messages_of(swap) == [("swap_ask", "Marcus Bell"), ("swap_closed", "Dana Ortiz")]
    for message in Message.objects.filter(state="queued").exclude(kind="swap_ask"):
        assert still_stands(message, now=NOW), message.about


def test_a_family_hears_nothing_of_another_child_and_in_its_language():
    day = story_day()
    swaps.answer(ask(day).moves.get(), says=Answer.YES, note="", now=NOW)

    notice = Message.objects.get(kind="parent_update")

    assert "Otra persona de la escuela" in notice.text
    assert "Marcus Bell" in notice.text
    assert not any(name in notice.text + notice.html for name in ("Maya", "Rainwater", "Alice Kim", "Dana"))


def test_the_history_says_who_took_whose_seat():
    day = story_day()
    swaps.answer(ask(day).moves.get(), says=Answer.YES, note="", now=NOW)

    change = MeetingChange.objects.get(what="reseated")

    assert (change.meeting, change.detail, change.by) == (
        day.other,
        {"role": "lea_representative", "from": "Alice Kim", "to": "Marcus Bell"},
        day.cast.case_manager,
    )


def test_no_ends_it_and_tells_who_asked():
    day = story_day()
    swap = ask(day)

    outcome = swaps.answer(swap.moves.get(), says=Answer.NO, note="At the dentist", now=NOW)

    assert (outcome, state_of(swap)) == (swaps.Outcome.DECLINED, SwapState.DECLINED)
    told = Message.objects.get(kind="swap_closed")
    assert told.recipient == day.cast.case_manager.person
    assert "Marcus Bell can't cover for Alice Kim: “At the dentist”" in told.text
    assert not Meeting.objects.filter(student=day.cast.student).exists()
    assert not still_stands(Message.objects.get(kind="swap_ask"), now=NOW)


def test_agreed_in_person_is_done_at_once_and_says_who_says_so():
    day = story_day()

    swap = ask(day, in_person=True)

    move = fresh(swap).moves.get()
    assert (state_of(swap), move.answer, move.recorded_by) == (SwapState.DONE, "yes", day.cast.case_manager)
    assert Meeting.objects.filter(student=day.cast.student).count() == 1
    assert ("swap_ask", "Marcus Bell") not in messages_of(swap)


def test_asked_twice_asks_once():
    day = story_day()
    first = ask(day)

    with pytest.raises(swaps.AlreadyAsked) as refused:
        ask(day)

    assert refused.value.swap == first
    assert Swap.objects.count() == 1


def test_a_yes_that_comes_too_late_changes_nothing():
    day = story_day()
    swap = ask(day)
    later = one_seat_plan(day.pippa, day.cast.teacher, start=THREE + timedelta(hours=2))
    book(day.pippa, later, by=day.counselor, now=NOW)
    Busy.objects.create(
        person=day.cast.administrator.person,
        during=(THREE, THREE + timedelta(minutes=30)),
        meeting=Meeting.objects.latest("pk"),
    )
    before = (busy_of(day.other), seats_of(day.other))

    outcome = swaps.answer(swap.moves.get(), says=Answer.YES, note="", now=NOW)

    assert (outcome, state_of(swap)) == (swaps.Outcome.OVERTAKEN, SwapState.OVERTAKEN)
    assert (busy_of(day.other), seats_of(day.other)) == before
    assert fresh(day.other).version == day.other.version
    assert not Meeting.objects.filter(student=day.cast.student).exists()
    assert "too late" in Message.objects.get(kind="swap_closed").subject


def test_an_ask_ends_by_itself():
    day = story_day()
    District.objects.update(swap_answer_hours=2)
    swap = ask(day)
    assert swap.expires_at == NOW + timedelta(hours=2)

    assert swaps.answer(swap.moves.get(), says=Answer.YES, note="", now=swap.expires_at) == swaps.Outcome.CLOSED
    assert (swaps.expire(now=swap.expires_at), swaps.expire(now=swap.expires_at)) == (1, 0)

    assert state_of(swap) == SwapState.EXPIRED
    assert messages_of(swap) == [("swap_ask", "Marcus Bell"), ("swap_closed", "Dana Ortiz")]


def test_taken_back_tells_whoever_was_asked():
    day = story_day()
    swap = ask(day)

    assert (swaps.withdraw(swap, now=NOW), swaps.withdraw(swap, now=NOW)) == (True, False)

    assert messages_of(swap) == [
        ("swap_ask", "Marcus Bell"),
        ("swap_closed", "Dana Ortiz"),
        ("swap_closed", "Marcus Bell"),
    ]
    assert swaps.answer(swap.moves.get(), says=Answer.YES, note="", now=NOW) == swaps.Outcome.CLOSED


def test_booking_the_meeting_otherwise_takes_the_ask_back():
    day = story_day()
    swap = ask(day)

    book(day.cast.student, plan_of(day.cast), by=day.cast.case_manager, now=NOW)

    assert state_of(swap) == SwapState.WITHDRAWN


@pytest.mark.parametrize("change", ["keeps_people", "holder", "cancelled"])
def test_what_has_changed_cannot_be_swapped(change):
    day = story_day()
    if change == "keeps_people":
        Meeting.objects.filter(pk=day.other.pk).update(keeps_people=True)
    elif change == "holder":
        day.other.seats.filter(role="lea_representative").update(answer=Answer.NO)
    else:
        Meeting.objects.filter(pk=day.other.pk).update(status="cancelled")

    with pytest.raises(Gone):
        ask(day, in_person=True)

    assert not Swap.objects.exists()
    assert not Meeting.objects.filter(student=day.cast.student).exists()


def test_a_commitment_changes_hands_with_its_time():
    day = story_day()
    cast = day.cast
    duty = Commitment.objects.create(
        person=cast.vice_principal.person,
        kind="other_meeting",
        start_at=THREE + timedelta(days=1),
        end_at=THREE + timedelta(days=1, minutes=30),
        is_transferable=True,
    )
    duty.takers.add(cast.administrator.person)
    Busy.objects.create(person=duty.person, during=(duty.start_at, duty.end_at), commitment=duty)
    move = swaps.MovePlan(cast.vice_principal.pk, cast.administrator.pk, commitment_id=duty.pk)
    plan = swaps.SwapPlan(plan_of(cast, start=THREE + timedelta(days=1)), (move,))
    student = Student.objects.select_related("school", "person").get(pk=cast.student.pk)

    swaps.ask(student, plan, by=cast.case_manager, in_person=True, now=NOW)

    assert fresh(duty).person == cast.administrator.person
    assert [row.person for row in Busy.objects.filter(commitment=duty)] == [cast.administrator.person]
    assert sorted(row.recipient.full_name for row in Message.objects.filter(kind="swap_done")) == [
        "Alice Kim",
        "Marcus Bell",
    ]


def test_a_waiver_is_kept_with_the_meeting():
    day = story_day()
    District.objects.update(notice_days=10)
    waiver = Waiver(day.cast.mother.pk, 10, 0, "In the file")

    swap = ask(day, in_person=True, waiver=waiver)

    kept = NoticeWaiver.objects.get()
    assert (kept.meeting, kept.guardian, kept.days_set, kept.days_given, kept.note) == (
        fresh(swap).meeting,
        day.cast.mother.person,
        10,
        0,
        "In the file",
    )


@pytest.mark.django_db(transaction=True)
def test_six_answers_at_once_are_one_swap():
    day = story_day()
    swap = ask(day)
    move_pk = swap.moves.get().pk

    def yes():
        move = swap.moves.model.objects.select_related("swap").get(pk=move_pk)
        return swaps.answer(move, says=Answer.YES, note="", now=NOW)

    outcomes = at_once(*[yes] * 6)

    assert sorted(map(str, outcomes)) == ["closed"] * 5 + ["done"]
    assert Meeting.objects.filter(student=day.cast.student).count() == 1
    assert busy_of(day.other).count("Marcus Bell") == 1


@pytest.mark.django_db(transaction=True)
def test_two_asks_for_one_person_cannot_both_win():
    day = story_day()
    bo = staff("Bo Wren", day.cast.school, is_representative=True)
    juniper = student("Juniper Fable", day.cast.school, day.cast.case_manager)
    led_by_bo = one_seat_plan(day.pippa, bo, start=THREE + timedelta(minutes=15), minutes=30)
    theirs = book(juniper, led_by_bo, by=day.counselor, now=NOW)
    move = swaps.MovePlan(bo.pk, day.cast.administrator.pk, seat_id=theirs.seats.get(holder=bo.pk).pk)
    wanted = one_seat_plan(day.pippa, bo, start=THREE)
    hers = Student.objects.select_related("school", "person").get(pk=juniper.pk)
    earlier = replace(wanted, start_at=THREE - timedelta(hours=2), end_at=THREE - timedelta(hours=1))
    second = swaps.SwapPlan(earlier, (move,))
    asked = [ask(day), swaps.ask(hers, second, by=day.cast.case_manager, in_person=False, now=NOW)]

    def yes(swap):
        row = SwapMove.objects.select_related("swap").get(swap=swap)
        return lambda: swaps.answer(row, says=Answer.YES, note="", now=NOW)

    outcomes = at_once(*map(yes, asked))

    assert sorted(map(str, outcomes)) == ["done", "overtaken"]
    assert Busy.objects.filter(person=day.cast.administrator.pk).count() == 1
    assert sorted(state_of(swap) for swap in asked) == ["done", "overtaken"]
