#!/usr/bin/env python
"""Django's command line, with the embedded PostgreSQL started where a command needs it."""

import os
import sys

from django.core.management import execute_from_command_line

from iep_scheduler import postgres, processes

# These read or write files alone.
WITHOUT_DATABASE = {
    "", "help", "version", "--help", "-h", "--version", "collectstatic", "compilemessages", "findstatic",
    "makemessages", "startapp",
}  # fmt: skip


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iep_scheduler.settings")
    processes.end_with_parent()
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command not in WITHOUT_DATABASE and not os.environ.get("DATABASE_URL"):
        try:
            postgres.start()
        except postgres.CannotStartError as error:
            sys.exit(f"The embedded PostgreSQL did not start. {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
