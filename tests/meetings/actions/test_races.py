"""Two changes at the same moment, on real connections: the database decides, and the answer is a clear one."""

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction

from meetings.actions import busy
from meetings.actions.book import AlreadyBooked, MeetingPlan, SeatPlan, Taken, book
from meetings.actions.cancel import cancel
from meetings.actions.reschedule import reschedule
from meetings.actions.seat import give_seat
from meetings.models import Busy, Meeting, MeetingStatus, Message, Requirement, Seat
from students.models import MeetingKind, Person, Role
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, counts, mails_of, one_seat_plan, plan_of
from tests.effort import tries
from tests.races import at_once, deadlocks, wait_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(outcomes):
    return Counter(type(outcome).__name__ for outcome in outcomes)


def test_twenty_book_one_teacher_at_once():
    cast = people.cast()
    students = [people.student(f"Student {n}", cast.school, cast.case_manager) for n in range(20)]

    outcomes = at_once(
        *(
            lambda student=student: book(student, one_seat_plan(student, cast.teacher), by=cast.case_manager, now=NOW)
            for student in students
        )
    )

    assert kinds(outcomes) == {"Meeting": 1, "Taken": 19}
    winner = next(outcome for outcome in outcomes if isinstance(outcome, Meeting))
    assert {tuple(outcome.people) for outcome in outcomes if isinstance(outcome, Taken)} == {(cast.teacher.person,)}
    assert counts() == {"Meeting": 1, "Seat": 1, "Busy": 2, "Message": 1}
    assert list(Busy.objects.values_list("meeting", flat=True)) == [winner.pk] * 2


def test_the_same_form_posted_at_once():
    cast = people.cast()

    outcomes = at_once(*[lambda: booked(cast)] * 4)

    assert kinds(outcomes) == {"Meeting": 1, "AlreadyBooked": 3}
    assert {outcome.meeting.pk for outcome in outcomes if isinstance(outcome, AlreadyBooked)} == {
        Meeting.objects.get().pk
    }
    assert len(mails_of(Meeting.objects.get())) == 6


def test_teams_in_opposite_order_never_wait_for_each_other():
    cast = people.cast()
    team = [people.staff(f"Member {n}", cast.school) for n in range(6)]
    pair = [people.student(f"Student {n}", cast.school, cast.case_manager) for n in range(2)]
    seen, before = Counter(), deadlocks()

    def meet(student, members, start):
        plan = MeetingPlan(
            kind=MeetingKind.PARENT_REQUESTED,
            due_date_id=None,
            school_id=cast.school.pk,
            room_id=cast.room.pk,
            start_at=start,
            end_at=start + HOUR,
            seats=tuple(SeatPlan(Role.OTHER, Requirement.REQUIRED, member.pk) for member in members),
        )
        return book(student, plan, by=cast.case_manager, now=NOW)

    rounds = tries(20, 200)  # Two book in each, at one moment.
    for n in range(rounds):
        order = random.Random(n).sample(team, 4)
        start = START + n * HOUR
        seen += kinds(
            at_once(
                lambda order=order, start=start: meet(pair[0], order, start),
                lambda order=order, start=start: meet(pair[1], order[::-1], start),
            )
        )

    assert seen == {"Meeting": rounds, "Taken": rounds}
    # One deadlock would not show in the outcomes, because it is tried once more.
    assert deadlocks() == before
    assert Busy.objects.count() == rounds * (4 + 1 + 1)


def test_people_are_locked_in_the_order_of_their_ids():
    cast = people.cast()
    low, middle, high = sorted(row.pk for row in (cast.teacher, cast.speech, cast.colleague))

    def lock():
        with transaction.atomic():
            busy.lock([high, low, middle])

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            busy.lock([middle])
            other = threads.submit(at_once, lock)
            with connections["default"].cursor() as cursor:
                wait_for_a_lock(cursor)
            free = Person.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=[low, high])
            assert [person.pk for person in free] == [high]
        assert other.result() == [None]


