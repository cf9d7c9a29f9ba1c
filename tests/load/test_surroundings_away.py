"""Ten minutes at 2.6 Mbit/s with object store, database or both away."""

from pathlib import Path

import pytest

from tests.integration.media.test_surroundings_away import go_through


@pytest.mark.parametrize(("store", "database"), [(True, False), (False, True), (True, True)])
def test_what_is_away_for_ten_minutes_loses_nothing(tmp_path: Path, store: bool, database: bool) -> None:
    go_through(tmp_path / "spool", 600, 10, store=store, database=database)
