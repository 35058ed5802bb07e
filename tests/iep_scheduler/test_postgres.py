import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from iep_scheduler.postgres import PORT, CannotStartError, Server, _pid_in

LIVES, SILENT = 0, 2
USER = """
import sys
from pathlib import Path
from iep_scheduler.postgres import Server
server = Server(Path(sys.argv[1]))
server.join()
print("joined", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def checkout():
    """A project's folder that the server's own user can reach, unlike pytest's."""
    yield from made_folder(0o755)


def made_folder(mode):
    folder = Path(tempfile.mkdtemp())
    folder.chmod(mode)
    yield folder
    server = Server(folder)
    server.join()
    server.leave()
    assert server.state() == SILENT
    shutil.rmtree(server.home.resolve())
    shutil.rmtree(server.sockets)
    shutil.rmtree(folder)


other_checkout = pytest.fixture(lambda: (yield from made_folder(0o755)), name="other_checkout")
closed_checkout = pytest.fixture(lambda: (yield from made_folder(0o700)), name="closed_checkout")


@pytest.fixture
def start_user():
    users = []

    def start(checkout):
        user = subprocess.Popen(
            [sys.executable, "-c", USER, checkout], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        users.append(user)
        assert user.stdout.readline() == "joined\n"
        return user

    yield start
    for user in users:
        user.kill()
        user.wait()
        user.stdin.close()
        user.stdout.close()


def depart(user):
    user.stdin.close()
    assert user.wait(30) == 0


def query(server, statement):
    found = server.address()
    with psycopg.connect(host=found["HOST"], user=found["USER"], dbname=found["NAME"], port=found["PORT"]) as database:
        found = database.execute(statement)
        return found.fetchone()[0] if found.description else None


def server_pid(server):
    return _pid_in(server.data / "postmaster.pid")


def test_server_with_two_users_is_stopped_by_the_last(checkout, start_user):
    server = Server(checkout)
    first, second = start_user(checkout), start_user(checkout)
    pid = server_pid(server)

    depart(first)
    after_first = server.state(), server_pid(server)
    depart(second)

    assert after_first == (LIVES, pid)
    assert server.state() == SILENT


def test_killed_user_leaves_no_share_behind(checkout, start_user):
    server = Server(checkout)
    killed, last = start_user(checkout), start_user(checkout)
    killed.send_signal(signal.SIGKILL)
    killed.wait()

    depart(last)

    assert server.state() == SILENT


def test_server_of_a_killed_only_user_is_used_again(checkout, start_user):
    server = Server(checkout)
    killed = start_user(checkout)
    pid = server_pid(server)
    killed.send_signal(signal.SIGKILL)
    killed.wait()

    next_user = start_user(checkout)

    assert (server.state(), server_pid(server)) == (LIVES, pid)
    depart(next_user)
    assert server.state() == SILENT


def test_stale_pid_files_naming_a_living_process_are_removed_and_it_lives_on(checkout, start_user):
    server = Server(checkout)
    depart(start_user(checkout))
    unrelated = subprocess.Popen(["sleep", "600"])
    (server.data / "postmaster.pid").write_text(f"{unrelated.pid}\n{server.data}\n1\n{PORT}\n")
    (server.sockets / f".s.PGSQL.{PORT}.lock").write_text(f"{unrelated.pid}\n{server.data}\n1\n{PORT}\n")

    user = start_user(checkout)

    assert server.state() == LIVES
    assert server_pid(server) != unrelated.pid
    depart(user)
    assert unrelated.poll() is None
    unrelated.kill()
    unrelated.wait()


def test_killed_server_is_started_again_with_its_data(checkout):
    server = Server(checkout)
    server.join()
    query(server, "CREATE TABLE kept AS SELECT 7 AS number")
    pid = server_pid(server)
    os.kill(pid, signal.SIGKILL)

    server.revive()

    assert query(server, "SELECT number FROM kept") == 7
    assert server_pid(server) != pid
    server.leave()


def test_server_whose_socket_was_tidied_away_is_started_again(checkout):
    server = Server(checkout)
    server.join()
    pid = server_pid(server)
    shutil.rmtree(server.sockets)

    server.revive()

    assert query(server, "SELECT 1") == 1
    assert server_pid(server) != pid
    server.leave()


def test_start_cut_short_while_preparing_is_made_good(checkout):
    server = Server(checkout)
    server.var.mkdir()
    server._make_home()
    unfinished = server.data.with_suffix(".new")
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")

    server.join()

    assert query(server, "SELECT 1") == 1
    server.leave()


def test_forked_child_does_not_give_its_parents_share_away(checkout):
    server = Server(checkout)
    server.join()
    child = os.fork()
    if child == 0:
        server.leave()
        os._exit(0)
    os.waitpid(child, 0)

    assert server.state() == LIVES
    server.leave()
    assert server.state() == SILENT


def test_two_checkouts_do_not_disturb_each_other(checkout, other_checkout):
    one, other = Server(checkout), Server(other_checkout)
    one.join()
    other.join()

    one.leave()

    assert (one.state(), other.state()) == (SILENT, LIVES)
    assert query(other, "SHOW data_directory") == str(other.data)
    other.leave()


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root starts the server as another user.")
def test_folder_closed_to_the_servers_user_gets_its_data_elsewhere(closed_checkout):
    server = Server(closed_checkout)

    server.join()

    assert query(server, "SHOW data_directory").startswith("/var/lib/iep-scheduler/data-")
    assert closed_checkout.stat().st_mode & 0o777 == 0o700
    server.leave()


def test_server_listens_on_no_network_and_logs_no_statements(checkout):
    server = Server(checkout)
    server.join()

    assert query(server, "SHOW listen_addresses") == ""
    assert query(server, "SHOW log_min_error_statement") == "panic"
    assert server.sockets.stat().st_mode & 0o777 == 0o700
    server.leave()


@contextmanager
def impostor(folder):
    """Let something that is not ours answer in the folder, as a server does that asks for a password."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / f".s.PGSQL.{PORT}"))
        listening.listen()
        Thread(target=ask_for_passwords, args=[listening], daemon=True).start()
        yield
        listening.shutdown(socket.SHUT_RDWR)


def ask_for_passwords(listening):
    while True:
        try:
            asked, _ = listening.accept()
        except OSError:
            return
        with asked:
            asked.recv(1024)
            asked.sendall(b"R" + (8).to_bytes(4, "big") + (3).to_bytes(4, "big"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_server_of_somebody_else_is_not_taken_for_ours(checkout):
    server = Server(checkout)
    server.join()
    server.leave()
    shutil.rmtree(server.sockets)
    server.sockets.mkdir(mode=0o755)
    os.chown(server.sockets, 65534, 65534)

    with impostor(server.sockets):
        assert server.state() == LIVES
        with pytest.raises(CannotStartError, match="belongs to somebody else"):
            server.join()

    server.leave()
    shutil.rmtree(server.sockets)
