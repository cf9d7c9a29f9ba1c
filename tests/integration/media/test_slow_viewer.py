"""A viewer on a bad line costs the others and the recording nothing."""

from pathlib import Path

from media.live.clients.publisher import Publisher
from media.live.clients.sources import Silence, SyntheticVideo
from media.live.clients.viewer import Viewer
from tests.integration.media.nodes import a_node

HALF = frozenset(range(0, 100_000, 2))
DELAY_US = 100_000  # of nine packets in ten; a busy machine's own turns are in it


async def test_a_viewer_who_loses_half_disturbs_nobody(tmp_path: Path) -> None:
    async with a_node(tmp_path) as house:
        publisher = Publisher(house.whip(), house.ticket(), {"video": SyntheticVideo(), "audio": Silence()})
        await publisher.start()
        good = Viewer(house.whep(), house.view_ticket())
        await good.start(patience=5)
        slow = Viewer(house.whep(), house.view_ticket(), lose=HALF)
        await slow.start(patience=5)
        deaf = Viewer(house.whep(), house.view_ticket())
        await deaf.start(patience=5)
        await deaf.vanish()
        await good.until(lambda seen: seen["video"].packets >= 1500, 20)
        (session,) = (one for one in house.node.sessions.all.values() if one.direction == "publish")
        sent = publisher.figures()["video"]
        seen, bad = good.figures()["video"], slow.figures()["video"]
        (video,) = (one for one in house.recorder.tracks("s1") if one.track.kind == "video")
        assert bad.repaired > 100
        assert seen.lost == 0
        assert seen.repaired == 0
        assert sorted(seen.delays_us)[len(seen.delays_us) * 9 // 10] < DELAY_US
        assert sent.sent_again == 0  # his losses are answered from the history
        assert (video.reception.lost, video.dropped) == (0, 0)
        assert session.connected
        await slow.stop()
        await good.stop()
        await publisher.stop()
