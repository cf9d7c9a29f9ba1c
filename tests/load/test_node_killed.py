"""Twenty kills at moments that are drawn."""

from pathlib import Path

from tests.fixtures.clip import Clip
from tests.integration.media.test_node_killed import kill_again_and_again


async def test_a_node_killed_twenty_times_loses_a_fragment_each_time(tmp_path: Path, clip: Clip) -> None:
    await kill_again_and_again(tmp_path / "spool", clip, 20, 11)
