"""What every test may ask for: the real database, a real browser, a real mail server, a real worker."""

import logging
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from iep_scheduler import postgres
from tests import chromium
from tests.calendarserver import CalendarServer
from tests.database import use_migrated_template
from tests.imapserver import ImapServer
from tests.mailserver import MailServer

NO_CHROMIUM = "NO CHROMIUM WAS FOUND: browser tests are skipped. Install it, or name it: CHROMIUM=/path ./run test"


def pytest_configure():
    # Tests make no static manifest, and sign people in many times.
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # The mail server of the tests tells its every step.
    # Asked of the database once a minute: tests that count queries must not meet it. None: for ever.
    cache.set("demo-district", False, None)
    settings.WHITENOISE_AUTOREFRESH = True  # Nothing is collected for tests, and there is nothing to warn of.


def pytest_terminal_summary(terminalreporter):
    if chromium.find() is None:
        terminalreporter.section(NO_CHROMIUM, sep="!", red=True, bold=True)


@pytest.fixture(scope="session")
def embedded_postgres():
    if settings.EMBEDDED_DATABASE:
        postgres.start()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(embedded_postgres, django_db_blocker, django_db_modify_db_settings_parallel_suffix):
    """Before pytest-django makes this process its own database: have a server, and a migrated one to copy."""
    with django_db_blocker.unblock():
        use_migrated_template()


@pytest.fixture(scope="session")
def chromium_path():
    path = chromium.find()
    if path is None:
        # A build that tests nothing in a browser must not look as if it did.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NO_CHROMIUM)
    return path


@pytest.fixture(scope="session")
def browser(chromium_path):
    browser = chromium.Browser(chromium_path)
    yield browser
    browser.close()


@pytest.fixture
def site(live_server, settings):
    """The running site; links in mails lead to it."""
    settings.BASE_URL = live_server.url
    return live_server


@pytest.fixture
def open_page(browser, site):
    """Opens pages, each in a session of its own: open_page(width=390). No page may break its own content policy."""
    opened = []

    def open_page(width=1366, **options):
        page, complaints = browser.open(site.url, width, chromium.WIDTHS.get(width, 900), **options)
        opened.append((page, complaints))
        return page

    yield open_page
    for page, _ in opened:
        page.context.close()
    assert [complaint for _, complaints in opened for complaint in complaints] == []


@pytest.fixture
def mail_server(settings):
    """A real mail server that this process sends to, and that the worker fixture's processes send to."""
    server = MailServer()
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_GIVEN, settings.DEMO_MAILBOX = True, False
    yield server
    server.stop()


@pytest.fixture
def imap_server(settings):
    """A real IMAP server with the mailbox that replies come to."""
    server = ImapServer()
    server.start()
    settings.REPLIES_URL, settings.REPLIES_ADDRESS = server.url, "replies@iep.example.org"
    yield server
    server.stop()


@pytest.fixture
def calendar_server(tmp_path, settings):
    """A real https server of calendars that stands for the internet where calendars are read."""
    server = CalendarServer(tmp_path)
    server.start()
    settings.CALENDAR_READER = server.reader()
    yield server
    server.stop()


@pytest.fixture
def worker_environment(mail_server, site):
    """What makes `manage.py` in another process work on this test's database, site and mail server."""
    found = connection.settings_dict
    host = found["HOST"].replace("/", "%2F")
    return os.environ | {
        "DATABASE_URL": f"postgres://{found['USER']}:{found['PASSWORD']}@{host}:{found['PORT']}/{found['NAME']}",
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
        "BASE_URL": site.url,
        "SECRET_KEY": settings.SECRET_KEY,
        "LINK_KEY": settings.LINK_KEY,
        "STORE_KEY": settings.STORE_KEY,
        "DEMO": "false",
    }


@pytest.fixture
def worker(worker_environment):
    """The real worker in processes of its own. It must be asked for with a transactional database."""
    command = [sys.executable, "manage.py", "worker"]
    process = subprocess.Popen(command, env=worker_environment, cwd=settings.BASE_DIR)
    yield process
    process.terminate()
    assert process.wait(60) == 0