def test_a_time_taken_between_the_look_and_the_write():
    # A writer that locks nobody, such as an import of rows: then the constraint alone decides, and still names them.
    cast = people.cast()
    elsewhere = book(
        people.student("Pippa Thimble", cast.school, cast.case_manager),
        one_seat_plan(cast.student, cast.colleague),
        by=cast.colleague,
        now=NOW,
    )
    taking, took = threading.Event(), threading.Event()

    def take():
        try:
            with transaction.atomic():
                Busy.objects.create(person=cast.teacher.person, during=(START, START + HOUR), meeting=elsewhere)
                taking.set()
                with connections["default"].cursor() as cursor:
                    wait_for_a_lock(cursor)
            took.set()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(take)
        assert taking.wait(timeout=20)
        with pytest.raises(Taken) as taken:
            booked(cast)
        other.result()

    assert took.is_set()
    assert taken.value.people == (cast.teacher.person,)
    assert list(Meeting.objects.all()) == [elsewhere]


def test_cancel_and_rebook_at_once():
    cast = people.cast()
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    for n in range(tries(5, 50)):
        start = START + n * timedelta(days=7)
        first = booked(cast, start=start, due_date_id=None)

        outcomes = at_once(
            lambda first=first: cancel(first, by=cast.case_manager, why="Snow", version=1, now=NOW),
            lambda start=start: book(
                other, one_seat_plan(other, cast.teacher, start=start), by=cast.case_manager, now=NOW
            ),
        )

        assert outcomes[0] is True
        assert type(outcomes[1]) in {Meeting, Taken}
        first.refresh_from_db()
        assert first.status == MeetingStatus.CANCELLED
        assert Busy.objects.filter(during__overlap=(start, start + HOUR), person=cast.teacher.pk).count() == int(
            isinstance(outcomes[1], Meeting)
        )


def test_two_reschedule_one_meeting_at_once():
    cast = people.cast()
    meeting = booked(cast)

    outcomes = at_once(
        *(
            lambda n=n: reschedule(
                Meeting.objects.get(pk=meeting.pk),
                plan_of(cast, start=START + n * HOUR),
                by=cast.case_manager,
                why="Another time",
                version=1,
                now=NOW,
            )
            for n in (24, 48)
        )
    )

    assert sorted(outcomes) == [False, True]
    meeting.refresh_from_db()
    assert (meeting.version, meeting.sequence) == (2, 1)
    assert {row.during.lower for row in Busy.objects.all()} == {meeting.start_at}
    assert Message.objects.filter(meeting=meeting, kind="update").count() == 4


def test_two_meetings_swap_their_seats_at_once():
    cast = people.cast()
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    first = book(cast.student, one_seat_plan(cast.student, cast.teacher), by=cast.case_manager, now=NOW)
    second = book(other, one_seat_plan(other, cast.speech), by=cast.case_manager, now=NOW)
    held = Seat.objects.filter(role=Role.GENERAL_EDUCATION_TEACHER).select_related("meeting")
    seats = [held.get(meeting=meeting) for meeting in (first, second)]

    outcomes = at_once(
        lambda: give_seat(seats[0], cast.speech.person, by=cast.case_manager, version=1, now=NOW),
        lambda: give_seat(seats[1], cast.teacher.person, by=cast.case_manager, version=1, now=NOW),
    )

    # Each needs what the other one holds: both are told so at once, and nothing has changed.
    assert kinds(outcomes) == {"Taken": 2}
    assert [seat.holder_id for seat in held.order_by("pk")] == [cast.teacher.pk, cast.speech.pk]


def test_deadlock_is_tried_once_more():
    cast = people.cast()
    before, tries = deadlocks(), Counter()
    holds = {"one": threading.Event(), "two": threading.Event()}
    is_done = {"one": threading.Event(), "two": threading.Event()}

    def change_of(name, other, first, second):
        def change():
            tries[name] += 1
            if tries[name] > 1:
                # The database chose this one to give way. Without the wait the two could meet like that again.
                assert is_done[other].wait(timeout=20)
            busy.lock([first.pk])
            holds[name].set()
            assert holds[other].wait(timeout=20)
            busy.lock([second.pk])

        def run():
            busy.in_one_go(change)
            is_done[name].set()
            return "done"

        return run

    outcomes = at_once(
        change_of("one", "two", cast.teacher, cast.speech), change_of("two", "one", cast.speech, cast.teacher)
    )

    assert outcomes == ["done", "done"]
    assert sorted(tries.values()) == [1, 2]
    assert deadlocks() == before + 1
