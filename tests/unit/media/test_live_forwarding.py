"""From a publisher's packets to what each viewer's far end reads: numbers, history, retransmission, first picture."""

from collections.abc import Iterator
from typing import Any

import pytest

from media.live import rtcp
from media.live.answer import MID, TRANSPORT_WIDE_CC, Agreed
from media.live.inlet import Inlet
from media.live.keyframes import APART, PATIENCE, KeyFrames
from media.live.layers import Layers
from media.live.publisher import Publisher
from media.live.viewer import Viewer
from media.wire.h264 import begins_key_frame
from media.wire.run import Run
from tests.unit.media.far_end import IDR, SLICE, SPS, FarEnd, Rtp, agreed, clock, rtp, send_as


class Tape:
    """A recording that keeps what it is fed."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self.reports: list[tuple[int, int, int]] = []
        self.ends: list[str] = []

    def feed(self, batch: list[tuple[int, bytes]] | Run) -> None:
        self.packets += [packet for _, packet in batch]

    def sender_report(self, ntp_us: int, rtp: int, arrival_us: int) -> None:
        self.reports.append((ntp_us, rtp, arrival_us))

    def interrupt(self, reason: str) -> None:
        self.ends.append(reason)


class Stage:
    """One participant's tracks, his session, and viewers."""

    def __init__(self) -> None:
        self.dirty: list[Inlet] = []
        self.tapes = {"video": Tape(), "audio": Tape()}
        self.layers = Layers(self.dirty, lambda: self.tapes["video"])
        self.inlets = {
            "video": self.layers.all[0].inlet,
            "audio": Inlet("audio", self.dirty, lambda: self.tapes["audio"]),
        }
        self.ends: list[FarEnd] = []
        self.now = 100.0

    def publisher(self, **sections: Agreed) -> tuple[Publisher, FarEnd]:
        end = self._end()
        agreements, nothing = sections or {"video": agreed()}, lambda *_: None
        made = Publisher(end.peer, agreements, self.inlets, self.layers, 4_000_000, nothing, nothing)
        made.active = True
        return made, end

    def viewer(self, *, rtx: bool = True) -> tuple[Viewer, FarEnd]:
        end = self._end()
        sections = {"video": agreed(rtx=rtx, sends=send_as(1000 * len(self.ends)))}
        made = Viewer(end.peer, sections, self.inlets, self.layers, lambda _: None, lambda *_: None)
        made.connected()
        return made, end

    def send(self, publisher: Publisher, *packets: bytes) -> None:
        """One wake-up."""
        for packet in packets:
            publisher.rtp(packet, int(self.now * 1_000_000), self.now)
        for inlet in self.dirty:
            inlet.deliver()
        self.dirty.clear()
        for inlet in self.inlets.values():
            inlet.hand_over()

    def _end(self) -> FarEnd:
        self.ends.append(FarEnd())
        return self.ends[-1]


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    for end in made.ends:
        end.close()


def steps(packets: list[Rtp]) -> list[int]:
    """How far each sequence number is from the first."""
    return [(packet.sequence - packets[0].sequence) & 0xFFFF for packet in packets]


def test_two_viewers_read_the_same_pictures_under_their_own_names(stage: Stage) -> None:
    publisher, _ = stage.publisher()
    ends = [stage.viewer()[1], stage.viewer()[1]]
    stage.send(publisher, rtp(65535, SPS, stamp=7), rtp(0, IDR, stamp=7, marker=True), rtp(1, SLICE, stamp=3007))
    first, second = ends[0].read()[0], ends[1].read()[0]
    assert [packet.payload for packet in first] == [SPS, IDR, SLICE]
    assert steps(first) == steps(second) == [0, 1, 2]
    assert [packet.marker for packet in first] == [False, True, False]
    assert {packet.stamp - first[0].stamp for packet in first} == {0, 3000}
    assert {packet.ssrc for packet in first}.isdisjoint({packet.ssrc for packet in second})
    assert first[0].sequence < 0x8000


