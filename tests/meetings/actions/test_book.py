from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from meetings import tokens
from meetings.actions.book import AlreadyBooked, Barred, SeatPlan, Taken, book
from meetings.models import Busy, Meeting, MeetingChange, ParentLink, Requirement
from students.models import Guardianship, Person, Role
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, busy_of, counts, mails_of, one_seat_plan, plan_of, seats_of
from tests.queued import asked_for

pytestmark = pytest.mark.django_db

NOTHING = {"Meeting": 0, "Seat": 0, "Busy": 0, "Message": 0}


def test_book_writes_everything_that_belongs_to_it():
    cast = people.cast()

    meeting = booked(cast)

    assert (meeting.status, meeting.version, meeting.sequence, meeting.organizer) == ("booked", 1, 0, cast.case_manager)
    assert (meeting.start_at, meeting.end_at, meeting.room, meeting.due_date) == (
        START,
        START + HOUR,
        cast.room,
        cast.due,
    )
    assert seats_of(meeting) == [
        ("parent", "required", "Elena Rainwater", "none", True),
        ("lea_representative", "required", "Alice Kim", "none", True),
        ("special_education_teacher", "required", "Dana Ortiz", "yes", True),
        ("general_education_teacher", "required", "Raj Patel", "none", True),
        ("related_service_provider", "optional", "Jo Lee", "none", True),
        ("parent", "optional", "Tomas Rainwater", "none", True),
    ]
    ids = [cast.case_manager, cast.vice_principal, cast.teacher, cast.speech, cast.student, cast.mother, cast.father]
    by_pk = [str(person) for person in Person.objects.filter(pk__in=[row.pk for row in ids]).order_by("pk")]
    assert busy_of(meeting) == [*by_pk, "Room 12"]
    assert mails_of(meeting) == [
        ("invite", "Alice Kim", "queued", 1),
        ("invite", "Dana Ortiz", "queued", 1),
        ("invite", "Raj Patel", "queued", 1),
        ("invite", "Jo Lee", "queued", 1),
        ("parent_link", "Elena Rainwater", "queued", 1),
        ("parent_link", "Tomas Rainwater", "queued", 1),
    ]
    links = {link.guardian_id: link.expires_at for link in ParentLink.objects.filter(meeting=meeting)}
    assert links == {cast.mother.pk: tokens.expiry_of(meeting), cast.father.pk: tokens.expiry_of(meeting)}
    assert list(MeetingChange.objects.values_list("meeting", "what", "by", "at", "detail")) == [
        (
            meeting.pk,
            "booked",
            cast.case_manager.pk,
            NOW,
            {"start_at": "2026-12-03T18:30:00+00:00", "end_at": "2026-12-03T19:30:00+00:00", "room": "Room 12"},
        )
    ]
    assert asked_for("send_outbox") == [{}]
    assert asked_for("review_meeting") == [{"pk": meeting.pk, "by": cast.case_manager.pk, "is_new": 1}]


def test_book_writes_to_no_parent_without_rights_or_under_an_order():
    cast = people.cast()
    Guardianship.objects.filter(guardian=cast.father).update(is_no_contact=True)
    people.guardian("Rose Rainwater", cast.student, has_education_rights=False)

    meeting = booked(cast)

    assert [name for _, _, name, _, _ in seats_of(meeting)] == [
        "Elena Rainwater",
        "Alice Kim",
        "Dana Ortiz",
        "Raj Patel",
        "Jo Lee",
    ]
    assert list(ParentLink.objects.values_list("guardian", flat=True)) == [cast.mother.pk]
    assert [mail for mail in mails_of(meeting) if mail[0] == "parent_link"] == [
        ("parent_link", "Elena Rainwater", "queued", 1)
    ]


def test_book_marks_nobody_as_asked_who_cannot_be_written_to():
    cast = people.cast()
    Person.objects.filter(pk=cast.father.pk).update(email="")

    meeting = booked(cast)

    assert seats_of(meeting)[-1] == ("parent", "optional", "Tomas Rainwater", "none", False)


def test_book_of_one_person_in_two_seats_takes_and_invites_them_once():
    cast = people.cast()
    seats = (
        *plan_of(cast).seats,
        SeatPlan(Role.EVALUATION_INTERPRETER, Requirement.REQUIRED, cast.case_manager.pk),
    )

    meeting = booked(cast, seats=seats)

    assert busy_of(meeting).count("Dana Ortiz") == 1
    assert [mail[1] for mail in mails_of(meeting)].count("Dana Ortiz") == 1
    assert [seat.answer for seat in meeting.seats.filter(holder=cast.case_manager.pk)] == ["yes", "yes"]


