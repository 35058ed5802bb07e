"""What the feed of somebody's meetings holds, and that every calendar can read it."""

from datetime import UTC, timedelta

import pytest
import vobject
from icalendar import Calendar

from meetings import ics_feed
from meetings.actions.cancel import cancel
from meetings.actions.reply import reply_as_staff
from meetings.actions.reschedule import reschedule
from meetings.actions.seat import give_seat
from meetings.models import Meeting, Message
from students.models import Room, School, Staff
from tests.booking import HOUR, NOW, START, booked, plan_of
from tests.cast import cast

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)
HOST = "iep.example.org"


@pytest.fixture(autouse=True)
def _service(settings):
    settings.BASE_URL = f"https://{HOST}"
    settings.DEFAULT_FROM_EMAIL = "School meetings <meetings@iep.example.org>"


@pytest.fixture
def c():
    return cast()


def feed_of(staff, now=NOW):
    return ics_feed.feed_of(staff.person, now=now)


def values(component):
    """Every property as a plain value, parameters that say how to read it left out."""
    found = {}
    for name, value in component.property_items(recursive=False):
        if name not in {"BEGIN", "END"}:
            shown = getattr(value, "dt", getattr(value, "td", value))
            found[name] = str(shown) if isinstance(shown, str) else shown
    return found


def parsed(body):
    calendar = Calendar.from_ical(body)
    return values(calendar), [values(event) for event in calendar.events]


def shown(staff, now=NOW):
    """Each event as (UID before the host, SEQUENCE, STATUS, start)."""
    _, events = parsed(feed_of(staff, now))
    return [(e["UID"].partition("@")[0], e["SEQUENCE"], e["STATUS"], e["DTSTART"]) for e in events]


def invite_of(staff, meeting):
    message = Message.objects.filter(recipient=staff.pk, meeting=meeting, ics__isnull=False).latest("pk")
    return parsed(bytes(message.ics))[1][0]


def moved(c, meeting, to, now=LATER):
    meeting.refresh_from_db()
    assert reschedule(meeting, plan_of(c, start=to), by=c.case_manager, why="", version=meeting.version, now=now)


def cancelled(c, meeting, now=LATER):
    meeting.refresh_from_db()
    assert cancel(meeting, by=c.case_manager, why="", version=meeting.version, now=now)


# What it holds


def test_feed_of_one_meeting_parses_back_whole(c):
    meeting = booked(c)

    calendar, events = parsed(feed_of(c.teacher))

    assert calendar == {
        "PRODID": "-//IEP Scheduler//IEP Scheduler//EN",
        "VERSION": "2.0",
        "UID": f"calendar-{c.teacher.pk}@{HOST}",
        "NAME": "School meetings",
        "X-WR-CALNAME": "School meetings",
        "REFRESH-INTERVAL": timedelta(hours=1),
        "X-PUBLISHED-TTL": "PT1H",
        "LAST-MODIFIED": NOW,
    }
    assert events == [
        {
            "UID": f"{meeting.uid}@{HOST}",
            "SEQUENCE": 0,
            "DTSTAMP": NOW,
            "LAST-MODIFIED": NOW,
            "DTSTART": START,
            "DTEND": START + HOUR,
            "SUMMARY": "School meeting, Room 12",
            "LOCATION": "Room 12, Willow Bend Elementary",
            "STATUS": "CONFIRMED",
            "TRANSP": "OPAQUE",
            "X-MICROSOFT-CDO-BUSYSTATUS": "BUSY",
        }
    ]


def test_feed_says_of_a_meeting_what_its_invite_says(c):
    meeting = booked(c)
    moved(c, meeting, START + HOUR)

    (event,) = parsed(feed_of(c.teacher, LATER))[1]
    invite = invite_of(c.teacher, meeting)

    same = ("UID", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "STATUS", "TRANSP")
    assert {name: event[name] for name in same} == {name: invite[name] for name in same}
    assert (event["SEQUENCE"], event["LAST-MODIFIED"]) == (1, LATER)


def test_nobody_and_no_address_is_named(c):
    Staff.objects.get_queryset().filter(pk=c.case_manager.pk).update(login="dana.ortiz@schools.example")
    booked(c)

    said = feed_of(c.teacher).decode().lower()

    names = ("maya", "rainwater", "elena", "dana", "ortiz", "patel", "iep ", "annual", "http", "attendee", "organizer")
    assert [name for name in names if name in said.replace("iep scheduler", "")] == []


def test_meetings_of_others_are_not_in_it(c):
    booked(c)

    assert (shown(c.colleague), shown(c.administrator)) == ([], [])


def test_feed_without_a_meeting_is_a_whole_calendar(c):
    calendar = Calendar.from_ical(feed_of(c.colleague))

    assert [part.name for part in calendar.subcomponents] == ["VTIMEZONE"]
    assert vobject.readOne(feed_of(c.colleague).decode()).name == "VCALENDAR"


def test_meetings_from_30_days_ago_to_a_year_ahead_are_in_it(c):
    meeting = booked(c)
    uid = str(meeting.uid)

    def with_start(start_at):
        Meeting.objects.filter(pk=meeting.pk).update(start_at=start_at, end_at=start_at + HOUR)
        return [found for found, *_ in shown(c.teacher)]

    assert with_start(NOW - timedelta(days=30)) == [uid]
    assert with_start(NOW - timedelta(days=30) - HOUR) == []
    assert with_start(NOW + timedelta(days=365) - HOUR) == [uid]
    assert with_start(NOW + timedelta(days=365)) == []


