import subprocess
import sys
import threading

import pytest

from meetings.feeds.limits import TooMuchWorkError, bounded_work
from meetings.feeds.process import HOUSE


def forever():
    while True:
        pass


def limited(*lines):
    script = "\n".join(["from meetings.feeds import limits", *lines])
    return subprocess.run(
        [sys.executable, "-c", script], cwd=HOUSE, capture_output=True, text=True, timeout=60, check=False
    )


def test_work_without_end_is_left():
    with pytest.raises(TooMuchWorkError), bounded_work(0.05):
        forever()


def test_work_that_ends_in_time_is_left_alone():
    with bounded_work(5):
        done = sum(range(1000))

    assert done == 499_500


def test_thread_that_gets_no_signals_works_unbounded():
    done = []

    def work():
        with bounded_work(0.001):
            done.append(sum(range(1_000_000)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert done == [499_999_500_000]


def test_memory_ends_at_its_limit():
    ended = limited("limits.hold()", "try: bytearray(600_000_000)", "except MemoryError: print('ended')")

    assert (ended.stdout, ended.returncode) == ("ended\n", 0)


def test_nothing_is_written_to_a_file(tmp_path):
    file = tmp_path / "loot"

    ended = limited("limits.hold()", f"open({str(file)!r}, 'wb', 0).write(b'x')")

    assert ended.returncode != 0
    assert file.read_text() == ""


def test_clock_ends_what_hangs():
    ended = limited("limits.end_after(0.2)", "import threading; threading.Event().wait(60)")

    assert ended.returncode == -14
