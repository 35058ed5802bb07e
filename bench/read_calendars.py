"""How many calendars of a folder can be read, each in a process of its own that is held to the reader's limits.

    python bench/read_calendars.py FOLDER [--from 1990-01-01 --until 2028-01-01 --occurrences 100000] [--library]

Without dates the window is that of the product: from yesterday, half a year ahead. A file is read, or refused with the
reason that its owner would see; "skipped" counts events of which something had to be left out. --library shows what
icalendar and recurring-ical-events read of the same files by themselves, with their tolerant options.
"""

import argparse
import json
import os
import platform
import shlex
import signal
import sys
import time
import warnings
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import recurring_ical_events

HOUSE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOUSE))

from meetings.core.intervals import Span, instant_of, minute_of  # noqa: E402
from meetings.feeds import limits  # noqa: E402
from meetings.feeds.child import READING_SECONDS  # noqa: E402
from meetings.feeds.reading import MOST_OCCURRENCES, Asked, read  # noqa: E402
from meetings.feeds.readings import UnreadableError  # noqa: E402

ZONE = "America/New_York"


def main():
    options = parsed()
    asked = Asked(window_of(options), ZONE, most_occurrences=options.occurrences)
    files = sorted(Path(options.folder).rglob("*.ics"))
    outcomes, slowest = Counter(), ("", 0.0)
    for file in files:
        started = time.perf_counter()
        outcome = apart(file, asked, by_library if options.library else by_product)
        seconds = time.perf_counter() - started
        slowest = max(slowest, (file.name, seconds), key=lambda each: each[1])
        outcomes[outcome["outcome"]] += 1
        print(f"{outcome['outcome']:<16} {outcome['said']:<48} {seconds * 1000:7.0f} ms  {file.name}")
    report(files, outcomes, slowest)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--from", dest="first", type=day)
    parser.add_argument("--until", dest="last", type=day)
    parser.add_argument("--occurrences", type=int, default=MOST_OCCURRENCES)
    parser.add_argument("--library", action="store_true")
    return parser.parse_args()


def day(text):
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)


def window_of(options):
    today = datetime.now(UTC).replace(second=0, microsecond=0)
    first, last = options.first or today - timedelta(days=1), options.last or today + timedelta(days=180)
    return Span(minute_of(first), minute_of(last))


def apart(file, asked, reader):
    """Read a file in a process of its own, as the product does after fetching."""
    theirs, ours = os.pipe()
    child = os.fork()
    if child == 0:
        limits.hold()
        limits.end_after(READING_SECONDS)
        os.write(ours, json.dumps(outcome_of(file, asked, reader)).encode())
        os._exit(0)
    os.close(ours)
    with os.fdopen(theirs, "rb") as answer:
        said = answer.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return {"outcome": "too_slow", "said": signal.Signals(os.WTERMSIG(status)).name}
    return json.loads(said)


def outcome_of(file, asked, reader):
    try:
        return {"outcome": "read", "said": reader(file.read_bytes(), asked)}
    except UnreadableError as error:
        return {"outcome": error.trouble.value, "said": ""}
    except MemoryError:
        return {"outcome": "too_large", "said": ""}
    except Exception as error:  # noqa: BLE001  By the library alone; of the product it is a fault.
        return {"outcome": "raised", "said": repr(error)[:48]}


def by_product(body, asked):
    found = read(body, asked)
    said = f"{len(found.busy)} busy, {len(found.tentative)} tentative, {found.skipped} skipped"
    return said + (", floating" if found.has_floating_times else "")


def by_library(body, asked):
    warnings.simplefilter("ignore")
    start, end = (instant_of(minute) for minute in asked.window)
    found = [
        occurrence
        for calendar in icalendar.Calendar.from_ical(body.removeprefix(b"\xef\xbb\xbf"), multiple=True)
        for occurrence in recurring_ical_events.of(calendar, skip_bad_series=True).between(start, end)
    ]
    return f"{len(found)} occurrences"


def report(files, outcomes, slowest):
    print()
    print("python", shlex.join(sys.argv))
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}")
    share = 100 * outcomes["read"] / len(files) if files else 0
    print(f"read: {outcomes['read']} of {len(files)} ({share:.0f} %)")
    for outcome, count in outcomes.most_common():
        if outcome != "read":
            print(f"refused, {outcome}: {count}")
    print(f"slowest: {slowest[0]}, {slowest[1] * 1000:.0f} ms")


if __name__ == "__main__":
    main()
