"""What each mail that comes in changes, and what it does not."""

from datetime import timedelta

import pytest
from django.db import connection

from meetings import reply_addresses
from meetings.actions import incoming
from meetings.actions.book import book
from meetings.actions.cancel import cancel
from meetings.actions.reply import reply_as_staff
from meetings.actions.reply_guardian import reply_as_guardian
from meetings.actions.telling import withdraw
from meetings.models import (
    BouncedAddress,
    IncomingMail,
    Meeting,
    MeetingChange,
    Message,
    MessageState,
    Reply,
    Seat,
)
from students.models import Guardianship
from tests import cast as people
from tests import incoming as mails
from tests.booking import HOUR, NOW, START, booked, busy_of, one_seat_plan
from tests.queued import asked_for

pytestmark = pytest.mark.django_db

LATER = NOW + HOUR


@pytest.fixture(autouse=True)
def replies(settings):
    settings.REPLIES_ADDRESS = mails.REPLIES


@pytest.fixture
def cast():
    return people.cast()


@pytest.fixture
def meeting(cast):
    return booked(cast)


def take_in(raw, now=LATER):
    return incoming.take_in(raw, door="webhook", now=now)


def shown(meeting, person):
    return meeting.seats.filter(holder=person.pk).values_list("answer", "note", "answered_at").first()


def became(row):
    return (row.kind, row.state, row.why)


def record():
    """All that a mail could change of meetings and messages, without the mail's own row."""
    return {
        "seats": list(Seat.objects.order_by("pk").values()),
        "replies": list(Reply.objects.order_by("pk").values()),
        "meetings": list(Meeting.objects.order_by("pk").values()),
        "messages": list(Message.objects.order_by("pk").values()),
        "changes": MeetingChange.objects.count(),
        "bounced": BouncedAddress.objects.count(),
    }


@pytest.fixture
def unchanged(meeting):
    before = record()
    yield
    assert record() == before


# A yes and a no


@pytest.mark.parametrize(
    ("partstat", "answer", "kind"), [("ACCEPTED", "yes", "accepted"), ("DECLINED", "no", "declined")]
)
def test_reply_of_a_member_is_entered_as_if_on_the_page(cast, meeting, partstat, answer, kind):
    row = take_in(
        mails.exchange(mails.to_of(meeting, cast.teacher), meeting.uid, partstat=partstat, comment="Bus duty")
    )

    assert became(row) == (kind, "applied", "")
    assert (row.meeting, row.person, row.sequence, row.words) == (meeting, cast.teacher.person, 0, "Bus duty")
    assert shown(meeting, cast.teacher) == (answer, "Bus duty", LATER)
    reply = Reply.objects.get()
    assert (reply.came_by, reply.answered_by, reply.recorded_by) == ("calendar", "Raj Patel", None)
    change = MeetingChange.objects.get(what="seat_answered")
    assert change.detail == {"answer": answer, "joins": "", "note": "Bus duty", "came_by": "calendar"}
    assert ("Raj Patel" in busy_of(meeting)) is (answer == "yes")


def test_no_of_an_optional_member_is_told_to_the_organizer(cast, meeting):
    take_in(mails.stub(mails.to_of(meeting, cast.speech), meeting.uid, partstat="DECLINED"))

    assert Message.objects.get(kind="seat_declined").recipient == cast.case_manager.person
    assert asked_for("send_outbox") != []


