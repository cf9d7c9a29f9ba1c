"""A room lives on: loss, a publisher's return, roaming, garbage, messages, and people who leave without a word."""

import asyncio
import os
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession

from media.client import RoomMessage
from media.live.clients.connection import Connection
from media.live.clients.publisher import Publisher
from media.live.clients.receiver import Viewed
from media.live.clients.signalling import Refused
from media.live.clients.sources import Silence, Source, SyntheticVideo
from media.live.clients.viewer import Viewer
from media.live.settings import Settings
from tests.fixtures.processes import until
from tests.integration.media.nodes import House, a_node


def sources() -> dict[str, Source]:
    return {"video": SyntheticVideo(), "audio": Silence()}


async def more(viewer: Viewer, packets: int = 100) -> dict[str, Viewed]:
    """Wait until the viewer has got this many more packets of video."""
    wanted = viewer.figures()["video"].packets + packets
    await viewer.until(lambda seen: seen["video"].packets >= wanted)
    return viewer.figures()


async def begun(house: House, **options: bool) -> tuple[Publisher, Viewer]:
    publisher = Publisher(house.whip(), house.ticket(), sources(), channel=options.get("channel", False))
    await publisher.start()
    await until("both kinds come in", lambda: len(house.publishing()) == 2)
    viewer = Viewer(house.whep(), house.view_ticket(), channel=options.get("channel", False))
    await viewer.start()
    await more(viewer)
    return publisher, viewer


async def test_what_the_publisher_loses_is_asked_for_and_reaches_the_viewer(tmp_path: Path) -> None:
    lost = frozenset({50, 51, 52, 90, 200, 201, 202, 203, 204, 205, 260})
    async with a_node(tmp_path) as house:
        publisher = Publisher(house.whip(), house.ticket(), sources(), lose=lost)
        await publisher.start()
        viewer = Viewer(house.whep(), house.view_ticket(), repair=False)
        await viewer.start(patience=5)
        await viewer.until(lambda seen: seen["video"].packets >= 400 and not seen["video"].lost)
        sent = publisher.figures()["video"]
        assert sent.withheld == len(lost)
        assert sent.sent_again >= len(lost)
        inlet = house.node.sessions.rooms["s1"].participants["p1"].inlets["video"]
        assert (inlet.recovered, inlet.lost) == (len(lost), 0)
        await viewer.stop()
        await publisher.stop()


async def test_what_a_viewer_loses_on_his_way_is_sent_to_him_again(tmp_path: Path) -> None:
    lost_on_his_way = frozenset({20, 21, 60, 100, 101, 102, 150})
    async with a_node(tmp_path) as house:
        publisher = Publisher(house.whip(), house.ticket(), sources())
        await publisher.start()
        viewer = Viewer(house.whep(), house.view_ticket(), keep=300, lose=lost_on_his_way)
        await viewer.start(patience=5)
        await viewer.until(lambda seen: seen["video"].packets >= 300 and not seen["video"].lost)
        assert publisher.figures()["video"].asked_again == 0  # the node had them itself
        seen = (await viewer.stop())["video"]
        assert seen.repaired >= len(lost_on_his_way)
        first = int.from_bytes(seen.kept[0][2:4])
        places = sorted((int.from_bytes(packet[2:4]) - first) & 0xFFFF for packet in seen.kept)
        assert places[:290] == list(range(290))  # each once, none missing
        await publisher.stop()


async def test_a_viewer_who_joins_late_has_a_picture_at_once_without_troubling_the_publisher(tmp_path: Path) -> None:
    async with a_node(tmp_path) as house:
        publisher, first = await begun(house)
        began = time.monotonic()
        second = Viewer(house.whep(), house.view_ticket())
        await second.start()
        await second.until(lambda seen: seen["video"].pictures >= 1 and seen["audio"].packets >= 1)
        assert time.monotonic() - began < 0.5
        assert (await more(second))["video"].lost == 0
        assert publisher.figures()["video"].key_pictures_asked == 0
        for viewer in (first, second):
            assert (await viewer.stop())["video"].lost == 0
        await publisher.stop()


