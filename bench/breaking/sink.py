"""A mail server in a process of its own that keeps the Message-ID of what it takes: sink.py PORT FILE LEAST MOST FAULT

Each mail takes between LEAST and MOST milliseconds, as at a server that is far away. FAULT is empty or one of: silent
(takes the call and says nothing), hang (never answers a mail), drop (takes a mail and hangs up before it says so),
greylist (refuses each recipient once), or a code to refuse with: 421, 432, 552.
"""

import asyncio
import email
import random
import signal
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP

ANSWERS = {
    "421": "421 4.3.2 Too busy, closing",
    "432": "432 4.3.2 Too many connections from you",
    "552": "552 5.3.4 Message too big",
}
LONG = 3600


class Sink:
    def __init__(self, file, least, most, fault):
        self.file, self.least, self.most, self.fault, self.known = file, least, most, fault, set()

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.fault == "greylist" and address not in self.known:
            self.known.add(address)
            return "451 4.7.1 Greylisted, come back later"
        if self.fault in {"421", "432"}:
            return ANSWERS[self.fault]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.fault == "hang":
            await asyncio.sleep(LONG)
        if self.fault == "552":
            return ANSWERS[self.fault]
        await asyncio.sleep(random.uniform(self.least, self.most) / 1000)
        message = email.message_from_bytes(envelope.content)
        self.file.write(f"{message['Message-ID']} {' '.join(envelope.rcpt_tos)}\n")
        self.file.flush()
        if self.fault == "drop":
            server.transport.abort()
        return "250 OK"


class Silent(asyncio.Protocol):
    """Takes the call."""


async def serve(port, sink):
    loop = asyncio.get_running_loop()
    speaks = Silent if sink.fault == "silent" else lambda: SMTP(sink, hostname="sink", loop=loop)
    server = await loop.create_server(speaks, "127.0.0.1", port)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    print("ready", flush=True)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    with Path(sys.argv[2]).open("a") as taken:
        asyncio.run(serve(int(sys.argv[1]), Sink(taken, float(sys.argv[3]), float(sys.argv[4]), sys.argv[5])))
