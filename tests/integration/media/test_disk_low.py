"""The spool's disk fills up: who films is warned and goes on, who comes anew is refused with a sentence."""

from pathlib import Path

import pytest

from media.client import RoomMessage
from media.live.clients.publisher import Publisher
from media.live.clients.signalling import Refused
from media.live.clients.sources import Silence, SyntheticVideo
from media.live.clients.viewer import Viewer
from storage.spool import FolderSpool
from tests.integration.media.nodes import a_node

WARNING: RoomMessage = {"kind": "notice", "who": "", "name": "", "body": {"code": "disk-low"}}


class TightSpool(FolderSpool):
    """A disk with as little room as a test wants."""

    left = 1 << 40

    def free(self) -> int:
        return self.left


async def test_a_running_room_is_warned_and_records_on_while_a_new_one_is_refused(tmp_path: Path) -> None:
    spool = TightSpool(tmp_path / "spool")
    async with a_node(tmp_path, spool=spool) as house:
        publisher = Publisher(
            house.whip(), house.ticket(), {"video": SyntheticVideo(), "audio": Silence()}, channel=True
        )
        await publisher.start()
        viewer = Viewer(house.whep(), house.view_ticket(), channel=True)
        await viewer.start(patience=5)
        assert publisher.channel is not None
        assert viewer.channel is not None
        spool.left = 1000
        for channel in (publisher.channel, viewer.channel):
            while await channel.next() != WARNING:
                pass
        late = Publisher(house.whip(survey="s2"), house.ticket(survey="s2"), {"audio": Silence()})
        with pytest.raises(Refused) as refused:
            await late.start()
        await late.stop()
        assert (refused.value.status, refused.value.code) == (503, "disk-low")
        seen = viewer.figures()["video"].packets
        await viewer.until(lambda figures: figures["video"].packets > seen + 300)
        again = Publisher(house.whip(), house.ticket(), {"video": SyntheticVideo()})
        await again.start()
        spool.left = 1 << 40
        await late_again(house.whip(survey="s2"), house.ticket(survey="s2"))
        await again.stop()
        await viewer.stop()
        await publisher.vanish()
        assert not house.shelf.gaps


async def late_again(url: str, token: str) -> None:
    """Room again: the same offer is taken."""
    publisher = Publisher(url, token, {"audio": Silence()})
    await publisher.start()
    await publisher.stop()
