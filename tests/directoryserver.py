"""A directory of calendars on this machine, which answers as Google's and Microsoft's references say that theirs do.

Google: developers.google.com/workspace/calendar/api/v3/reference/freebusy/query
Microsoft: learn.microsoft.com/graph/api/calendar-getschedule

Times and errors are those of the test; all else is as written there.
"""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

TOKEN = "opaque-token-{n}"


@dataclass
class DirectoryServer:
    """Whom it knows, what it answers next, and what it was asked."""

    url: str = ""
    busy: dict = field(default_factory=dict)  # By address: (start, end) or (start, end, status).
    errors: dict = field(default_factory=dict)  # By address: the reason of an error.
    next: list = field(default_factory=list)  # (status, headers, body) of coming answers to questions.
    refuses_token: tuple | None = None
    hides_items: bool = False
    expires_in: int = 3599
    asked: list = field(default_factory=list)  # (path, headers, body) of every question, tokens apart.
    token_asked: list = field(default_factory=list)

    def answer(self, path, headers, body):
        if "token" in path:
            self.token_asked.append((path, parse_qs(body.decode())))
            if self.refuses_token:
                return self.refuses_token
            token = TOKEN.format(n=len(self.token_asked))
            return 200, {}, {"access_token": token, "expires_in": self.expires_in, "token_type": "Bearer"}
        self.asked.append((path, headers, json.loads(body)))
        if self.next:
            return self.next.pop(0)
        if headers.get("Authorization") != f"Bearer {TOKEN.format(n=len(self.token_asked))}":
            return 401, {}, {"error": {"code": 401, "message": "Request had invalid authentication credentials."}}
        return (self._free_busy if path.endswith("/freeBusy") else self._schedule)(json.loads(body))

    def _free_busy(self, asked):
        if len(asked["items"]) > 50:
            return 400, {}, {"error": {"errors": [{"domain": "global", "reason": "tooManyCalendarsRequested"}]}}
        first, last = (datetime.fromisoformat(asked[name]) for name in ("timeMin", "timeMax"))
        if last - first > timedelta(days=90):
            return 400, {}, {"error": {"code": 400, "message": "The requested time range is too long."}}
        calendars = {}
        for item in asked["items"]:
            if reason := self._error(item["id"], "notFound"):
                error = {"domain": "global", "reason": reason}
                calendars[item["id"]] = {"errors": [error], "busy": []}
            else:
                calendars[item["id"]] = {"busy": [self._google(*row) for row in self._rows(item["id"], first, last)]}
        answer = {"kind": "calendar#freeBusy", "timeMin": asked["timeMin"], "timeMax": asked["timeMax"]}
        return 200, {}, answer | {"calendars": calendars}

    def _schedule(self, asked):
        if len(asked["schedules"]) > 20:
            return 400, {}, {"error": {"code": "ErrorInvalidParameter"}}
        said = (asked[name]["dateTime"] for name in ("startTime", "endTime"))
        first, last = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in said)
        if last - first > timedelta(days=62):
            return 400, {}, {"error": {"code": "ErrorTimeIntervalTooBig"}}
        rows = [self._mailbox(each, first, last, asked["availabilityViewInterval"]) for each in asked["schedules"]]
        return 200, {}, {"@odata.context": f"{self.url}/v1.0/$metadata", "value": rows}

    def _mailbox(self, address, first, last, minutes):
        if code := self._error(address, "ErrorMailRecipientNotFound"):
            error = {"message": "Unable to resolve e-mail address", "responseCode": code}
            return {"scheduleId": address, "availabilityView": "", "scheduleItems": [], "error": error}
        found = self._rows(address, first, last)
        row = {"scheduleId": address, "availabilityView": _view(found, first, last, minutes)}
        items = [] if self.hides_items else [self._item(*each) for each in found]
        hours = {"daysOfWeek": ["monday"], "startTime": "08:00:00.0000000", "endTime": "17:00:00.0000000"}
        return row | {"scheduleItems": items, "workingHours": hours | {"timeZone": {"name": "Pacific Standard Time"}}}

    def _error(self, address, unknown):
        return self.errors.get(address) or (None if address in self.busy else unknown)

    def _rows(self, address, first, last):
        return [row for row in self.busy[address] if row[0] < last and row[1] > first]

    def _google(self, start, end, status="busy"):
        return {"start": f"{start:%Y-%m-%dT%H:%M:%SZ}", "end": f"{end:%Y-%m-%dT%H:%M:%SZ}"}

    def _item(self, start, end, status="busy"):
        times = {"start": start, "end": end}
        said = {name: {"dateTime": f"{at:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"} for name, at in times.items()}
        secret = {"isPrivate": False, "isMeeting": True, "isRecurring": False, "isException": False}
        return {**secret, "status": status, "subject": "Dentist for Maya", "location": "Main Street 1", **said}


def _view(rows, first, last, minutes):
    digits = {"free": "0", "tentative": "1", "busy": "2", "oof": "3", "workingElsewhere": "4"}
    slot = timedelta(minutes=minutes)
    found = ""
    for n in range((last - first) // slot):
        at = first + n * slot
        here = [digits[(*row, "busy")[2]] for row in rows if row[0] < at + slot and row[1] > at]
        found += max(here, default="0")
    return found


@contextmanager
def directory_server():
    """Yield a server that answers until the end of the block."""
    state = DirectoryServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, answer = state.answer(self.path, dict(self.headers.items()), body)
            sent = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
