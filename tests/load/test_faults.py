"""A minute of bad weather of each kind, one after the other, and a blackout of 10 s."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.fixtures.clip import Clip
from tests.integration.media.link import Pattern
from tests.integration.media.test_faults import WEATHER, judge, survive

LONG = WEATHER | {"a blackout": Pattern(outages=((10.0, 10.0),))}


@pytest.mark.parametrize("name", LONG)
async def test_a_minute_of_bad_weather(tmp_path: Path, clip: Clip, name: str) -> None:
    found = await survive(tmp_path, clip, replace(LONG[name], seed=7), 60)
    judge({name: found}, 12)
