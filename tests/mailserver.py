"""A real mail server that keeps what it is given."""

import email
import email.policy
import socket
import threading

from aiosmtpd.controller import Controller


class MailServer:
    """`messages` are in order of arrival, each with its raw bytes and its envelope; `refuse` maps an address to the
    answer it gets instead of 250."""

    def __init__(self):
        self.messages = []
        self.refuse = {}
        self._arrived = threading.Condition()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def start(self):
        self._controller.start()

    def stop(self):
        self._controller.stop()

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        message.envelope_to = list(envelope.rcpt_tos)
        message.envelope_from, message.raw = envelope.mail_from, envelope.content
        with self._arrived:
            self.messages.append(message)
            self._arrived.notify_all()
        return "250 OK"

    def to(self, address):
        return [message for message in self.messages if address in message.envelope_to]

    def wait_for(self, condition, seconds=30):
        """Wait until the condition holds of the messages, looking at each arrival. Return whether it does."""
        with self._arrived:
            return self._arrived.wait_for(lambda: condition(self.messages), timeout=seconds)
