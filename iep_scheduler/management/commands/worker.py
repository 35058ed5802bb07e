"""The worker: one django-q2 cluster for each queue, watched over and started again."""

from django.core.management.base import BaseCommand

from iep_scheduler.processes import StopSignals
from iep_scheduler.supervisor import Supervisor
from meetings.actions.canary import forget_machines
from meetings.jobs import declare_schedules


class Command(BaseCommand):
    """Runs both queues."""

    help = "Run the worker: mail and reminders (quick), imports and plans (long)."

    def handle(self, *_: object, **__: object) -> None:
        signals = StopSignals()
        declare_schedules()
        forget_machines()
        Supervisor(self.stderr.write).run(signals)
