"""The web server: gunicorn, within the process that has Django loaded already."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from iep_scheduler import postgres
from iep_scheduler.logs import HideLinks


class ServersLog(Logger):
    """The server's own log, which writes by itself: a request that fails before Django has it is named there too."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)  # type: ignore[no-untyped-call]
        self.error_log.addFilter(HideLinks())


class Site(BaseApplication):
    """Gunicorn, set up by our own settings."""

    def load_config(self) -> None:
        chosen = {
            "bind": f"{settings.HOST}:{settings.PORT}",
            "worker_class": "gthread",
            "workers": settings.WEB_WORKERS,
            "threads": settings.WEB_THREADS,
            "timeout": 60,
            "graceful_timeout": 20,
            "preload_app": True,
            "control_socket_disable": True,
            "loglevel": "warning",
            "logger_class": ServersLog,
            "accesslog": None,  # Addresses of parents' pages hold the key to them.
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)  # type: ignore[union-attr]

    def load(self) -> Callable[..., Any]:
        return get_wsgi_application()


def serve() -> None:
    """Answer requests until told to stop."""
    if settings.EMBEDDED_DATABASE:
        postgres.start()
    try:
        Site().run()  # type: ignore[no-untyped-call]
    finally:
        postgres.SERVER.leave()