def test_a_viewer_starts_at_a_key_frame_which_is_asked_for_once(stage: Stage) -> None:
    publisher, far = stage.publisher()
    stage.send(publisher, rtp(1, SLICE))
    (_, one), (_, other) = stage.viewer(), stage.viewer()
    stage.send(publisher, rtp(2, SLICE))
    assert one.read()[0] == []
    publisher.tick(stage.now)
    publisher.tick(stage.now + 0.1)
    asked = [part for compound in far.read()[1] for part in rtcp.parts(compound) if rtcp.wants_key_frame(part)]
    assert [rtcp.wants_key_frame(part) for part in asked] == [[5]]
    stage.send(publisher, rtp(3, SLICE), rtp(4, IDR), rtp(5, SLICE))
    assert [packet.payload for packet in one.read()[0]] == [IDR, SLICE]
    assert [packet.payload for packet in other.read()[0]] == [IDR, SLICE]


def test_a_viewer_who_joins_later_sees_the_kept_picture_at_once_and_the_newest_soon(stage: Stage) -> None:
    publisher, far = stage.publisher()
    frames = [rtp(10 + i, IDR if not i else SLICE, stamp=3000 * i) for i in range(60)]
    stage.send(publisher, *frames)
    viewer, end = stage.viewer()
    caught_up = end.read()[0]
    assert len(caught_up) == 60
    assert caught_up[0].payload == IDR
    gained = (caught_up[-1].stamp - caught_up[0].stamp) & 0xFFFFFFFF
    assert 0 < gained < 90_000 // 10  # two seconds of pictures within a tenth
    stamps = [packet.stamp for packet in caught_up]
    assert len(set(stamps)) == 60
    stage.send(publisher, rtp(70, SLICE, stamp=3000 * 60))
    (live,) = end.read()[0]
    assert (live.stamp - caught_up[-1].stamp) & 0xFFFFFFFF == 3000
    assert steps([caught_up[-1], live]) == [0, 1]
    publisher.tick(stage.now)
    assert far.read()[1] == []  # nothing had to be asked
    nack = rtcp.nack(1, viewer.outlets[0].ssrc, [caught_up[3].sequence])
    viewer.rtcp(nack, *clock())
    (again,) = end.read()[0]
    assert again.stamp == caught_up[3].stamp


def test_loss_and_reordering_reach_the_viewer_as_they_were(stage: Stage) -> None:
    publisher, far = stage.publisher()
    _, end = stage.viewer()
    stage.send(publisher, rtp(1, IDR), rtp(2, b"\x41b"), rtp(5, b"\x41e"), rtp(4, b"\x41d"), rtp(5, b"\x41e"))
    assert steps(end.read()[0]) == [0, 1, 4, 3]  # the duplicate is left out
    assert stage.inlets["video"].duplicates == 1
    publisher.tick(stage.now)
    (compound,) = far.read()[1]
    asked = [rtcp.lost_packets(part) for part in rtcp.parts(compound) if part.kind == rtcp.FEEDBACK]
    assert asked == [(5, [3])]
    publisher.tick(stage.now + 0.01)
    assert far.read()[1] == []
    publisher.tick(stage.now + 0.2)
    assert far.read()[1] != []  # asked again
    stage.send(publisher, rtp(9, b"\0\x03\x41c", ssrc=6, kind=97))  # RTX: the original is number 3
    (recovered,) = end.read()[0]
    assert recovered.payload == b"\x41c"
    assert stage.inlets["video"].recovered == 2  # 4 and 3
    assert stage.tapes["video"].packets[-1] == rtp(3, b"\x41c")


def test_what_is_lost_for_good_makes_a_key_frame_wanted(stage: Stage) -> None:
    publisher, far = stage.publisher()
    stage.send(publisher, rtp(1, IDR), rtp(3, SLICE))
    publisher.tick(stage.now + 1.5)
    parts = [part for compound in far.read()[1] for part in rtcp.parts(compound)]
    assert [5] in [rtcp.wants_key_frame(part) for part in parts]
    assert stage.inlets["video"].lost == 1


