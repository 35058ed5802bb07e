"""How long reading one mail takes, of each shape and of hostile ones: python bench/replies.py."""

import os
import sys
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iep_scheduler.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402

from meetings import incoming, reply_addresses  # noqa: E402
from tests import incoming as mails  # noqa: E402
from tests.meetings.incoming.test_reading import HOSTILE  # noqa: E402

ROUNDS = 20


def cpu_ms(raw, rounds):
    before = time.process_time()
    for _ in range(rounds):
        incoming.read(raw)
    return (time.process_time() - before) * 1000 / rounds


def main():
    settings.REPLIES_ADDRESS = mails.REPLIES
    to = reply_addresses.answer_address(42, 7)
    shapes = {shape.__name__: shape(to) for shape in (mails.google, mails.exchange, mails.apple, mails.stub)}
    shapes |= {"typed": mails.typed(to, "Sí puedo"), "returned": mails.returned(to)}
    print(f"{' '.join(sys.argv)}, {date.today()}, {os.cpu_count()} cores, CPU time")
    for name, raw in shapes.items():
        print(f"{name:28} {len(raw) / 1000:8.1f} kB {cpu_ms(raw, ROUNDS):9.2f} ms")
    for name, (make, _) in HOSTILE.items():
        raw = make()
        print(f"{name:28} {len(raw) / 1000:8.1f} kB {cpu_ms(raw, 1):9.2f} ms")


if __name__ == "__main__":
    main()
