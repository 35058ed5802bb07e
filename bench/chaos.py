"""Break things on purpose and see what is promised still hold: python bench/chaos.py [--small] [SCENARIO ...]

    python bench/chaos.py --list              what there is
    python bench/chaos.py senders booking     these two
    python bench/chaos.py --markdown FILE     all of them, and a table of what was seen

Each scenario has a database of its own on a PostgreSQL of its own, started here and thrown away at the end, and is a
process of its own, so that nothing of a running site is touched. Prints one line for each and ends with 1 where a
promise was broken. `--small` does the same with less, in seconds: the tests run that.
"""

import argparse
import importlib
import json
import logging
import os
import platform
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iep_scheduler.settings")

from bench.breaking.outcome import Outcome, timed  # noqa: E402
from bench.breaking.scratch import Scratch  # noqa: E402

# Where each is, in the order in which they run.
SCENARIOS = {
    "senders": ("senders", "senders_killed"),
    "sigterm": ("workers", "worker_told_to_stop"),
    "queue": ("workers", "queue_processes_killed"),
    "smtp": ("smtp", "mail_server_in_trouble"),
    "restore": ("restore", "copy_put_back"),
    "moved": ("changes", "moved_between_claim_and_send"),
    "clock": ("changes", "clock_stepped"),
    "booking": ("booking", "booked_at_once"),
    "postgres-restart": ("database", "restarted"),
    "postgres-kill-mid-booking": ("database", "killed"),
    "postgres-stop-60s": ("database", "stopped"),
    "disk-full": ("disk", "tables_disk_full"),
    "journal-full": ("disk", "journals_disk_full"),
}
LONGEST = 2_400


def main():
    asked = arguments()
    if asked.list:
        for name in SCENARIOS:
            print(f"{name:28}{about(name)}")
        return 0
    if asked.inside:
        return inside(asked.inside, small=asked.small)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that nothing is left behind.
    scratch = Scratch()
    try:
        scratch.open()
        outcomes = [run(name, scratch, small=asked.small, as_json=asked.json) for name in asked.scenarios or SCENARIOS]
    finally:
        scratch.close()
    if asked.markdown:
        Path(asked.markdown).write_text(table(outcomes))
    return int(not all(outcome.kept for outcome in outcomes))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO")
    parser.add_argument("--list", action="store_true", help="say what there is")
    parser.add_argument("--small", action="store_true", help="the same with less, in seconds")
    parser.add_argument("--json", action="store_true", help="one line of JSON for each")
    parser.add_argument("--markdown", metavar="FILE", help="write a table of what was seen")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser.parse_args()


def about(name):
    file, function = SCENARIOS[name]
    os.environ.setdefault("DATABASE_URL", "postgres://nobody@%2Fnowhere:5432/none")
    import django  # noqa: PLC0415 - only where its models are needed

    django.setup()
    return getattr(importlib.import_module(f"bench.breaking.{file}"), function).__doc__.splitlines()[0]


def run(name, scratch, *, small, as_json):
    """Run one scenario in a process and a database of its own; say what it saw."""
    database = name.replace("-", "_")
    scratch.start()
    scratch.database(database)
    words = {"CHAOS_SERVER": str(scratch.folder), "CHAOS_DATABASE": database, "EMAIL_URL": f"smtp://127.0.0.1:{port()}"}
    here = port()
    words |= {"PORT": str(here), "BASE_URL": f"http://localhost:{here}", "WEB_WORKERS": "2"}
    command = [sys.executable, __file__, "--inside", name, *(["--small"] if small else [])]
    done = subprocess.run(  # noqa: S603
        command, cwd=PROJECT, env=os.environ | scratch.environment(database) | words, stdout=subprocess.PIPE,
        text=True, timeout=LONGEST, check=False,
    )  # fmt: skip
    outcome = read(name, done)
    print(outcome.json() if as_json else outcome.line(), flush=True)
    return outcome


def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def read(name, done):
    if done.returncode or not done.stdout.strip():
        broken = [f"the scenario itself ended with {done.returncode}"]
        return Outcome(name, "nothing", "that it runs", broken=broken)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    found.pop("kept")
    return Outcome(**found)


def inside(name, *, small):
    """What the process of one scenario does: Django is set up on the scratch database."""
    import django  # noqa: PLC0415 - on the scenario's own database

    django.setup()
    logging.disable(logging.WARNING)  # Of what is broken on purpose.
    file, function = SCENARIOS[name]
    scenario = getattr(importlib.import_module(f"bench.breaking.{file}"), function)
    outcome = Outcome(name, "", "")
    with timed(outcome):
        scenario(outcome, small=small)
    print(outcome.json(), flush=True)
    return 0


def table(outcomes):
    head = (
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} cores\n\n"
        "| Scenario | Done | Promised | Seen | Seconds | Verdict |\n|---|---|---|---|---|---|\n"
    )
    return head + "\n".join(outcome.row() for outcome in outcomes) + "\n"


if __name__ == "__main__":
    sys.exit(main())