@pytest.mark.parametrize(("partstat", "answer"), [("ACCEPTED", "yes"), ("DECLINED", "no")])
@pytest.mark.parametrize("shape", [mails.google, mails.apple, mails.stub, mails.exchange])
def test_reply_of_a_parent_is_the_familys_answer_and_confirmed_in_writing(cast, meeting, shape, partstat, answer):
    own = {"attendee": "elena.rainwater@family.example"} if shape is mails.exchange else {}
    row = take_in(shape(mails.to_of(meeting, cast.mother), meeting.uid, partstat=partstat, **own))

    assert row.state == "applied"
    assert shown(meeting, cast.mother)[0] == answer
    reply = Reply.objects.get()
    assert (reply.came_by, reply.link.guardian, reply.recorded_by) == ("calendar", cast.mother.person, None)
    assert Message.objects.get(kind="parent_confirmation").recipient == cast.mother.person
    told = Message.objects.filter(kind="family_answered").values_list("recipient", flat=True)
    assert list(told) == ([] if answer == "yes" else [cast.case_manager.pk])


def test_reply_in_a_calendar_leaves_what_a_parent_said_on_their_page(cast, meeting):
    link = meeting.parent_links.get(guardian=cast.mother.pk)
    said = {
        "joins": "phone",
        "wants_interpreter": True,
        "interpreter_language": "Mam",
        "wants_minutes": 90,
        "other_times": "Mondays",
        "note": "Call first",
    }
    reply_as_guardian(link, version=1, answer="yes", family_times=[], answered_by="Elena Rainwater", now=NOW, **said)

    take_in(mails.google(mails.to_of(meeting, cast.mother), meeting.uid, partstat="DECLINED"))
    row = take_in(mails.google(mails.to_of(meeting, cast.mother), meeting.uid), now=LATER + HOUR)

    assert row.state == "applied"
    newest = Reply.objects.first()
    assert {name: getattr(newest, name) for name in said} == said | {"joins": ""}
    assert (newest.answer, Reply.objects.count()) == ("yes", 3)


def test_reply_without_organizer_is_known_by_its_address(cast, meeting):
    assert take_in(mails.stub(mails.to_of(meeting, cast.mother), meeting.uid, organizer=False)).state == "applied"


def test_reply_from_an_alias_is_known_by_its_address(cast, meeting):
    row = take_in(mails.stub(mails.to_of(meeting, cast.mother), meeting.uid, attendee="elena@work.example"))

    assert (row.state, row.person) == ("applied", cast.mother.person)


def test_reply_is_whose_address_it_came_to_and_not_whose_name_it_bears(cast, meeting):
    raw = mails.stub(mails.to_of(meeting, cast.father), meeting.uid).replace(b"elena.rainwater@", b"marcus.bell@")

    row = take_in(raw)

    assert row.person == cast.father.person
    assert Reply.objects.get().seat.holder == cast.father.person


def test_reply_without_sequence_to_a_meeting_that_never_moved(cast, meeting):
    assert take_in(mails.stub(mails.to_of(meeting, cast.mother), meeting.uid, sequence=None)).state == "applied"


def test_the_same_mail_twice_is_one(cast, meeting):
    raw = mails.google(mails.to_of(meeting, cast.mother), meeting.uid)
    first = take_in(raw)
    before = record()

    assert take_in(raw, now=LATER + HOUR) is None
    assert (record(), IncomingMail.objects.get()) == (before, first)


def test_the_same_answer_in_two_mails_is_kept_once(cast, meeting):
    to = mails.to_of(meeting, cast.mother)
    rows = [take_in(shape(to, meeting.uid)) for shape in (mails.google, mails.apple)]

    assert [row.state for row in rows] == ["applied", "applied"]
    assert (Reply.objects.count(), Message.objects.filter(kind="parent_confirmation").count()) == (1, 1)


def test_an_answer_changed_in_the_calendar_is_the_newest(cast, meeting):
    to = mails.to_of(meeting, cast.teacher)
    for partstat in ("ACCEPTED", "DECLINED"):
        take_in(mails.stub(to, meeting.uid, partstat=partstat))

    assert shown(meeting, cast.teacher)[0] == "no"
    assert list(Reply.objects.values_list("answer", flat=True)) == ["no", "yes"]


