import pytest

from tests.rosters import Rosters


@pytest.fixture
def rosters(tmp_path, db):
    return Rosters(tmp_path)
