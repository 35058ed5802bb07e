"""Many who book at one moment."""

import random
import re
from collections import Counter

from django.db import DatabaseError
from django.utils import timezone

from bench.breaking import world
from meetings.actions import busy
from meetings.actions.book import AlreadyBooked, MeetingPlan, SeatPlan, book
from meetings.actions.cancel import cancel
from meetings.models import Busy, Meeting, MeetingStatus, Requirement
from students.models import MeetingKind, Role
from tests import cast as people
from tests.races import at_once, deadlocks

TEAM, MEET = 8, 5
HELD = "Told to try again"


def booked_at_once(outcome, *, small):
    """20 at one slot, overlapping teams in opposite order, the same form twice, a cancelled slot booked at once."""
    cast, rounds = world.cast(), 25 if small else 500
    before = deadlocks()
    one_slot = twenty(cast)
    teams, waited = opposite(cast, rounds)
    again = same_form(cast, 5 if small else 50)
    swapped = cancel_and_rebook(cast, 5 if small else 50)
    outcome.done = (
        f"20 book one teacher at one moment; {2 * rounds} tries of overlapping teams in opposite order; "
        f"{sum(again.values())} posts of {sum(again.values()) // 4} forms; "
        f"{sum(swapped.values())} slots cancelled and booked at once"
    )
    outcome.promised = (
        "one wins each slot, the others are told who was taken or to try again; no deadlock, nobody in two places"
    )
    outcome.seen = {
        "one slot": words(one_slot), "teams": words(teams), "longest wait": f"{waited:.2f} s", "forms": words(again),
        "rebooked": words(swapped), "deadlocks": deadlocks() - before, "in two places": in_two_places(),
    }  # fmt: skip
    outcome.expect(
        one_slot["Meeting"] == 1 and is_clear(one_slot, 20), "one slot has not one winner and 19 clear answers"
    )
    outcome.expect(rounds - teams[HELD] <= teams["Meeting"] <= rounds and is_clear(teams, 2 * rounds), "teams")
    outcome.expect(
        again["Meeting"] * 4 == sum(again.values()) and set(again) <= {"Meeting", "AlreadyBooked", HELD}, "forms"
    )
    outcome.expect(is_clear(swapped, sum(swapped.values())), "rebooked")
    outcome.expect(deadlocks() == before, "deadlocks")
    outcome.expect(in_two_places() == 0, "somebody is in two places")


def kinds(outcomes):
    return Counter(kind(each) for each in outcomes)


def kind(outcome):
    """Return what the page would say: of one who waited for three seconds that they should try again."""
    is_held = isinstance(outcome, DatabaseError) and busy.sqlstate(outcome) in busy.HELD_TOO_LONG
    return HELD if is_held else type(outcome).__name__


def is_clear(counted, total):
    return set(counted) <= {"Meeting", "Taken", HELD} and sum(counted.values()) == total


def words(counter):
    named = {re.sub("(?<!^)([A-Z])", r" \1", name).lower(): count for name, count in sorted(counter.items())}
    return " and ".join(f"{count} {name}" for name, count in named.items())


def twenty(cast):
    students = [people.student(f"Student {n}", cast.school, cast.case_manager) for n in range(20)]

    def one(student):
        return book(student, world.plan(student, cast.teacher), by=cast.case_manager, now=timezone.now())

    return kinds(at_once(*(lambda student=student: one(student) for student in students)))


def opposite(cast, rounds):
    team = [people.staff(f"Member {n}", cast.school) for n in range(TEAM)]
    pair = [people.student(f"Pupil {n}", cast.school, cast.case_manager) for n in range(2)]
    seen, longest, dice = Counter(), 0.0, random.Random(7)
    for n in range(rounds):
        order = dice.sample(team, MEET)
        began = timezone.now()
        seen += kinds(
            at_once(
                lambda order=order, n=n: meet(cast, pair[0], order, n),
                lambda order=order, n=n: meet(cast, pair[1], order[::-1], n),
            )
        )
        longest = max(longest, (timezone.now() - began).total_seconds())
    return seen, longest


def meet(cast, student, members, n):
    whole = world.plan(student, members[0], days=40, hours=n)
    seats = tuple(SeatPlan(Role.OTHER, Requirement.REQUIRED, member.pk) for member in members)
    plan = MeetingPlan(
        kind=MeetingKind.PARENT_REQUESTED, due_date_id=None, school_id=cast.school.pk, room_id=cast.room.pk,
        start_at=whole.start_at, end_at=whole.end_at, seats=seats,
    )  # fmt: skip
    return book(student, plan, by=cast.case_manager, now=timezone.now())


def same_form(cast, rounds):
    seen = Counter()
    for n in range(rounds):
        plan = world.plan(cast.student, cast.speech, days=100 + n)
        posts = [lambda plan=plan: book(cast.student, plan, by=cast.case_manager, now=timezone.now())] * 4
        outcomes = at_once(*posts)
        made = {each.pk for each in outcomes if isinstance(each, Meeting)}
        found = {each.meeting.pk for each in outcomes if isinstance(each, AlreadyBooked)}
        seen += kinds(outcomes)
        seen += Counter({"another meeting": len(found - made)} if found - made else {})
    return seen


def cancel_and_rebook(cast, rounds):
    other, seen = people.student("Pippa Thimble", cast.school, cast.case_manager), Counter()
    for n in range(rounds):
        days = 200 + n
        first = book(
            cast.student, world.plan(cast.student, cast.teacher, days=days), by=cast.case_manager, now=timezone.now()
        )
        gone, new = at_once(
            lambda first=first: cancel(first, by=cast.case_manager, why="Snow", version=1, now=timezone.now()),
            lambda days=days: book(
                other, world.plan(other, cast.teacher, days=days), by=cast.case_manager, now=timezone.now()
            ),
        )
        first.refresh_from_db()
        is_right = gone is True and first.status == MeetingStatus.CANCELLED and kind(new) in {"Meeting", "Taken", HELD}
        seen += kinds([new]) if is_right else Counter({"wrong": 1})
    return seen


def in_two_places():
    """Return how many pairs of rows have one person or room in two places; counted without the constraint's help."""
    found, last = 0, {}
    for row in Busy.objects.order_by("person_id", "room_id", "during").values_list("person_id", "room_id", "during"):
        key, during = row[:2], row[2]
        found += key in last and during.lower < last[key]
        last[key] = max(during.upper, last.get(key, during.upper))
    return found
