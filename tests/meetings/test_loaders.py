from datetime import UTC, date, datetime

import pytest

from meetings.core.proposals import propose
from meetings.loaders import load_case
from tests.cast import cast

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 13, tzinfo=UTC)


def test_load_case_smoke():
    c = cast()
    loaded = load_case(
        c.student,
        "annual_review",
        window_start_on=date(2026, 11, 30),
        window_end_on=date(2026, 12, 11),
        duration=60,
        step=5,
        now=NOW,
    )
    got = propose(loaded.case)
    assert got.possible
