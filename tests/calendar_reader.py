"""`python -m tests.calendar_reader authority.pem port`: reads calendars, with the tests' server as its internet.

All else is the reader's own: its limits, its checks of each address, its answers.
"""

import ssl
import sys

from meetings.feeds.child import Patience, run
from meetings.feeds.fetching import Network


def main(authority_file, port, fetching=20, reading=20):
    network = Network(
        resolve=lambda _: ["127.0.0.1"],
        may_be_asked=lambda ip: ip == "127.0.0.1",
        trust=lambda: ssl.create_default_context(cafile=authority_file),
        port=int(port),
    )
    run(sys.stdin, sys.stdout, network=network, patience=Patience(float(fetching), float(reading)))


if __name__ == "__main__":
    main(*sys.argv[1:])
