"""How the queues are: who works on each, when it last did anything, what waits. All by the database's clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from meetings import queue as queues
from meetings.models import Canary, WorkerGroup


class Trouble(StrEnum):
    """Why a queue's jobs are not being done, as far as anyone can tell."""

    NEVER_SEEN = "never_seen"
    NOT_SEEN = "not_seen"
    NOT_STARTED = "not_started"
    NOTHING_RAN = "nothing_ran"


@dataclass(frozen=True)
class Limits:
    """For how long a machine need not be seen, and nothing need be done, without there being anything wrong."""

    seen: timedelta
    ran: timedelta


@dataclass(frozen=True)
class QueueState:
    """One queue at one moment."""

    queue: str
    now: datetime
    groups: list[WorkerGroup]
    canary: Canary | None  # The last one that ran.
    waiting: int
    oldest_at: datetime | None

    @property
    def ran_at(self) -> datetime | None:
        """Return when a job was last at work, on any machine."""
        ran = [group.worked_at for group in self.groups if group.worked_at]
        if self.canary is not None and self.canary.ran_at is not None:
            ran.append(self.canary.ran_at)
        return max(ran, default=None)

    @property
    def seen_at(self) -> datetime | None:
        return max((group.seen_at for group in self.groups), default=None)

    def trouble(self, limits: Limits) -> Trouble | None:
        """Return what keeps its jobs from being done; None where they are, or every worker is at one."""
        if not self.groups:
            return Trouble.NEVER_SEEN
        seen = [group for group in self.groups if self.now - group.seen_at <= limits.seen]
        if not seen:
            return Trouble.NOT_SEEN
        started = [group for group in seen if group.started_at]
        if not started:
            return Trouble.NOT_STARTED
        workers, busy = sum(group.workers for group in started), sum(group.busy for group in started)
        has_run = self.ran_at is not None and self.now - self.ran_at <= limits.ran
        return None if has_run or busy >= workers > 0 else Trouble.NOTHING_RAN


def queue_states(now: datetime) -> list[QueueState]:
    """Return each queue as it is; `now` is the database's."""
    groups = list(WorkerGroup.objects.order_by("host"))
    return [_state_of(name, [group for group in groups if group.queue == name], now) for name in queues.QUEUES]


def _state_of(name: str, groups: list[WorkerGroup], now: datetime) -> QueueState:
    ran = Canary.objects.filter(queue=name, ran_at__isnull=False).order_by("-ran_at").first()
    return QueueState(name, now, groups, ran, *queues.waiting(name))
