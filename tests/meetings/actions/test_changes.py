"""Move, cancel, hold, give a seat: what is left behind, whole."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from meetings import tokens
from meetings.actions.book import Barred, SeatPlan, Taken, book
from meetings.actions.cancel import cancel
from meetings.actions.hold import record_held
from meetings.actions.link import send_link_again
from meetings.actions.reply import reply_as_staff, reply_for_guardian
from meetings.actions.reschedule import reschedule
from meetings.actions.seat import give_seat, remind
from meetings.models import Busy, Meeting, MeetingChange, Message, ParentLink, Reply, Requirement
from students.models import District, DueDate, Guardianship, MeetingKind, Person, Role, Staff
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, busy_of, counts, mails_of, one_seat_plan, plan_of, seats_of

pytestmark = pytest.mark.django_db

LATER = NOW + HOUR
FRIDAY = START + timedelta(days=1)
EVERYONE_ASKED = [
    ("parent", "required", "Elena Rainwater", "none", True),
    ("lea_representative", "required", "Alice Kim", "none", True),
    ("special_education_teacher", "required", "Dana Ortiz", "yes", True),
    ("general_education_teacher", "required", "Raj Patel", "none", True),
    ("related_service_provider", "optional", "Jo Lee", "none", True),
    ("parent", "optional", "Tomas Rainwater", "none", True),
]


def seat_of(meeting, person):
    return meeting.seats.select_related("meeting", "holder").filter(holder=person.pk).first()


def move(meeting, plan, *, by, version=1):
    return reschedule(meeting, plan, by=by, why="The bus is late", version=version, now=LATER)


# Moving


def test_reschedule_asks_everyone_again():
    cast = people.cast()
    meeting = booked(cast)
    reply_for_guardian(
        seat_of(meeting, cast.mother), version=1, answer="yes", joins="phone", note="", by=cast.case_manager, now=NOW
    )
    reply_as_staff(seat_of(meeting, cast.teacher), answer="no", note="Field trip", now=NOW)
    Message.objects.filter(kind="invite", recipient=cast.speech.pk).update(state="sent")
    hashes = dict(ParentLink.objects.values_list("guardian", "token_hash"))

    moved = move(meeting, plan_of(cast, start=FRIDAY), by=cast.case_manager)

    assert moved is True
    assert (meeting.start_at, meeting.end_at, meeting.version, meeting.sequence) == (FRIDAY, FRIDAY + HOUR, 2, 1)
    assert seats_of(meeting) == EVERYONE_ASKED
    assert {(row.during.lower, row.during.upper) for row in Busy.objects.all()} == {(FRIDAY, FRIDAY + HOUR)}
    assert len(busy_of(meeting)) == 8
    assert sorted(Reply.objects.values_list("answer", "meeting_version")) == [("no", 1), ("yes", 1)]
    assert dict(ParentLink.objects.values_list("guardian", "token_hash")) == hashes
    assert {link.expires_at for link in ParentLink.objects.all()} == {tokens.expiry_of(meeting)}
    assert [mail for mail in mails_of(meeting) if mail[3] == 1] == [
        ("invite", "Alice Kim", "withdrawn", 1),
        ("invite", "Dana Ortiz", "withdrawn", 1),
        ("invite", "Raj Patel", "withdrawn", 1),
        ("invite", "Jo Lee", "sent", 1),
        ("parent_link", "Elena Rainwater", "withdrawn", 1),
        ("parent_link", "Tomas Rainwater", "withdrawn", 1),
        ("parent_confirmation", "Elena Rainwater", "withdrawn", 1),
    ]
    assert [mail for mail in mails_of(meeting) if mail[3] == 2] == [
        ("update", "Alice Kim", "queued", 2),
        ("update", "Dana Ortiz", "queued", 2),
        ("update", "Raj Patel", "queued", 2),
        ("update", "Jo Lee", "queued", 2),
        ("parent_link", "Elena Rainwater", "queued", 2),
        ("parent_link", "Tomas Rainwater", "queued", 2),
    ]
    change = MeetingChange.objects.get(what="moved")
    assert (change.by, change.at) == (cast.case_manager, LATER)
    assert change.detail == {
        "from": {"start_at": "2026-12-03T18:30:00+00:00", "end_at": "2026-12-03T19:30:00+00:00", "room": "Room 12"},
        "to": {"start_at": "2026-12-04T18:30:00+00:00", "end_at": "2026-12-04T19:30:00+00:00", "room": "Room 12"},
        "why": "The bus is late",
    }


def test_reschedule_by_someone_else_asks_the_organizer_too():
    cast = people.cast()
    meeting = booked(cast)

    move(meeting, plan_of(cast, start=FRIDAY), by=cast.vice_principal)

    answers = {name: answer for _, _, name, answer, _ in seats_of(meeting)}
    assert (answers["Dana Ortiz"], answers["Alice Kim"]) == ("none", "yes")


def test_reschedule_with_another_person_cancels_for_who_is_dropped():
    cast = people.cast()
    meeting = booked(cast)

    move(meeting, plan_of(cast, start=FRIDAY, teacher=cast.colleague), by=cast.case_manager)

    assert seats_of(meeting)[3] == ("general_education_teacher", "required", "Priya Shah", "none", True)
    assert "Raj Patel" not in busy_of(meeting)
    assert [mail for mail in mails_of(meeting) if mail[3] == 2 and mail[1] in {"Raj Patel", "Priya Shah"}] == [
        ("invite", "Priya Shah", "queued", 2),
        ("cancel", "Raj Patel", "queued", 2),
    ]
    told = Message.objects.get(kind="cancel")
    assert (told.ics_method, b"SEQUENCE:1" in bytes(told.ics)) == ("CANCEL", True)


def test_reschedule_without_a_seat_keeps_what_was_answered_on_it():
    cast = people.cast()
    meeting = booked(cast)
    reply_as_staff(seat_of(meeting, cast.speech), answer="yes", note="", now=NOW)
    without_speech = replace(plan_of(cast, start=FRIDAY), seats=plan_of(cast).seats[:4])

    move(meeting, without_speech, by=cast.case_manager)

    assert seats_of(meeting)[4] == ("related_service_provider", "optional", None, "none", False)
    assert Reply.objects.get().seat_id == meeting.seats.get(holder=None).pk


def test_reschedule_to_half_an_hour_later_clashes_not_with_itself():
    cast = people.cast()
    meeting = booked(cast)

    assert move(meeting, plan_of(cast, start=START + HOUR / 2), by=cast.case_manager) is True


def test_reschedule_to_a_taken_time_changes_nothing():
    cast = people.cast()
    meeting = booked(cast)
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    book(other, one_seat_plan(other, cast.teacher, start=FRIDAY), by=cast.colleague, now=NOW)
    before = (counts(), mails_of(meeting), busy_of(meeting), seats_of(meeting))

    with pytest.raises(Taken) as taken:
        move(meeting, plan_of(cast, start=FRIDAY), by=cast.case_manager)

    assert taken.value.people == (cast.teacher.person,)
    assert (counts(), mails_of(meeting), busy_of(meeting), seats_of(meeting)) == before
    assert (meeting.version, meeting.start_at) == (1, START)


def test_reschedule_notifies_a_further_parent_who_is_at_another_childs_meeting():
    cast = people.cast()
    meeting = booked(cast)
    sister = people.student("Juniper Rainwater", cast.school, cast.colleague)
    Guardianship.objects.create(student=sister, guardian=cast.father)
    book(sister, one_seat_plan(sister, cast.colleague, start=FRIDAY), by=cast.colleague, now=NOW)
    father = SeatPlan(Role.PARENT, Requirement.OPTIONAL, cast.father.pk)
    plan = plan_of(cast, start=FRIDAY, seats=(*plan_of(cast).seats, father))

    assert move(meeting, plan, by=cast.case_manager) is True

    assert "Tomas Rainwater" not in busy_of(meeting)
    assert ("parent_link", "Tomas Rainwater", "queued", 2) in mails_of(meeting)


def test_reschedule_of_an_older_version_changes_nothing():
    cast = people.cast()
    meeting = booked(cast)
    move(meeting, plan_of(cast, start=FRIDAY), by=cast.case_manager)
    before = (counts(), mails_of(meeting))

    assert move(meeting, plan_of(cast, start=START), by=cast.case_manager, version=1) is False

    meeting.refresh_from_db()
    assert (counts(), mails_of(meeting), meeting.start_at) == (before[0], before[1], FRIDAY)


def test_reschedule_closes_the_link_of_a_parent_who_lost_their_rights():
    cast = people.cast()
    meeting = booked(cast)
    Guardianship.objects.filter(guardian=cast.father).update(is_no_contact=True)

    move(meeting, plan_of(cast, start=FRIDAY), by=cast.case_manager)

    assert [mail for mail in mails_of(meeting) if mail[1] == "Tomas Rainwater" and mail[3] == 2] == []
    assert "Tomas Rainwater" not in busy_of(meeting)
    assert ParentLink.objects.get(guardian=cast.father.pk).revoked_at == LATER
    assert ParentLink.objects.get(guardian=cast.mother.pk).revoked_at is None


def test_reschedule_with_a_parent_who_lost_their_rights():
    cast = people.cast()
    meeting = booked(cast)
    Guardianship.objects.filter(guardian=cast.mother).update(is_no_contact=True)

    with pytest.raises(Barred):
        move(meeting, plan_of(cast, start=FRIDAY), by=cast.case_manager)

    assert Meeting.objects.get().version == 1


def test_reschedule_into_the_past():
    cast = people.cast()
    meeting = booked(cast)

    with pytest.raises(ValueError, match="before it starts"):
        move(meeting, plan_of(cast, start=NOW), by=cast.case_manager)


# Cancelling


def test_cancel_frees_everyone_and_tells_them():
    cast = people.cast()
    meeting = booked(cast)

    assert cancel(meeting, by=cast.case_manager, why="Snow day", version=1, now=LATER) is True

    assert (meeting.status, meeting.version, meeting.sequence) == ("cancelled", 2, 1)
    assert (meeting.cancelled_at, meeting.changed_why) == (LATER, "Snow day")
    assert Busy.objects.count() == 0
    assert mails_of(meeting) == [
        ("invite", "Alice Kim", "withdrawn", 1),
        ("invite", "Dana Ortiz", "withdrawn", 1),
        ("invite", "Raj Patel", "withdrawn", 1),
        ("invite", "Jo Lee", "withdrawn", 1),
        ("parent_link", "Elena Rainwater", "withdrawn", 1),
        ("parent_link", "Tomas Rainwater", "withdrawn", 1),
        ("cancel", "Alice Kim", "queued", 2),
        ("cancel", "Dana Ortiz", "queued", 2),
        ("cancel", "Raj Patel", "queued", 2),
        ("cancel", "Jo Lee", "queued", 2),
        ("cancel", "Elena Rainwater", "queued", 2),
        ("cancel", "Tomas Rainwater", "queued", 2),
    ]
    change = MeetingChange.objects.get(what="cancelled")
    assert (change.by, change.at, change.detail) == (cast.case_manager, LATER, {"why": "Snow day"})
    assert booked(cast).pk != meeting.pk


def test_cancel_twice():
    cast = people.cast()
    meeting = booked(cast)
    cancel(meeting, by=cast.case_manager, why="Snow day", version=1, now=LATER)
    before = mails_of(meeting)

    assert cancel(meeting, by=cast.case_manager, why="Snow day", version=2, now=LATER) is False
    assert mails_of(meeting) == before


def test_cancel_of_an_older_version():
    cast = people.cast()
    meeting = booked(cast)

    assert cancel(meeting, by=cast.case_manager, why="Snow day", version=0, now=LATER) is False
    assert Meeting.objects.get().status == "booked"


# Holding


def due_dates():
    return list(
        DueDate.objects.order_by("pk").values_list(
            "kind", "due_on", "counted_from_on", "source", "closed_at", "closed_why", "created_by"
        )
    )


@pytest.mark.parametrize(
    ("rule", "due_on"),
    [
        ("day_before_anniversary", date(2027, 12, 2)),
        ("days_365", date(2027, 12, 3)),
        ("anniversary", date(2027, 12, 3)),
    ],
)
def test_record_held_sets_the_next_annual_review(rule, due_on):
    cast = people.cast()
    District.objects.update(annual_rule=rule)
    meeting = booked(cast)
    now = START + 2 * HOUR

    held = record_held(meeting, by=cast.case_manager, held_on=date(2026, 12, 3), version=1, now=now)

    assert held is True
    assert (meeting.status, meeting.held_at, meeting.version, meeting.sequence) == ("held", now, 2, 0)
    assert due_dates() == [
        ("annual_review", date(2026, 12, 11), None, "people", now, "Meeting held", None),
        ("annual_review", due_on, date(2026, 12, 3), "people", None, "", cast.case_manager.pk),
    ]
    change = MeetingChange.objects.get(what="held")
    assert (change.by, change.at, change.detail) == (cast.case_manager, now, {"held_on": "2026-12-03"})


def test_record_held_of_a_reevaluation_sets_the_next_three_years_later():
    cast = people.cast()
    DueDate.objects.update(kind=MeetingKind.REEVALUATION)
    meeting = booked(cast, kind=MeetingKind.REEVALUATION)

    record_held(meeting, by=cast.case_manager, held_on=date(2026, 12, 3), version=1, now=START + HOUR)

    assert [(kind, due_on, closed is None) for kind, due_on, _, _, closed, _, _ in due_dates()] == [
        ("reevaluation", date(2026, 12, 11), False),
        ("reevaluation", date(2029, 12, 2), True),
    ]


def test_record_held_of_an_initial_iep_sets_the_first_annual_review():
    cast = people.cast()
    DueDate.objects.update(kind=MeetingKind.INITIAL_IEP)
    meeting = booked(cast, kind=MeetingKind.INITIAL_IEP)

    record_held(meeting, by=cast.case_manager, held_on=date(2026, 12, 3), version=1, now=START + HOUR)

    assert due_dates() == [
        ("initial_iep", date(2026, 12, 11), None, "people", START + HOUR, "Meeting held", None),
        ("annual_review", date(2027, 12, 2), date(2026, 12, 3), "people", None, "", cast.case_manager.pk),
    ]


@pytest.mark.parametrize(
    ("known", "kept"),
    [
        (date(2027, 10, 1), (date(2027, 10, 1), None, "roster")),
        (date(2028, 1, 15), (date(2027, 12, 2), date(2026, 12, 3), "people")),
    ],
    ids=["earlier", "later than a year"],
)
def test_record_held_of_an_initial_iep_where_an_annual_review_is_open(known, kept):
    cast = people.cast()
    DueDate.objects.update(kind=MeetingKind.INITIAL_IEP)
    meeting = booked(cast, kind=MeetingKind.INITIAL_IEP)
    DueDate.objects.create(student=cast.student, kind=MeetingKind.ANNUAL_REVIEW, due_on=known, source="roster")

    record_held(meeting, by=cast.case_manager, held_on=date(2026, 12, 3), version=1, now=START + HOUR)

    assert [row[1:4] for row in due_dates() if row[0] == "annual_review"] == [kept]


def test_record_held_of_an_amendment_sets_nothing():
    cast = people.cast()
    DueDate.objects.update(kind=MeetingKind.AMENDMENT)
    meeting = booked(cast, kind=MeetingKind.AMENDMENT)

    record_held(meeting, by=cast.case_manager, held_on=date(2026, 12, 3), version=1, now=START + HOUR)

    assert [row[4] for row in due_dates()] == [START + HOUR]


def test_record_held_meets_a_due_date_it_was_not_booked_for():
    cast = people.cast()
    meeting = booked(cast, due_date_id=None)

    record_held(meeting, by=cast.case_manager, held_on=date(2026, 12, 3), version=1, now=START + HOUR)

    assert [(row[1], row[4] is None) for row in due_dates()] == [
        (date(2026, 12, 11), False),
        (date(2027, 12, 2), True),
    ]


@pytest.mark.parametrize(("now", "held_on"), [(START - HOUR, date(2026, 12, 3)), (START + HOUR, date(2026, 12, 4))])
def test_record_held_too_early(now, held_on):
    cast = people.cast()
    meeting = booked(cast)

    with pytest.raises(ValueError, match="when it has started"):
        record_held(meeting, by=cast.case_manager, held_on=held_on, version=1, now=now)


def test_record_held_twice():
    cast = people.cast()
    meeting = booked(cast)
    arguments = {"by": cast.case_manager, "held_on": date(2026, 12, 3), "now": START + HOUR}
    record_held(meeting, version=1, **arguments)

    assert record_held(meeting, version=2, **arguments) is False
    assert len(due_dates()) == 2


# Seats


def test_give_seat_to_another():
    cast = people.cast()
    meeting = booked(cast)
    seat = seat_of(meeting, cast.teacher)

    given = give_seat(seat, cast.colleague.person, by=cast.case_manager, version=1, now=LATER)

    meeting.refresh_from_db()
    assert given is True
    assert (meeting.version, meeting.sequence) == (2, 0)
    assert seats_of(meeting)[3] == ("general_education_teacher", "required", "Priya Shah", "none", True)
    assert ("Raj Patel" in busy_of(meeting), "Priya Shah" in busy_of(meeting)) == (False, True)
    assert [mail for mail in mails_of(meeting) if mail[1] in {"Raj Patel", "Priya Shah"}] == [
        ("invite", "Raj Patel", "withdrawn", 1),
        ("cancel", "Raj Patel", "queued", 2),
        ("invite", "Priya Shah", "queued", 2),
    ]
    assert [mail[2] for mail in mails_of(meeting) if mail[1] == "Alice Kim"] == ["queued"]
    change = MeetingChange.objects.get(what="seat_changed")
    assert change.detail == {"role": "general_education_teacher", "from": "Raj Patel", "to": "Priya Shah"}


def test_give_seat_and_back_again_invites_again():
    cast = people.cast()
    meeting = booked(cast)
    give_seat(seat_of(meeting, cast.teacher), cast.colleague.person, by=cast.case_manager, version=1, now=LATER)

    give_seat(seat_of(meeting, cast.colleague), cast.teacher.person, by=cast.case_manager, version=2, now=LATER)

    assert [mail for mail in mails_of(meeting) if mail[1] == "Raj Patel"] == [
        ("invite", "Raj Patel", "withdrawn", 1),
        ("cancel", "Raj Patel", "withdrawn", 2),
        ("invite", "Raj Patel", "queued", 3),
    ]


def test_give_seat_to_oneself_is_a_yes():
    cast = people.cast()
    meeting = booked(cast)
    seat = seat_of(meeting, cast.vice_principal)

    give_seat(seat, cast.administrator.person, by=cast.administrator, version=1, now=LATER)

    assert seats_of(meeting)[1] == ("lea_representative", "required", "Marcus Bell", "yes", True)


def test_give_seat_to_someone_at_the_table_keeps_their_answer():
    cast = people.cast()
    meeting = booked(cast)
    reply_as_staff(seat_of(meeting, cast.vice_principal), answer="yes", note="", now=NOW)

    give_seat(seat_of(meeting, cast.teacher), cast.vice_principal.person, by=cast.case_manager, version=1, now=LATER)

    assert seats_of(meeting)[3] == ("general_education_teacher", "required", "Alice Kim", "yes", True)
    assert [mail[0] for mail in mails_of(meeting) if mail[1] == "Alice Kim"] == ["invite"]
    assert busy_of(meeting).count("Alice Kim") == 1


def test_give_seat_to_someone_who_is_taken():
    cast = people.cast()
    meeting = booked(cast)
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    book(other, one_seat_plan(other, cast.colleague), by=cast.colleague, now=NOW)

    with pytest.raises(Taken) as taken:
        give_seat(seat_of(meeting, cast.teacher), cast.colleague.person, by=cast.case_manager, version=1, now=LATER)

    assert taken.value.people == (cast.colleague.person,)
    assert seats_of(meeting)[3][2] == "Raj Patel"
    assert Meeting.objects.get(pk=meeting.pk).version == 1


def test_give_seat_of_an_older_version():
    cast = people.cast()
    meeting = booked(cast)
    seat = seat_of(meeting, cast.teacher)

    assert give_seat(seat, cast.colleague.person, by=cast.case_manager, version=0, now=LATER) is False
    assert give_seat(seat, cast.teacher.person, by=cast.case_manager, version=1, now=LATER) is False


def test_give_seat_to_whoever_holds_it():
    cast = people.cast()
    meeting = booked(cast)

    given = give_seat(seat_of(meeting, cast.teacher), cast.teacher.person, by=cast.case_manager, version=1, now=LATER)

    assert given is False
    assert Meeting.objects.get().version == 1


def test_give_seat_that_another_holds_by_now():
    cast = people.cast()
    meeting = booked(cast)
    seat = seat_of(meeting, cast.teacher)
    meeting.seats.filter(pk=seat.pk).update(holder=cast.colleague.person)

    assert give_seat(seat, cast.speech.person, by=cast.case_manager, version=1, now=LATER) is False


def test_give_seat_once_it_has_begun():
    cast = people.cast()
    seat = seat_of(booked(cast), cast.teacher)

    with pytest.raises(ValueError, match="before the meeting starts"):
        give_seat(seat, cast.colleague.person, by=cast.case_manager, version=1, now=START)


@pytest.mark.parametrize("who", ["another student", "someone gone", "a closed account"])
def test_give_seat_to_someone_who_may_not_hold_one(who):
    cast = people.cast()
    seat = seat_of(booked(cast), cast.teacher)
    if who == "another student":
        person = people.student("Otis Marigold", cast.school, cast.case_manager).person
    else:
        person = cast.colleague.person
        if who == "someone gone":
            Person.objects.filter(pk=person.pk).update(gone_at=NOW)
        else:
            Staff.objects.filter(pk=person.pk).update(is_active=False)

    with pytest.raises(Barred) as barred:
        give_seat(seat, person, by=cast.case_manager, version=1, now=LATER)

    assert barred.value.people == (person,)
    assert Meeting.objects.get().version == 1


def test_remind_once_a_day():
    cast = people.cast()
    meeting = booked(cast)
    seat = seat_of(meeting, cast.teacher)

    outcomes = [remind(seat, now=now) for now in (LATER, LATER + HOUR, LATER + timedelta(days=1))]

    assert outcomes == [True, False, True]
    assert Message.objects.filter(kind="member_reminder", recipient=cast.teacher.pk).count() == 2


def test_remind_someone_who_has_answered():
    cast = people.cast()
    meeting = booked(cast)

    assert remind(seat_of(meeting, cast.case_manager), now=LATER) is False


# Links


def test_send_link_again_ends_the_old_one():
    cast = people.cast()
    meeting = booked(cast)
    link = ParentLink.objects.get(guardian=cast.mother.pk)
    old = tokens.token_of(link)

    assert send_link_again(link, by=cast.case_manager, now=LATER) is True

    assert tokens.find(old) is None
    assert tokens.find(tokens.token_of(ParentLink.objects.get(pk=link.pk))) == link
    assert Message.objects.filter(meeting=meeting, kind="parent_link", recipient=cast.mother.pk).count() == 2
    change = MeetingChange.objects.get(what="link_renewed")
    assert (change.person, change.by) == (cast.mother.person, cast.case_manager)


def test_send_link_again_to_someone_without_an_address_leaves_the_old_one():
    cast = people.cast()
    booked(cast)
    Person.objects.filter(pk=cast.mother.pk).update(email="")
    link = ParentLink.objects.get(guardian=cast.mother.pk)

    assert send_link_again(link, by=cast.case_manager, now=LATER) is False
    assert ParentLink.objects.get(pk=link.pk).token_hash == link.token_hash


def test_seat_plans_of_one_role_keep_their_people():
    cast = people.cast()
    two = (
        SeatPlan(Role.OTHER, Requirement.OPTIONAL, cast.teacher.pk),
        SeatPlan(Role.OTHER, Requirement.OPTIONAL, cast.speech.pk),
    )
    meeting = booked(cast, seats=two)
    rows = {seat.holder_id: seat.pk for seat in meeting.seats.all()}

    move(meeting, plan_of(cast, start=FRIDAY, seats=two[::-1]), by=cast.case_manager)

    assert {seat.holder_id: seat.pk for seat in meeting.seats.all()} == rows


def test_send_link_again_of_a_meeting_that_is_cancelled():
    cast = people.cast()
    meeting = booked(cast)
    cancel(meeting, by=cast.case_manager, why="Snow", version=1, now=LATER)
    link = meeting.parent_links.get(guardian=cast.mother.pk)

    assert send_link_again(link, by=cast.case_manager, now=LATER) is False
    assert ParentLink.objects.get(pk=link.pk).generation == 1
