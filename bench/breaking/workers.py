"""The real worker, told to stop while it sends."""

import random
import time

from django.utils import timezone

from bench.breaking import world
from bench.breaking.outcome import twice, wait_until
from meetings import queue
from meetings.actions.book import book
from meetings.models import Message, MessageState

HEALED = 180


def worker_told_to_stop(outcome, *, small):
    """The worker is told to stop (SIGTERM) again and again under load, as when a new version is put in place."""
    # So many that each stop finds it sending: one that is told before it has begun just ends.
    number, stops = (60, 1) if small else (1_200, 4)
    cast, dice = world.cast(), random.Random(3)
    meeting = book(cast.student, world.plan(cast.student, cast.teacher), by=cast.case_manager, now=timezone.now())
    world.guests(meeting, number)
    wanted, codes, under_way = set(Message.objects.values_list("message_id", flat=True)), [], 0
    with world.Sink(least=50, most=150) as sink:
        for _ in range(stops):
            with world.program("worker") as worker:
                queue.enqueue("send_outbox")
                some = len(sink.ids()) + 10
                wait_until(lambda some=some: len(sink.ids()) >= some or not world.waits(), 60)
                time.sleep(dice.uniform(0, 0.2))
                under_way += Message.objects.filter(state=MessageState.SENDING).exists()
                codes.append(worker.end())
        with world.program("worker"):
            queue.enqueue("send_outbox")
            wait_until(lambda: not world.waits(), 200)
        got = sink.ids()
    lost = wanted - set(got)
    outcome.done = f"{len(wanted)} messages, the worker told to stop {stops} times while it sent"
    outcome.promised = "none lost, none twice, nothing left half sent; it ends with 0"
    outcome.seen = {
        "lost": len(lost),
        "sent twice": twice(got),
        "stopped while one was under way": under_way,
        **world.states(),
    }
    outcome.expect(not lost, f"{len(lost)} lost")
    outcome.expect(twice(got) == 0, "sent twice")
    outcome.expect(world.states() == {MessageState.SENT: len(wanted)}, f"not all sent: {world.states()}")
    outcome.expect(set(codes) == {0}, f"exit codes {codes}")


def queue_processes_killed(outcome, *, small):
    """Each process of a django-q2 cluster is killed in turn while jobs are done (bench/worker_faults.py)."""
    from bench.worker_faults import FAULTS, measured  # noqa: PLC0415 - it sets Django up where it is loaded

    chosen = [fault for fault in FAULTS if "still" not in fault]
    chosen = chosen[:1] if small else chosen
    rows = [line for line in measured(chosen) if line.startswith("| ")][1:]
    longest, lost, twice_done = 0.0, 0, 0
    for row in rows:
        fault, *cells = (cell.strip() for cell in row.strip("| \n").split("|"))
        times = [float(cell.split()[0]) for cell in cells[:4] if cell != "-"]
        longest = max(longest, *times)
        lost, twice_done = lost + int(cells[4]), twice_done + int(cells[6])
        outcome.expect(cells[3] != "-", f"{fault}: not every job was done")
    outcome.done = f"SIGKILL of {', '.join(chosen)} in turn, twenty jobs of a second under way"
    outcome.promised = "noticed and healed within three minutes, no job lost"
    outcome.seen = {"longest until healed": f"{longest:.0f} s", "jobs lost": lost, "done twice": twice_done}
    outcome.expect(len(rows) == len(chosen), "not everything was killed")
    outcome.expect(longest < HEALED, f"it took {longest:.0f} s")
    outcome.expect(lost == 0, f"{lost} jobs lost")
