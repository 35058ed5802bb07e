"""What 200 calendars cost that ask for their feeds every minute: python bench/feeds.py [MEETINGS]

Makes 200 members of the staff, each with so many meetings (30), in an empty database of its own on the embedded server,
starts the real web server (two processes) and asks it as calendars do: first without an ETag, then again and again with
it. Prints answers, times and the processor time of the web server for one answer of each kind.
"""

import http.client
import os
import platform
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iep_scheduler.settings")

import django  # noqa: E402

from iep_scheduler import postgres  # noqa: E402

NAME, PORT = "bench_feeds", 8196
CLIENTS, ROUNDS, AT_ONCE = 200, 5, 8
HOUR = timedelta(hours=1)


def main():
    meetings = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    postgres.start()
    django.setup()
    from django.db import connection  # noqa: PLC0415 - after the set-up

    from tests.database import use_migrated_template  # noqa: PLC0415

    use_migrated_template()
    template = connection.settings_dict["TEST"]["TEMPLATE"]
    with connection._nodb_cursor() as cursor:  # noqa: SLF001
        cursor.execute(f"DROP DATABASE IF EXISTS {NAME}")
        cursor.execute(f'CREATE DATABASE {NAME} TEMPLATE "{template}"')
    connection.close()
    connection.settings_dict["NAME"] = NAME
    try:
        tokens = make(meetings)
        print(
            f"{datetime.now(UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores,"
            f" load {os.getloadavg()[0]:.1f}; {CLIENTS} feeds of {meetings} meetings"
        )
        serve(tokens)
    finally:
        connection.close()
        with connection._nodb_cursor() as cursor:  # noqa: SLF001
            cursor.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


def make(count):
    from django.db import connection  # noqa: PLC0415 - after the set-up
    from django.utils import timezone  # noqa: PLC0415

    from meetings import ics  # noqa: PLC0415
    from meetings.actions.calendar_feed import open_feed  # noqa: PLC0415
    from meetings.models import Meeting, Message, Seat  # noqa: PLC0415
    from tests import cast as people  # noqa: PLC0415

    now = timezone.now()
    cast = people.cast()
    staff = [people.staff(f"Member {n}", cast.school) for n in range(CLIENTS)]
    for member in staff:
        shared = {"kind": "amendment", "student": cast.student, "school": cast.school, "organizer": cast.case_manager}
        rows = Meeting.objects.bulk_create(
            Meeting(**shared, start_at=now + n * 3 * HOUR, end_at=now + n * 3 * HOUR + HOUR, booked_at=now)
            for n in range(count)
        )
        seats = Seat.objects.bulk_create(
            Seat(meeting=row, role="general_education_teacher", holder=member.person) for row in rows
        )
        Message.objects.bulk_create(
            Message(
                recipient=member.person,
                about=f"meeting:{seat.meeting_id}:s0:invite",
                kind="invite",
                meeting=seat.meeting,
                to_address=member.login,
                subject="School meeting",
                text="...",
                ics=ics.request(seat.meeting, seat, address=member.login, now=now),
                ics_method="REQUEST",
                message_id=f"<{seat.pk}@bench>",
                dated_at=now,
                not_before_at=now,
                created_at=now,
            )
            for seat in seats
        )
    tokens = [open_feed(member.person, now=now) for member in staff]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return tokens


def serve(tokens):
    where = postgres.SERVER.address()
    address = f"postgres://{where['USER']}@{quote(where['HOST'], safe='')}:{where['PORT']}/{NAME}"
    code = "import django; django.setup(); from iep_scheduler.web import serve; serve()"
    env = os.environ | {"DATABASE_URL": address, "PORT": str(PORT), "WEB_WORKERS": "2"}
    with subprocess.Popen([sys.executable, "-c", code], env=env, cwd=PROJECT) as web:  # noqa: S603 - our own
        try:
            until_it_answers()
            etags = asked("first, whole", tokens, [None] * len(tokens), web.pid)
            for n in range(ROUNDS):
                asked(f"again {n + 1}, with ETag", tokens, etags, web.pid)
        finally:
            web.terminate()


def until_it_answers():
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)) as connection:
                connection.request("GET", "/healthz")
                connection.getresponse().read()
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the web server did not answer")


def asked(what, tokens, etags, pid):
    """Ask once for each feed, some at once. Return the ETags."""
    before, began = cpu_of(pid), time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(ask, tokens, etags))
    took, cpu = time.perf_counter() - began, cpu_of(pid) - before
    statuses = {status: sum(each[0] == status for each in answers) for status in {each[0] for each in answers}}
    times = sorted(each[2] * 1000 for each in answers)
    print(
        f"{what:20} {statuses}  {len(answers) / took:5.0f}/s  median {statistics.median(times):4.0f} ms"
        f"  p95 {times[int(len(times) * 0.95)]:4.0f} ms  {cpu / len(answers) * 1000:5.1f} ms of processor each"
        f"  {sum(each[3] for each in answers) / len(answers) / 1024:5.1f} kB each"
    )
    return [each[1] for each in answers]


def ask(token, etag):
    began = time.perf_counter()
    with closing(http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)) as connection:
        connection.request("GET", f"/calendar/{token}.ics", headers={"If-None-Match": etag} if etag else {})
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, answer.headers["ETag"], time.perf_counter() - began, len(body)


def cpu_of(pid):
    """Return the processor seconds of the web server's processes so far."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == pid or int(fields[1]) == pid:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
