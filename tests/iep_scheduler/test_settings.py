import logging
import os
import subprocess
import sys

import pytest
from django.conf import settings as used
from gunicorn.config import Config

from iep_scheduler import settings
from iep_scheduler.logs import HideLinks
from iep_scheduler.web import ServersLog

SHOW = "from iep_scheduler import settings as s; print([{}])"


def read(names, **environment):
    """Return settings as a fresh process with this environment has them."""
    code = SHOW.format(", ".join(f"s.{name}" for name in names))
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=clean | environment, cwd=used.BASE_DIR, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_settings_of_an_empty_environment_are_the_demo():
    names = ["EMBEDDED_DATABASE", "DEMO", "DEMO_MAILBOX", "DEBUG", "BASE_URL", "SESSION_COOKIE_SECURE"]

    assert read(names) == "[True, True, True, False, 'http://localhost:8000', False]"


def test_settings_with_a_database_of_ones_own_are_no_demo():
    found = read(
        ["DEMO", "DEMO_MAILBOX", "DATABASES['default']['HOST']", "EMAIL_HOST", "SESSION_COOKIE_NAME", "ALLOWED_HOSTS"],
        DATABASE_URL="postgres://iep@%2Frun%2Fpostgresql:5432/iep",
        EMAIL_URL="smtp+tls://user:secret@mail.district.example:587",
        BASE_URL="https://iep.district.example/",
    )

    hosts = "['iep.district.example', 'localhost', '127.0.0.1', '[::1]']"
    assert found == f"[False, False, '/run/postgresql', 'mail.district.example', '__Host-session', {hosts}]"


def test_demo_over_a_database_of_ones_own_has_no_effect():
    found = read(["DEMO", "DEMO_MAILBOX"], DEMO="true", DATABASE_URL="postgres://iep@%2Frun%2Fpostgresql:5432/iep")

    assert found == "[False, False]"


def test_secret_is_made_once_and_kept_closed(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "VAR", tmp_path)
    monkeypatch.delenv("LINK_KEY", raising=False)

    first = settings.kept_secret("LINK_KEY")

    assert len(first) == 64
    assert settings.kept_secret("LINK_KEY") == first
    assert [(file.name, file.stat().st_mode & 0o777) for file in tmp_path.iterdir()] == [("link-key", 0o600)]


def test_secret_from_the_environment_comes_first(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "VAR", tmp_path)
    monkeypatch.setenv("LINK_KEY", "given")

    assert settings.kept_secret("LINK_KEY") == "given"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/p/Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6/", "Not Found: /p/Zm9vYm.../"),
        ("/students/4/", "Not Found: /students/4/"),
    ],
)
def test_log_shows_no_key_to_a_parents_page(address, shown):
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "Not Found: %s", (address,), None)

    assert HideLinks().filter(record)
    assert record.getMessage() == shown


def test_log_of_an_error_shows_no_key_either():
    error = ValueError("/p/Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6/ went wrong")
    about = (ValueError, error, None)
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "It broke", None, about)

    assert HideLinks().filter(record)
    assert logging.Formatter().format(record).splitlines()[-1] == "ValueError: /p/Zm9vYm.../ went wrong"


def test_web_servers_own_log_shows_no_key(capsys):
    log = ServersLog(Config())

    log.warning("Invalid request from ip=%s: %s", "192.0.2.1", "/p/Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6/")

    assert capsys.readouterr().err.strip().endswith("Invalid request from ip=192.0.2.1: /p/Zm9vYm.../")
