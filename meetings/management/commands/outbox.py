"""Stop all mail, let it go again, or say how it stands."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from meetings.actions import breaker, pause
from meetings.models import Message, Outbox, PauseReason


class Command(BaseCommand):
    """Works where the pages do not: over the same rows as they."""

    help = "Pause all mail, start it again, or say how it stands."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["pause", "resume", "status"])
        ways = "After a restore: what becomes of the messages that wait."
        parser.add_argument("--waiting", choices=[way.value for way in pause.Resume], default="", help=ways)

    def handle(self, *_: object, what: str, waiting: str, **__: Any) -> None:
        match what:
            case "pause":
                was = "" if pause.pause(by=None, now=timezone.now()) else " already"
                self.stdout.write(f"Paused{was}.")
            case "resume":
                self._resume(waiting)
            case _:
                self._status()

    def _resume(self, waiting: str) -> None:
        row = Outbox.objects.filter(pk=1).first()
        if row is None or row.paused_at is None:
            self.stdout.write("It is not paused.")
            return
        if row.pause_reason == PauseReason.RESTORED and not waiting:
            self._status()
            ways = ", ".join(way.value for way in pause.Resume)
            raise CommandError(f"The database was restored. Say what becomes of what waits: --waiting with {ways}")
        how = pause.Resume(waiting or pause.Resume.SEND)
        resumed = pause.resume(by=None, how=how, paused_at=row.paused_at, now=timezone.now())
        if resumed is None:
            raise CommandError("Nothing was changed: somebody else was quicker.")
        self.stdout.write(f"Mail goes out again; {resumed.withdrawn} withdrawn.")

    def _status(self) -> None:
        row = Outbox.objects.filter(pk=1).first() or Outbox(pk=1)
        if row.paused_at is not None:
            self.stdout.write(f"Paused since {row.paused_at:%Y-%m-%d %H:%M} UTC: {row.get_pause_reason_display()}.")
            if row.pause_reason == PauseReason.RESTORED:
                older, newer = pause.older(row.paused_at).count(), pause.newer(row.paused_at).count()
                self.stdout.write(f"Waiting in the copy: {older}; written since: {newer}.")
        elif breaker.is_resting():
            self.stdout.write(f"Resting after {row.errors_in_a_row} errors in a row.")
        else:
            self.stdout.write("Mail goes out.")
        counts = Message.objects.waiting().count(), Message.objects.undelivered().count()
        self.stdout.write("Waiting: {}; not delivered: {}.".format(*counts))
