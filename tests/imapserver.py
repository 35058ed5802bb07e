"""A real IMAP server in a process of its own, with one mailbox."""

import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from imaplib import IMAP4

USER, PASSWORD = "replies", "pass word"
SERVE = "import sys; from pymap.main import main; sys.exit(main())"


class ImapServer:
    """Mails are put into INBOX by `deliver`; `folder` returns what a folder holds."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"imap://{USER}:pass%20word@127.0.0.1:{self.port}/INBOX"

    def start(self):
        at = ["--host", "127.0.0.1", "--port", str(self.port), "--no-tls", "--no-service", "admin"]
        account = ["dict", "--demo-user", USER, "--demo-password", PASSWORD]
        command = [sys.executable, "-c", SERVE, *at, *account]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while not self._answers():
            assert time.monotonic() < until
            assert self._process.poll() is None
            time.sleep(0.02)

    def stop(self):
        self._process.terminate()
        self._process.wait(20)

    def _answers(self):
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as asking:
            return asking.recv(4) == b"* OK"
        return False

    def deliver(self, *mails):
        with self._client() as client:
            for raw in mails:
                assert client.append("INBOX", None, None, raw)[0] == "OK"

    def folder(self, name="INBOX"):
        with self._client() as client:
            status, _ = client.select(f'"{name}"', readonly=True)
            if status != "OK":
                return []
            _, (found,) = client.search(None, "ALL")
            return [client.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in found.split()]

    def _client(self):
        client = IMAP4("127.0.0.1", self.port, timeout=10)
        client.login(USER, PASSWORD)
        return client


class StallingProxy:
    """Stands between a reader and the server, and passes nothing on any more once the reader says a certain word."""

    def __init__(self, port, word):
        self.word, self.stalled = word, threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._to = port
        self._open = []
        self.url = f"imap://{USER}:pass%20word@127.0.0.1:{self._server.getsockname()[1]}/INBOX"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._server.close()
        for each in self._open:
            each.close()

    def _accept(self):
        with suppress(OSError):
            while True:
                reader, _ = self._server.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._open += [reader, server]
                threading.Thread(target=self._pass_on, args=(reader, server, self.word), daemon=True).start()
                threading.Thread(target=self._pass_on, args=(server, reader, None), daemon=True).start()

    def _pass_on(self, from_, to, word):
        with suppress(OSError):
            while said := from_.recv(65536):
                if word and word in said:
                    self.stalled.set()
                    return
                to.sendall(said)
