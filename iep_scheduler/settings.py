"""Everything that differs between machines comes from the environment; importing this starts nothing."""

import os
import secrets
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from iep_scheduler import postgres

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = BASE_DIR / "var"
env = environ.Env()  # type: ignore[no-untyped-call]


def kept_secret(name: str) -> str:
    """Return the secret from the environment, else the one made at the first start and kept in var/."""
    given = env.str(name, "")
    if given:
        return str(given)
    file = VAR / name.lower().replace("_", "-")
    if not file.exists():
        VAR.mkdir(mode=0o711, exist_ok=True)
        fresh = VAR / f".{file.name}.{os.getpid()}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        try:
            # Two processes may start at once: the first link wins, both then read the same file.
            os.link(fresh, file)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_text()


# Where it runs

HOST = env.str("HOST", "127.0.0.1")  # In a container: 0.0.0.0
PORT = env.int("PORT", 8000)
WEB_WORKERS = env.int("WEB_WORKERS", 2)
WEB_THREADS = env.int("WEB_THREADS", 4)
BASE_URL = env.str("BASE_URL", f"http://localhost:{PORT}").rstrip("/")
HTTPS = BASE_URL.startswith("https://")
DEBUG = env.bool("DEBUG", False)
EMBEDDED_DATABASE = not env.str("DATABASE_URL", "")
DEMO = EMBEDDED_DATABASE and env.bool("DEMO", True)  # Never over a database that somebody brought.

