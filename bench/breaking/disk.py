"""The disk of the database fills up: where its tables lie, and where its journal lies."""

import os
import shutil
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.breaking import world
from bench.breaking.database import broken
from bench.breaking.outcome import wait_until

FULL = ("database down", "503 with a clear page")
MORE = 4


def tables_disk_full(outcome, *, small):
    """The disk of the tables fills up while people book: a clear page, no half data, and all goes on with room."""
    server = world.scratch()
    with small_disk(outcome, server, "tables", megabytes=64) as disk:
        if disk is None:
            return
        name = os.environ["CHAOS_DATABASE"]
        server.run("psql", "-q", "-c", f"CREATE TABLESPACE small LOCATION '{disk}'", "postgres")
        server.run("psql", "-q", "-c", f'ALTER DATABASE "{name}" SET TABLESPACE small', "postgres")
        broken(
            outcome, "the disk of the tables full for {seconds:.0f} s", lambda clerks: fill(disk, clerks), small=small
        )
        server.run("dropdb", "--force", name)
        server.run("psql", "-q", "-c", "DROP TABLESPACE small", "postgres")


def journals_disk_full(outcome, *, small):
    """The disk of PostgreSQL's journal fills up, which stops it: the same, once there is room and it is started."""
    server = world.scratch()
    with small_disk(outcome, server, "journal", megabytes=160) as disk:
        if disk is None:
            return
        move_journal(server, disk)

        def fault(clerks):
            fill(disk, clerks, meanwhile=lambda: use_up(server))
            # Like the supervisor of a database: it is started again wherever it gave up.
            server.start()

        try:
            broken(outcome, "the disk of the journal full for {seconds:.0f} s", fault, small=small)
        finally:
            server.stop()
            journal = server.server.data / "pg_wal"
            journal.unlink()
            shutil.copytree(disk / "pg_wal", journal)
            give(journal, server)
            server.start()


@contextmanager
def small_disk(outcome, server, name, *, megabytes):
    """Mount a small disk that the server may write to; None where we may not, which the outcome says."""
    disk = Path(server.folder) / name
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs", str(disk)]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        outcome.done, outcome.promised = "nothing: only root may mount a small disk", "that it is said"
        outcome.seen = {"not tried": 1}
        yield None
        return
    give(disk, server)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)  # noqa: S603, S607


def give(place, server):
    """Let it belong to the server's own user."""
    owner = server.server.home.stat()
    for each in (place, *place.rglob("*")):
        os.chown(each, owner.st_uid, owner.st_gid)


def move_journal(server, disk):
    server.stop()
    journal = server.server.data / "pg_wal"
    shutil.move(journal, disk / "pg_wal")
    journal.symlink_to(disk / "pg_wal")
    give(disk, server)
    server.start()


def use_up(server):
    """Have the journal go on in new files until it cannot: those that were prepared are on the disk already."""
    with suppress(RuntimeError):
        server.run("psql", "-q", "-c", "CREATE TABLE IF NOT EXISTS pressed (n int)", "postgres")
        for _ in range(50):
            server.run("psql", "-q", "-c", "INSERT INTO pressed VALUES (1)", "-c", "SELECT pg_switch_wal()", "postgres")


def fill(disk, clerks, *, meanwhile=lambda: None):
    """Fill the disk, let everybody meet that a few times, and make room again."""
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    began = time.monotonic()
    meanwhile()
    met = wait_until(lambda: all(sum(clerk.answers[word] for word in FULL) >= MORE for clerk in clerks), 60)
    filler.unlink()
    if not met:
        raise RuntimeError(f"a full disk disturbed not everybody in {time.monotonic() - began:.0f} s")
