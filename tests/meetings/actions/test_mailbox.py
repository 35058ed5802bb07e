"""The mailbox of replies, on a real IMAP server."""

import os
import signal
import socket
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from meetings import jobs
from meetings.actions.mailbox import READ_FOLDER, MailboxError, mailbox_of, read_mailbox
from meetings.models import IncomingMail, Message, Reply
from tests import cast as people
from tests import incoming as mails
from tests.booking import NOW, booked
from tests.effort import tries
from tests.imapserver import StallingProxy
from tests.races import at_once

SECONDS = 30


def read(url, limit=100):
    return read_mailbox(url, lambda: NOW, limit=limit, seconds=SECONDS)


def folders(server):
    return len(server.folder()), len(server.folder(READ_FOLDER))


@pytest.fixture
def meeting():
    return booked(people.cast())


def replies_to(meeting, **event):
    """A yes of everyone who was asked, each from their own secret address."""
    seats = meeting.seats.select_related("holder").exclude(holder=None).exclude(holder=meeting.organizer_id)
    return [
        mails.stub(mails.to_of(meeting, seat.holder), meeting.uid, attendee=seat.holder.email, **event)
        for seat in seats
    ]


@pytest.mark.django_db
def test_each_mail_is_taken_in_and_put_away(imap_server, meeting):
    imap_server.deliver(*replies_to(meeting), mails.typed("replies@iep.example.org", "Hello"))

    assert read(imap_server.url) == 6

    assert folders(imap_server) == (0, 6)
    assert list(IncomingMail.objects.order_by("pk").values_list("door", "state")) == [("mailbox", "applied")] * 5 + [
        ("mailbox", "new")
    ]
    assert meeting.seats.exclude(answer="yes").count() == 0
    assert read(imap_server.url) == 0


