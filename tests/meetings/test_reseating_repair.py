"""A booked meeting that lacks someone, mended by a swap elsewhere."""

from dataclasses import replace
from datetime import time

import pytest
import time_machine
from django.urls import reverse

from meetings.actions import swap as swaps
from meetings.actions.book import book
from meetings.actions.reply import reply_as_staff
from meetings.actions.seating import SeatPlan
from meetings.actions.watch import review
from meetings.models import Answer, Meeting, QuorumFlag, Swap, WeeklyHours
from meetings.repairs import RepairKind, mendings
from tests.booking import NOW, busy_of, plan_of
from tests.cast import staff
from tests.storyday import THREE, story_day

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    """Her meeting is at 3:00 with the principal, who then said no; Bo Wren could lead the 504 meeting, not hers."""
    day = story_day()
    day.bo = staff("Bo Wren", day.cast.school, is_representative=True)
    duty = {"start": time(15, 45), "end": time(16), "kind": "duty"}
    WeeklyHours.objects.create(person=day.bo.person, weekday=1, **duty)
    plan = plan_of(day.cast, start=THREE)
    seats = tuple(
        SeatPlan(seat.role, seat.requirement, day.cast.administrator.pk) if seat.role == "lea_representative" else seat
        for seat in plan.seats
    )
    day.hers = book(day.cast.student, replace(plan, seats=seats), by=day.cast.case_manager, now=NOW)
    seat = day.hers.seats.select_related("holder").get(role="lea_representative")
    seat.meeting = day.hers
    reply_as_staff(seat, answer=Answer.NO, note="", now=NOW)
    review(day.hers.pk, now=NOW)
    return day


def found(day):
    meeting = Meeting.objects.select_related("student__school", "student__person", "school", "room", "due_date").get(
        pk=day.hers.pk
    )
    flags = list(QuorumFlag.objects.open().filter(meeting=meeting).select_related("seat__holder"))
    return mendings(meeting, flags, now=NOW)[0].repairs


def press(client, day, **typed):
    client.force_login(day.cast.case_manager)
    seat = day.hers.seats.get(role="lea_representative")
    fresh = Meeting.objects.get(pk=day.hers.pk)
    with time_machine.travel(NOW):
        url = reverse("meetings:repair", args=[fresh.pk, seat.pk])
        return client.post(url, {"version": fresh.version, **typed}, follow=True)


def test_the_swap_comes_first_where_nobody_is_free(day):
    first = found(day)[0]

    assert (first.kind, first.person.full_name) == (RepairKind.RESEATING, "Alice Kim")
    assert [(move.giver.full_name, move.taker.full_name) for move in first.moves] == [("Alice Kim", "Bo Wren")]


def test_somebody_free_is_a_smaller_change(day):
    staff("Ann Archer", day.cast.school, is_representative=True)

    assert [(each.kind, each.person.full_name) for each in found(day) if each.person] == [
        (RepairKind.SUBSTITUTE, "Ann Archer")
    ]


def test_one_press_asks_and_a_yes_fills_the_seat(client, day):
    page = press(client, day, swap=found(day)[0].key)

    assert "Bo Wren is asked. Once they say yes, Alice Kim has the seat." in page.content.decode()
    swap = Swap.objects.get()
    assert swaps.answer(swap.moves.get(), says=Answer.YES, note="", now=NOW) == swaps.Outcome.DONE

    assert day.hers.seats.get(role="lea_representative").holder == day.cast.vice_principal.person
    assert ("Alice Kim" in busy_of(day.hers), "Bo Wren" in busy_of(day.other)) == (True, True)
    assert "Alice Kim" not in busy_of(day.other)
    review(day.hers.pk, now=NOW)
    assert not QuorumFlag.objects.open().exists()


def test_agreed_in_person_is_done_with_the_press(client, day):
    press(client, day, swap=found(day)[0].key, in_person="on")

    assert Swap.objects.get().state == "done"
    assert not QuorumFlag.objects.open().exists()


def test_a_swap_that_is_no_longer_the_one_asks_nobody(client, day):
    key = found(day)[0].key
    Meeting.objects.filter(pk=day.other.pk).update(keeps_people=True)

    page = press(client, day, swap=key)

    assert "That swap is no longer possible" in page.content.decode()
    assert not Swap.objects.exists()
