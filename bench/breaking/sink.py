"""A mail server in a process of its own that keeps the Message-ID of what it takes: sink.py PORT FILE LEAST MOST

Each mail takes between LEAST and MOST milliseconds, as at a server that is far away.
"""

import asyncio
import email
import random
import signal
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP


class Sink:
    def __init__(self, file, least, most):
        self.file, self.least, self.most = file, least, most

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        await asyncio.sleep(random.uniform(self.least, self.most) / 1000)
        message = email.message_from_bytes(envelope.content)
        self.file.write(f"{message['Message-ID']} {' '.join(envelope.rcpt_tos)}\n")
        self.file.flush()
        return "250 OK"


async def serve(port, sink):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink, hostname="sink", loop=loop), "127.0.0.1", port)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    print("ready", flush=True)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    with Path(sys.argv[2]).open("a") as taken:
        asyncio.run(serve(int(sys.argv[1]), Sink(taken, float(sys.argv[3]), float(sys.argv[4]))))