def test_a_retransmission_before_its_stream_makes_no_track(stage: Stage) -> None:
    publisher, _ = stage.publisher()
    _, end = stage.viewer()
    stage.send(publisher, rtp(9, b"\0\x03\x65", ssrc=6, kind=97))
    assert stage.inlets["video"].source is None
    stage.send(publisher, rtp(1, IDR), rtp(2, SLICE), rtp(10, b"\0\x01", ssrc=6, kind=97))
    assert len(end.read()[0]) == 2
    publisher.tick(stage.now)
    stage.send(publisher, rtp(4, SLICE))
    publisher.tick(stage.now)
    assert stage.ends[0].read()[1] != []  # loss requests still work


def test_padding_keeps_its_number_and_carries_nothing(stage: Stage) -> None:
    publisher, _ = stage.publisher()
    _, end = stage.viewer()
    padding = b"\xa0" + rtp(2, bytes(223) + b"\xe0")[1:]
    padded = b"\xa0" + rtp(3, b"\x41end\0\0\x03")[1:]
    stage.send(publisher, rtp(1, IDR), padding, padded)
    read = end.read()[0]
    assert steps(read) == [0, 1, 2]
    assert [packet.payload for packet in read] == [IDR, b"", b"\x41end"]
    assert stage.tapes["video"].packets[1] == padding  # the recorder judges for itself


def test_header_extensions_and_sources_are_taken_off(stage: Stage) -> None:
    publisher, _ = stage.publisher()
    _, end = stage.viewer()
    head = rtp(1, b"")
    extended = b"\x91" + head[1:] + b"csrc" + bytes.fromhex("bede000110aa0000") + IDR
    stage.send(publisher, extended)
    assert [packet.payload for packet in end.read()[0]] == [IDR]


def test_the_stream_goes_on_across_a_new_ssrc_and_the_publishers_return(stage: Stage) -> None:
    publisher, _ = stage.publisher()
    _, end = stage.viewer()
    stage.send(publisher, rtp(100, IDR, stamp=1000), rtp(101, SLICE, stamp=4000))
    stage.now += 0.5
    stage.send(publisher, rtp(7, IDR, stamp=90, ssrc=50), rtp(102, SLICE, stamp=9000))
    publisher.active = False
    for inlet in stage.inlets.values():
        inlet.interrupt("disconnected")
    stage.now += 2
    again, _ = stage.publisher()
    stage.send(again, rtp(60000, IDR, stamp=5, ssrc=77))
    read = end.read()[0]
    assert steps(read) == [0, 1, 2, 3]
    assert len({packet.ssrc for packet in read}) == 1
    assert [(packet.stamp - read[0].stamp) & 0xFFFFFFFF for packet in read] == [0, 3000, 48_000, 228_000]
    assert stage.tapes["video"].ends == ["disconnected"]


def test_a_goodbye_of_a_source_ends_nothing_and_its_return_goes_on(stage: Stage) -> None:
    publisher, _ = stage.publisher()
    _, end = stage.viewer()
    stage.send(publisher, rtp(100, IDR, stamp=1000))
    publisher.rtcp(rtcp.goodbye([5]), int(stage.now * 1e6), stage.now)
    stage.send(publisher, rtp(101, SLICE, stamp=4000))
    publisher.rtcp(rtcp.goodbye([5]), int(stage.now * 1e6), stage.now)
    stage.now += 0.5
    stage.send(publisher, rtp(9, IDR, stamp=90, ssrc=50))
    assert steps(end.read()[0]) == [0, 1, 2]
    assert stage.tapes["video"].ends == []


def test_a_late_retransmission_of_a_replaced_source_is_not_taken_for_the_new_one(stage: Stage) -> None:
    publisher, _ = stage.publisher()
    _, end = stage.viewer()
    stage.send(publisher, rtp(1, IDR), rtp(3, SLICE), rtp(9, b"\0\x02\x41old", ssrc=6, kind=97))
    stage.send(publisher, rtp(1, IDR, ssrc=50), rtp(3, SLICE, ssrc=50))
    stage.send(publisher, rtp(10, b"\0\x02\x41late", ssrc=6, kind=97), rtp(9, b"\0\x02\x41new", ssrc=51, kind=97))
    payloads = [packet.payload for packet in end.read()[0]]
    assert payloads == [IDR, SLICE, b"\x41old", IDR, SLICE, b"\x41new"]


