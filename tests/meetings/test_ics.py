from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, vCalAddress

from meetings import ics
from meetings.ics import CONTROL
from meetings.models import Answer, Requirement, Seat
from meetings.reply_addresses import answer_address, masked_answer_address
from students.models import Role
from tests.calendar_readers import by_ical_js, by_icalendar, by_vobject
from tests.cast import cast, person
from tests.meetings.booked import NOW, book, seat_of
from tests.names import NAMES_OF_ALL_KINDS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _service(settings):
    settings.BASE_URL = "https://iep.example.org"
    settings.DEFAULT_FROM_EMAIL = "Willow County IEP <meetings@iep.example.org>"


def parsed(invite):
    """The calendar and its one event, as plain values with their parameters."""
    calendar = Calendar.from_ical(invite)
    (event,) = calendar.subcomponents
    return plain(calendar), plain(event)


def plain(component):
    values = {}
    for name, value in component.property_items(recursive=False):
        if name in {"BEGIN", "END"}:
            continue
        shown = getattr(value, "dt", value)
        params = dict(getattr(value, "params", {}))
        params.pop("VALUE", None)
        shown = str(shown) if isinstance(shown, str) else shown
        values[name] = (shown, params) if params else shown
    return values


def test_request_parses_back_whole():
    c = cast()
    meeting = book(c)
    seat = seat_of(meeting, c.vice_principal)

    calendar, event = parsed(ics.request(meeting, seat, address="alice.kim@schools.example", now=NOW))

    assert calendar == {
        "PRODID": "-//IEP Scheduler//IEP Scheduler//EN",
        "VERSION": "2.0",
        "METHOD": "REQUEST",
    }
    assert event == {
        "UID": f"{meeting.uid}@iep.example.org",
        "SEQUENCE": 0,
        "DTSTAMP": NOW,
        "LAST-MODIFIED": NOW,
        "DTSTART": datetime(2026, 12, 3, 18, 30, tzinfo=UTC),
        "DTEND": datetime(2026, 12, 3, 19, 30, tzinfo=UTC),
        "SUMMARY": "School meeting, Room 12",
        "LOCATION": "Room 12, Willow Bend Elementary",
        "DESCRIPTION": "Details are in the email that came with this invite. "
        "Questions: call Willow Bend Elementary at (555) 555-0142.",
        "STATUS": "CONFIRMED",
        "TRANSP": "OPAQUE",
        "ORGANIZER": ("mailto:meetings@iep.example.org", {"CN": "Willow County IEP"}),
        "ATTENDEE": (
            "mailto:alice.kim@schools.example",
            {
                "CN": "Alice Kim",
                "CUTYPE": "INDIVIDUAL",
                "ROLE": "REQ-PARTICIPANT",
                "PARTSTAT": "NEEDS-ACTION",
                "RSVP": "FALSE",
            },
        ),
        "X-MICROSOFT-CDO-BUSYSTATUS": "BUSY",
    }


def test_cancel_keeps_the_uid_and_says_so():
    c = cast()
    meeting = book(c, sequence=3)
    seat = seat_of(meeting, c.teacher)

    calendar, event = parsed(ics.cancel(meeting, seat, address="raj.patel@schools.example", now=NOW))

    assert calendar["METHOD"] == "CANCEL"
    assert {name: event[name] for name in ("UID", "SEQUENCE", "STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS")} == {
        "UID": f"{meeting.uid}@iep.example.org",
        "SEQUENCE": 3,
        "STATUS": "CANCELLED",
        "TRANSP": "TRANSPARENT",
        "X-MICROSOFT-CDO-BUSYSTATUS": "FREE",
    }


def test_request_twice_is_the_same_to_the_byte():
    c = cast()
    meeting = book(c)
    seat = seat_of(meeting, c.teacher)

    first = ics.request(meeting, seat, address="raj@schools.example", now=NOW + timedelta(microseconds=17))

    assert first == ics.request(meeting, seat, address="raj@schools.example", now=NOW)
    assert first.count(b"\n") == first.count(b"\r\n")


def test_request_names_no_zone_no_student_no_link_and_no_alarm():
    c = cast()
    meeting = book(c)

    invite = ics.request(meeting, seat_of(meeting, c.teacher), address="raj@schools.example", now=NOW).decode()

    for word in ("VTIMEZONE", "TZID", "VALARM", "Maya", "Rainwater", "IEP meeting", "http", "RRULE"):
        assert word not in invite


@pytest.mark.browser
@pytest.mark.parametrize("name", NAMES_OF_ALL_KINDS)
def test_request_to_a_name_of_any_kind_is_read_alike_by_three_readers(browser, name):
    c = cast()
    meeting = book(c)
    seat = Seat.objects.create(
        meeting=meeting, role=Role.OTHER, holder=person("outside", name, email="guest@a.example")
    )

    invite = ics.request(meeting, seat, address="guest@a.example", now=NOW)

    assert max(map(len, invite.split(b"\r\n"))) <= 75
    assert invite.count(b"\r\nATTENDEE") == 1
    read = by_icalendar(invite)
    assert (read["name"], read["attendee"]) == (shown(name), "mailto:guest@a.example")
    assert by_vobject(invite) == read
    assert by_ical_js(browser, invite) == read


def shown(name):
    """What a calendar is told: quotation marks cannot stand in a name (RFC 5545, 3.2), nor turns and breaks."""
    return CONTROL.sub(" ", name).replace('"', "'").replace("\u202e", "").strip()