def test_yes_of_someone_who_is_booked_elsewhere_by_now_waits_for_a_person(cast, meeting):
    reply_as_staff(meeting.seats.get(holder=cast.speech.pk), answer="no", note="", now=NOW)
    other = people.student("Pippa Thimble", cast.school, cast.case_manager)
    book(other, one_seat_plan(other, cast.speech), by=cast.colleague, now=NOW)

    row = take_in(mails.stub(mails.to_of(meeting, cast.speech), meeting.uid))

    assert became(row) == ("accepted", "new", "taken")
    assert shown(meeting, cast.speech)[0] == "no"


# What is a person's to decide


@pytest.mark.parametrize(("partstat", "kind"), [("TENTATIVE", "tentative"), ("DELEGATED", "delegated")])
def test_tentative_and_delegated_wait_for_a_person(cast, meeting, unchanged, partstat, kind):
    row = take_in(mails.exchange(mails.to_of(meeting, cast.teacher), meeting.uid, partstat=partstat))

    assert became(row) == (kind, "new", "")


@pytest.mark.parametrize("shape", [mails.google, mails.exchange, mails.stub])
def test_counter_is_a_proposed_time_and_never_applied(cast, meeting, shape):
    later = START + timedelta(days=1)
    before = record()

    row = take_in(
        shape(mails.to_of(meeting, cast.mother), meeting.uid, method="COUNTER", partstat="TENTATIVE", start=later)
    )

    assert became(row) == ("counter", "new", "")
    assert (row.proposed_start_at, row.proposed_end_at) == (later, later + HOUR)
    after = record()
    told = Message.objects.get(kind="reply_came")
    assert {name: after[name] for name in ("seats", "replies", "meetings")} == {
        name: before[name] for name in ("seats", "replies", "meetings")
    }
    assert told.recipient == cast.case_manager.person
    assert "Friday, December 4 at 1:30 PM" in told.text


def test_typed_reply_reaches_the_case_manager_with_its_words(cast):
    meeting = booked(cast, by=cast.vice_principal)

    row = take_in(mails.typed(mails.to_of(meeting, cast.mother), "sí puedo"))

    assert became(row) == ("typed", "new", "")
    assert (row.person, row.words, shown(meeting, cast.mother)[0]) == (cast.mother.person, "sí puedo", "none")
    told = Message.objects.filter(kind="reply_came").order_by("recipient__search_name")
    assert {message.recipient for message in told} == {cast.case_manager.person, cast.vice_principal.person}
    for message in told:
        assert "sí puedo" in message.text
        assert "sí puedo" in message.html
        assert message.subject == "A reply came: school meeting Thu, Dec 3, 1:30 PM"
        assert message.reply_to == "elena.rainwater@family.example"
    assert asked_for("send_outbox") != []


def test_typed_reply_of_the_organizer_is_not_told_to_themselves(cast, meeting):
    assert take_in(mails.typed(mails.to_of(meeting, cast.case_manager), "I may be late")).state == "new"
    assert not Message.objects.filter(kind="reply_came").exists()


def test_typed_reply_is_told_still_after_the_meeting_has_moved(cast, meeting):
    take_in(mails.typed(mails.to_of(meeting, cast.mother), "sí puedo"))
    meeting.version += 1
    withdraw(meeting)

    assert Message.objects.get(kind="reply_came").state == MessageState.QUEUED


def test_typed_reply_to_a_cancelled_meeting_is_still_read_by_a_person(cast, meeting):
    cancel(meeting, by=cast.case_manager, why="Snow", version=1, now=NOW)

    row = take_in(mails.typed(mails.to_of(meeting, cast.mother), "sí puedo"))

    assert became(row) == ("typed", "new", "")
    assert Message.objects.filter(kind="reply_came").count() == 1


