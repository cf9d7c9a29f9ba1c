"""One track as it comes in: continuous numbers, history, loss and key-frame requests, and to whom it goes."""

import secrets
from collections.abc import Callable
from typing import Final, Protocol

from media.live.history import AUDIO, VIDEO, History, Packet
from media.live.keyframes import KeyFrames
from media.live.numbering import Numbering
from media.live.outlet import CATCH_UP, Outlet
from media.live.source import Source
from media.wire.gaps import LARGEST_JUMP, GapTracker
from media.wire.rtp import BadPacket, parse
from media.wire.video_codecs import CODECS

PATIENCE: Final = 1.0  # seconds for which a missing packet is asked for again
AGAIN: Final = 0.06  # seconds between two requests for it


class Recording(Protocol):
    """The recorder's door of one track (`media.record.RecordedTrack`)."""

    def feed(self, batch: list[tuple[int, bytes]]) -> None: ...
    def sender_report(self, ntp_us: int, rtp: int, arrival_us: int) -> None: ...
    def interrupt(self, reason: str) -> None: ...


class Inlet:
    """Outlives its publisher's sessions: a new source continues it. `dirty` collects inlets with a batch to deliver."""

    def __init__(self, kind: str, dirty: "list[Inlet]", begin_recording: Callable[[], Recording | None]) -> None:
        self.kind = kind
        self.clock_rate = 90000 if kind == "video" else 48000
        self.source: Source | None = None
        self.outlets: list[Outlet] = []
        self.key_frames = KeyFrames()
        self._begins_key_frame = CODECS["H264"].begins_key_frame
        self.duplicates = self.recovered = self.lost = 0
        self._numbering = Numbering(self.clock_rate, 0x10000 + secrets.randbelow(0x8000), secrets.randbits(32))
        self.history = History(VIDEO if kind == "video" else AUDIO)
        self._gaps = GapTracker(PATIENCE, AGAIN)
        self._dirty = dirty
        self._begin_recording = begin_recording
        self._recording: Recording | None = None
        self._batch: list[Packet] = []
        self._raw: list[tuple[int, bytes]] = []
        self._key_number = -1  # where the newest key frame begins
        self._key_stamp = -1

    @property
    def newest(self) -> int:
        """The extended number of the newest packet."""
        return self._numbering.highest

    def coded(self, codec: str) -> None:
        """What comes from now on is of this codec (`media.wire.video_codecs.CODECS`)."""
        self._begins_key_frame = CODECS[codec].begins_key_frame

    def switch(self, source: Source, sequence: int, stamp: int, now: float) -> None:
        """From now on the track is what `source` sends, beginning with this packet."""
        self.source = source
        self._numbering.switch(sequence, stamp, now)
        self._gaps = GapTracker(PATIENCE, AGAIN)
        self._key_number = self._key_stamp = -1
        if self.kind == "video" and self.outlets:
            self.key_frames.want()

    def accept(self, packet: bytes, arrival_us: int, now: float) -> bool:
        """A plain RTP packet of the present source, RTX undone; False when it is damaged, late or known."""
        try:
            marker, sequence, stamp, _, begin, end = parse(packet)
        except BadPacket:
            return False
        before = self._numbering.highest
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
        self.recovered += self._gaps.receive(sequence, now)
        if not self._raw:
            self._dirty.append(self)
        self._raw.append((arrival_us, packet))
        self._batch.append(kept)
        if self.kind == "video":
            self._look(number, stamp, payload, before)
        return True

    def deliver(self) -> None:
        """Hand the batch of this wake-up to the viewers and the recorder."""
        batch, raw = self._batch, self._raw
        self._batch, self._raw = [], []
        for outlet in self.outlets:
            if outlet.started:
                outlet.send(batch)
            else:
                self._begin(outlet, batch)
        if self._recording is None:
            self._recording = self._begin_recording()
        if self._recording is not None:
            self._recording.feed(raw)

    def join(self, outlet: Outlet) -> None:
        """A viewer who is connected: he gets a picture at once where one is kept, or as soon as a key frame comes."""
        self.outlets.append(outlet)
        if self.kind != "video":
            return
        newest = self._numbering.highest
        kept = self._key_number >= 0 and self.history.get(self._key_number) is not None
        if kept and newest - self._key_number < CATCH_UP:
            outlet.catch_up(self.history, self._key_number, newest, self._numbering.stamp)
        else:
            self.key_frames.want()

    def leave(self, outlet: Outlet) -> None:
        """The viewer is gone."""
        if outlet in self.outlets:
            self.outlets.remove(outlet)

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
        for outlet in self.outlets:
            if outlet.started:
                outlet.report(ntp_us, stamp)

    def record_report(self, ntp_us: int, rtp: int, arrival_us: int) -> None:
        """Tell the recorder what the sender said of his clock."""
        if self._recording is not None:
            self._recording.sender_report(ntp_us, rtp, arrival_us)

    def interrupt(self, reason: str) -> None:
        """The publisher's session is over; viewers and numbers stay. Without a reason it is no interruption: an end."""
        self.source = None
        if self._recording is not None and reason:
            self._recording.interrupt(reason)

    def _begin(self, outlet: Outlet, batch: list[Packet]) -> None:
        start = 0
        if self.kind == "video":
            at = next((i for i, packet in enumerate(batch) if packet[0] == self._key_number), None)
            if at is None:
                return
            start = at
        outlet.start(batch[start][0])
        outlet.send(batch[start:])

    def _look(self, number: int, stamp: int, payload: bytes, before: int) -> None:
        if self._begins_key_frame(payload):
            if stamp != self._key_stamp:
                self._key_number, self._key_stamp = number, stamp
            self.key_frames.arrived()
        elif number - before > LARGEST_JUMP:
            self.key_frames.want()
