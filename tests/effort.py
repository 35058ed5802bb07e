"""How hard a test tries: a little with every change, long once a night (TESTS=nightly ./run test)."""

import os

import pytest

IS_NIGHTLY = os.environ.get("TESTS") == "nightly"


def tries(ordinary, nightly):
    """The same thing is shown by both numbers; the large one finds what is rare."""
    return nightly if IS_NIGHTLY else ordinary


at_night = pytest.mark.skipif(not IS_NIGHTLY, reason="takes long: TESTS=nightly ./run test")
