"""A meeting that lacks someone: what its page shows, and what one press does."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from meetings.actions import watch
from meetings.actions.book import book
from meetings.actions.commit import CommitmentPlan, commit, uncommit
from meetings.actions.reply import reply_as_staff, reply_for_guardian
from meetings.actions.seat import give_seat
from meetings.coverage import counts, lacks, scope_of
from meetings.models import Commitment, FlagCause, Mark, Meeting, Message, QuorumFlag, Seat, with_losses
from meetings.repairs import RepairKind, mendings, reseating_for
from meetings.standing import standings, with_students
from meetings.steps import Action
from students.models import DueDate, Role
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, busy_of, one_seat_plan

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def cast():
    return people.cast()


@pytest.fixture
def meeting(cast):
    """Alice Kim, the LEA representative, is on leave then."""
    row = booked(cast)
    plan = CommitmentPlan(kind="leave", title="Dentist", start_at=START, end_at=START + HOUR)
    commit(cast.vice_principal.person, plan, by=cast.vice_principal)
    watch.review(row.pk, by=cast.vice_principal.pk, now=NOW)
    return row


@pytest.fixture
def dana(client, cast):
    client.force_login(cast.case_manager)
    return client


def lea_of(meeting):
    return meeting.seats.select_related("holder").get(role=Role.LEA_REPRESENTATIVE)


def page_of(meeting):
    return reverse("meetings:meeting", args=[meeting.pk])


def press(client, meeting, seat=None, **typed):
    url = reverse("meetings:repair", args=[meeting.pk, (seat or lea_of(meeting)).pk])
    page = client.post(url, {"version": meeting.version} | typed, follow=True)
    return [str(message) for message in page.context["messages"]], page


def decline(meeting, person):
    seat = meeting.seats.select_related("meeting", "holder").filter(holder=person.pk).first()
    assert reply_as_staff(seat, answer="no", note="", now=NOW)
    watch.review(meeting.pk, now=NOW)


def parents_decline(cast, meeting):
    for guardian in (cast.mother, cast.father):
        seat = meeting.seats.select_related("meeting", "holder").get(holder=guardian.pk)
        reply_for_guardian(seat, version=1, answer="no", joins="", note="", by=cast.case_manager, now=NOW)
    watch.review(meeting.pk, now=NOW)


def ways(meeting):
    flags = QuorumFlag.objects.filter(meeting=meeting).standing().select_related("seat__holder").order_by("seat")
    return [
        (mending.flag.seat.role, [(repair.kind, str(repair.person or "")) for repair in mending.repairs])
        for mending in mendings(Meeting.objects.get(pk=meeting.pk), flags, now=NOW)
    ]


# What is shown


def test_page_says_what_is_lost_and_what_would_mend_it(dana, meeting):
    text = dana.get(page_of(meeting)).content.decode()

    for words in (
        "This meeting lacks someone it must have",
        "Alice Kim is away then: no LEA representative",
        "Marcus Bell as LEA representative",
        "free then; is invited, and Alice Kim is told",
        "Move it to ",
        "<span>away then",
        ">Find someone<",
    ):
        assert words in text
    assert "Dentist" not in text


def test_only_those_who_keep_the_meeting_see_its_repairs(client, cast, meeting):
    client.force_login(cast.teacher)

    page = client.get(page_of(meeting))

    assert page.context["mendings"] == []
    assert "This meeting lacks someone" not in page.content.decode()


def test_page_without_a_flag_computes_no_repairs(dana, cast):
    meeting = booked(cast)
    with CaptureQueriesContext(connection) as calm:
        dana.get(page_of(meeting))
    decline(meeting, cast.vice_principal)
    with CaptureQueriesContext(connection) as one:
        dana.get(page_of(meeting))
    decline(meeting, cast.teacher)
    with CaptureQueriesContext(connection) as two:
        page = dana.get(page_of(meeting))

    assert [mending.flag.cause for mending in page.context["mendings"]] == ["declined", "declined"]
    assert len(calm) == 21
    assert len(one) < len(calm) + 45
    # Each further flag asks who sits in the meeting already, and for a swap elsewhere where nobody is free.
    assert len(two) <= len(one) + 30


def test_flag_whose_seat_has_changed_since_is_not_shown(dana, cast, meeting):
    give_seat(lea_of(meeting), cast.administrator.person, by=cast.case_manager, version=1, now=NOW)

    assert dana.get(page_of(meeting)).context["mendings"] == []


def test_away_holder_is_missing_on_every_list(client, cast, meeting):
    Seat.objects.filter(holder=cast.vice_principal.pk).update(answer="yes")
    (standing,) = standings(list(with_students(DueDate.objects.all())), now=NOW)
    scope, _ = scope_of(cast.administrator, NOW)
    client.force_login(cast.administrator)

    step = standing.outlook.step
    assert (step.action, step.role) == (Action.FIND_SOMEONE, Role.LEA_REPRESENTATIVE)
    assert counts(scope).lack_a_role == 1
    assert [(lack.seat.role, lack.seat.lost_by, lack.can_cover) for lack in lacks(scope)] == [
        ("lea_representative", "away", True)
    ]
    assert "Alice Kim: away then" in client.get(reverse("meetings:due")).content.decode()
    assert client.get(reverse("meetings:list")).context["counts"]["attention"] == 1
    assert [seat.mark for seat in with_losses(Seat.objects.filter(holder=cast.vice_principal.pk))] == [Mark.MISSING]


@pytest.mark.parametrize("cause", ["away", "hours", "left", "role"])
def test_every_cause_besides_a_no_asks_to_find_someone(cast, meeting, cause):
    QuorumFlag.objects.update(cause=FlagCause(cause))

    (standing,) = standings(list(with_students(DueDate.objects.all())), now=NOW)

    assert standing.outlook.step.action is Action.FIND_SOMEONE


def test_closed_flag_leaves_no_trace_on_the_lists(cast, meeting):
    uncommit(Commitment.objects.get())
    watch.review(meeting.pk, now=NOW)

    (standing,) = standings(list(with_students(DueDate.objects.all())), now=NOW)

    assert standing.outlook.step.action is Action.NOTHING_UNTIL
    assert counts(scope_of(cast.administrator, NOW)[0]).lack_a_role == 0


def test_holder_who_is_away_reads_so_and_may_come_all_the_same(client, cast, meeting):
    client.force_login(cast.vice_principal)
    url = reverse("meetings:answer", args=[meeting.pk])

    before = client.get(url).content.decode()
    client.post(url, {"version": 1, "answer": "yes"})

    assert "You are away then, by what you entered." in before
    assert "You said you will be there" in client.get(url).content.decode()


# Which repairs


def test_repairs_are_at_most_three_best_first(cast, meeting):
    people.staff("Vera Lund", cast.school, is_representative=True)
    people.staff("Otto Reyes", cast.school, is_representative=True)

    assert ways(meeting) == [
        (
            "lea_representative",
            [
                (RepairKind.SUBSTITUTE, "Marcus Bell"),
                (RepairKind.SUBSTITUTE, "Vera Lund"),
                (RepairKind.NEW_TIME, ""),
            ],
        )
    ]


def test_whoever_sits_there_or_said_no_is_no_substitute(cast):
    meeting = booked(cast)
    cast.case_manager.assignments.update(is_representative=True)
    decline(meeting, cast.vice_principal)
    give_seat(lea_of(meeting), cast.administrator.person, by=cast.case_manager, version=1, now=NOW)
    decline(Meeting.objects.get(pk=meeting.pk), cast.administrator)

    assert ways(meeting) == [("lea_representative", [(RepairKind.NEW_TIME, "")] * 3)]


def test_for_a_parent_there_are_new_times_only(cast):
    meeting = booked(cast)
    parents_decline(cast, meeting)

    assert ways(meeting) == [("parent", [(RepairKind.NEW_TIME, "")] * 3)]


@pytest.mark.parametrize("cause", ["left", "role"])
def test_new_time_mends_nothing_for_whoever_left_the_role(cast, meeting, cause):
    QuorumFlag.objects.update(cause=cause)

    assert ways(meeting) == [("lea_representative", [(RepairKind.SUBSTITUTE, "Marcus Bell")])]


def test_other_times_stand_with_the_first_flag_alone(cast):
    meeting = booked(cast)
    decline(meeting, cast.vice_principal)
    decline(meeting, cast.teacher)

    found = dict(ways(meeting))

    assert [kind for kind, _ in found["lea_representative"]] == ["substitute", "new_time", "new_time"]
    assert found["general_education_teacher"] == []


def test_nobody_at_all_leads_to_the_ordinary_pages(dana, cast):
    meeting = booked(cast)
    decline(meeting, cast.vice_principal)
    decline(meeting, cast.teacher)

    text = dana.get(page_of(meeting)).content.decode()

    assert "Another time, as above, would mend this too." in text
    Seat.objects.filter(meeting=meeting, role=Role.LEA_REPRESENTATIVE).delete()
    QuorumFlag.objects.update(cause="role")
    text = dana.get(page_of(meeting)).content.decode()
    assert "Nobody else who may take this role is known to be free then." in text
    teacher = meeting.seats.get(role=Role.GENERAL_EDUCATION_TEACHER)
    assert reverse("meetings:seat", args=[meeting.pk, teacher.pk]) in text


def test_reseating_is_not_known_yet(meeting):
    assert reseating_for(meeting, lea_of(meeting), now=NOW) is None


# One press


def test_press_gives_the_seat(dana, cast, meeting):
    said, page = press(dana, meeting, holder=cast.administrator.pk)

    assert said == [
        "Marcus Bell has the seat of the LEA representative now, and is invited. Alice Kim is told.",
    ]
    assert lea_of(meeting).holder == cast.administrator.person
    assert page.context["mendings"] == []
    assert QuorumFlag.objects.open().count() == 0
    mails = Message.objects.filter(meeting=meeting, meeting_version=2).order_by("pk")
    assert [(row.kind, row.recipient.full_name) for row in mails] == [
        ("cancel", "Alice Kim"),
        ("invite", "Marcus Bell"),
    ]


def test_press_moves_the_meeting_with_a_reason_that_names_nobody(dana, cast, meeting):
    at = next(
        repair.time.at
        for mending in dana.get(page_of(meeting)).context["mendings"]
        for repair in mending.repairs
        if repair.time
    )

    said, page = press(dana, meeting, at=at)

    moved = Meeting.objects.get(pk=meeting.pk)
    assert moved.start_at == datetime.strptime(at, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    assert moved.changed_why == "So that the LEA representative can come."
    assert said[0].startswith("Moved to ")
    assert said[0].endswith("Everyone gets the new time and is asked again, the family too.")
    assert (page.context["mendings"], QuorumFlag.objects.open().count()) == ([], 0)
    assert "Alice Kim" in busy_of(moved)


def test_press_of_a_new_time_for_a_parent(dana, cast):
    meeting = booked(cast)
    parents_decline(cast, meeting)
    parent = meeting.seats.filter(role=Role.PARENT).order_by("pk")[0]
    (mending,) = dana.get(page_of(meeting)).context["mendings"]

    press(dana, meeting, parent, at=mending.repairs[0].time.at)

    assert Meeting.objects.get(pk=meeting.pk).changed_why == "So that a parent can come."


def test_press_after_someone_was_first_says_who(dana, cast, meeting):
    give_seat(lea_of(meeting), cast.administrator.person, by=cast.administrator, version=1, now=NOW)

    for typed in ({"holder": cast.administrator.pk}, {"at": "2026-12-10T18:30Z"}):
        said, _ = press(dana, meeting, **typed)
        assert said == ["Nothing was changed. Marcus Bell changed this meeting first: this is how it stands now."]
    assert Meeting.objects.get(pk=meeting.pk).version == 2


def test_press_for_someone_who_was_booked_meanwhile(dana, cast, meeting):
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    book(other, one_seat_plan(other, cast.administrator), by=cast.colleague, now=NOW)

    said, _ = press(dana, meeting, holder=cast.administrator.pk)

    assert said == ["Nothing was changed. They can no longer take this seat. See who else could."]
    assert lea_of(meeting).holder == cast.vice_principal.person


def test_press_for_someone_who_may_not_fill_the_role(dana, cast, meeting):
    said, _ = press(dana, meeting, holder=cast.speech.pk)

    assert said == ["Nothing was changed. They can no longer take this seat. See who else could."]


@pytest.mark.parametrize("at", ["2026-11-20T18:30Z", "2026-12-04T14:30Z"])
def test_press_for_a_time_that_does_not_work(dana, cast, meeting, at):
    # In the past; while Raj Patel teaches.
    said, _ = press(dana, meeting, at=at)

    assert said == ["Nothing was changed. That time no longer works for everyone. See which others do."]


@pytest.mark.parametrize("typed", [{}, {"at": "soon"}, {"holder": "x"}, {"holder": "7", "version": ""}])
def test_press_of_something_else(dana, meeting, typed):
    said, _ = press(dana, meeting, **typed)

    assert said == ["Nothing was changed. Choose one of the ways that stand here."]


def test_press_once_the_meeting_has_begun(dana, cast, meeting):
    with time_machine.travel(START, tick=False):
        dana.force_login(cast.case_manager)
        said, _ = press(dana, meeting, holder=cast.administrator.pk)

    assert said == ["Nothing was changed. This meeting has begun, or is not on any more."]