@pytest.mark.parametrize(
    ("bind", "announced"),
    [(("::",), ("::1", "127.0.0.1")), (("::",), ("127.0.0.1",)), (("127.0.0.1", "::1"), ("::1",))],
)
async def test_one_port_serves_both_families(tmp_path: Path, bind: tuple[str, ...], announced: tuple[str, ...]) -> None:
    async with a_node(tmp_path, lambda given: replace(given, bind=bind, announced=announced)) as house:
        publisher, viewer = await begun(house)
        assert len({port.port for port in house.node.board.ports}) == 1
        family = socket.AF_INET6 if ":" in announced[0] else socket.AF_INET
        assert viewer.connection._port is not None
        assert viewer.connection._port.family == family
        assert (await more(viewer))["video"].lost == 0
        await viewer.stop()
        await publisher.stop()


def test_a_node_that_binds_everything_must_know_its_address() -> None:
    with pytest.raises(ValueError, match="announce"):
        Settings(name="n1", bind=("::",))


async def test_many_wishes_for_a_key_frame_become_one(tmp_path: Path) -> None:
    async with a_node(tmp_path) as house:
        publisher, viewer = await begun(house)
        for _ in range(50):
            viewer.ask_key_frame()
        await until("it was asked for", lambda: publisher.figures()["video"].key_pictures_asked >= 1)
        await more(viewer, 60)
        assert publisher.figures()["video"].key_pictures_asked <= 2
        await viewer.stop()
        await publisher.stop()


async def test_the_viewer_sees_one_stream_across_the_publishers_return(tmp_path: Path) -> None:
    async with a_node(tmp_path) as house:
        publisher, viewer = await begun(house)
        before = viewer.figures()
        await publisher.vanish()
        again = Publisher(house.whip(), house.ticket(id="t7"), sources())
        await again.start()
        after = await more(viewer, 200)
        assert [after[kind].ssrc for kind in after] == [before[kind].ssrc for kind in before]
        assert after["video"].lost == 0
        assert len([one for one in house.node.sessions.all.values() if one.direction == "publish"]) == 1
        tracks = await asyncio.wrap_future(house.recorder.close_survey("s1"))
        assert {track["id"] for track in tracks} == {"p1.video", "p1.audio"}
        await viewer.stop()
        await again.stop()


async def test_a_participant_may_come_by_another_address_and_restart_ice(tmp_path: Path) -> None:
    async with a_node(tmp_path) as house:
        publisher, viewer = await begun(house)
        await publisher.connection.move()
        await viewer.connection.move()
        seen = await more(viewer)
        assert seen["video"].lost == 0
        session = next(one for one in house.node.sessions.all.values() if one.direction == "publish")
        await publisher.restart_ice()
        assert session.peer.retired is None
        await more(viewer)
        for _ in range(3):  # restarts that come to nothing: the session stays as it is
            told = Connection(lambda *_: None, lambda _: None, lambda: None).renew()
            await publisher._signalling.restart(told)
        heard = session.peer.heard
        assert await publisher.connection._check(20)
        assert session.peer.heard > heard
        await more(viewer)
        await viewer.stop()
        await publisher.stop()


async def test_garbage_is_counted_and_the_room_lives_on(tmp_path: Path) -> None:
    async with a_node(tmp_path) as house:
        publisher, viewer = await begun(house)
        node = ("127.0.0.1", house.node.udp_port)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for first in (0, 1, 20, 22, 64, 127, 128, 144, 200, 255):
                for size in (0, 1, 2, 11, 12, 13, 100, 1400, 2047, 2048, 9000):
                    stranger.sendto((bytes((first,)) + os.urandom(size))[: size or None], node)
        insider = publisher.connection
        for data in (b"\x80", b"\x80\x60", b"\x80\xc8" + bytes(6), b"\x16" + bytes(40), b"\x80" + os.urandom(1460)):
            insider._send_plain(data)
        for compound in (b"\x80\xc8\x00\x00", b"\x81\xc9\xff\xff" + bytes(8), b"\x8f\xcd\x00\x01" + bytes(4)):
            insider.send_rtcp(compound + bytes(8))
            viewer.connection.send_rtcp(compound + bytes(8))
        for packet in (b"\x80\x60" + bytes(10), b"\xbf\xff" + os.urandom(30), b"\xa0\x60" + bytes(10) + b"\xff"):
            insider.send_rtp(packet)
        insider.flush()
        await until("it was counted", lambda: house.node.board.counts.total() > 50)
        await more(viewer, 200)
        assert len(house.node.sessions.all) == 2
        await viewer.stop()
        await publisher.stop()


