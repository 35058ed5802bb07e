from importlib import import_module

from django.apps import AppConfig


class IepSchedulerConfig(AppConfig):
    name = "iep_scheduler"
    verbose_name = "IEP Scheduler"

    def ready(self) -> None:
        import_module("iep_scheduler.checks")