def test_a_stray_packet_of_a_new_ssrc_does_not_take_the_track_for_good(stage: Stage) -> None:
    publisher, _ = stage.publisher()
    _, end = stage.viewer()
    stage.send(publisher, rtp(1, IDR))
    stage.send(publisher, rtp(500, SLICE, ssrc=0), rtp(2, SLICE))
    stage.now += 0.4
    stage.send(publisher, rtp(3, IDR), rtp(4, SLICE))
    assert [packet.payload for packet in end.read()[0]] == [IDR, SLICE, IDR, SLICE]


def test_a_viewer_without_rtx_gets_the_same_packet_again_within_his_budget(stage: Stage) -> None:
    publisher, _ = stage.publisher()
    viewer, end = stage.viewer(rtx=False)
    stage.send(publisher, rtp(1, IDR), rtp(2, SLICE), rtp(3, b"\x41c"))
    read = end.read()[0]
    for _ in range(1000):
        viewer.rtcp(rtcp.nack(1, read[0].ssrc, [read[1].sequence]), *clock())
    assert end.read()[0] == []
    assert end.refused == viewer.outlets[0].resent == 600  # the same packet as before: a replay to SRTP
    viewer.second(stage.now)
    viewer.rtcp(rtcp.nack(1, read[0].ssrc, [read[1].sequence, (read[0].sequence - 1) & 0xFFFF]), *clock())
    end.read()
    assert end.refused == 601


def test_a_viewer_with_rtx_gets_the_original_number_in_front(stage: Stage) -> None:
    publisher, _ = stage.publisher()
    viewer, end = stage.viewer()
    stage.send(publisher, rtp(1, IDR), rtp(2, SLICE))
    read = end.read()[0]
    viewer.rtcp(rtcp.nack(1, read[0].ssrc, [read[1].sequence]), *clock())
    (again,) = end.read()[0]
    assert (again.ssrc, again.payload_type) == (read[0].ssrc + 1, 97)
    assert again.payload == read[1].sequence.to_bytes(2) + SLICE
    assert again.stamp == read[1].stamp


def test_a_sender_report_is_rewritten_as_the_media_is(stage: Stage) -> None:
    publisher, _ = stage.publisher()
    _, end = stage.viewer()
    stage.send(publisher, rtp(1, IDR, stamp=90_000), rtp(2, SLICE, stamp=93_000))
    publisher.rtcp(rtcp.sender_report(5, 1_700_000_000_000_000, 95_000, 2, 20), int(stage.now * 1e6), stage.now)
    packets, compounds = end.read()
    report = next(facts for part in rtcp.parts(compounds[0]) if (facts := rtcp.sender_facts(part)))
    assert (report.rtp - packets[0].stamp) & 0xFFFFFFFF == 5000
    assert abs((report.ntp_us or 0) - 1_700_000_000_000_000) <= 1
    assert stage.tapes["video"].reports[0][1] == 95_000


@pytest.mark.parametrize("rtp_time", [90_000 + 207_000, None])
def test_a_clock_that_cannot_be_true_is_replaced_by_ours(stage: Stage, rtp_time: int | None) -> None:
    publisher, _ = stage.publisher()
    _, end = stage.viewer()
    stage.send(publisher, rtp(1, IDR, stamp=90_000))
    report = bytearray(rtcp.sender_report(5, 1_700_000_000_000_000, rtp_time or 90_000, 2, 20))
    if rtp_time is None:
        report[8:12] = b"\xff" * 4
    publisher.rtcp(bytes(report), int(stage.now * 1e6), stage.now)
    packets, compounds = end.read()
    told = next(facts for part in rtcp.parts(compounds[0]) if (facts := rtcp.sender_facts(part)))
    assert told.rtp == packets[0].stamp
    assert abs((told.ntp_us or 0) - int(stage.now * 1e6)) <= 1
    assert stage.tapes["video"].reports == []


