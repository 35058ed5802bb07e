"""Whether mail goes out at all: stopped by hand, or by itself where the database was put back from a copy.

Last night's copy knows nothing of what was sent since, so that every message that waited in it would go out twice.
A copy is known by the numbers of this very database, which neither pg_dump nor a recovery to a point in time keeps.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import InternalError, NotSupportedError, ProgrammingError, connection, transaction
from django.db.models import QuerySet

from meetings import queue
from meetings.models import Message, MessageState, Outbox, OutboxChange, PauseReason
from students.models import Staff

TABLES = """
SELECT concat_ws(':', database.oid, 'meetings_message'::regclass::oid)
FROM pg_database AS database WHERE datname = current_database()
"""
# The timeline of the log that is written now: pg_control_checkpoint() knows a new one only after its first checkpoint.
TIMELINE = "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)"
SYSTEM = "SELECT system_identifier FROM pg_control_system()"
UNKNOWN = "-"


class Resume(StrEnum):
    """What becomes of the messages that wait when mail starts again after a restore."""

    SEND = "send"
    WITHDRAW_OLDER = "withdraw_older"
    WITHDRAW_ALL = "withdraw_all"


@dataclass(frozen=True)
class Resumed:
    withdrawn: int


def is_paused(now: datetime) -> bool:
    """Return whether nothing may go out. The first call notes which database this is; in another one it pauses."""
    row, here = Outbox.objects.filter(pk=1).first(), identity()
    if row is None and Message.objects.filter(sent_at__isnull=False).exists():
        # Half of a copy that is being put back: its tables come one after the other, and this row after the messages.
        return True
    if row is None or not row.identity:
        Outbox.objects.get_or_create(pk=1)
        Outbox.objects.filter(pk=1, identity="").update(identity=here)
        row = Outbox.objects.get(pk=1)
    if not is_same(row.identity, here):
        _note_restore(row.identity, here, now)
        return True
    return row.paused_at is not None


def is_stopped() -> bool:
    """Return whether somebody, or a restore that was noticed, has stopped all mail."""
    return Outbox.objects.filter(pk=1, paused_at__isnull=False).exists()


def identity() -> str:
    """Return the numbers of this database, its message table, its log's timeline and its server, where they are told.

    A role may lack the right to ask for the last two, and some hosts do not answer: "-" then.
    """
    return ":".join([_asked(TABLES), _asked_if_allowed(TIMELINE), _asked_if_allowed(SYSTEM)])


def is_same(one: str, other: str) -> bool:
    """Return whether both name one database; what either does not know is left out."""
    pairs = zip(one.split(":"), other.split(":"), strict=True)
    return all(left == right or UNKNOWN in {left, right} for left, right in pairs)


@transaction.atomic
def pause(*, by: Staff | None, now: datetime) -> bool:
    """Stop all mail until someone starts it again. Return False where it was stopped before."""
    Outbox.objects.get_or_create(pk=1)
    values = {"paused_at": now, "paused_by": by, "pause_reason": PauseReason.BY_HAND}
    won = Outbox.objects.filter(pk=1, paused_at=None).update(**values) == 1
    if won:
        OutboxChange.objects.create(what=OutboxChange.What.PAUSED, by=by, at=now)
    return won


@transaction.atomic
def resume(*, by: Staff | None, how: Resume, paused_at: datetime, now: datetime) -> Resumed | None:
    """Let mail go out again, and withdraw what should not. Return None where it is not that pause any more.

    `paused_at` is the pause that the person looked at: one that began since is not theirs to end.
    """
    row = Outbox.objects.select_for_update().filter(pk=1, paused_at=paused_at).first()
    if row is None:
        return None
    withdrawn = _to_withdraw(how, paused_at).update(state=MessageState.WITHDRAWN)
    Outbox.objects.filter(pk=1).update(paused_at=None, paused_by=None, pause_reason="")
    OutboxChange.objects.create(what=OutboxChange.What.RESUMED, withdrawn=withdrawn, by=by, at=now)
    queue.enqueue("send_outbox")
    return Resumed(withdrawn)


def older(paused_at: datetime) -> QuerySet[Message]:
    """Return what waits and was written before the pause began: after a restore, what the copy held."""
    return Message.objects.waiting().filter(created_at__lte=paused_at)


def newer(paused_at: datetime) -> QuerySet[Message]:
    """Return what waits and was written since the pause began."""
    return Message.objects.waiting().filter(created_at__gt=paused_at)


def _to_withdraw(how: Resume, paused_at: datetime) -> QuerySet[Message]:
    match how:
        case Resume.SEND:
            return Message.objects.none()
        case Resume.WITHDRAW_OLDER:
            return older(paused_at)
        case Resume.WITHDRAW_ALL:
            return Message.objects.waiting()


@transaction.atomic
def _note_restore(before: str, here: str, now: datetime) -> None:
    values = {"identity": here, "paused_at": now, "paused_by": None, "pause_reason": PauseReason.RESTORED}
    # Every sender notices; the one whose update finds the old name enters it.
    if Outbox.objects.filter(pk=1, identity=before).update(**values):
        OutboxChange.objects.create(what=OutboxChange.What.RESTORED, at=now)


def _asked_if_allowed(question: str) -> str:
    try:
        with transaction.atomic():
            return _asked(question)
    except (ProgrammingError, NotSupportedError, InternalError):
        return UNKNOWN


def _asked(question: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return str(cursor.fetchone()[0])