SECRET_KEY = kept_secret("SECRET_KEY")
LINK_KEY = kept_secret("LINK_KEY")  # Parent links are made from it; changing it ends every link sent so far.
# Addresses of people's calendars are encrypted with it. Several, separated by commas: the first encrypts, all decrypt.
STORE_KEY = kept_secret("STORE_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[urlsplit(BASE_URL).hostname, "localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = [BASE_URL]
PROXIES = env.int("PROXIES", 0)  # How many of our own stand before us and add to X-Forwarded-For.
ROOT_URLCONF = "iep_scheduler.urls"
WSGI_APPLICATION = "iep_scheduler.wsgi.application"


# What it is made of

INSTALLED_APPS = [
    "iep_scheduler",
    "students",
    "meetings",
    "iep_scheduler.apps.SupportConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
    "django_htmx",
    "django_q",
    "pghistory",
    "pgtrigger",
]

MIDDLEWARE = [
    "iep_scheduler.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "iep_scheduler.middleware.SizeMiddleware",
    "iep_scheduler.middleware.PrivateMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "iep_scheduler.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "iep_scheduler.middleware.HistoryMiddleware",
    "iep_scheduler.middleware.HeldMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # Fields are drawn by templates/django/forms/field.html.


# The database

LIMITS = "-c statement_timeout=15s -c lock_timeout=3s -c idle_in_transaction_session_timeout=30s"
# A server that vanished without a word is noticed within half a minute, not within two hours.
STILL_THERE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
DATABASE: dict[str, Any] = (
    {"ENGINE": "django.db.backends.postgresql", **postgres.SERVER.address()} if EMBEDDED_DATABASE else env.db_url()
)
DATABASE |= {
    "HOST": unquote(DATABASE["HOST"]),  # A socket's folder is written %2Frun%2Fpostgresql in an address.
    "CONN_MAX_AGE": 60,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {"connect_timeout": 5, "options": LIMITS, **STILL_THERE, **DATABASE.get("OPTIONS", {})},
}
DATABASES = {"default": DATABASE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


# Signing in

AUTH_USER_MODEL = "students.Staff"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_SAVE_EVERY_REQUEST = True  # Twelve hours from the last page, not from the first.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else f"session-{PORT}"  # Cookies do not tell ports apart.
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else f"csrf-{PORT}"
CSRF_COOKIE_HTTPONLY = False


# What was said to someone stays on the server and ends with their session: the next at the same desk reads none of it.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"


# Headers

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SILENCED_SYSTEM_CHECKS = [
    # HSTS for subdomains and the browsers' preload list would bind sites of the district that are not ours.
    "security.W005",
    "security.W021",
]


# Words, times, files

LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["iep_scheduler.formats"]
USE_TZ = True
TIME_ZONE = "UTC"  # How it is stored. Pages show each school's own time.

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}


# Mail

# Stands in calendars that others can see: a name without a word of special education.
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"School meetings <noreply@{urlsplit(BASE_URL).hostname}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = 10
# Whatever goes wrong, nobody's mailbox is flooded: messages to one person in 24 hours, and of the whole app in an hour.
MAIL_PER_PERSON = env.int("MAIL_PER_PERSON", 100)
MAIL_PER_FAMILY_MEMBER = env.int("MAIL_PER_FAMILY_MEMBER", 15)
MAIL_PER_HOUR = env.int("MAIL_PER_HOUR", 20_000)
# Answers from calendars and by mail come here, each with a tag after a plus sign. Empty: nobody reads them.
REPLIES_ADDRESS = env.str("REPLIES_ADDRESS", "")
# The two doors: the mailbox of that address, such as imaps://user:password@host:993/INBOX, and the secret with which a
# mail server of one's own hands each mail to /inbound/mail/.
REPLIES_URL = env.str("REPLIES_URL", "")
INBOUND_SECRET = env.str("INBOUND_SECRET", "")
# The demo sends nothing: its messages are read at /demo/mail.
EMAIL_GIVEN = bool(env.str("EMAIL_URL", ""))
DEMO_MAILBOX = DEMO and not EMAIL_GIVEN
if DEMO_MAILBOX:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
elif EMAIL_GIVEN:
    vars().update(env.email_url())


# Calendars of people's own

# Hosts beside Google, Outlook and iCloud from which a calendar may be read, such as calendar.district.org.
CALENDAR_HOSTS = env.list("CALENDAR_HOSTS", default=[])
# The module that reads them in a process of its own, and its arguments.
CALENDAR_READER = ("meetings.feeds",)


# Free/busy of all staff in the district's own directory. Nothing is asked of one that has no key here.
GOOGLE_CALENDAR_KEY = env.str("GOOGLE_CALENDAR_KEY", "")  # The file of a service account's JSON key.
GOOGLE_CALENDAR_USER = env.str("GOOGLE_CALENDAR_USER", "")  # The account in whose name it looks.
GOOGLE_CALENDAR_URL = env.str("GOOGLE_CALENDAR_URL", "https://www.googleapis.com/calendar/v3")
MICROSOFT_TENANT = env.str("MICROSOFT_TENANT", "")
MICROSOFT_CLIENT_ID = env.str("MICROSOFT_CLIENT_ID", "")
MICROSOFT_CLIENT_SECRET = env.str("MICROSOFT_CLIENT_SECRET", "")
MICROSOFT_USER = env.str("MICROSOFT_USER", "")  # The mailbox in whose name it asks.
MICROSOFT_LOGIN_URL = env.str("MICROSOFT_LOGIN_URL", "https://login.microsoftonline.com")
MICROSOFT_GRAPH_URL = env.str("MICROSOFT_GRAPH_URL", "https://graph.microsoft.com")


# The worker: two queues, so that a plan of a minute never holds up a mail.
# The lock of a task runs from when it is fetched ahead, not from when it starts, so that
# retry > timeout x (1 + ceil((queue_limit + 1) / workers)); iep_scheduler.checks holds this.

QUICK: dict[str, Any] = {"workers": 2, "queue_limit": 2, "timeout": 30, "retry": 100}
LONG: dict[str, Any] = {"workers": 2, "queue_limit": 1, "timeout": 900, "retry": 1900}
Q_CLUSTER: dict[str, Any] = {
    "name": "quick",
    "orm": "default",
    "poll": 0.5,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "save_limit": -1,
    "label": "Jobs",
    "log_level": "WARNING",
    **QUICK,
    "ALT_CLUSTERS": {"long": LONG},
}
WORKER_HOST = env.str("WORKER_HOST", socket.gethostname())[:120]  # Each machine's worker needs a name of its own.
# A job that does nothing goes through each queue every so many seconds. A cluster whose job is late is started again.
CANARY_SECONDS = env.float("CANARY_SECONDS", 15)
CANARY_LATE = timedelta(seconds=env.float("CANARY_LATE_SECONDS", 4 * CANARY_SECONDS))
CANARY_READY = timedelta(seconds=3 * CANARY_SECONDS)  # Where nothing ran for longer, the site is not ready.
WORKER_SEEN = timedelta(seconds=60)
PGHISTORY_MIDDLEWARE_METHODS = ("POST",)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"secrets": {"()": "iep_scheduler.logs.HideLinks"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["secrets"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Django's own set-up would print each line a second time, and mail errors to nobody.
        "django": {"level": "INFO", "handlers": [], "propagate": True},
        "django-q": {"level": "WARNING"},
    },
}
