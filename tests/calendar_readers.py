"""Three readers of calendar files that share no code: icalendar, vobject, and ical.js in the browser of the tests."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import vobject
from icalendar import Calendar

ICAL_JS = Path(__file__).parent / "vendor" / "ical.js" / "ical.min.js"
SCRIPT = """async ([library, file]) => {
  const ICAL = (await import(`data:text/javascript;base64,${library}`)).default
  const calendar = new ICAL.Component(ICAL.parse(file))
  const event = calendar.getFirstSubcomponent("vevent")
  const value = name => event.getFirstPropertyValue(name)
  const attendee = event.getFirstProperty("attendee")
  return {
    method: calendar.getFirstPropertyValue("method"),
    events: calendar.getAllSubcomponents().map(part => part.name),
    uid: value("uid"),
    sequence: value("sequence"),
    start_at: value("dtstart").toJSDate().toISOString(),
    end_at: value("dtend").toJSDate().toISOString(),
    status: value("status"),
    summary: value("summary"),
    organizer: value("organizer"),
    attendee: attendee.getFirstValue(),
    name: attendee.getParameter("cn"),
    role: attendee.getParameter("role"),
    partstat: attendee.getParameter("partstat"),
    rsvp: attendee.getParameter("rsvp"),
  }
}"""


def by_icalendar(file):
    calendar = Calendar.from_ical(file)
    event = calendar.subcomponents[0]
    params = event["ATTENDEE"].params
    return {
        "method": str(calendar["METHOD"]),
        "events": [part.name.lower() for part in calendar.subcomponents],
        "uid": str(event["UID"]),
        "sequence": int(event["SEQUENCE"]),
        "start_at": event["DTSTART"].dt.astimezone(UTC),
        "end_at": event["DTEND"].dt.astimezone(UTC),
        "status": str(event["STATUS"]),
        "summary": str(event["SUMMARY"]),
        "organizer": str(event["ORGANIZER"]),
        "attendee": str(event["ATTENDEE"]),
        "name": str(params["CN"]),
        "role": str(params["ROLE"]),
        "partstat": str(params["PARTSTAT"]),
        "rsvp": str(params["RSVP"]),
    }


def by_vobject(file):
    calendar = vobject.readOne(file.decode())
    event = calendar.vevent
    params = {name: values[0] for name, values in event.attendee.params.items()}
    return {
        "method": calendar.method.value,
        "events": [part.name.lower() for part in calendar.components()],
        "uid": event.uid.value,
        "sequence": int(event.sequence.value),
        "start_at": event.dtstart.value.astimezone(UTC),
        "end_at": event.dtend.value.astimezone(UTC),
        "status": event.status.value,
        "summary": event.summary.value,
        "organizer": event.organizer.value,
        "attendee": event.attendee.value,
        "name": params["CN"],
        "role": params["ROLE"],
        "partstat": params["PARTSTAT"],
        "rsvp": params["RSVP"],
    }


def by_ical_js(browser, file):
    page, _ = browser.open("http://localhost", 390, 844)
    try:
        library = base64.b64encode(ICAL_JS.read_bytes()).decode()
        found = page.evaluate(SCRIPT, [library, file.decode()])
    finally:
        page.context.close()
    return found | {name: datetime.fromisoformat(found[name]) for name in ("start_at", "end_at")}