def test_a_publisher_hears_how_his_packets_arrived(stage: Stage) -> None:
    plain, far = stage.publisher(video=agreed(), audio=agreed("audio"))
    stage.send(plain, rtp(1, IDR), rtp(4, SLICE), rtp(1, b"opus", ssrc=9, kind=111))
    plain.report(int(stage.now * 1e6))
    kinds = [(part.kind, part.detail) for compound in far.read()[1] for part in rtcp.parts(compound)]
    assert kinds == [(rtcp.RR, 2), (rtcp.SDES, 1), (rtcp.PAYLOAD_FEEDBACK, rtcp.APPLICATION)]
    assert plain.loss == 0.5
    assert plain.bit_rate > 0
    modern, far = stage.publisher(video=agreed(extensions={TRANSPORT_WIDE_CC: 3, MID: 4}, feedback=("transport-cc",)))
    extended = b"\x90" + rtp(1, b"", ssrc=20)[1:] + bytes.fromhex("bede0001 31 0007 00".replace(" ", "")) + IDR
    stage.send(modern, extended)
    modern.feed_back(int(stage.now * 1e6))
    parts = [(part.kind, part.detail) for compound in far.read()[1] for part in rtcp.parts(compound)]
    assert (rtcp.FEEDBACK, rtcp.TRANSPORT_CC) in parts


def test_one_payload_type_for_two_tracks_is_told_apart_by_mid(stage: Stage) -> None:
    video, audio = agreed(extensions={MID: 4}), agreed("audio", extensions={MID: 4})
    same: Any = Agreed(audio.offered, video.codec, None, "recvonly", audio.extensions, ())
    publisher, _ = stage.publisher(video=video, audio=same)
    mid = bytes.fromhex("bede0001") + b"\x40" + b"0" + b"\0\0"
    stage.send(publisher, b"\x90" + rtp(1, b"", ssrc=30)[1:] + mid + b"sound")
    assert stage.inlets["audio"].source is not None
    assert stage.inlets["video"].source is None


@pytest.mark.parametrize(
    "damaged",
    [
        b"\xb0" + rtp(2, b"x")[1:],
        b"\x8f" + rtp(2, b"x")[1:],
        b"\xa0" + rtp(2, b"\xff")[1:],
        b"\x90" + rtp(2, bytes.fromhex("bedeffff"))[1:],
        rtp(2, b"", kind=97, ssrc=6),
        rtp(2, b"\0", kind=97, ssrc=6),
        rtp(2, b"strange", kind=33, ssrc=99),
        b"\x90" + rtp(2, b"", kind=97, ssrc=6)[1:],
    ],
)
def test_damage_inside_srtp_changes_nothing(stage: Stage, damaged: bytes) -> None:
    publisher, _ = stage.publisher(video=agreed(extensions={TRANSPORT_WIDE_CC: 3, MID: 4}))
    _, end = stage.viewer()
    stage.send(publisher, rtp(1, IDR), damaged, rtp(3, SLICE))
    assert [packet.payload for packet in end.read()[0] if packet.payload] == [IDR, SLICE]


def test_many_strange_sources_are_bounded(stage: Stage) -> None:
    publisher, _ = stage.publisher()
    stage.send(publisher, *[rtp(1, SLICE, ssrc=100 + i) for i in range(200)])
    assert publisher.garbage > 100


def test_a_key_frame_is_seen_by_its_first_bytes() -> None:
    assert begins_key_frame(IDR)
    assert begins_key_frame(SPS)
    assert begins_key_frame(b"\x78\x00\x04\x67set")  # STAP-A
    assert begins_key_frame(b"\x7c\x85first")  # FU-A, the first fragment
    assert not begins_key_frame(b"\x7c\x05next")
    assert not any(begins_key_frame(short) for short in (b"", b"\x78", b"\x78\x00\x04", b"\x7c", SLICE))


def test_wishes_are_merged_and_a_fir_follows_a_pli_without_effect() -> None:
    frames = KeyFrames()
    assert frames.due(0) is None
    frames.want()
    frames.want()
    assert frames.due(1.0) == "pli"
    assert frames.due(1.0 + PATIENCE - 0.01) is None
    assert frames.due(1.0 + PATIENCE) == "fir"
    frames.arrived()
    assert frames.due(9.0) is None
    frames.want()
    assert frames.due(9.0) == "pli"
    frames.arrived()
    frames.want()
    assert frames.due(9.0 + APART - 0.01) is None
    assert frames.due(9.0 + APART) == "pli"
