"""The scenarios of `bench/chaos.py`, small in the ordinary run and whole at night."""

import pytest

from bench import chaos
from bench.breaking.scratch import Scratch
from tests.effort import IS_NIGHTLY


@pytest.fixture(scope="session")
def scratch():
    """A PostgreSQL that only these scenarios use, to be stopped and killed."""
    scratch = Scratch()
    scratch.open()
    yield scratch
    scratch.close()


@pytest.fixture
def broken_promises(scratch):
    """Run a scenario and return the promises that it saw broken."""

    def run(name):
        return chaos.run(name, scratch, small=not IS_NIGHTLY, as_json=False).broken

    return run
