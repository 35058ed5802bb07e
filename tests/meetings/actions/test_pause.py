"""Mail that is stopped: by hand, and by itself after a restore (fault 23)."""

import subprocess
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from iep_scheduler import postgres
from meetings import jobs, mail
from meetings.actions import outbox, pause
from meetings.actions.pause import Resume
from meetings.models import Message, MessageState, Outbox, OutboxChange, PauseReason
from tests.cast import cast
from tests.meetings.booked import NOW, book, seat_of
from tests.queued import asked_for

pytestmark = pytest.mark.django_db

QUEUED, SENT, WITHDRAWN = MessageState.QUEUED, MessageState.SENT, MessageState.WITHDRAWN
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def c():
    return cast()


def invite(c, meeting=None, who=None, now=NOW):
    return mail.invite(seat_of(meeting or book(c), who or c.teacher), now=now)


def drain(now=NOW):
    return outbox.drain(lambda: now, limit=50, seconds=20)


def states():
    return list(Message.objects.order_by("pk").values_list("state", flat=True))


def changes():
    return list(OutboxChange.objects.order_by("pk").values_list("what", "withdrawn", "by", "at"))


def test_first_drain_notes_which_database_this_is(c, mail_server):
    assert not Outbox.objects.exists()

    drain()

    row = Outbox.objects.get()
    assert (row.identity, row.paused_at, row.pause_reason) == (pause.identity(), None, "")
    assert len(row.identity.split(":")) == 4
    assert changes() == []


def test_nothing_goes_out_while_paused_and_what_is_written_waits(c, mail_server):
    assert pause.pause(by=c.director, now=NOW)
    meeting = book(c)
    invite(c, meeting)

    assert drain(LATER) == 0
    assert (states(), mail_server.messages) == ([QUEUED], [])
    assert outbox.claim(LATER) is None

    resumed = pause.resume(by=c.administrator, how=Resume.SEND, paused_at=NOW, now=LATER)
    assert resumed == pause.Resumed(withdrawn=0)
    assert asked_for("send_outbox") == [{}]
    assert drain(LATER) == 1
    assert changes() == [("paused", 0, c.director.pk, NOW), ("resumed", 0, c.administrator.pk, LATER)]


def test_pause_in_the_middle_of_a_batch_lets_only_the_mail_under_way_finish(c, mail_server):
    meeting = book(c)
    rows = [invite(c, meeting, who) for who in (c.teacher, c.vice_principal, c.case_manager)]
    handle = mail_server.handle_DATA

    def clock():
        if len(mail_server.messages) == 1:
            pause.pause(by=c.director, now=NOW)
        return NOW

    assert outbox.drain(clock, limit=50, seconds=20) == 1
    assert mail_server.handle_DATA == handle
    assert sorted(states()) == [QUEUED, QUEUED, SENT]
    assert len(rows) == 3


def test_pause_and_resume_pressed_twice_count_once(c):
    assert pause.pause(by=c.director, now=NOW)
    assert not pause.pause(by=c.administrator, now=LATER)
    assert pause.resume(by=c.director, how=Resume.SEND, paused_at=NOW, now=LATER)
    assert pause.resume(by=c.administrator, how=Resume.SEND, paused_at=NOW, now=LATER) is None
    assert [what for what, *_ in changes()] == ["paused", "resumed"]


def test_resume_of_an_older_pause_ends_no_newer_one(c):
    pause.pause(by=c.director, now=NOW)
    pause.resume(by=c.director, how=Resume.SEND, paused_at=NOW, now=LATER)
    pause.pause(by=c.director, now=LATER)

    assert pause.resume(by=c.director, how=Resume.SEND, paused_at=NOW, now=LATER) is None
    assert pause.is_stopped()


def test_reminders_are_planned_while_paused_and_expire_as_ever(c, mail_server):
    pause.pause(by=c.director, now=NOW)
    row = mail.member_reminder(seat_of(book(c), c.teacher), 7, now=NOW)
    Message.objects.update(expires_at=LATER)

    drain(LATER)

    assert (row.state, states()) == (QUEUED, [WITHDRAWN])


def test_job_does_not_run_again_and_again_while_paused(c, mail_server, monkeypatch):
    monkeypatch.setattr(jobs, "MUCH", 1)
    pause.pause(by=c.director, now=NOW)
    invite(c)

    assert (jobs.send_outbox(), asked_for("send_outbox")) == (0, [])


# A restore


def in_another_database(part):
    """As if the row had come with a copy: one of the four numbers is that of another database."""
    numbers = Outbox.objects.get().identity.split(":")
    numbers[part] = "7"
    Outbox.objects.update(identity=":".join(numbers))


@pytest.mark.parametrize("part", range(4), ids=["database", "table", "timeline", "server"])
def test_outbox_of_another_database_pauses_by_itself_and_once(c, mail_server, part):
    drain()
    in_another_database(part)
    invite(c)

    for _ in range(3):
        assert drain(LATER) == 0

    row = Outbox.objects.get()
    assert (row.pause_reason, row.paused_at, row.identity) == (PauseReason.RESTORED, LATER, pause.identity())
    assert (states(), mail_server.messages) == ([QUEUED], [])
    assert changes() == [("restored", 0, None, LATER)]