def test_cancelled_meeting_stays_cancelled_for_30_days(c):
    meeting = booked(c, start=NOW + timedelta(days=60))
    cancelled(c, meeting)
    uid, start = str(meeting.uid), NOW + timedelta(days=60)

    assert shown(c.teacher, LATER) == [(uid, 1, "CANCELLED", start)]
    assert shown(c.teacher, LATER + timedelta(days=30, seconds=-1)) == [(uid, 1, "CANCELLED", start)]
    assert shown(c.teacher, LATER + timedelta(days=30)) == []


def test_seat_given_to_someone_else_is_cancelled_for_one_and_on_for_the_other(c):
    meeting = booked(c)
    seat = meeting.seats.get(holder=c.vice_principal.pk)
    assert give_seat(seat, c.administrator.person, by=c.case_manager, version=meeting.version, now=LATER)
    uid = str(meeting.uid)

    off = shown(c.vice_principal, LATER)

    assert off == [(uid, invite_of(c.vice_principal, meeting)["SEQUENCE"], "CANCELLED", START)]
    assert shown(c.administrator, LATER) == [(uid, 0, "CONFIRMED", START)]
    assert shown(c.vice_principal, LATER + timedelta(days=30)) == []


def test_declined_meeting_is_cancelled_and_comes_back_with_a_yes(c):
    meeting = booked(c)
    seat = meeting.seats.get(holder=c.speech.pk)
    assert reply_as_staff(seat, answer="no", note="", now=LATER)
    declined = shown(c.speech, LATER)
    assert reply_as_staff(seat, answer="yes", note="", now=LATER + HOUR)

    assert [status for _, _, status, _ in declined] == ["CANCELLED"]
    assert [status for _, _, status, _ in shown(c.speech, LATER + HOUR)] == ["CONFIRMED"]


def test_two_seats_of_one_person_are_one_event(c):
    meeting = booked(c)
    meeting.seats.create(role="evaluation_interpreter", holder=c.teacher.person)

    assert shown(c.teacher) == [(str(meeting.uid), 0, "CONFIRMED", START)]


def test_sequence_of_an_invite_that_is_ahead_of_the_meeting_is_taken(c):
    meeting = booked(c)
    message = Message.objects.get(recipient=c.teacher.pk, meeting=meeting)
    Message.objects.filter(pk=message.pk).update(ics=bytes(message.ics).replace(b"SEQUENCE:0", b"SEQUENCE:7"))

    assert shown(c.teacher) == [(str(meeting.uid), 7, "CONFIRMED", START)]


def test_feed_is_the_same_to_the_byte_while_nothing_changes(c):
    booked(c)

    assert feed_of(c.teacher, NOW) == feed_of(c.teacher, NOW + timedelta(hours=5))


def test_as_many_queries_for_many_meetings(c, django_assert_num_queries):
    booked(c)
    with django_assert_num_queries(1):
        feed_of(c.teacher)
    for n in range(1, 4):
        booked(c, start=START + timedelta(days=7 * n), due_date_id=None, kind="amendment")
    with django_assert_num_queries(1):
        assert len(shown(c.teacher)) == 4


# Valid to the octet


def test_every_line_is_folded_at_75_octets_and_ends_in_crlf(c):
    name = "Sala de reuniones número 12 – Ñandú 李明 🏫 " * 4
    Room.objects.filter(pk=c.room.pk).update(name=name[:80].strip())
    School.objects.filter(pk=c.school.pk).update(name="Écolé \u202ealpha\u200b, \\ ; Nº 3 " * 4)
    booked(c)

    body = feed_of(c.teacher)
    lines = body.split(b"\r\n")

    assert lines[-1] == b""
    assert [line for line in lines if b"\n" in line or b"\r" in line] == []
    assert [line for line in lines if len(line) > 75] == []
    for line in lines:
        line.decode()  # No character lies on both sides of a fold.
    assert any(line.startswith(b" ") for line in lines)
    (event,) = parsed(body)[1]
    room = Room.objects.get(pk=c.room.pk)
    assert event["SUMMARY"] == f"School meeting, {room.name}"
    assert event["LOCATION"] == f"{room.name}, {School.objects.get(pk=c.school.pk).name}".strip()


def test_refresh_interval_names_its_kind(c):
    lines = feed_of(c.teacher).split(b"\r\n")

    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H" in lines
    assert b"X-PUBLISHED-TTL:PT1H" in lines
    assert [line for line in lines if line.startswith(b"METHOD")] == []


def test_two_parsers_that_share_no_code_agree(c):
    meeting = booked(c)
    moved(c, meeting, START + HOUR)
    booked(c, start=START + timedelta(days=7), due_date_id=None, kind="amendment")
    body = feed_of(c.teacher, LATER)

    _, ours = parsed(body)
    theirs = [
        (e.uid.value, int(e.sequence.value), e.status.value, e.dtstart.value, e.dtend.value, e.summary.value)
        for e in vobject.readOne(body.decode()).vevent_list
    ]

    names = ("UID", "SEQUENCE", "STATUS", "DTSTART", "DTEND", "SUMMARY")
    assert theirs == [tuple(event[name] for name in names) for event in ours]
    assert [start.astimezone(UTC) for _, _, _, start, _, _ in theirs] == [START + HOUR, START + timedelta(days=7)]
