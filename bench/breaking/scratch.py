"""A PostgreSQL of one's own, in a folder of its own, to be stopped, killed and filled up without harm to anybody."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from iep_scheduler.postgres import PORT, SUPERUSER, Server, _pid_in, _programs
from tests.database import migrations_digest

PROJECT = Path(__file__).resolve().parent.parent.parent
MIGRATED = "migrated"
NAME = "iep-chaos-"


class Scratch:
    """The server of a folder that nothing else uses."""

    def __init__(self, folder=None):
        self.folder = Path(folder or tempfile.mkdtemp(prefix=f"{NAME}{os.getpid()}-"))
        self.folder.chmod(0o755)
        self.server = Server(self.folder)

    def open(self):
        for left in left_behind():
            Scratch(left).close()
        self.server.join()
        self.run("createdb", MIGRATED)
        kept = PROJECT / "var" / f"migrated-{migrations_digest()}.sql"
        if not kept.exists():
            command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
            subprocess.run(command, cwd=PROJECT, env=os.environ | self.environment(MIGRATED), check=True)  # noqa: S603
            fresh = kept.with_suffix(f".{os.getpid()}")
            self.run("pg_dump", "-f", str(fresh), MIGRATED)
            fresh.rename(kept)
        else:
            self.run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(kept), MIGRATED)

    def close(self):
        self.server.leave()
        if self.server.home.exists():
            self.stop()
        home = self.server.home.resolve()
        shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(self.server.sockets, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self, name):
        """Make an empty, migrated database."""
        self.run("createdb", "-T", MIGRATED, name)

    def environment(self, name):
        host = str(self.server.sockets).replace("/", "%2F")
        return {"DATABASE_URL": f"postgres://{SUPERUSER}:@{host}:{PORT}/{name}", "DEMO": "false"}

    def run(self, program, *arguments):
        """Run one of PostgreSQL's own programs against this server; return what it said."""
        command = [str(_programs() / program), "-h", str(self.server.sockets), "-p", PORT, "-U", SUPERUSER, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.strip()}")
        return done.stdout

    # What is done to it

    def pid(self):
        return _pid_in(self.server.data / "postmaster.pid")

    def stop(self, how="fast"):
        """Stop it: "fast" ends every transaction, "immediate" leaves everything to the recovery at the next start."""
        self.server._as_server(["pg_ctl", "stop", "-m", how, "-w", "-D", str(self.server.data)])  # noqa: SLF001

    def start(self):
        self.server.revive()

    def restart(self, how="fast"):
        self.stop(how)
        self.start()

    def kill(self):
        """SIGKILL the server's main process and, because that one dies alone, every process of it."""
        main = self.pid()
        for pid in (main, *children_of(main)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def left_behind():
    """Return the folders of runs that were killed."""
    folders = Path(tempfile.gettempdir()).glob(f"{NAME}*")
    return [folder for folder in folders if not Path(f"/proc/{folder.name.removeprefix(NAME).split('-')[0]}").exists()]


def children_of(parent):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found
