"""A mail server that takes everything and keeps the Message-IDs, in its own process: python bench/mail_sink.py

Prints its port. At the end of its input it prints, as JSON, how many mails came, how many of them twice, over how many
connections.
"""

import asyncio
import json
import sys
from collections import Counter

REPLIES = {b"EHLO": b"250-sink\r\n250 SIZE 20000000\r\n", b"DATA": b"354 Go on\r\n", b"QUIT": b"221 Bye\r\n"}
OK = b"250 OK\r\n"
MESSAGE_ID = b"message-id:"


class Sink:
    def __init__(self):
        self.came, self.connections = Counter(), 0

    async def serve(self, reader, writer):
        self.connections += 1
        writer.write(b"220 sink\r\n")
        try:
            while line := await reader.readline():
                command = line[:4].upper()
                writer.write(REPLIES.get(command, OK))
                if command == b"DATA":
                    self.keep(await reader.readuntil(b"\r\n.\r\n"))
                    writer.write(OK)
                if command == b"QUIT":
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def keep(self, mail):
        head = mail.partition(b"\r\n\r\n")[0].split(b"\r\n")
        self.came[next((line for line in head if line.lower().startswith(MESSAGE_ID)), b"")] += 1

    def report(self):
        mails = self.came.total()
        return {"mails": mails, "twice": mails - len(self.came), "connections": self.connections}


async def main():
    sink = Sink()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, limit=1 << 24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(json.dumps(sink.report()), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
