"""A mail server with a fault: it refuses connections, drops the line, hangs, or answers what it is told to.

    server = FaultyMailServer(); server.start()
    server.fault = Fault.DROP            # after the message, before the answer
    server.answer("DATA", "451 4.7.1 Greylisted")
    server.refuse_connections(); server.accept_connections()

Every connection that is opened is counted, refused ones too: `tries`.
"""

import socket
import threading
from email import message_from_bytes, policy
from enum import Enum, auto


class Fault(Enum):
    NONE = auto()
    CLOSE = auto()  # Closes each connection as soon as it is opened: nobody is at home.
    DROP = auto()  # Takes the message and closes the line before the answer.
    HANG = auto()  # Takes the message and says nothing until it is told to stop.


class FaultyMailServer:
    """`messages` are those that were answered with 250, `taken` all whose data came, as bytes."""

    def __init__(self):
        self.fault, self.answers = Fault.NONE, {}
        self.taken, self.messages = [], []
        self.tries = 0
        self.said = []  # Every command, in order.
        self._let_go = threading.Event()
        self._arrived = threading.Condition()
        self._listening = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def start(self):
        self._let_go.clear()
        self._listening = socket.create_server(("127.0.0.1", self.port), backlog=50)
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def stop(self):
        self._let_go.set()
        if self._listening is not None:
            self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._listening = None

    def answer(self, command, words, address=""):
        """Answer this command with these words from now on; of RCPT, for one address alone."""
        self.answers[command, address] = words

    def heal(self):
        self.fault, self.answers = Fault.NONE, {}

    def wait_for(self, condition, seconds=30):
        with self._arrived:
            return self._arrived.wait_for(condition, timeout=seconds)

    def _accept(self, listening):
        while True:
            try:
                line, _ = listening.accept()
            except OSError:
                return
            self.tries += 1
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line):
        with line, line.makefile("rb") as words:
            try:
                self._talk(line, words)
            except OSError:
                return

    def _talk(self, line, words):
        if self.fault is Fault.CLOSE:
            return
        say(line, self.answers.get(("CONNECT", ""), "220 faulty"))
        address = ""
        while command := words.readline().decode("latin-1").strip():
            name = command[:4].upper()
            self.said.append(name)
            if name == "RCPT":
                address = command.partition("<")[2].partition(">")[0]
            told = self.answers.get((name, address)) or self.answers.get((name, ""))
            if name == "DATA" and not (told and told.startswith(("4", "5")) and ("BODY", "") not in self.answers):
                say(line, "354 Go on")
                if not self._take(line, words):
                    return
            elif told:
                say(line, told)
                if told.startswith("421"):
                    return
            else:
                say(line, "221 Bye" if name == "QUIT" else "250 OK")
                if name == "QUIT":
                    return

    def _take(self, line, words):
        """Take a message. Return whether the talk goes on."""
        lines = []
        while (part := words.readline()) not in {b".\r\n", b""}:
            lines.append(part)
        raw = b"".join(lines)
        told = self.answers.get(("BODY", ""), "250 OK")
        with self._arrived:
            self.taken.append(raw)
            if self.fault is Fault.NONE and told.startswith("2"):
                self.messages.append(message_from_bytes(raw, policy=policy.default))
            self._arrived.notify_all()
        if self.fault is Fault.DROP:
            return False
        if self.fault is Fault.HANG:
            self._let_go.wait(120)
            return False
        say(line, told)
        return not told.startswith("421")


def say(line, words):
    line.sendall(f"{words}\r\n".encode())
