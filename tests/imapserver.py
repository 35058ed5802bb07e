"""A real IMAP server in a thread of this process, with one mailbox."""

import asyncio
import socket
import threading
from argparse import ArgumentParser
from contextlib import AsyncExitStack
from imaplib import IMAP4

from pymap.backend.dict import DictBackend
from pymap.imap import IMAPService

USER, PASSWORD = "replies", "pass word"


class ImapServer:
    """Mails are put into INBOX by `deliver`; `folder` returns what a folder holds."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"imap://{USER}:pass%20word@127.0.0.1:{self.port}/INBOX"
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    def start(self):
        self._thread.start()
        assert self._ready.wait(20)

    def stop(self):
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(20)
        self._loop.close()

    async def _serve(self):
        self._end = asyncio.Event()
        parser = ArgumentParser()
        DictBackend.add_subparser("dict", parser.add_subparsers(dest="backend"))
        IMAPService.add_arguments(parser)
        at = ["--host", "127.0.0.1", "--port", str(self.port), "--no-tls"]
        account = ["dict", "--demo-user", USER, "--demo-password", PASSWORD]
        options = parser.parse_args([*at, *account])
        options.debug, options.passlib_cfg = False, None
        backend, config = await DictBackend.init(options, reject_dnsbl=False)
        config.apply_context()
        async with AsyncExitStack() as stack:
            await backend.start(stack)
            await IMAPService(backend, config).start(stack)
            self._ready.set()
            await self._end.wait()

    def deliver(self, *mails):
        with self._client() as client:
            for raw in mails:
                assert client.append("INBOX", None, None, raw)[0] == "OK"

    def folder(self, name="INBOX"):
        with self._client() as client:
            status, answer = client.select(f'"{name}"', readonly=True)
            if status != "OK":
                return []
            _, (found,) = client.search(None, "ALL")
            return [client.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in found.split()]

    def _client(self):
        client = IMAP4("127.0.0.1", self.port, timeout=10)
        client.login(USER, PASSWORD)
        return client
