"""Where one parent is needed, any parent fills the place: on every page that counts, in the same way."""

import pytest
import time_machine
from django.urls import reverse

from meetings.models import Answer, Meeting
from meetings.standing import missing_seats, standings, with_state, with_students
from meetings.steps import Action
from students.models import DueDate
from tests import cast as people
from tests.booking import NOW, booked

pytestmark = pytest.mark.django_db
LATER = NOW.replace(hour=15)


def said(meeting, guardian, answer):
    meeting.seats.filter(holder=guardian.pk).update(answer=answer)


@pytest.mark.parametrize(
    ("mother", "father", "step", "waits", "lacks"),
    [
        (Answer.NO, Answer.YES, Action.NOTHING_UNTIL, False, []),
        (Answer.NO, Answer.NONE, Action.NOTHING_UNTIL, True, []),
        (Answer.NONE, Answer.YES, Action.NOTHING_UNTIL, False, []),
        (Answer.NO, Answer.NO, Action.FIND_ANOTHER_TIME, False, ["parent"]),
    ],
)
def test_further_parent_fills_the_parents_place(client, mother, father, step, waits, lacks):
    cast = people.cast()
    meeting = booked(cast)
    said(meeting, cast.mother, mother)
    said(meeting, cast.father, father)
    client.force_login(cast.case_manager)

    (standing,) = standings(list(with_students(DueDate.objects.all())), now=LATER)
    row = with_state(DueDate.objects.all(), LATER).get()
    with time_machine.travel(LATER, tick=False):
        counts = client.get(reverse("meetings:list")).context["counts"]

    assert (standing.outlook.step.action, standing.outlook.waits_for_family) == (step, waits)
    assert (row.waiting_since is not None) == waits
    assert [seat.role for seat in missing_seats(Meeting.objects.all())] == lacks
    assert counts["attention"] == len(lacks)
