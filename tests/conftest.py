"""What every test may ask for: the real database, a real browser, a real mail server."""

import pytest
from django.conf import settings

from iep_scheduler import postgres
from tests.database import use_migrated_template


def pytest_configure():
    # Tests make no static manifest, and sign people in many times.
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = True  # Nothing is collected for tests, and there is nothing to warn of.


@pytest.fixture(scope="session")
def embedded_postgres():
    if settings.EMBEDDED_DATABASE:
        postgres.start()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(embedded_postgres, django_db_blocker, django_db_modify_db_settings_parallel_suffix):
    """Before pytest-django makes this process its own database: have a server, and a migrated one to copy."""
    with django_db_blocker.unblock():
        use_migrated_template()
