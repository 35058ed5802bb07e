"""
A migrated database to copy.

Running every migration takes ten seconds, copying the outcome a tenth of one; the copy is as clean. Its name
holds what it was made from, so that a changed migration makes a new one.
"""

import fcntl
import hashlib
import os
from pathlib import Path

from django.conf import settings
from django.db import connection

TEMPLATE = "migrated_"
COPY = "test_of_"


def migrations_digest():
    files = [settings.BASE_DIR / "requirements.lock"]
    for app in ("students", "meetings"):
        files += sorted((settings.BASE_DIR / app / "migrations").glob("*.py"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def use_migrated_template():
    """Let the test database of this process be a copy of the migrated one, made here if there is none."""
    template = TEMPLATE + migrations_digest()
    test = connection.settings_dict["TEST"]
    with Path(settings.VAR / "tests.gate").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        found = databases()
        # What a killed run left behind.
        drop(name for name in found if name.startswith(COPY) and not process_lives(name))
        if template not in found:
            make(template)
            drop(name for name in found if name.startswith(TEMPLATE))
    # Several runs at once in one checkout each have their own.
    test["TEMPLATE"], test["NAME"] = template, f"{COPY}{os.getpid()}"


def process_lives(name):
    pid = name.removeprefix(COPY).partition("_")[0]
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, ValueError):
        return True
    return True


def databases():
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {name for (name,) in cursor.fetchall()}


def drop(names):
    for name in names:
        run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def make(template):
    own, test = connection.settings_dict["NAME"], connection.settings_dict["TEST"]
    test["NAME"] = f"making_{template}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = own
    # Only what is whole gets the name, so that a run cut short leaves nothing to copy.
    run(f'ALTER DATABASE "making_{template}" RENAME TO "{template}"')


def run(statement):
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)
