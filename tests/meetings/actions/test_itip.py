"""What each change of a meeting writes into whose calendar: RFC 5546, told by whole lists of files."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from meetings import reply_addresses
from meetings.actions import swap as swaps
from meetings.actions.book import SeatPlan
from meetings.actions.cancel import cancel
from meetings.actions.family import close_out
from meetings.actions.link import send_link_again
from meetings.actions.reasons import still_stands
from meetings.actions.reply import reply_as_staff
from meetings.actions.reschedule import reschedule
from meetings.actions.seat import give_seat, remind
from meetings.models import Answer, Meeting, Message, ParentLink, Requirement
from students.models import Role, Staff
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, plan_of
from tests.meetings.actions.test_swap import ask
from tests.storyday import story_day

pytestmark = pytest.mark.django_db

LATER = NOW + HOUR
FRIDAY = START + timedelta(days=1)
ALL = ("Alice Kim", "Dana Ortiz", "Raj Patel", "Jo Lee", "Elena Rainwater", "Tomas Rainwater")


def event_of(row):
    return Calendar.from_ical(bytes(row.ics)).events[0]


def files_of(meeting, since=0):
    """Each calendar file written as (to whom, method, SEQUENCE), in order."""
    rows = Message.objects.filter(meeting=meeting, ics__isnull=False, pk__gt=since).select_related("recipient")
    return [(row.recipient.full_name, row.ics_method, event_of(row).sequence) for row in rows.order_by("pk")]


def last_message():
    return Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def seat_of(meeting, person):
    return meeting.seats.select_related("meeting", "holder").filter(holder=person.pk).first()


def give(meeting, seat, person, *, by, version):
    assert give_seat(seat, person.person, by=by, version=version, now=LATER + timedelta(minutes=version))


def test_booking_sends_each_their_own_request_at_sequence_0():
    cast = people.cast()

    meeting = booked(cast)

    assert files_of(meeting) == [(name, "REQUEST", 0) for name in ALL]
    rows = Message.objects.filter(meeting=meeting)
    events = {row.recipient.full_name: event_of(row) for row in rows.select_related("recipient")}
    assert {(name, str(event["ATTENDEE"])) for name, event in events.items()} == {
        (row.recipient.full_name, f"mailto:{row.to_address}") for row in rows
    }
    assert {name: str(event["ATTENDEE"].params["ROLE"]) for name, event in events.items()} == {
        "Alice Kim": "REQ-PARTICIPANT",
        "Dana Ortiz": "CHAIR",
        "Raj Patel": "REQ-PARTICIPANT",
        "Jo Lee": "OPT-PARTICIPANT",
        "Elena Rainwater": "REQ-PARTICIPANT",
        "Tomas Rainwater": "REQ-PARTICIPANT",
    }
    assert {str(event["UID"]).partition("@")[0] for event in events.values()} == {str(meeting.uid)}


def test_who_must_be_invited_is_a_required_participant():
    cast = people.cast()
    guest = people.outside("Pippa Thimble", "agency")
    plan = plan_of(cast)
    seats = (*plan.seats, SeatPlan(Role.OTHER, Requirement.MUST_BE_INVITED, guest.pk))

    meeting = booked(cast, seats=seats)

    row = Message.objects.get(meeting=meeting, recipient=guest.pk)
    assert event_of(row)["ATTENDEE"].params["ROLE"] == "REQ-PARTICIPANT"


def test_role_of_one_person_in_two_seats_is_that_of_the_required_one():
    cast = people.cast()
    seats = (
        SeatPlan(Role.RELATED_SERVICE_PROVIDER, Requirement.OPTIONAL, cast.speech.pk),
        *plan_of(cast).seats[:4],
        SeatPlan(Role.EVALUATION_INTERPRETER, Requirement.REQUIRED, cast.speech.pk),
    )

    meeting = booked(cast, seats=seats)

    row = Message.objects.get(meeting=meeting, recipient=cast.speech.pk)
    assert event_of(row)["ATTENDEE"].params["ROLE"] == "REQ-PARTICIPANT"


@pytest.mark.parametrize(
    "change",
    [{"start": FRIDAY}, {"minutes": 90}, {"room": False}, {"start": FRIDAY, "minutes": 30, "room": False}],
    ids=["time", "length", "room", "all"],
)
def test_another_time_length_or_room_updates_everyone_at_the_next_sequence(change):
    cast = people.cast()
    meeting = booked(cast)
    since = last_message()

    assert reschedule(meeting, plan_of(cast, **change), by=cast.case_manager, why="", version=1, now=LATER)

    assert (meeting.sequence, files_of(meeting, since)) == (1, [(name, "REQUEST", 1) for name in ALL])


def test_other_people_alone_raise_no_sequence():
    cast = people.cast()
    meeting = booked(cast)
    since = last_message()

    reschedule(meeting, plan_of(cast, teacher=cast.colleague), by=cast.case_manager, why="", version=1, now=LATER)

    assert (meeting.version, meeting.sequence) == (2, 0)
    assert files_of(meeting, since) == [
        ("Alice Kim", "REQUEST", 0),
        ("Dana Ortiz", "REQUEST", 0),
        ("Priya Shah", "REQUEST", 0),
        ("Jo Lee", "REQUEST", 0),
        ("Elena Rainwater", "REQUEST", 0),
        ("Tomas Rainwater", "REQUEST", 0),
        ("Raj Patel", "CANCEL", 1),
    ]


def test_cancelling_sends_everyone_a_cancel_at_the_next_sequence():
    cast = people.cast()
    meeting = booked(cast)
    since = last_message()

    cancel(meeting, by=cast.case_manager, why="Snow", version=1, now=LATER)

    assert (meeting.sequence, files_of(meeting, since)) == (1, [(name, "CANCEL", 1) for name in ALL])


def test_who_is_dropped_by_a_move_gets_a_cancel_and_the_others_an_update():
    cast = people.cast()
    meeting = booked(cast)
    since = last_message()
    plan = plan_of(cast, start=FRIDAY, teacher=cast.colleague)

    reschedule(meeting, plan, by=cast.case_manager, why="", version=1, now=LATER)

    assert files_of(meeting, since) == [
        ("Alice Kim", "REQUEST", 1),
        ("Dana Ortiz", "REQUEST", 1),
        ("Priya Shah", "REQUEST", 1),
        ("Jo Lee", "REQUEST", 1),
        ("Elena Rainwater", "REQUEST", 1),
        ("Tomas Rainwater", "REQUEST", 1),
        ("Raj Patel", "CANCEL", 1),
    ]


def test_a_seat_given_away_changes_two_calendars_and_nobody_elses():
    cast = people.cast()
    meeting = booked(cast)
    since = last_message()

    give(meeting, seat_of(meeting, cast.teacher), cast.colleague, by=cast.case_manager, version=1)

    assert Meeting.objects.get().sequence == 0
    assert files_of(meeting, since) == [("Raj Patel", "CANCEL", 1), ("Priya Shah", "REQUEST", 0)]
    row = Message.objects.get(ics_method="CANCEL")
    assert str(event_of(row)["ATTENDEE"]) == "mailto:raj.patel@schools.example"
    assert event_of(row)["STATUS"] == "CANCELLED"


def test_who_leaves_and_comes_back_is_told_by_numbers_that_only_rise():
    cast = people.cast()
    meeting = booked(cast)
    seat = seat_of(meeting, cast.teacher)
    Message.objects.update(state="sent")
    teacher = []
    for version, person in enumerate((cast.colleague, cast.teacher, cast.colleague, cast.teacher), 1):
        give(meeting, Meeting.objects.get().seats.get(pk=seat.pk), person, by=cast.case_manager, version=version)
        Message.objects.update(state="sent")
    meeting.refresh_from_db()
    assert reschedule(meeting, plan_of(cast, start=FRIDAY), by=cast.case_manager, why="", version=5, now=LATER + HOUR)
    cancel(meeting, by=cast.case_manager, why="", version=6, now=LATER + 2 * HOUR)

    teacher = [file[1:] for file in files_of(meeting) if file[0] == "Raj Patel"]
    assert teacher == [
        ("REQUEST", 0),
        ("CANCEL", 1),
        ("REQUEST", 2),
        ("CANCEL", 3),
        ("REQUEST", 4),
        ("REQUEST", 5),
        ("CANCEL", 6),
    ]
    others = [file[1:] for file in files_of(meeting) if file[0] == "Jo Lee"]
    assert others == [("REQUEST", 0), ("REQUEST", 1), ("CANCEL", 2)]


def test_a_swap_cancels_for_who_leaves_invites_who_comes_and_updates_the_others_as_they_are():
    day = story_day()
    before = day.other.sequence
    swap = ask(day)
    since = last_message()

    swaps.answer(swap.moves.get(), says=Answer.YES, note="", now=NOW)

    assert Meeting.objects.get(pk=day.other.pk).sequence == before
    assert sorted(files_of(day.other, since)) == [
        ("Alice Kim", "CANCEL", before + 1),
        ("Marcus Bell", "REQUEST", before),
        ("Otis Grove", "REQUEST", before),
        ("Sofia Marin", "REQUEST", before),
    ]


def test_a_guardian_whose_rights_end_is_told_nothing_at_all():
    cast = people.cast()
    meeting = booked(cast)
    since = last_message()

    close_out(cast.student, cast.mother.person, now=LATER)

    meeting.refresh_from_db()
    assert (meeting.version, meeting.sequence, files_of(meeting, since)) == (2, 0, [])


def test_one_whose_account_is_closed_is_taken_out_of_their_calendar_and_told_no_name():
    cast = people.cast()
    meeting = booked(cast)
    Staff.objects.filter(pk=cast.teacher.pk).update(is_active=False)
    since = last_message()

    give(meeting, seat_of(meeting, cast.teacher), cast.colleague, by=cast.case_manager, version=1)

    assert files_of(meeting, since) == [("Raj Patel", "CANCEL", 1), ("Priya Shah", "REQUEST", 0)]
    row = Message.objects.select_related("recipient", "meeting").get(ics_method="CANCEL")
    assert still_stands(row, now=LATER)
    assert "Maya" not in row.subject + row.text + row.html + bytes(row.ics).decode()


def test_cancelling_tells_one_whose_account_is_closed_neither_name_nor_reason():
    cast = people.cast()
    meeting = booked(cast)
    Staff.objects.filter(pk=cast.teacher.pk).update(is_active=False)

    cancel(meeting, by=cast.case_manager, why="Maya is in hospital", version=1, now=LATER)

    row = Message.objects.get(ics_method="CANCEL", recipient=cast.teacher.pk)
    assert "The school meeting on Thursday, December 3 at 1:30 PM is cancelled." in row.text
    assert "Maya" not in row.subject + row.text + row.html + bytes(row.ics).decode()


def test_answers_reminders_and_a_link_sent_again_raise_nothing():
    cast = people.cast()
    meeting = booked(cast)
    since = last_message()

    reply_as_staff(seat_of(meeting, cast.teacher), answer="yes", note="", now=LATER)
    remind(seat_of(meeting, cast.speech), now=LATER)
    send_link_again(ParentLink.objects.get(guardian=cast.mother.pk), by=cast.case_manager, now=LATER)

    meeting.refresh_from_db()
    assert (meeting.sequence, files_of(meeting, since)) == (0, [("Elena Rainwater", "REQUEST", 0)])


# Who the organizer is


@pytest.fixture
def _reads(settings):
    settings.REPLIES_ADDRESS = "replies@iep.example.org"


def parts_of(person):
    """The organizer and RSVP of each file to a person, in order."""
    rows = Message.objects.filter(recipient=person.pk, ics__isnull=False).order_by("pk")
    return [(str(event_of(row)["ORGANIZER"]), str(event_of(row)["ATTENDEE"].params["RSVP"])) for row in rows]


def test_where_answers_are_read_they_are_asked_for_and_the_organizer_never_changes(_reads):
    cast = people.cast()
    meeting = booked(cast)
    reschedule(meeting, plan_of(cast, start=FRIDAY), by=cast.vice_principal, why="", version=1, now=LATER)
    cancel(meeting, by=cast.case_manager, why="", version=2, now=LATER)

    organizers = set()
    for person in (cast.teacher, cast.mother, cast.case_manager):
        (first, *_) = parts = parts_of(person)
        assert parts == [(first[0], "TRUE"), (first[0], "TRUE"), (first[0], "FALSE")]
        organizers.add(first[0])
    assert len(organizers) == 3
    assert all(address.startswith("mailto:replies+m-") for address in organizers)


def test_organizer_stays_who_it_was_when_answers_begin_to_be_read(settings):
    cast = people.cast()
    meeting = booked(cast)
    settings.REPLIES_ADDRESS = "replies@iep.example.org"

    reschedule(
        meeting, plan_of(cast, start=FRIDAY, teacher=cast.colleague), by=cast.case_manager, why="", version=1, now=LATER
    )

    sender = settings.DEFAULT_FROM_EMAIL.partition("<")[2].rstrip(">")
    assert parts_of(cast.speech) == [(f"mailto:{sender}", "FALSE"), (f"mailto:{sender}", "FALSE")]
    row = Message.objects.filter(recipient=cast.speech.pk).latest("pk")
    assert "An answer in your calendar is not read." in row.text
    ((organizer, rsvp),) = parts_of(cast.colleague)
    assert (organizer.startswith("mailto:replies+m-"), rsvp) == (True, "TRUE")


def test_organizer_stays_who_it_was_when_answers_are_no_longer_read(settings):
    settings.REPLIES_ADDRESS = "replies@iep.example.org"
    cast = people.cast()
    meeting = booked(cast)
    settings.REPLIES_ADDRESS = ""

    reschedule(meeting, plan_of(cast, start=FRIDAY), by=cast.case_manager, why="", version=1, now=LATER)

    first, second = parts_of(cast.teacher)
    assert (first[0], first[1], second[1]) == (second[0], "TRUE", "FALSE")


def test_no_secret_address_rests_in_the_database(_reads):
    cast = people.cast()
    meeting = booked(cast)
    cancel(meeting, by=cast.case_manager, why="", version=1, now=LATER)

    for row in Message.objects.filter(meeting=meeting):
        secret = reply_addresses.answer_address(meeting.pk, row.recipient_id).partition("@")[0].rpartition("-")[2]
        kept = " ".join([row.reply_to, row.text, row.html, bytes(row.ics or b"").decode().replace("\r\n ", "")])
        assert secret not in kept
        assert reply_addresses.is_masked(row.reply_to)
