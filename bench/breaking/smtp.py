"""A mail server that is down, silent, slow to answer, hangs up, or refuses for a while or for good."""

import socket
from contextlib import nullcontext
from datetime import timedelta

from django.conf import settings
from django.db.models import Sum
from django.db.models.functions import Now
from django.utils import timezone

from bench.breaking import world
from bench.breaking.outcome import twice
from meetings.actions import outbox
from meetings.actions.book import book
from meetings.models import Message, MessageState, Outbox

FAULTS = ("down", "silent", "hang", "drop", "greylist", "421", "432", "552")
# These are no fault of any mail: none loses a try.
OF_THE_SERVER = {"down", "silent"}
TURNS = 8


def mail_server_in_trouble(outcome, *, small):
    """The mail server is down, silent, hangs, hangs up, greylists, or refuses with 421, 432, 552; then it is well."""
    number = 6 if small else 30
    settings.EMAIL_TIMEOUT = 1 if small else 3  # Ten seconds each would take long and show the same.
    cast, lost, copies, wrong = world.cast(), 0, {}, []
    for n, fault in enumerate(FAULTS):
        student, teacher = world.people.student(f"Student {n}", cast.school, cast.case_manager), world.teacher(cast, n)
        meeting = book(student, world.plan(student, teacher, hours=2 * n), by=cast.case_manager, now=timezone.now())
        world.guests(meeting, number, fault)
        tries, got = through(fault, meeting)
        rows = Message.objects.filter(meeting=meeting)
        failed = rows.filter(state=MessageState.FAILED).count()
        lost += len(set(rows.values_list("message_id", flat=True)) - set(got)) if fault != "552" else 0
        copies[fault] = twice(got)
        outcome.seen[f"tries while {fault}"] = tries
        # After twenty errors in a row the senders rest; what they had not tried by then meets a server that is well.
        if (
            failed != (tries if fault == "552" else 0)
            or rows.filter(state=MessageState.SENT).count() + failed != number + 1
        ):
            wrong.append(f"{fault}: {failed} failed of {rows.count()}")
        if tries > (0 if fault in OF_THE_SERVER else rows.count()):
            wrong.append(f"{fault}: {tries} tries of {rows.count()} mails at once")
    outcome.done = f"{number + 1} mails each while the mail server is {', '.join(FAULTS)}, then well"
    outcome.promised = (
        "none lost, no flood of tries, a lasting refusal is shown at once, twice only what was taken unsaid"
    )
    outcome.seen |= {"lost": lost, "sent twice": sum(copies.values())}
    outcome.expect(not lost, f"{lost} lost")
    outcome.expect(not wrong, "; ".join(wrong))
    outcome.expect(not any(copies[fault] for fault in FAULTS if fault != "drop"), f"copies: {copies}")


def through(fault, meeting):
    """Send while the server has the fault and after it; return the tries by then, and the Message-IDs taken in all."""
    with server(fault) as sink:
        for _ in range(TURNS):
            outbox.drain(timezone.now, limit=100, seconds=30)
        taken = sink.ids() if sink else []
    tries = Message.objects.filter(meeting=meeting).aggregate(tries=Sum("attempts"))["tries"]
    with server("") as sink:
        for _ in range(TURNS):
            time_passes()
            outbox.drain(timezone.now, limit=100, seconds=30)
        return tries, taken + sink.ids()


def server(fault):
    return nullcontext() if fault == "down" and nobody_listens() else world.Sink(0, 1, fault)


def nobody_listens():
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", settings.EMAIL_PORT)) != 0


def time_passes():
    """As after the waits between tries, and the rest after many errors."""
    long_ago = Now() - timedelta(seconds=1)
    Message.objects.filter(state=MessageState.QUEUED).update(not_before_at=long_ago)
    Outbox.objects.update(rests_until_at=None)