def test_restore_under_a_running_sender_stops_its_next_claim(c, mail_server):
    drain()
    in_another_database(1)
    invite(c)

    assert outbox.claim(NOW) is None


def test_restore_while_paused_by_hand_still_asks(c, mail_server):
    drain()
    pause.pause(by=c.director, now=NOW)
    in_another_database(0)

    drain(LATER)

    row = Outbox.objects.get()
    assert (row.pause_reason, row.paused_at, row.paused_by) == (PauseReason.RESTORED, LATER, None)


@pytest.mark.parametrize(
    ("how", "withdrawn", "left"),
    [
        (Resume.SEND, 0, [SENT, SENT]),
        (Resume.WITHDRAW_OLDER, 1, [WITHDRAWN, SENT]),
        (Resume.WITHDRAW_ALL, 2, [WITHDRAWN, WITHDRAWN]),
    ],
)
def test_resume_after_a_restore_withdraws_what_it_is_told_to(c, mail_server, how, withdrawn, left):
    drain()
    in_another_database(0)
    meeting = book(c)
    invite(c, meeting)
    drain(LATER)
    invite(c, meeting, c.vice_principal, now=LATER + timedelta(minutes=1))
    assert (pause.older(LATER).count(), pause.newer(LATER).count()) == (1, 1)

    resumed = pause.resume(by=c.director, how=how, paused_at=LATER, now=LATER)
    drain(LATER)

    assert (resumed, states()) == (pause.Resumed(withdrawn), left)
    assert changes()[-1] == ("resumed", withdrawn, c.director.pk, LATER)


@pytest.mark.parametrize(
    ("function", "part"), [("pg_current_wal_lsn()", 2), ("pg_control_system()", 3)], ids=["timeline", "server"]
)
def test_role_that_may_not_ask_for_everything_goes_by_the_other_numbers(c, mail_server, function, part):
    drain()
    whole = Outbox.objects.get().identity
    with connection.cursor() as cursor:
        cursor.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        cursor.execute("CREATE ROLE plain_role")
        cursor.execute("SET ROLE plain_role")
        known = pause.identity()
        cursor.execute("RESET ROLE")

    numbers = whole.split(":")
    numbers[part] = "-"
    assert known == ":".join(numbers)
    assert pause.is_same(whole, known)
    assert not pause.is_same(whole, known.replace(whole.split(":")[0], "7", 1))


# A real one


def program(name, *args):
    found = connection.settings_dict
    command = [str(postgres._programs() / name), "-h", found["HOST"], "-p", str(found["PORT"]), "-U", found["USER"]]
    subprocess.run([*command, *args], env=postgres._environment(), check=True, capture_output=True)


def restored_in_place(name, dump):
    program("pg_restore", "--clean", "--if-exists", "-d", name, str(dump))


def restored_anew(name, dump):
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}"')
    program("pg_restore", "-d", name, str(dump))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("restore", [restored_in_place, restored_anew])
def test_restored_pg_dump_resends_nothing_without_a_yes(c, mail_server, tmp_path, restore):
    name, dump = connection.settings_dict["NAME"], tmp_path / "last-night.dump"
    drain()
    message = invite(c, now=timezone.now())
    program("pg_dump", "-Fc", "-f", str(dump), name)
    assert drain() == 1

    connection.close()
    restore(name, dump)

    for _ in range(3):
        assert drain() == 0
    assert (states(), len(mail_server.messages)) == ([QUEUED], 1)
    row = Outbox.objects.get()
    assert row.pause_reason == PauseReason.RESTORED

    with pytest.raises(CommandError, match="what becomes of what waits"):
        call_command("outbox", "resume")
    Message.objects.update(created_at=NOW - timedelta(hours=8))
    call_command("outbox", "resume", waiting="withdraw_older")
    assert drain() == 0
    assert (states(), len(mail_server.messages)) == ([WITHDRAWN], 1)
    assert [got["Message-ID"] for got in mail_server.messages] == [message.message_id]


# The command


def test_command_says_how_it_stands_pauses_and_starts_again(c, mail_server, capsys):
    invite(c)
    said = []
    for what in ("status", "pause", "pause", "status", "resume", "resume", "status"):
        call_command("outbox", what)
        said.append(capsys.readouterr().out.splitlines()[0].split(" since ")[0])

    assert said == [
        "Mail goes out.",
        "Paused.",
        "Paused already.",
        "Paused",
        "Mail goes out again; 0 withdrawn.",
        "It is not paused.",
        "Mail goes out.",
    ]
    assert [(what, by) for what, _, by, _ in changes()] == [("paused", None), ("resumed", None)]


def test_copy_that_is_put_back_only_in_part_sends_nothing(c, mail_server):
    # Tables come one after the other: messages before the row that knows which database they were written in.
    meeting = book(c)
    invite(c, meeting)
    drain()
    invite(c, meeting, c.vice_principal)
    Outbox.objects.all().delete()

    assert (drain(LATER), outbox.claim(LATER)) == (0, None)
    assert (len(mail_server.messages), Outbox.objects.exists()) == (1, False)