async def test_messages_reach_those_whom_they_name(tmp_path: Path) -> None:
    async with a_node(tmp_path) as house:
        publisher, viewer = await begun(house, channel=True)
        assert publisher.channel is not None
        assert viewer.channel is not None
        both: RoomMessage = {
            "kind": "publishing",
            "who": "p1",
            "name": "Applicant",
            "body": {"kinds": ["audio", "video"]},
        }
        joined: RoomMessage = {"kind": "joined", "who": "p2", "name": "Inspector", "body": {"role": "inspector"}}
        heard: list[RoomMessage] = []
        while both not in heard or joined not in heard:
            heard.append(await publisher.channel.next())
        url = f"{house.base}/control/rooms/s1/messages"
        headers = {"Authorization": f"Bearer {house.control_ticket()}"}
        everyone: RoomMessage = {"kind": "focus", "to": "", "who": "p2", "name": "检查员", "body": {"check": "c1"}}
        private: RoomMessage = {"kind": "notice", "to": "p1", "who": "", "name": "", "body": {}}
        async with ClientSession() as http:
            for message in (private, everyone):
                assert (await http.post(url, json=message, headers=headers)).status == 204
        assert await publisher.channel.next() == private
        assert await publisher.channel.next() == everyone
        while (told := await viewer.channel.next()) != everyone:
            assert told["kind"] == "publishing"
        await viewer.stop()
        left = await publisher.channel.next()
        assert (left["kind"], left["who"]) == ("left", "p2")
        await publisher.stop()


async def test_two_people_see_each_other(tmp_path: Path) -> None:
    async with a_node(tmp_path) as house:
        inspector = {"id": "t5", "participant": "p2", "name": "Inspector", "role": "inspector"}
        publishers = [
            Publisher(house.whip(), house.ticket(), sources()),
            Publisher(house.whip("p2"), house.ticket(**inspector), {"audio": Silence()}),
        ]
        for publisher in publishers:
            await publisher.start()
        applicant = Viewer(house.whep("p2"), house.view_ticket(participant="p1"), kinds=("audio",))
        await applicant.start(patience=5)
        await applicant.until(lambda seen: seen["audio"].packets >= 20)
        state = await house.room()
        assert {one["id"]: one["publishing"] for one in state["participants"]} == {
            "p1": ["audio", "video"],
            "p2": ["audio"],
        }
        assert {one["id"]: one["viewers"] for one in state["participants"]} == {"p1": 0, "p2": 1}
        await applicant.stop()
        for publisher in publishers:
            await publisher.stop()
        assert (await house.room())["participants"] == []


async def test_a_person_who_is_put_out_is_gone(tmp_path: Path) -> None:
    async with a_node(tmp_path) as house:
        publisher, viewer = await begun(house)
        headers = {"Authorization": f"Bearer {house.control_ticket()}"}
        async with ClientSession() as http:
            url = f"{house.base}/control/rooms/s1/participants/p1"
            assert (await http.delete(url, headers=headers)).status == 204
        assert house.publishing() == []
        assert [one.direction for one in house.node.sessions.all.values()] == ["view"]
        with pytest.raises(Refused, match="not-publishing"):
            await Viewer(house.whep(), house.view_ticket()).start()
        await viewer.stop()
        await publisher.vanish()


async def test_nothing_goes_on_unrecorded_after_the_end_of_a_survey(tmp_path: Path) -> None:
    async with a_node(tmp_path) as house:
        await asyncio.wrap_future(house.recorder.close_survey("s1"))
        publisher = Publisher(house.whip(), house.ticket(), sources())
        await publisher.start()
        await until("the session has ended", lambda: not house.node.sessions.all)
        with pytest.raises(Refused, match="survey-ended"):
            await Publisher(house.whip(), house.ticket(), sources()).start()
        await publisher.vanish()


async def test_who_leaves_without_a_word_is_noticed(tmp_path: Path) -> None:
    async with a_node(tmp_path) as house:
        publisher, viewer = await begun(house)
        await publisher.vanish()
        await viewer.vanish()
        house.node.sessions.sweep(time.monotonic() + 30)
        assert house.node.sessions.all == {}
        assert house.publishing() == []


async def test_a_node_says_goodbye_when_it_closes(tmp_path: Path) -> None:
    async with a_node(tmp_path) as house:
        publisher, viewer = await begun(house)
        await house.node.close()
        for one in (publisher, viewer):
            assert one.connection.dtls is not None
            dtls = one.connection.dtls
            await until("it heard the goodbye", lambda dtls=dtls: dtls.closed)  # type: ignore[misc]
            await one.vanish()
