"""What a scenario did, what was promised, and what was seen."""

import json
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field


@dataclass
class Outcome:
    name: str
    done: str
    promised: str
    seen: dict = field(default_factory=dict)
    broken: list = field(default_factory=list)
    seconds: float = 0.0

    def expect(self, is_so, otherwise):
        """Note a broken promise where it is not so."""
        if not is_so:
            self.broken.append(otherwise)

    @property
    def kept(self):
        return not self.broken

    def line(self):
        seen = ", ".join(f"{name} {value}" for name, value in self.seen.items())
        verdict = "kept" if self.kept else "BROKEN: " + "; ".join(self.broken)
        return f"{self.name}: {self.done}. Promised: {self.promised}. Seen: {seen}. {self.seconds:.1f} s. {verdict}"

    def row(self):
        seen = ", ".join(f"{name} {value}" for name, value in self.seen.items())
        verdict = "kept" if self.kept else "**broken**: " + "; ".join(self.broken)
        return f"| `{self.name}` | {self.done} | {self.promised} | {seen} | {self.seconds:.0f} | {verdict} |"

    def json(self):
        return json.dumps(asdict(self) | {"kept": self.kept}, default=str)


@contextmanager
def timed(outcome):
    started = time.monotonic()
    try:
        yield outcome
    finally:
        outcome.seconds = time.monotonic() - started


def twice(ids):
    """Return how many came more than once."""
    return sum(count > 1 for count in Counter(ids).values())


def wait_until(condition, seconds, every=0.05):
    """Wait until the condition holds, and return whether it does. What it raises counts as not yet."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if condition():
                return True
        except Exception:  # noqa: BLE001, S110  A database that is down is what is waited for.
            pass
        time.sleep(every)
    return False