def test_no_flood_of_mails_comes_of_a_flood_of_replies(cast, meeting):
    """Whatever writes and writes, even our own mail sent back: five are told of in a day, and all are kept."""
    to = mails.to_of(meeting, cast.mother)
    for number in range(12):
        take_in(mails.typed(to, f"Word {number}"), now=LATER + timedelta(minutes=number))

    assert IncomingMail.objects.waiting().count() == 12
    assert Message.objects.filter(kind="reply_came").count() == 5

    take_in(mails.typed(to, "The day after"), now=LATER + timedelta(days=2))
    assert Message.objects.filter(kind="reply_came").count() == 6


def test_words_that_could_be_markup_are_escaped_in_the_mail(cast, meeting):
    take_in(mails.typed(mails.to_of(meeting, cast.mother), "<script>alert(1)</script>\u202eevil"))

    told = Message.objects.get(kind="reply_came")
    assert ("<script>" in told.html, "&lt;script&gt;" in told.html, "\u202e" in told.text) == (False, True, False)


def test_unreadable_calendar_of_someone_known_waits_for_a_person(cast, meeting, unchanged):
    raw = mails.stub(mails.to_of(meeting, cast.mother), meeting.uid).replace(b"DTSTART:", b"DTSTART:x")

    assert became(take_in(raw)) == ("unreadable", "new", "calendar")


def test_a_mail_with_a_tree_of_parts_is_refused_and_waits_for_a_person(cast, meeting, unchanged):
    tree = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(500))
    row = take_in(f"To: {mails.to_of(meeting, cast.mother)}\r\n{tree}\r\nYes".encode())

    assert became(row) == ("unreadable", "new", "too_nested")


def test_two_answers_in_one_mail_wait_for_a_person(cast, meeting, unchanged):
    one = mails.calendar(uid=meeting.uid).split("METHOD:REPLY\n")[1].removesuffix("END:VCALENDAR\n")
    row = take_in(mails.stub(mails.to_of(meeting, cast.mother), events=[one, one.replace("ACCEPTED", "DECLINED")]))

    assert became(row) == ("unreadable", "new", "unclear")


# What changes nothing


def test_reply_to_an_older_time_is_kept_and_not_entered(cast, meeting):
    Meeting.objects.filter(pk=meeting.pk).update(sequence=2)
    before = record()

    rows = [
        take_in(mails.stub(mails.to_of(meeting, cast.mother), meeting.uid, sequence=1)),
        take_in(mails.stub(mails.to_of(meeting, cast.teacher), meeting.uid, sequence=None, start=START - HOUR)),
    ]

    assert [became(row) for row in rows] == [("accepted", "kept", "older_time")] * 2
    assert record() == before


def test_counter_to_an_older_time_is_still_looked_at(cast, meeting):
    Meeting.objects.filter(pk=meeting.pk).update(sequence=2)

    row = take_in(mails.stub(mails.to_of(meeting, cast.mother), meeting.uid, "COUNTER", sequence=1))

    assert became(row) == ("counter", "new", "older_time")


def test_reply_to_a_time_that_never_was_waits_for_a_person(cast, meeting, unchanged):
    row = take_in(mails.stub(mails.to_of(meeting, cast.mother), meeting.uid, sequence=7))

    assert became(row) == ("accepted", "new", "newer_time")


def test_reply_to_a_cancelled_meeting_changes_nothing(cast, meeting):
    cancel(meeting, by=cast.case_manager, why="Snow", version=1, now=NOW)
    before = record()

    row = take_in(mails.stub(mails.to_of(meeting, cast.mother), meeting.uid, sequence=1))

    assert became(row) == ("accepted", "kept", "cancelled")
    assert record() == before


def test_reply_to_a_meeting_that_has_begun_changes_nothing(cast, meeting, unchanged):
    row = take_in(mails.stub(mails.to_of(meeting, cast.mother), meeting.uid), now=START)

    assert became(row) == ("accepted", "kept", "begun")


