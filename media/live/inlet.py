"""One track as it comes in: continuous numbers, history, loss and key-frame requests, and to whom it goes."""

import secrets
from collections.abc import Callable
from typing import Any, Final, Protocol

from media.live.history import AUDIO, VIDEO, Packet, history
from media.live.keyframes import KeyFrames
from media.live.numbering import Numbering
from media.live.outlet import CATCH_UP, Outlet
from media.live.source import Source
from media.live.udp import LARGEST
from media.native import ffi, library
from media.native.library import address, memory
from media.wire.gaps import LARGEST_JUMP, GapTracker
from media.wire.rtp import BadPacket, parse
from media.wire.run import Run
from media.wire.video_codecs import CODECS

PATIENCE: Final = 1.0  # seconds for which a missing packet is asked for again
AGAIN: Final = 0.06  # seconds between two requests for it
LOG: Final = 1 << 18  # bytes for the recorder that the compiled helper writes before they are handed over
_LARGEST: Final = LARGEST - 12  # bytes of a payload that can be sent on
_CODECS: Final = {"H264": 1, "VP8": 2, "VP9": 3, "AV1": 4}  # as the helper calls them
_SOUND: Final = 5


class Recording(Protocol):
    """The recorder's door of one track (`media.record.RecordedTrack`)."""

    def feed(self, batch: list[tuple[int, bytes]] | Run) -> None: ...
    def sender_report(self, ntp_us: int, rtp: int, arrival_us: int) -> None: ...
    def interrupt(self, reason: str) -> None: ...


