"""How fast waiting mail goes out: python bench/outbox.py [MESSAGES]

Makes the messages in an empty database of its own on the embedded server: half of them invites with a calendar file,
half notices to guardians, each with a link of its own and an attempt to enter. Starts a mail server that takes
everything, in its own process, and the quick queue as the worker starts it, with two processes that send; asks for one
run of the job, as a booking does; and waits until nothing waits. Prints the rate, what arrived twice, over how many
connections, the most memory that a process of the queue had, and how much of a processor they used: on a machine that
does other things at the same time the rate says little, the work of one mail does not change.
"""

import json
import os
import platform
import signal
import subprocess
import sys
import time as clock
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iep_scheduler.settings")

import django  # noqa: E402

from iep_scheduler import postgres  # noqa: E402

NAME = "bench_outbox"
MOST_SECONDS = 600
PAGE = 4096
PROCESSES = 5  # Of one cluster: it starts one that starts four, two of which work.


def main():
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    postgres.start()
    django.setup()
    from django.db import connection  # noqa: PLC0415 - after the set-up

    with scratch(connection):
        now = datetime.now(UTC)
        print(f"{now:%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        make(number, now)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        with sink() as mail_server:
            seconds, memory, work = drained(connection, mail_server.port)
            report = mail_server.report()
    print(f"{number} messages in {seconds:.1f} s: {number / seconds:.0f} a second; load {os.getloadavg()[0]:.1f}")
    print(f"arrived {report['mails']}, twice {report['twice']}, over {report['connections']} connections")
    print(f"most memory of one process of the queue: {memory / 1e6:.0f} MB")
    print(f"processor time of the senders: {work:.1f} s, {1000 * work / number:.1f} ms for each mail")


@contextmanager
def scratch(connection):
    from tests.database import use_migrated_template  # noqa: PLC0415

    use_migrated_template()
    template = connection.settings_dict["TEST"]["TEMPLATE"]
    run(connection, f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)", f'CREATE DATABASE {NAME} TEMPLATE "{template}"')
    connection.close()
    connection.settings_dict["NAME"] = NAME
    try:
        yield
    finally:
        connection.close()
        run(connection, f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


def run(connection, *statements):
    with connection._nodb_cursor() as cursor:  # noqa: SLF001
        for statement in statements:
            cursor.execute(statement)


def make(number, now):
    """Write the first invite and the first notice as a booking does, and copy their rows."""
    from meetings import mail  # noqa: PLC0415
    from meetings.models import Message  # noqa: PLC0415
    from tests.cast import cast  # noqa: PLC0415
    from tests.meetings.booked import book, link_of, seat_of  # noqa: PLC0415

    c = cast()
    meeting = book(c, (now + timedelta(days=10)).replace(hour=17, minute=0, second=0, microsecond=0))
    invite = mail.invite(seat_of(meeting, c.teacher), now=now)
    notice = mail.parent_link(link_of(meeting, c.mother), now=now)
    members, links = guests(meeting, number // 2 - 1), guardians(meeting, number - number // 2 - 1, now)
    Message.objects.bulk_create(
        [copied(invite, member, n) for n, member in enumerate(members)]
        + [copied(notice, link.guardian, n, link) for n, link in enumerate(links)],
        batch_size=1000,
    )


def guests(meeting, number):
    from meetings.models import Seat  # noqa: PLC0415
    from students.models import Role  # noqa: PLC0415

    rows = people("outside", number)
    Seat.objects.bulk_create(Seat(meeting=meeting, role=Role.OTHER, holder=row) for row in rows)
    return rows


def guardians(meeting, number, now):
    from meetings import tokens  # noqa: PLC0415
    from meetings.models import ParentLink, Seat  # noqa: PLC0415
    from students.models import Guardian, Guardianship, Role  # noqa: PLC0415

    rows = people("guardian", number)
    made = Guardian.objects.bulk_create(Guardian(person=row) for row in rows)
    Guardianship.objects.bulk_create(Guardianship(student=meeting.student, guardian=row) for row in made)
    Seat.objects.bulk_create(Seat(meeting=meeting, role=Role.PARENT, holder=row) for row in rows)
    return ParentLink.objects.bulk_create(
        ParentLink(
            meeting=meeting,
            guardian=row,
            created_at=now,
            expires_at=tokens.expiry_of(meeting),
            token_hash=f"{row.pk:064}",
        )
        for row in rows
    )


def people(kind, number):
    from students.models import Person  # noqa: PLC0415

    rows = [
        Person(kind=kind, given_name="Guest", family_name=f"{kind} {n}", email=f"{kind}{n}@mail.example")
        for n in range(number)
    ]
    for row in rows:
        row.fold_names()
    return Person.objects.bulk_create(rows)


def copied(message, person, n, link=None):
    from meetings.models import Message  # noqa: PLC0415

    fields = {field.attname: getattr(message, field.attname) for field in Message._meta.fields}  # noqa: SLF001
    fields |= {"id": None, "recipient_id": person.pk, "to_address": person.email, "link_id": link and link.pk}
    return Message(**fields | {"message_id": f"<{person.pk}.{n}@bench.example>"})


@contextmanager
def sink():
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, str(PROJECT / "bench" / "mail_sink.py")], stdin=-1, stdout=-1, text=True
    )
    process.port = int(process.stdout.readline())
    process.report = lambda: json.loads(process.communicate("")[0])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def drained(connection, port):
    """Return the seconds from the asking to the last mark, the most memory of one process, and their work."""
    from meetings import queue  # noqa: PLC0415
    from meetings.models import Message, MessageState  # noqa: PLC0415

    found = connection.settings_dict
    host = found["HOST"].replace("/", "%2F")
    environment = os.environ | {
        "DATABASE_URL": f"postgres://{found['USER']}:@{host}:{found['PORT']}/{NAME}",
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "DEMO": "false",
        "Q_CLUSTER_NAME": "quick",
    }
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "qcluster"], env=environment, cwd=PROJECT, start_new_session=True
    )
    memory, work, waits = 0, {}, Message.objects.exclude(state=MessageState.SENT)
    try:
        # Until its processes stand: the time to start Python is not the time to send.
        while len(children(worker.pid)) < PROCESSES:
            clock.sleep(0.2)
        before, start = {pid: worked(pid) for pid in children(worker.pid)}, clock.monotonic()
        queue.enqueue("send_outbox")
        while waits.exists() and clock.monotonic() - start < MOST_SECONDS:
            memory = max([memory, *(resident(pid) for pid in children(worker.pid))])
            work |= {pid: worked(pid) - before.get(pid, 0) for pid in children(worker.pid)}
            clock.sleep(0.25)
        return clock.monotonic() - start, memory, sum(work.values())
    finally:
        worker.send_signal(signal.SIGTERM)
        try:
            worker.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)


def children(pid):
    """Return every process below this one."""
    found = []
    for file in Path("/proc").glob(f"{pid}/task/*/children"):
        for child in map(int, file.read_text().split()):
            found += [child, *children(child)]
    return found


def resident(pid):
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except FileNotFoundError:
        return 0


def worked(pid):
    """Return the seconds of a processor that a process has used."""
    try:
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    except FileNotFoundError:
        return 0
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