def test_forged_reply_without_a_secret_address_changes_nothing(cast, meeting, unchanged):
    """The right UID, the right names, from the right sender: all of it can be known. The address cannot."""
    for to in (mails.REPLIES, mails.to_of(meeting, cast.mother).replace("-", "-a", 1)):
        row = take_in(mails.google(to, meeting.uid))
        assert (row.state, row.why, row.meeting, row.person) == ("kept", "unknown_address", None, None)


def test_forged_hash_of_the_right_meeting_and_person_changes_nothing(cast, meeting, unchanged):
    secret = mails.to_of(meeting, cast.mother)
    head, _, hashed = secret.partition("@")[0].rpartition("-")
    other = "a" * len(hashed)

    row = take_in(mails.google(f"{head}-{other}@iep.example.org", meeting.uid))

    assert (row.state, row.why, row.meeting) == ("kept", "unknown_address", None)


def test_secret_address_of_one_answers_for_nobody_else(cast, meeting, unchanged):
    """Somebody puts another's numbers before their own hash."""
    hashed = mails.to_of(meeting, cast.mother).partition("@")[0].rpartition("-")[2]
    head = mails.to_of(meeting, cast.teacher).partition("@")[0].rpartition("-")[0]

    assert take_in(mails.google(f"{head}-{hashed}@iep.example.org", meeting.uid)).why == "unknown_address"


def test_reply_with_the_uid_of_another_meeting_changes_nothing(cast, meeting, unchanged):
    row = take_in(mails.google(mails.to_of(meeting, cast.mother), mails.UID))

    assert became(row) == ("unreadable", "kept", "other_meeting")


def test_reply_of_someone_without_a_seat_changes_nothing(cast, meeting, unchanged):
    row = take_in(mails.stub(mails.to_of(meeting, cast.colleague), meeting.uid))

    assert became(row) == ("accepted", "kept", "no_seat")


@pytest.mark.parametrize("lost", [{"has_education_rights": False}, {"is_no_contact": True}])
def test_reply_of_a_parent_who_lost_their_rights_changes_nothing(cast, meeting, lost):
    Guardianship.objects.filter(guardian=cast.father).update(**lost)
    before = record()

    row = take_in(mails.stub(mails.to_of(meeting, cast.father), meeting.uid, attendee="tomas.rainwater@family.example"))

    assert became(row) == ("accepted", "kept", "no_rights")
    assert record() == before


def test_reply_to_a_meeting_that_is_gone_changes_nothing(cast, meeting, unchanged):
    to = reply_addresses.answer_address(meeting.pk + 1000, cast.mother.pk)

    assert take_in(mails.google(to, meeting.uid)).why == "unknown_address"


@pytest.mark.parametrize(
    "marks", [{}, {"subject": "Fuera de la oficina", "Auto_Submitted": ""}, {"Precedence": "bulk"}]
)
def test_out_of_office_changes_nothing_and_is_not_answered(cast, meeting, unchanged, marks):
    row = take_in(mails.out_of_office(mails.to_of(meeting, cast.teacher), **marks))

    assert (*became(row), row.person) == ("auto_reply", "kept", "", cast.teacher.person)


def test_out_of_office_to_the_return_address_changes_nothing(cast, meeting, unchanged):
    message = meeting.messages.filter(recipient=cast.teacher.pk).get()

    row = take_in(mails.out_of_office(reply_addresses.return_address(message.pk)))

    assert (*became(row), row.message, row.person) == ("auto_reply", "kept", "", message, cast.teacher.person)


def test_no_answer_in_a_calendar_changes_nothing(cast, meeting, unchanged):
    row = take_in(mails.stub(mails.to_of(meeting, cast.mother), meeting.uid, partstat="NEEDS-ACTION"))

    assert became(row) == ("unreadable", "kept", "no_answer")


