"""A publisher's session: demultiplexing by SSRC, mid and payload type, RTX undone, feedback back to him."""

from collections.abc import Callable, Mapping
from struct import Struct
from typing import Final

from media.live import rtcp
from media.live.answer import MID, REPAIRED_RID, RID, TRANSPORT_WIDE_CC, Agreed
from media.live.arrivals import Arrivals
from media.live.bandwidth import Bandwidth
from media.live.extensions import find
from media.live.inlet import Inlet
from media.live.layers import Layers
from media.live.peer import Peer
from media.live.rtcp import SenderFacts
from media.live.source import Source
from media.wire.rtp import BadPacket, parse

OURS: Final = 1  # the SSRC under which we report: nothing else is sent to a publisher
_MOST_SOURCES: Final = 64
_SILENT_US: Final = 300_000  # a source that says nothing for so long gives way to one that was there before
_ABSURD: Final = 2.0  # seconds by which a sender report may lie off its media before his clock is not used

_HEADER: Final = Struct("!BBHII")
_NUMBER: Final = Struct("!H")


class Publisher:
    """Takes the plain packets of one peer to its participant's inlets."""

    def __init__(
        self,
        peer: Peer,
        agreed: Mapping[str, Agreed],
        inlets: Mapping[str, Inlet],
        layers: Layers,
        bit_rate: int,
        on_connected: Callable[["Publisher"], None],
        on_ended: Callable[["Publisher", str], None],
    ) -> None:
        """`bit_rate`: bits per second that the publisher is told to stay below (REMB) while he loses nothing."""
        self.peer = peer
        self.agreed = dict(agreed)
        self.garbage = 0
        self._inlets = dict(inlets)
        self._layers = layers
        self._bandwidth = Bandwidth(bit_rate)
        self._on_connected, self._on_ended = on_connected, on_ended
        self._sources: dict[int, tuple[Inlet, Source]] = {}
        self._rtx: dict[int, Inlet] = {}
        self._repairs: dict[int, int] = {}  # SSRC of retransmissions to that of what they repair
        self._firs = 0
        self._clock_trusted = True
        self._arrivals = Arrivals()
        self._wide = peer.record.wide = self._shared_id(TRANSPORT_WIDE_CC, "transport-cc")
        self._mid = self._shared_id(MID, None)
        video = self.agreed.get("video")
        extensions = video.extensions if video is not None and video.layers else {}
        self._rid, self._repaired_rid = extensions.get(RID, 0), extensions.get(REPAIRED_RID, 0)
        self.bit_rate = 0  # bits per second received in the last second
        self.loss = 0.0  # share of the last second's packets that were not there in time

    @property
    def active(self) -> bool:
        """Whether it is this session that fills its participant's tracks."""
        return bool(self.peer.record.active)

    @active.setter
    def active(self, active: bool) -> None:
        self.peer.record.active = active

    @property
    def told(self) -> int:
        """Bits per second that he is told to stay below."""
        return self._bandwidth.told

    def connected(self) -> None:
        """Handler: the keys are there."""
        self._on_connected(self)

    def ended(self, reason: str) -> None:
        """Handler: the peer is gone."""
        self._on_ended(self, reason)

    def rtp(self, packet: bytes, arrival_us: int, now: float) -> None:
        """Handler: one plain packet."""
        if not self.active:
            return
        _, second, sequence, stamp, ssrc = _HEADER.unpack_from(packet)
        self.peer.record.bytes += len(packet)
        if self._wide and packet[0] & 0x10:
            wide = find(packet, self._wide)
            if wide is not None and len(wide) >= 2:
                self._arrivals.add(wide[0] << 8 | wide[1], arrival_us)
        known = self._sources.get(ssrc)
        if known is not None:
            inlet, source = known
            source.note(sequence, stamp, arrival_us, len(packet))
            if inlet.source is not source and _silent(inlet.source, arrival_us):
                inlet.switch(source, sequence, stamp, now)
            if inlet.source is source:
                inlet.accept(packet, arrival_us, now)
                self.peer.hasten(source, inlet.record)
        elif ssrc in self._rtx:
            self._recover(self._rtx[ssrc], ssrc, packet, arrival_us, now)
        else:
            self._meet(ssrc, second & 0x7F, packet, arrival_us, now)

    def rtcp(self, compound: bytes, arrival_us: int, now: float) -> None:
        """Handler: sender reports are what a publisher has to say."""
        for part in rtcp.parts(compound):
            facts = rtcp.sender_facts(part) if part.kind == rtcp.SR else None
            known = self._sources.get(facts.ssrc) if facts else None
            if facts is None or known is None:
                continue
            inlet, source = known
            if inlet.source is source and self.active:
                self._clock(inlet, source, facts, arrival_us, now)

    def tick(self, now: float) -> None:
        """Every 20 ms or so: ask again for what is missing, ask for a key frame where one is wanted."""
        self._layers.tick(now)
        for inlet in [one for one in self._all() if one.restless]:
            source, agreed = inlet.source, self.agreed.get(inlet.kind)
            if source is None or agreed is None or not self.active:
                continue
            missing = inlet.missing(now)
            if missing and "nack" in agreed.feedback:
                self.peer.queue_rtcp(_before(agreed) + rtcp.nack(OURS, source.ssrc, missing))
            wanted = inlet.key_frames.due(now) if inlet.kind == "video" else None
            if wanted == "fir" and "ccm fir" in agreed.feedback:
                self._firs += 1
                self.peer.queue_rtcp(_before(agreed) + rtcp.full_intra(OURS, source.ssrc, self._firs))
            elif wanted is not None:
                self.peer.queue_rtcp(_before(agreed) + rtcp.picture_loss(OURS, source.ssrc))

    def feed_back(self, now_us: int) -> None:
        """Every 100 ms: which packets arrived when, for the publisher's congestion control."""
        for inlet in self._all():
            inlet.hand_over()
        if self._rid and self.active:
            self._layers.look(now_us)
        if self._wide and self.active:
            for number, at_us in self.peer.arrivals():
                self._arrivals.add(number, at_us)
            media = next((s.ssrc for _, s in self._sources.values()), 0)
            report = self._arrivals.report(OURS, media)
            if report is not None:
                self.peer.queue_rtcp(rtcp.receiver_report(OURS, ()) + report)

    def report(self, now_us: int) -> None:
        """Every second: receiver reports, and a REMB where it is the publisher's only measure."""
        self._layers.second()
        current = [inlet.source for inlet in self._all() if inlet.source is not None]
        ours = [source for _, source in self._sources.values() if source in current]
        if not ours or not self.active:
            return
        blocks = [source.block(now_us) for source in ours]
        self.loss = max(block.fraction_lost for block in blocks) / 256
        self.bit_rate, self.peer.record.bytes = self.peer.record.bytes * 8, 0
        most = self._bandwidth.second(self.loss, self.bit_rate)
        compound = rtcp.receiver_report(OURS, blocks) + rtcp.source_description(OURS, "takan")
        if not self._wide and any("goog-remb" in one.feedback for one in self.agreed.values()):
            compound += rtcp.bandwidth(OURS, most, [source.ssrc for source in ours])
        self.peer.queue_rtcp(compound)

    def _shared_id(self, uri: str, feedback: str | None) -> int:
        """The id of an extension in this session, 0 without one; bundled sections agree on ids (RFC 8843, 9.1)."""
        for one in self.agreed.values():
            if uri in one.extensions and (feedback is None or feedback in one.feedback):
                return one.extensions[uri]
        return 0

    def _meet(self, ssrc: int, payload_type: int, packet: bytes, arrival_us: int, now: float) -> None:
        """A packet of an SSRC not seen before: whose is it? RTX never makes a track."""
        kind, is_rtx = self._whose(ssrc, payload_type, packet)
        inlet = self._into(kind, packet, is_rtx=is_rtx)
        if inlet is None or len(self._sources) + len(self._rtx) >= _MOST_SOURCES:
            self.garbage += 1
        elif is_rtx:
            self._rtx[ssrc] = inlet
            for media, repair in self.agreed[kind].offered.rtx_ssrcs.items():
                if repair == ssrc:
                    self._repairs[ssrc] = media
            self._recover(inlet, ssrc, packet, arrival_us, now)
        else:
            _, _, sequence, stamp, _ = _HEADER.unpack_from(packet)
            source = Source(ssrc, inlet.clock_rate, sequence)
            source.note(sequence, stamp, arrival_us, len(packet))
            self._sources[ssrc] = inlet, source
            inlet.switch(source, sequence, stamp, now)
            inlet.accept(packet, arrival_us, now)
            self.peer.hasten(source, inlet.record)

    def _all(self) -> list[Inlet]:
        """What this session may fill."""
        if not self._rid:
            return list(self._inlets.values())
        return [self._inlets["audio"], *(layer.inlet for layer in self._layers.used)]

    def _into(self, kind: str, packet: bytes, *, is_rtx: bool) -> Inlet | None:
        """The inlet of a new SSRC. A layer's packets say which one it is, until a report has acknowledged them."""
        if kind != "video" or not self._rid:
            return self._inlets.get(kind)
        rid = find(packet, self._repaired_rid if is_rtx else self._rid)
        layer = self._layers.of(rid.decode("ascii", "replace")) if rid else None
        return layer.inlet if layer is not None else None

    def _whose(self, ssrc: int, payload_type: int, packet: bytes) -> tuple[str, bool]:
        """(kind, whether it is RTX) by payload type, then told apart by mid and SSRC; ("", False): nobody's."""
        mid = find(packet, self._mid) if self._mid else None
        fitting = []
        for kind, one in self.agreed.items():
            if payload_type == one.codec.payload_type:
                fitting.append((kind, False))
            elif one.rtx is not None and payload_type == one.rtx.payload_type:
                fitting.append((kind, True))
        for kind, is_rtx in fitting if len(fitting) > 1 else ():
            offered = self.agreed[kind].offered
            if (mid is not None and mid == offered.mid.encode()) or (mid is None and ssrc in offered.ssrcs):
                return kind, is_rtx
        return fitting[0] if fitting else ("", False)

    def _recover(self, inlet: Inlet, ssrc: int, packet: bytes, arrival_us: int, now: float) -> None:
        """RFC 4588, 4: put the original packet together again. Probes and what cannot be placed are dropped."""
        source, agreed = inlet.source, self.agreed[inlet.kind]
        try:
            _, _, _, _, begin, end = parse(packet)
        except BadPacket:
            self.garbage += 1
            return
        if source is None or source.ssrc not in self._sources or end - begin < 3:
            return
        if self._repairs.setdefault(ssrc, source.ssrc) != source.ssrc:
            return  # late, of a source that was replaced
        first, second, _, stamp, _ = _HEADER.unpack_from(packet)
        (original,) = _NUMBER.unpack_from(packet, begin)
        head = _HEADER.pack(first, second & 0x80 | agreed.codec.payload_type, original, stamp, source.ssrc)
        # What was sent again is no packet that came in time: reports tell the network's loss, not what is left of it.
        inlet.accept(head + packet[12:begin] + packet[begin + 2 :], arrival_us, now)

    def _clock(self, inlet: Inlet, source: Source, facts: SenderFacts, arrival_us: int, now: float) -> None:
        """Pass a sender report on. A clock that cannot be true is replaced by ours, for all his tracks at once."""
        off = abs(source.off(facts.rtp, arrival_us))
        if facts.ntp_us is None or off > _ABSURD:
            self._clock_trusted = False
        if facts.ntp_us is not None and self._clock_trusted:
            source.reported(facts.ntp_us, arrival_us)
            inlet.record_report(facts.ntp_us, facts.rtp, arrival_us)
            inlet.report(facts.ntp_us, facts.rtp, now)
        else:
            inlet.report(arrival_us, None, now)


def _silent(source: Source | None, arrival_us: int) -> bool:
    return source is None or arrival_us - source.arrival_us > _SILENT_US


def _before(agreed: Agreed) -> bytes:
    """What stands before feedback: nothing where reduced size was agreed (RFC 5506), else an empty report.

    ffmpeg looks at the first packet of a compound only, and offers reduced size.
    """
    return b"" if agreed.offered.reduced_rtcp else rtcp.receiver_report(OURS, ())