class Inlet:
    """Outlives its publisher's sessions: a new source continues it. `dirty` collects inlets with a batch to deliver.

    With the compiled helper, `record` is where it finds the track: it takes the packets that simply follow the last
    one, and writes all for the recorder into one piece of memory, which `hand_over` gives away.
    """

    def __init__(self, kind: str, dirty: "list[Inlet]", begin_recording: Callable[[], Recording | None]) -> None:
        self.kind = kind
        self.clock_rate = 90000 if kind == "video" else 48000
        self.outlets: list[Outlet] = []
        self.duplicates = self.recovered = self.lost = 0
        self.told: tuple[int, int] | None = None  # the last report: microseconds UTC, timestamp as viewers have it
        self._source: Source | None = None
        self._key_frames = KeyFrames()
        self._begins_key_frame = CODECS["H264"].begins_key_frame
        self._numbering = Numbering(self.clock_rate, 0x10000 + secrets.randbelow(0x8000), secrets.randbits(32))
        self.record: Any = self._numbering.record
        self._at = address(self.record)
        self.record.codec = _CODECS["H264"] if kind == "video" else _SOUND
        self.record.key_number = self.record.key_stamp = self.record.batch = -1
        self.history = history(VIDEO if kind == "video" else AUDIO, self.record)
        self._log: Any = None  # the memory for the recorder
        self._gaps = GapTracker(PATIENCE, AGAIN)
        self._passed = -1  # the source's newest packet of which `_gaps` knows
        self._dirty = dirty
        self._begin_recording = begin_recording
        self._recording: Recording | None = None
        self._batch: list[Packet] = []
        self._raw: list[tuple[int, bytes]] = []
        if library is not None:
            self._log = memory("uint8_t", LOG)
            self.record.log, self.record.log_size = self._log, LOG

    @property
    def source(self) -> Source | None:
        """Who fills the track now."""
        return self._source

    @source.setter
    def source(self, source: Source | None) -> None:
        self._source = source
        self.record.source = ffi.NULL if source is None else source.record

    @property
    def key_frames(self) -> KeyFrames:
        """Wishes for a key frame."""
        if self.record.key_seen:
            self.record.key_seen = 0
            self._key_frames.arrived()
        return self._key_frames

    @property
    def restless(self) -> bool:
        """Whether there may be anything to ask for; cheap."""
        return self._gaps.holes or self._key_frames.wanted

    @property
    def newest(self) -> int:
        """The extended number of the newest packet."""
        return self._numbering.highest

    @property
    def stamp(self) -> int:
        """Its timestamp."""
        return self._numbering.stamp

    @property
    def key_number(self) -> int:
        """The extended number with which the newest key frame begins, -1 before there is one."""
        return int(self.record.key_number)

    def stamp_at(self, now: float) -> int:
        """The timestamp of this moment, judged by the newest packet's arrival."""
        return self._numbering.stamp_at(now)

    def coded(self, codec: str) -> None:
        """What comes from now on is of this codec (`media.wire.video_codecs.CODECS`)."""
        self._begins_key_frame = CODECS[codec].begins_key_frame
        self.record.codec = _CODECS.get(codec, 0)

    def switch(self, source: Source, sequence: int, stamp: int, now: float) -> None:
        """From now on the track is what `source` sends, beginning with this packet."""
        self.source = source
        self._numbering.switch(sequence, stamp, now)
        self._gaps, self._passed, self.told = GapTracker(PATIENCE, AGAIN), -1, None
        self.record.key_number = self.record.key_stamp = -1
        if self.kind == "video" and self.outlets:
            self.key_frames.want()

    def accept(self, packet: bytes, arrival_us: int, now: float) -> bool:
        """A plain RTP packet of the present source, RTX undone; False when it is damaged, late or known."""
        try:
            marker, sequence, stamp, _, begin, end = parse(packet)
        except BadPacket:
            return False
        if end - begin > _LARGEST:
            return False
        before, newest = self._numbering.highest, self.record.newest
        number = self._numbering.place(sequence, stamp, now)
        if number < 0:
            return False
        if end > begin:
            payload = packet[begin:end]
            kept: Packet = number, marker << 7, self._numbering.map_stamp(stamp), payload, end - begin
        else:  # padding alone keeps its number: one byte of padding, so that viewers see no hole
            payload, kept = b"", (number, marker << 7, self._numbering.map_stamp(stamp), b"", 0)
        if not self.history.put(kept):
            self.duplicates += 1
            return False
        if self._passed not in (-1, newest):
            self._gaps.followed(newest & 0xFFFF)
        self.recovered += self._gaps.receive(sequence, now)
        self._passed = self.record.newest
        if not self._batch:
            self._dirty.append(self)
        self._batch.append(kept)
        self._note(arrival_us, packet)
        if self.kind == "video":
            self._look(number, stamp, payload, before)
        return True

    def deliver(self) -> None:
        """Hand the batch of this wake-up to the viewers and the recorder."""
        batch, self._batch = self._batch, []
        for outlet in self.outlets:
            if outlet.started:
                outlet.send(batch)
            else:
                self._begin(outlet, batch)
        if self._log is None or self._recording is None:
            self.hand_over()

    def hand_over(self) -> None:
        """Give the recorder what has come since the last time; called some times a second."""
        batch: list[tuple[int, bytes]] | Run = self._raw
        if self.record.log_used:
            batch = Run(bytes(ffi.buffer(self._log, self.record.log_used)), self.record.log_packets)
            self.record.log_used = self.record.log_packets = 0
        else:
            self._raw = []
        if not batch:
            return
        if self._recording is None:
            self._recording = self._begin_recording()
        if self._recording is not None:
            self._recording.feed(batch)

    def join(self, outlet: Outlet) -> None:
        """A viewer who is connected: he gets a picture at once where one is kept, or as soon as a key frame comes."""
        self.outlets.append(outlet)
        self._tell()
        if self.kind != "video":
            return
        newest = self._numbering.highest
        key = self.record.key_number
        kept = key >= 0 and self.history.get(key) is not None
        if kept and newest - key < CATCH_UP:
            outlet.catch_up(self.history, key, newest, self._numbering.stamp)
        else:
            self.key_frames.want()

    def adopt(self, outlet: Outlet) -> None:
        """A viewer who gets from elsewhere what has come so far."""
        self.outlets.append(outlet)
        self._tell()

    def leave(self, outlet: Outlet) -> None:
        """The viewer is gone."""
        if outlet in self.outlets:
            self.outlets.remove(outlet)
            self._tell()

    def missing(self, now: float) -> list[int]:
        """Sequence numbers of the source to ask for now. What is lost for good makes a key frame wanted."""
        lost = self._gaps.lost(now)
        self.lost += len(lost)
        if lost and self.kind == "video":
            self.key_frames.want()
        return self._gaps.due(now)

    def report(self, ntp_us: int, rtp: int | None, now: float) -> None:
        """Tell the viewers which time belongs to which timestamp; `rtp` None: that of this moment."""
        stamp = self._numbering.stamp_at(now) if rtp is None else self._numbering.map_stamp(rtp)
        self.told = ntp_us, stamp
        for outlet in self.outlets:
            if outlet.started:
                outlet.report(ntp_us, stamp)

    def record_report(self, ntp_us: int, rtp: int, arrival_us: int) -> None:
        """Tell the recorder what the sender said of his clock."""
        self.hand_over()
        if self._recording is not None:
            self._recording.sender_report(ntp_us, rtp, arrival_us)

    def interrupt(self, reason: str) -> None:
        """The publisher's session is over; viewers and numbers stay. Without a reason it is no interruption: an end."""
        self.source = None
        self.hand_over()
        if self._recording is not None and reason:
            self._recording.interrupt(reason)

    def _tell(self) -> None:
        """Tell the compiled helper who the viewers are."""
        self._records = ffi.new("struct fast_outlet *[]", [outlet.record for outlet in self.outlets])
        self.record.outlets, self.record.outlet_count = self._records, len(self.outlets)

    def _note(self, arrival_us: int, packet: bytes) -> None:
        """Keep a packet for the recorder, in the order in which all came."""
        if library is None:
            self._raw.append((arrival_us, packet))
        elif not library.fast_log(self._at, arrival_us, packet, len(packet)):
            self.hand_over()
            library.fast_log(self._at, arrival_us, packet, len(packet))

    def _begin(self, outlet: Outlet, batch: list[Packet]) -> None:
        start = 0
        if self.kind == "video":
            at = next((i for i, packet in enumerate(batch) if packet[0] == self.record.key_number), None)
            if at is None:
                return
            start = at
        outlet.start(batch[start][0])
        outlet.send(batch[start:])

    def _look(self, number: int, stamp: int, payload: bytes, before: int) -> None:
        if self._begins_key_frame(payload):
            if stamp != self.record.key_stamp:
                self.record.key_number, self.record.key_stamp = number, stamp
            self.key_frames.arrived()
        elif number - before > LARGEST_JUMP:
            self.key_frames.want()