@pytest.mark.parametrize("who", ["gone", "closed account", "parent without rights", "another student"])
def test_book_with_someone_who_may_not_hold_a_seat(who):
    cast = people.cast()
    holder = {
        "gone": lambda: people.staff("Otis Gone", cast.school).person,
        "closed account": lambda: people.staff("Otis Closed", cast.school, is_active=False).person,
        "parent without rights": lambda: (
            people.guardian("Rose Rainwater", cast.student, has_education_rights=False).person
        ),
        "another student": lambda: people.student("Pippa Thimble", cast.school).person,
    }[who]()
    if who == "gone":
        Person.objects.filter(pk=holder.pk).update(gone_at=NOW)

    with pytest.raises(Barred) as barred:
        book(cast.student, one_seat_plan(cast.student, holder), by=cast.case_manager, now=NOW)

    assert barred.value.people == (holder,)
    assert counts() == NOTHING


def test_book_with_an_unknown_person():
    cast = people.cast()
    plan = replace(plan_of(cast), seats=(SeatPlan(Role.OTHER, Requirement.REQUIRED, 10**9),))

    with pytest.raises(ValueError, match="no person"):
        book(cast.student, plan, by=cast.case_manager, now=NOW)

    assert counts() == NOTHING


def test_book_in_the_past():
    cast = people.cast()

    with pytest.raises(ValueError, match="before it starts"):
        booked(cast, start=NOW)

    assert counts() == NOTHING


def test_book_names_who_and_which_room_is_taken():
    cast = people.cast()
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    first = book(other, one_seat_plan(other, cast.teacher, room_id=cast.room.pk), by=cast.colleague, now=NOW)
    before = counts()

    with pytest.raises(Taken) as taken:
        booked(cast, start=START + timedelta(minutes=30))

    assert (taken.value.people, taken.value.room) == ((cast.teacher.person,), cast.room)
    assert [(row.during.lower, row.during.upper) for row in taken.value.busy] == [(START, START + HOUR)] * 2
    assert counts() == before
    assert list(Meeting.objects.all()) == [first]


def test_book_back_to_back():
    cast = people.cast()
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    plan = one_seat_plan(other, cast.teacher, start=START - HOUR, room_id=cast.room.pk)
    book(other, plan, by=cast.colleague, now=NOW)

    meeting = booked(cast)

    assert Busy.objects.filter(person=cast.teacher.pk).count() == 2
    assert meeting.start_at == START


def test_book_asks_a_second_parent_who_is_at_another_childs_meeting():
    cast = people.cast()
    sister = people.student("Juniper Rainwater", cast.school, cast.colleague)
    Guardianship.objects.create(student=sister, guardian=cast.father)
    book(sister, one_seat_plan(sister, cast.colleague), by=cast.colleague, now=NOW)

    meeting = booked(cast)

    assert "Tomas Rainwater" not in busy_of(meeting)
    assert ("parent", "optional", "Tomas Rainwater", "none", True) in seats_of(meeting)


def test_book_the_same_due_date_twice():
    cast = people.cast()
    first = booked(cast)
    before = counts()

    with pytest.raises(AlreadyBooked) as already:
        booked(cast)
    with pytest.raises(AlreadyBooked):
        booked(cast, start=START + timedelta(days=1))

    assert already.value.meeting == first
    assert counts() == before


def test_book_the_same_time_twice_without_a_due_date():
    cast = people.cast()
    plan = one_seat_plan(cast.student, cast.teacher)
    first = book(cast.student, plan, by=cast.case_manager, now=NOW)

    with pytest.raises(AlreadyBooked) as already:
        book(cast.student, plan, by=cast.case_manager, now=NOW)

    assert already.value.meeting == first


def test_book_fills_the_empty_seat_of_a_parent():
    cast = people.cast()
    seats = (
        SeatPlan(Role.PARENT, Requirement.REQUIRED, None),
        SeatPlan(Role.SPECIAL_EDUCATION_TEACHER, Requirement.REQUIRED, cast.case_manager.pk),
    )

    meeting = booked(cast, seats=seats)

    assert seats_of(meeting) == [
        ("parent", "required", "Elena Rainwater", "none", True),
        ("special_education_teacher", "required", "Dana Ortiz", "yes", True),
        ("parent", "optional", "Tomas Rainwater", "none", True),
    ]


def test_book_rolled_back_leaves_nothing():
    cast = people.cast()
    with connection.cursor() as cursor:  # The last statement of all fails.
        cursor.execute(
            """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$;
               CREATE TRIGGER refuse BEFORE INSERT ON django_q_ormq FOR EACH ROW EXECUTE FUNCTION refuse()"""
        )

    with pytest.raises(DatabaseError, match="disk full"):
        booked(cast)

    assert counts() == NOTHING
    assert not MeetingChange.objects.exists()
    assert not ParentLink.objects.exists()