@pytest.mark.django_db
def test_a_batch_is_the_oldest_mails(imap_server, meeting):
    imap_server.deliver(*[mails.typed(mails.REPLIES, f"Word {number}") for number in range(5)])

    assert [read(imap_server.url, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert list(IncomingMail.objects.order_by("pk").values_list("words", flat=True)) == [f"Word {n}" for n in range(5)]


@pytest.mark.django_db
def test_what_cannot_be_read_never_comes_again_and_holds_nothing_up(imap_server, meeting):
    tree = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(60)).encode()
    imap_server.deliver(tree, b"\xff\x00\xfe" * 300, mails.typed(mails.to_of(meeting, meeting.organizer), "Yes"))

    assert (read(imap_server.url), read(imap_server.url)) == (3, 0)
    assert folders(imap_server) == (0, 3)
    assert list(IncomingMail.objects.order_by("pk").values_list("kind", flat=True))[::2] == ["unreadable", "typed"]


@pytest.mark.django_db
def test_of_a_huge_mail_only_the_beginning_is_fetched(imap_server, meeting):
    photo = b"\r\n".join([b"QUJD" * 18] * 40_000)
    head = mails.mail(
        mails.to_of(meeting, meeting.organizer),
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nSí puedo\n'
        "--b\nContent-Type: image/jpeg\nContent-Transfer-Encoding: base64\n",
    )
    imap_server.deliver(head + b"\r\n" + photo + b"\r\n--b--\r\n")

    assert (read(imap_server.url), read(imap_server.url)) == (1, 0)
    assert IncomingMail.objects.get().words == "Sí puedo"
    assert len(imap_server.folder(READ_FOLDER)[0]) > 2_500_000


@pytest.mark.django_db
def test_job_reads_the_mailbox_that_is_set(imap_server, meeting):
    imap_server.deliver(*replies_to(meeting))

    assert (jobs.read_replies(), jobs.read_replies()) == (5, 0)


@pytest.mark.django_db
def test_job_without_a_mailbox_does_nothing(settings):
    settings.REPLIES_URL = ""

    assert jobs.read_replies() == 0


@pytest.mark.django_db
def test_mailbox_that_does_not_answer_is_tried_again_later(settings, caplog):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.REPLIES_URL = f"imap://replies:secret-word@127.0.0.1:{free.getsockname()[1]}/INBOX"

    assert jobs.read_replies() == 0
    assert [record.getMessage() for record in caplog.records] == [
        "The mailbox of replies cannot be read: ConnectionRefusedError"
    ]


@pytest.mark.parametrize("wrong", [("pass%20word", "wrong"), ("/INBOX", "/Nowhere")])
def test_mailbox_that_refuses_says_so_without_the_password(imap_server, wrong):
    with pytest.raises(MailboxError) as refused:
        read(imap_server.url.replace(*wrong))

    assert "word" not in str(refused.value)


def test_server_without_a_trusted_certificate_is_not_spoken_to(imap_server):
    """It speaks no TLS at all, which the handshake finds; nothing is sent before it."""
    with pytest.raises(MailboxError):
        read(imap_server.url.replace("imap://", "imaps://"))


@pytest.mark.django_db(transaction=True)
def test_two_machines_read_the_same_mailbox(imap_server):
    meeting = booked(people.cast())
    for number in range(tries(2, 20)):
        Reply.objects.all().delete()
        IncomingMail.objects.all().delete()
        answers = replies_to(meeting, partstat=("ACCEPTED", "DECLINED")[number % 2])
        imap_server.deliver(*answers, *[mails.typed(mails.REPLIES, f"Word {n} {number}") for n in range(10)])

        found = at_once(*[lambda: read(imap_server.url)] * 2)

        assert (sum(found), IncomingMail.objects.count(), Reply.objects.count()) == (15, 15, 5)
        assert imap_server.folder() == []


@pytest.mark.django_db(transaction=True)
def test_reader_killed_between_the_commit_and_putting_the_mail_away(imap_server, worker_environment):
    cast = people.cast()
    meeting = booked(cast, start=in_ten_days(), now=timezone.now())
    imap_server.deliver(mails.stub(mails.to_of(meeting, cast.mother), meeting.uid))
    proxy = StallingProxy(imap_server.port, b"COPY")
    command = [sys.executable, "manage.py", "shell", "-c", "from meetings import jobs; jobs.read_replies()"]
    environment = worker_environment | {"REPLIES_URL": proxy.url, "REPLIES_ADDRESS": mails.REPLIES}
    reader = subprocess.Popen(command, env=environment, cwd=django_settings.BASE_DIR, stdout=subprocess.DEVNULL)
    assert proxy.stalled.wait(60)

    os.kill(reader.pid, signal.SIGKILL)
    reader.wait(20)
    proxy.close()

    assert (IncomingMail.objects.get().state, folders(imap_server)) == ("applied", (1, 0))
    assert (jobs.read_replies(), folders(imap_server)) == (0, (0, 1))
    assert (IncomingMail.objects.count(), Reply.objects.count()) == (1, 1)
    assert Message.objects.filter(kind="parent_confirmation").count() == 1


def in_ten_days():
    return (timezone.now() + timedelta(days=10)).replace(hour=17, minute=0, second=0, microsecond=0)


def test_address_of_a_mailbox():
    found = mailbox_of("imaps://replies%40iep.example:p%40ss%2Fword@mail.example:1993/Some%20folder")

    assert (found.kind, found.host, found.port, found.user, found.password, found.folder) == (
        "imaps",
        "mail.example",
        1993,
        "replies@iep.example",
        "p@ss/word",
        "Some folder",
    )
    assert "p@ss" not in repr(found)


@pytest.mark.parametrize(
    ("address", "port"), [("imaps://a:b@h", 993), ("imap+tls://a:b@h/", 143), ("imap://a:b@h/INBOX", 143)]
)
def test_address_of_a_mailbox_without_a_port(address, port):
    assert (mailbox_of(address).port, mailbox_of(address).folder) == (port, "INBOX")


@pytest.mark.parametrize("address", ["", "https://a:b@h", "imaps://h/INBOX", "imaps://", "imaps://a:b@h:x/"])
def test_address_that_is_no_mailbox(address):
    with pytest.raises(ValueError):
        mailbox_of(address)