# Answers


@given(
    school=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80),
    ids=st.tuples(st.integers(1, 2**63 - 1), st.integers(1, 2**63 - 1)),
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=90),
)
def test_filling_in_the_secret_breaks_no_fold_wherever_it_lies(school, ids, name):
    with override_settings(REPLIES_ADDRESS="replies@iep.example.org"):
        masked, address = (make(*ids) for make in (masked_answer_address, answer_address))
        calendar = Calendar()
        calendar.add("x-wr-calname", school)
        calendar.add("organizer", vCalAddress(f"mailto:{masked}", params={"CN": name.replace('"', "'")}))
        frozen = calendar.to_ical()

        filled = ics.unmasked(frozen, *ids)

    assert list(map(len, filled.split(b"\r\n"))) == list(map(len, frozen.split(b"\r\n")))
    assert max(map(len, filled.split(b"\r\n"))) <= 75
    whole = frozen.replace(b"\r\n ", b"")
    assert filled.replace(b"\r\n ", b"") == whole.replace(masked.encode(), address.encode())
    assert ics.unmasked(filled, *ids) == filled
    assert str(Calendar.from_ical(filled)["ORGANIZER"]) == f"mailto:{address}"


def test_request_where_answers_are_read_asks_for_one(settings):
    settings.REPLIES_ADDRESS = "replies@iep.example.org"
    c = cast()
    meeting = book(c)

    invite = ics.request(meeting, seat_of(meeting, c.teacher), address="raj@schools.example", now=NOW)

    _, event = parsed(invite)
    masked = masked_answer_address(meeting.pk, c.teacher.pk)
    assert event["ORGANIZER"] == (f"mailto:{masked}", {"CN": "Willow County IEP"})
    assert event["ATTENDEE"][1]["RSVP"] == "TRUE"
    _, filled = parsed(ics.unmasked(invite, meeting.pk, c.teacher.pk))
    assert filled == event | {
        "ORGANIZER": (f"mailto:{answer_address(meeting.pk, c.teacher.pk)}", {"CN": "Willow County IEP"})
    }


@pytest.mark.parametrize(
    ("change", "role", "partstat"),
    [
        ({"requirement": Requirement.OPTIONAL}, "OPT-PARTICIPANT", "NEEDS-ACTION"),
        ({"requirement": Requirement.MUST_BE_INVITED}, "REQ-PARTICIPANT", "NEEDS-ACTION"),
        ({"answer": Answer.YES}, "REQ-PARTICIPANT", "ACCEPTED"),
        ({"answer": Answer.NO}, "REQ-PARTICIPANT", "DECLINED"),
    ],
)
def test_request_says_the_part_and_the_answer(change, role, partstat):
    c = cast()
    meeting = book(c)
    Seat.objects.filter(holder=c.teacher.pk).update(**change)

    _, event = parsed(ics.request(meeting, seat_of(meeting, c.teacher), address="a@b.example", now=NOW))

    params = event["ATTENDEE"][1]
    assert (params["ROLE"], params["PARTSTAT"]) == (role, partstat)


def test_request_to_the_organizer_is_from_the_service():
    c = cast()
    meeting = book(c)

    _, event = parsed(ics.request(meeting, seat_of(meeting, c.case_manager), address="dana@b.example", now=NOW))

    assert event["ATTENDEE"][1]["ROLE"] == "CHAIR"
    assert event["ORGANIZER"][0] == "mailto:meetings@iep.example.org"


def test_request_to_a_parent_is_tentative_until_they_say_yes():
    c = cast()
    meeting = book(c)

    before = parsed(ics.request(meeting, seat_of(meeting, c.mother), address="e@f.example", now=NOW))[1]
    Seat.objects.filter(holder=c.mother.pk).update(answer=Answer.YES)
    after = parsed(ics.request(meeting, seat_of(meeting, c.mother), address="e@f.example", now=NOW))[1]

    assert [event["X-MICROSOFT-CDO-BUSYSTATUS"] for event in (before, after)] == ["TENTATIVE", "BUSY"]


def test_request_without_room_or_phone():
    c = cast()
    c.school.phone = ""
    c.school.save()
    meeting = book(c, room=None)

    _, event = parsed(ics.request(meeting, seat_of(meeting, c.teacher), address="a@b.example", now=NOW))

    assert (event["SUMMARY"], event["LOCATION"], event["DESCRIPTION"]) == (
        "School meeting",
        "Willow Bend Elementary",
        "Details are in the email that came with this invite.",
    )


def test_request_for_an_empty_seat():
    c = cast()
    meeting = book(c)
    seat = Seat.objects.create(meeting=meeting, role=Role.OTHER, holder=None)

    with pytest.raises(ValueError, match="no holder"):
        ics.request(meeting, seat, address="a@b.example", now=NOW)


@pytest.mark.parametrize(
    ("start_at", "written"),
    [
        (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), "20261101T053000Z"),  # The first 1:30 of that night in New York,
        (datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "20261101T063000Z"),  # and the second.
        (datetime(2027, 3, 14, 7, 30, tzinfo=UTC), "20270314T073000Z"),
    ],
)
def test_request_at_a_clock_change_names_the_instant(start_at, written):
    c = cast()
    meeting = book(c, start_at)

    invite = ics.request(meeting, seat_of(meeting, c.teacher), address="a@b.example", now=NOW).decode()

    assert f"DTSTART:{written}" in invite
