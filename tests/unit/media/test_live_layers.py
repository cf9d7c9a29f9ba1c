"""One picture in several sizes: packets find their layer, the best is recorded, viewers are moved at key frames."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from media.live import rtcp
from media.live.answer import REPAIRED_RID, RID, Agreed
from media.live.ladder import Wish
from media.live.layers import Layer, picture_size
from media.live.participant import Participant
from media.live.publisher import Publisher
from media.live.viewer import Viewer
from media.wire.video_codecs import CODECS
from tests.unit.media.coded import encoded
from tests.unit.media.coded import payloads as coded_payloads
from tests.unit.media.far_end import FarEnd, Rtp, agreed, rtp, send_as
from tests.unit.media.streams import payloads, pictures
from tests.unit.media.test_live_forwarding import Tape

SIZES = {"low": (160, 90), "mid": (320, 180), "high": (640, 360)}
SSRCS = {"low": 10, "mid": 20, "high": 30}
KEYS = {rid: list(payloads(pictures(1, size=size)[0].nals)) for rid, size in SIZES.items()}
FRAME_US = 40_000
RTX_KIND = 97


def sections(*rids: str) -> dict[str, Agreed]:
    one = agreed(extensions={RID: 5, REPAIRED_RID: 6} if rids else None)
    return {"video": replace(one, layers=rids)}


def named(packet: bytes, rid: str, number: int = 5) -> bytes:
    """The packet with one header extension of the one-byte form (RFC 8285, 4.2)."""
    element = bytes((number << 4 | len(rid) - 1,)) + rid.encode()
    element += bytes(-len(element) % 4)
    return bytes((0x90,)) + packet[1:12] + b"\xbe\xde" + (len(element) // 4).to_bytes(2) + element + packet[12:]


class Sent:
    """One layer's packets; time stamps have a beginning of their own."""

    def __init__(self, rid: str, stamp: int) -> None:
        self.rid, self.sequence, self.stamp = rid, 1000, stamp

    def picture(self, at_us: int, *, key: bool) -> list[bytes]:
        parts = KEYS[self.rid] if key else [b"\x41" + self.rid.encode()]
        made = []
        for index, part in enumerate(parts):
            stamp = self.stamp + at_us * 9 // 100
            packet = rtp(self.sequence, part, stamp=stamp, ssrc=SSRCS[self.rid], marker=index == len(parts) - 1)
            made.append(named(packet, self.rid))
            self.sequence += 1
        return made

    def report(self, at_us: int) -> bytes:
        """What his clock has at this moment."""
        return rtcp.sender_report(SSRCS[self.rid], at_us, self.stamp + at_us * 9 // 100 & 0xFFFFFFFF, 1, 1)


class Stage:
    """A participant who sends three sizes, and viewers. `keys`: of which layers key frames come when asked for."""

    def __init__(self) -> None:
        self.tape = Tape()
        self.dirty: list = []  # type: ignore[type-arg]
        self.person = Participant("p1", self.dirty, lambda kind: self.tape)
        self.ends: list[FarEnd] = []
        self.now_us = 1_700_000_000_000_000
        self.layers = {rid: Sent(rid, 1000 * n) for n, rid in enumerate(SIZES)}
        self.publisher, self.far = self.publish(*SIZES)
        self.asked: list[str] = []
        self.begun = set[str]()

    def publish(self, *rids: str) -> tuple[Publisher, FarEnd]:
        end = FarEnd()
        self.ends.append(end)
        person, nothing = self.person, lambda *_: None
        made = Publisher(end.peer, sections(*rids), person.inlets, person.layers, 4_000_000, nothing, nothing)
        person.take_over(made)
        return made, end

    def viewer(self) -> tuple[Viewer, FarEnd]:
        end = FarEnd()
        self.ends.append(end)
        section = {"video": agreed(sends=send_as(1000 * len(self.ends)))}
        person, nothing = self.person, lambda *_: None
        made = Viewer(end.peer, section, person.inlets, person.layers, nothing, nothing)
        made.connected()
        return made, end

    @property
    def now(self) -> float:
        return self.now_us / 1e6 - 1_699_999_900

    def layer(self, rid: str) -> Layer:
        found = self.person.layers.of(rid)
        assert found is not None
        return found

    def run(self, seconds: float, *rids: str) -> None:
        """These layers come, with a key frame at first and whenever one was asked for."""
        for _ in range(round(seconds * 1e6 / FRAME_US)):
            for rid in rids:
                key = rid not in self.begun or rid in self.asked
                self.begun.add(rid)
                self.asked = [one for one in self.asked if one != rid]
                self.send(*self.layers[rid].picture(self.now_us, key=key))
            self.now_us += FRAME_US
            self.turn()
        self.begun &= set(rids)

    def send(self, *packets: bytes) -> None:
        for packet in packets:
            self.publisher.rtp(packet, self.now_us, self.now)
        for inlet in self.dirty:
            inlet.deliver()
        self.dirty.clear()

    def turn(self) -> None:
        """What the node's timers do."""
        self.publisher.tick(self.now)
        self.publisher.feed_back(self.now_us)
        if self.now_us // FRAME_US % 25 == 0:
            self.publisher.report(self.now_us)
        names = {ssrc: rid for rid, ssrc in SSRCS.items()}
        for compound in self.far.read()[1]:
            for part in rtcp.parts(compound):
                self.asked += [names[ssrc] for ssrc in rtcp.wants_key_frame(part)]

    def recorded(self) -> list[str]:
        """The layers that the recorder got, one after another."""
        names = {ssrc: rid for rid, ssrc in SSRCS.items()}
        rids = [names[int.from_bytes(packet[8:12])] for packet in self.tape.packets]
        return [rid for at, rid in enumerate(rids) if not at or rids[at - 1] != rid]


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    for end in made.ends:
        end.close()


def shown(packets: list[Rtp]) -> list[str]:
    """Which layer each packet is of, one after another; a slice that is the same in several sizes is of the last."""
    found: list[str] = []
    for packet in packets:
        fits = [rid for rid in SIZES if packet.payload in KEYS[rid] or packet.payload.endswith(rid.encode())]
        if not found or found[-1] not in fits:
            found += fits[:1]
    return found


def assert_one_stream(packets: list[Rtp]) -> None:
    assert len({packet.ssrc for packet in packets}) == 1
    first = packets[0]
    assert [(one.sequence - first.sequence) & 0xFFFF for one in packets] == list(range(len(packets)))
    stamps = [(one.stamp - first.stamp) & 0xFFFFFFFF for one in packets]
    assert stamps == sorted(stamps)


def test_packets_find_their_layer_by_its_name_and_without_one_are_nobodys(stage: Stage) -> None:
    plain = rtp(1, b"\x41x", ssrc=77)
    stage.send(plain)
    assert stage.publisher.garbage == 1
    stage.run(1.0, *SIZES)
    assert [(one.rid, one.width, one.height) for one in stage.person.layers.used] == [
        (rid, *size) for rid, size in SIZES.items()
    ]
    told = stage.person.layers.states()
    assert [(one["rid"], one["recorded"]) for one in told] == [("low", False), ("mid", False), ("high", True)]
    bare = rtp(stage.layers["low"].sequence, b"\x41low", ssrc=SSRCS["low"], stamp=stage.layers["low"].stamp)
    before = stage.layer("low").inlet.newest
    stage.send(bare)  # once it is known, packets need no name any more
    assert stage.layer("low").inlet.newest == before + 1
    stage.send(named(rtp(5, b"\x41x", ssrc=78), "none"))
    assert stage.publisher.garbage == 2


def test_a_retransmission_goes_to_the_layer_that_it_repairs(stage: Stage) -> None:
    stage.run(0.2, "low", "mid")
    sent = stage.layers["mid"]
    lost = rtp(sent.sequence, b"\x41mid", stamp=1, ssrc=SSRCS["mid"])
    sent.sequence += 1
    stage.run(0.04, "mid")
    again = named(rtp(1, lost[2:4] + lost[12:], stamp=1, ssrc=21, kind=RTX_KIND), "mid", 6)
    stage.send(again)
    assert stage.layer("mid").inlet.recovered == 1
    assert stage.layer("low").inlet.recovered == 0
    stage.send(rtp(1, b"\0\1\x41", ssrc=99, kind=RTX_KIND))  # whose it is nobody says
    assert stage.publisher.garbage == 1


def test_the_best_layer_is_recorded_and_the_next_one_while_it_is_away(stage: Stage) -> None:
    stage.run(0.2, "low")
    assert stage.recorded() == ["low"]
    stage.run(1.5, *SIZES)
    assert stage.recorded() == ["low", "high"]
    stage.run(1.5, "low", "mid")
    assert stage.recorded() == ["low", "high", "mid"]
    stage.run(0.3, *SIZES)
    assert stage.recorded() == ["low", "high", "mid"]  # not before it comes steadily
    stage.run(1.0, *SIZES)
    assert stage.recorded() == ["low", "high", "mid", "high"]
    stage.publisher.ended("left")
    stage.person.lose(stage.publisher, "disconnected")
    assert stage.tape.ends == ["disconnected"]


def test_each_part_of_the_recording_begins_with_a_key_frame(stage: Stage) -> None:
    stage.run(0.2, "low")
    stage.run(1.5, *SIZES)
    stage.run(1.5, "low", "mid")
    before = 0
    for packet in stage.tape.packets:
        ssrc = int.from_bytes(packet[8:12])
        if ssrc != before:
            begin = 12 + 4 + 4 * int.from_bytes(packet[14:16])
            assert CODECS["H264"].begins_key_frame(packet[begin:])
        before = ssrc


def test_a_picture_that_nobody_sends_is_no_reason_to_change(stage: Stage) -> None:
    stage.run(1.5, *SIZES)
    stage.now_us += 5_000_000  # the camera is off
    stage.turn()
    assert stage.person.layers.recorded.rid == "high"
    stage.run(0.5, *SIZES)
    assert stage.recorded() == ["low", "high"]


def test_a_viewer_is_moved_at_a_key_frame_of_the_layer_that_he_asks_for(stage: Stage) -> None:
    stage.run(1.5, *SIZES)
    (one, one_end), (_, other_end) = stage.viewer(), stage.viewer()
    stage.run(0.4, *SIZES)
    one.wish(Wish(height=200))
    stage.run(1.0, *SIZES)
    one.wish(Wish(rid="low"))
    stage.run(1.0, *SIZES)
    one.wish(Wish())
    stage.run(1.0, *SIZES)
    packets = one_end.read()[0]
    assert shown(packets) == ["high", "mid", "low", "high"]
    assert_one_stream(packets)
    assert shown(other_end.read()[0]) == ["high"]
    assert [len(layer.inlet.outlets) for layer in stage.person.layers.used] == [0, 0, 2]


def test_a_wish_that_is_taken_back_before_it_is_met_moves_nobody(stage: Stage) -> None:
    stage.run(1.5, *SIZES)
    viewer, end = stage.viewer()
    stage.run(0.2, *SIZES)
    viewer.wish(Wish(rid="low"))
    viewer.wish(Wish())
    stage.run(1.0, *SIZES)
    assert shown(end.read()[0]) == ["high"]
    viewer.wish(Wish(rid="low"))
    viewer.ended("left")
    stage.run(0.5, *SIZES)
    assert not any(layer.inlet.outlets for layer in stage.person.layers.used)


def test_a_viewer_whose_layer_stops_gets_the_next_one(stage: Stage) -> None:
    stage.run(1.5, *SIZES)
    viewer, end = stage.viewer()
    for _ in range(3):
        stage.run(1.0, "low", "mid")
        viewer.second(stage.now)
    packets = end.read()[0]
    assert shown(packets) == ["high", "mid"]
    assert_one_stream(packets)


def test_a_viewer_with_a_narrow_network_falls_and_the_others_do_not(stage: Stage) -> None:
    stage.run(2.0, *SIZES)
    (poor, poor_end), (_, rich_end) = stage.viewer(), stage.viewer()
    for _ in range(3):
        poor.rtcp(rtcp.receiver_report(1, [rtcp.Block(poor.outlets[0].ssrc, 120, 0, 0, 0, 0, 0)]), 0, stage.now)
        poor.second(stage.now)
        stage.run(1.0, *SIZES)
    assert poor.layer.rid != "high"
    assert shown(poor_end.read()[0])[:1] == ["high"]
    assert shown(rich_end.read()[0]) == ["high"]
    assert stage.recorded()[-1] == "high"


def test_reports_say_how_the_layers_lie_to_one_another(stage: Stage) -> None:
    stage.run(1.5, *SIZES)
    viewer, end = stage.viewer()
    for rid in SIZES:
        stage.publisher.rtcp(stage.layers[rid].report(stage.now_us), stage.now_us, stage.now)
    stage.run(0.2, *SIZES)
    viewer.wish(Wish(rid="low"))
    stage.run(1.0, *SIZES)
    packets = end.read()[0]
    assert shown(packets) == ["high", "low"]
    live = [one for one in packets if one.payload.endswith((b"high", b"low"))]  # what was squeezed to catch up is not
    steps = {(later.stamp - one.stamp) & 0xFFFFFFFF for one, later in pairwise(live[-29:])}
    assert steps <= {3599, 3600, 3601, 0}  # microseconds, rounded


def test_a_session_without_layers_goes_on_for_viewers_and_recording(stage: Stage) -> None:
    stage.run(1.5, *SIZES)
    viewer, end = stage.viewer()
    stage.run(0.2, *SIZES)
    stage.publisher, stage.far = stage.publish()
    for n in range(60):
        stage.now_us += FRAME_US
        key = n == 0 or bool([p for c in stage.far.read()[1] for p in rtcp.parts(c) if rtcp.wants_key_frame(p)])
        for part in KEYS["mid"] if key else [b"\x41mid"]:
            stage.send(
                rtp(
                    3000 + 10 * n + (part in KEYS["mid"]) * KEYS["mid"].index(part) if key else 3000 + 10 * n,
                    part,
                    stamp=n * 3600,
                    ssrc=500,
                    marker=True,
                )
            )
        stage.publisher.tick(stage.now)
        stage.publisher.feed_back(stage.now_us)
        if n % 25 == 0:
            viewer.second(stage.now)
    assert {int.from_bytes(packet[8:12]) for packet in stage.tape.packets[-20:]} == {500}
    packets = end.read()[0]
    assert shown(packets) == ["high", "mid"]
    assert len({one.ssrc for one in packets}) == 1


@pytest.mark.parametrize("codec", ["VP8", "VP9", "AV1"])
def test_the_size_is_read_from_every_codecs_key_frame(codec: str) -> None:
    (picture,) = encoded(codec, 1)[:1]
    parts = coded_payloads(codec, picture)
    packets = [(n, 0x80 if n == len(parts) - 1 else 0, 7, part, len(part)) for n, part in enumerate(parts)]
    assert picture_size(codec, packets) == (320, 180)
    assert picture_size(codec, [(0, 0, 7, b"\x10", 1)]) is None