def test_typed_mail_from_nobody_known_waits_for_the_district(cast, meeting, unchanged):
    row = take_in(mails.typed("replies@iep.example.org", "Is this the school?"))

    assert became(row) == ("typed", "new", "unknown_address")
    seen = {who: IncomingMail.objects.visible_to(getattr(cast, who)).count() for who in ("director", "administrator")}
    assert seen == {"director": 1, "administrator": 0}


@pytest.mark.parametrize("raw", [b"", b"\x00" * 2000, b"\xff\xfe" * 2000, b"To: a@b\r\n" * 10_000])
def test_what_is_no_mail_is_kept_once_and_changes_nothing(meeting, unchanged, raw):
    assert take_in(raw).meeting is None
    assert take_in(raw) is None


def test_a_mail_that_cannot_be_kept_as_read_is_kept_as_unreadable(cast, meeting):
    """The database itself refuses the row: a word too long for its column stands for whatever was not thought of."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE meetings_incomingmail ADD CONSTRAINT broken CHECK (kind <> 'typed')")
    to = mails.to_of(meeting, cast.mother)

    row = take_in(mails.typed(to, "sí puedo"))

    assert became(row) == ("unreadable", "new", "error")
    assert (row.person, take_in(mails.typed(to, "sí puedo"))) == (cast.mother.person, None)


def test_set_aside_and_put_back(cast, meeting):
    row = take_in(mails.typed(mails.to_of(meeting, cast.mother), "sí puedo"))

    outcomes = [incoming.set_aside(row, by=cast.case_manager, now=LATER) for _ in range(2)]
    row.refresh_from_db()
    assert (outcomes, row.state, row.handled_by, row.handled_at) == ([True, False], "handled", cast.case_manager, LATER)

    outcomes = [incoming.put_back(row) for _ in range(2)]
    row.refresh_from_db()
    assert (outcomes, row.state, row.handled_by, row.handled_at) == ([True, False], "new", None, None)


def test_reply_of_a_parent_who_has_no_link_yet_is_entered(cast, meeting):
    meeting.parent_links.all().delete()

    row = take_in(mails.google(mails.to_of(meeting, cast.mother), meeting.uid))

    assert (row.state, Reply.objects.get().link.guardian) == ("applied", cast.mother.person)


def test_reply_of_a_parent_whose_link_was_closed_waits_for_a_person(cast, meeting):
    meeting.parent_links.update(revoked_at=NOW)

    row = take_in(mails.google(mails.to_of(meeting, cast.mother), meeting.uid))

    assert (became(row), Reply.objects.exists()) == (("accepted", "new", "changed"), False)


def test_reply_under_the_number_of_ones_own_calendar_is_to_the_present_time(cast, meeting):
    """Whoever was taken out and asked again knows the meeting by a higher number than the others do."""
    invite = meeting.messages.get(recipient=cast.teacher.pk)
    Message.objects.filter(pk=invite.pk).update(ics=bytes(invite.ics).replace(b"SEQUENCE:0", b"SEQUENCE:2"))
    to = mails.to_of(meeting, cast.teacher)

    rows = [take_in(mails.stub(to, meeting.uid, sequence=sequence)) for sequence in (0, 2, 3)]

    assert [became(row) for row in rows] == [
        ("accepted", "kept", "older_time"),
        ("accepted", "applied", ""),
        ("accepted", "new", "newer_time"),
    ]


def test_reply_under_a_number_of_ones_own_after_the_meeting_has_moved(cast, meeting):
    invite = meeting.messages.get(recipient=cast.teacher.pk)
    Message.objects.filter(pk=invite.pk).update(ics=bytes(invite.ics).replace(b"SEQUENCE:0", b"SEQUENCE:2"))
    Meeting.objects.filter(pk=meeting.pk).update(sequence=1)

    rows = [take_in(mails.stub(mails.to_of(meeting, cast.teacher), meeting.uid, sequence=n)) for n in (2, 3)]

    assert [became(row)[1:] for row in rows] == [("kept", "older_time"), ("applied", "")]
