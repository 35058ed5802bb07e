from icalendar import Calendar

from meetings.readdress import readdressed

INVITE = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//IEP Scheduler//IEP Scheduler//EN\r\nMETHOD:REQUEST\r\n"
    "BEGIN:VEVENT\r\nSUMMARY:School meeting\r\nDTSTART:20261203T183000Z\r\nDTEND:20261203T193000Z\r\n"
    "DTSTAMP:20261123T150000Z\r\nUID:1@schools.example\r\nSEQUENCE:2\r\n"
    'ATTENDEE;CN="Núñez, 李";PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mail\r\n to:old@schools.example\r\n'
    "ORGANIZER:mailto:noreply@schools.example\r\nSTATUS:CONFIRMED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
).encode()
LONG = "a.very.long.name.of.somebody.at.a.school.with.a.long.name@schools.example"


def facts(invite):
    calendar = Calendar.from_ical(invite)
    (event,) = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), {name: (value.to_ical(), dict(value.params)) for name, value in event.items()}


def test_readdressed_changes_the_attendee_and_nothing_else():
    before, after = facts(INVITE), facts(readdressed(INVITE, LONG))

    assert after[0] == "REQUEST"
    assert after[1].pop("ATTENDEE") == (f"mailto:{LONG}".encode(), before[1].pop("ATTENDEE")[1])
    assert after == before


def test_readdressed_is_folded_as_the_standard_asks():
    assert max(len(line) for line in readdressed(INVITE, LONG).split(b"\r\n")) <= 75


def test_readdressed_to_the_same_address_says_the_same():
    assert facts(readdressed(INVITE, "old@schools.example")) == facts(INVITE)
