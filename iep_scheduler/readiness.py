"""Whether everything is being done that should be, and what is not."""

from functools import cache

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from meetings.actions.canary import database_now
from meetings.templatetags.durations import duration
from meetings.workers import Limits, QueueState, Trouble, queue_states


def reasons() -> list[str]:
    """Return a plain line for each thing that keeps the site from being ready. No names, addresses or secrets."""
    try:
        if pending := pending_migrations():
            return [f"database: {pending} migration{'s are' if pending > 1 else ' is'} not applied"]
        found = [(state, state.trouble(limits())) for state in queue_states(database_now())]
    except Error:
        return ["database: it does not answer"]
    return [f"{state.queue} queue: {in_words(state, trouble)}" for state, trouble in found if trouble]


def limits() -> Limits:
    return Limits(seen=settings.WORKER_SEEN, ran=settings.CANARY_READY)


def in_words(state: QueueState, trouble: Trouble) -> str:
    if trouble == Trouble.NEVER_SEEN or state.seen_at is None:
        return "no worker has been seen"
    if trouble == Trouble.NOT_SEEN:
        return f"no worker has been seen for {duration(state.now - state.seen_at)}"
    if trouble == Trouble.NOT_STARTED:
        return "its worker is being started, or was stopped"
    if state.ran_at is None:
        return "no job has run yet"
    return f"no job has run for {duration(state.now - state.ran_at)}"


def pending_migrations() -> int:
    """Return how many migrations of this release the database has not seen."""
    applied = MigrationRecorder(connection).applied_migrations()
    return len(of_this_release() - applied.keys())


@cache
def of_this_release() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).graph.nodes)
