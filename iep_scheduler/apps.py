from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class IepSchedulerConfig(AppConfig):
    name = "iep_scheduler"
    verbose_name = "IEP Scheduler"
    default = True

    def ready(self) -> None:
        import_module("iep_scheduler.checks")
        # Imports django-q2's signals, which wait for every app to be there.
        import_module("iep_scheduler.rollcall").keep()


class SupportConfig(admin.AdminConfig):
    default = False
    default_site = "iep_scheduler.support.SupportSite"
