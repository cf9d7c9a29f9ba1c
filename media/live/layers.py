"""A participant's picture in several sizes at once (simulcast, RFC 8853): an inlet for each, the best one recorded, and
each viewer moved from one to another at a key frame. Who sends one size has one layer, and nothing here costs him."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final, Protocol

from media.client import LayerState
from media.live.history import Packet
from media.live.inlet import Inlet, Recording
from media.live.ladder import Rung
from media.live.outlet import CATCH_UP, Outlet
from media.live.source import Source
from media.wire.parameter_sets import BadParameterSet
from media.wire.rtp import BadPacket, Unroller, parse
from media.wire.run import Run
from media.wire.video_codecs import CODECS

SILENT_US: Final = 700_000
"""A layer so far behind the one heard last has stopped: browsers drop layers that their network cannot carry."""
STEADY_US: Final = 500_000
"""For so long a better layer has to come before the recording goes over to it."""
_HELD: Final = 4000  # packets kept of a layer that is to be recorded as soon as its key frame comes
_HEAD: Final = 24  # packets of a key frame in which its size is looked for
_RATE: Final = 90_000  # RTP ticks per second
_MARKER: Final = 0x80
_WAIT: Final = 4  # looks for which the end of a picture is waited for

Batch = list[tuple[int, bytes]] | Run


class Layer:
    """One size: its inlet, and what is known of it. To its inlet it is the recording, which it has or has not."""

    def __init__(self, layers: "Layers", dirty: list[Inlet]) -> None:
        self.rid: str | None = None  # its name in the present session; None: not sent in it
        self.width = self.height = 0
        self.bit_rate = 0  # bits per second in the last second
        self.since_us = 0  # when it began to come, 0 while it does not
        self.inlet = Inlet("video", dirty, lambda: self)
        self.held: list[tuple[int, bytes]] = []
        self._layers = layers
        self._bytes = 0
        self._measured = -1  # the key frame whose size is known

    @property
    def heard_us(self) -> int:
        """When its newest packet came, 0 before the first one."""
        source = self.inlet.source
        return source.arrival_us if source is not None else 0

    @property
    def rung(self) -> Rung:
        """As a viewer's ladder sees it."""
        return Rung(self.rid or "", self.width, self.height, self.bit_rate)

    def feed(self, batch: Batch) -> None:
        """Recording: packets of this layer."""
        self._layers.take(self, batch)

    def sender_report(self, ntp_us: int, rtp: int, arrival_us: int) -> None:
        """Recording: what the sender said of this layer's clock."""
        if self._layers.recorded is self and self._layers.door is not None:
            self._layers.door.sender_report(ntp_us, rtp, arrival_us)

    def interrupt(self, reason: str) -> None:
        """Recording: the session is over."""
        if self._layers.recorded is self and self._layers.door is not None:
            self._layers.door.interrupt(reason)

    def measure(self, codec: str) -> None:
        """Learn the size from the newest key frame."""
        inlet = self.inlet
        key = inlet.key_number
        if key < 0 or key == self._measured or inlet.newest - key < 1:
            return
        packets = inlet.history.since(key, min(inlet.newest, key + _HEAD))
        size = picture_size(codec, packets)
        if size is not None:
            self.width, self.height = size
            self._measured = key

    def second(self) -> None:
        """A second has passed."""
        source = self.inlet.source
        total = int(source.record.bytes) if source is not None else 0
        self.bit_rate, self._bytes = max(0, total - self._bytes) * 8, total


class Mover(Protocol):
    """A viewer, as far as he is moved."""

    def moved(self, outlet: Outlet, layer: Layer) -> None: ...


@dataclass(slots=True)
class Move:
    """An outlet on its way from one layer to another."""

    outlet: Outlet
    viewer: Mover
    origin: Layer
    to: Layer
    key: int  # of the target, when it was wished for
    waited: int = 0  # for the end of a picture


class Layers:
    """Outlive the publisher's sessions, as inlets do. `door` is the recorder's, once there is one."""

    def __init__(self, dirty: list[Inlet], begin_recording: Callable[[], Recording | None]) -> None:
        self._dirty, self._begin = dirty, begin_recording
        self.all = [Layer(self, dirty)]
        self.all[0].rid = ""
        self.recorded = self.all[0]
        self.door: Recording | None = None
        self.codec = "H264"
        self._wanted: Layer | None = None  # recorded from its next key frame on
        self._stale: Source | None = None  # what filled the recorded layer before the present session
        self._moves: list[Move] = []

    @property
    def several(self) -> bool:
        """Whether there is anything to choose."""
        return len(self.used) > 1

    @property
    def used(self) -> list[Layer]:
        """Those of the present session."""
        return [layer for layer in self.all if layer.rid is not None]

    def agree(self, rids: Sequence[str], codec: str) -> None:
        """A session fills the tracks from now on, with these layers; none: with one, which has no name."""
        self.codec, self._stale = codec, self.recorded.inlet.source
        names = rids or ("",)
        self.all += [Layer(self, self._dirty) for _ in names[len(self.all) :]]
        for layer, rid in zip_longest(self.all, names):
            layer.rid = rid
            layer.inlet.coded(codec)
            if rid is None and layer.inlet.source is not None:
                layer.inlet.interrupt("")
        if self.recorded.rid is None:
            self.recorded, self._wanted = self.all[0], None

    def of(self, rid: str) -> Layer | None:
        """The layer with this name."""
        return next((layer for layer in self.used if layer.rid == rid), None)

    def alive(self) -> list[Layer]:
        """Those that come in; the others have stopped while these went on."""
        heard = max((layer.heard_us for layer in self.used), default=0)
        return [layer for layer in self.used if layer.heard_us and heard - layer.heard_us < SILENT_US]

    def rungs(self) -> list[Rung]:
        """Those that come in, as viewers' ladders see them."""
        return [layer.rung for layer in self.alive()]

    def states(self) -> list[LayerState]:
        """What is told of them, where there are several."""
        alive = self.alive()
        return [
            {
                "rid": layer.rid or "",
                "width": layer.width,
                "height": layer.height,
                "bitrate": layer.bit_rate if layer in alive else 0,
                "recorded": layer is self.recorded,
                "viewers": len(layer.inlet.outlets),
            }
            for layer in (self.used if self.several else ())
        ]

    def take(self, layer: Layer, batch: Batch) -> None:
        """Packets of a layer: to the recorder, kept for it, or not needed."""
        if layer is not self.recorded:
            if self.recorded.inlet.source in (None, self._stale) and layer.inlet.source is not None:
                self.recorded, self._wanted = layer, None  # the first of a session
            elif layer is not self._wanted or not (batch := self._from_key(layer, batch)):
                return
        if self.door is None:
            self.door = self._begin()
        if self.door is not None:
            self.door.feed(batch)

    def look(self, now_us: int) -> None:
        """Some times a second, where there are several: is it the best one that is recorded?"""
        alive = self.alive()
        for layer in self.used:
            layer.since_us = 0 if layer not in alive else layer.since_us or now_us
            layer.measure(self.codec)
        if not alive:
            return
        gone = self.recorded not in alive
        able = [one for one in alive if gone or one is self.recorded or now_us - one.since_us >= STEADY_US]
        best = max(able, key=lambda layer: layer.rung.rank)
        if best is self.recorded:
            self._wanted = None
        else:
            if best is not self._wanted:
                best.held.clear()
            self._wanted = best
            best.inlet.key_frames.want()

    def second(self) -> None:
        """A second has passed."""
        for layer in self.used:
            layer.second()

    def move(self, outlet: Outlet, viewer: Mover, origin: Layer, to: Layer) -> None:
        """Give an outlet another layer, at that one's next key frame."""
        self.stay(outlet)
        if origin is not to:
            self._moves.append(Move(outlet, viewer, origin, to, to.inlet.key_number))
            to.inlet.key_frames.want()

    def stay(self, outlet: Outlet) -> None:
        """Wherever it was to go, it does not any more."""
        self._moves = [one for one in self._moves if one.outlet is not outlet]

    def tick(self, now: float) -> None:
        """Some twenty milliseconds have passed: move those whose key frame has come."""
        if self._moves:
            self._moves = [one for one in self._moves if not self._moved(one, now)]

    def _moved(self, one: Move, now: float) -> bool:
        origin, inlet = one.origin.inlet, one.to.inlet
        key = inlet.key_number
        dead = one.origin.rid is None or one.origin not in self.alive()
        if key < 0 or (key == one.key and not dead) or inlet.newest - key >= CATCH_UP:
            inlet.key_frames.want()
            return False
        last = origin.history.get(origin.newest)
        if last is not None and not last[1] & _MARKER and not dead and one.waited < _WAIT:
            one.waited += 1
            return False  # within a picture
        transfer(one.outlet, origin, inlet, now)
        one.viewer.moved(one.outlet, one.to)
        return True

    def _from_key(self, layer: Layer, batch: Batch) -> list[tuple[int, bytes]]:
        """What is kept and comes of a layer from its key frame on; it is recorded from there. Empty: none has come."""
        fresh = list(batch)
        layer.held += fresh
        begins = CODECS[self.codec].begins_key_frame
        for _, packet in fresh:
            try:
                _, sequence, _, _, start, end = parse(packet)
            except BadPacket:
                continue
            if start < end and begins(packet[start:end]):
                self.recorded, self._wanted = layer, None
                held, layer.held = layer.held, []
                return [(at, one) for at, one in held if int.from_bytes(one[2:4]) - sequence & 0xFFFF < 0x8000]
        del layer.held[:-_HELD]
        return []


def transfer(outlet: Outlet, origin: Inlet, to: Inlet, now: float) -> None:
    """Go on with another inlet's newest key frame: the next sequence number, and the time that it belongs to."""
    key = to.key_number
    packets = to.history.since(key, to.newest)
    if outlet.started and packets:
        sent = origin.stamp + outlet.record.stamp_shift  # of the newest packet he got
        due = _same_moment(packets[0][2], origin, to, now) + outlet.record.stamp_shift
        ahead = (due - sent - 1 + 0x80000000 & 0xFFFFFFFF) - 0x80000000  # no picture lies before one that was sent
        stamp = due if ahead >= 0 else sent + 1
        outlet.move(key, origin.newest + outlet.record.shift + 1 - key, stamp - packets[0][2] & 0xFFFFFFFF)
    else:
        outlet.start(key)
    origin.leave(outlet)
    to.adopt(outlet)
    outlet.send(packets)


def _same_moment(stamp: int, origin: Inlet, to: Inlet, now: float) -> int:
    """What `origin` would have as timestamp where `to` has `stamp`: by their sender's reports, else by arrival."""
    if origin.told is not None and to.told is not None:
        passed = (stamp - to.told[1] + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        return origin.told[1] + passed + (to.told[0] - origin.told[0]) * _RATE // 1_000_000
    behind = (to.stamp - stamp + 0x80000000 & 0xFFFFFFFF) - 0x80000000
    return origin.stamp_at(now) - max(0, min(behind, _RATE))


def picture_size(codec: str, packets: Sequence[Packet]) -> tuple[int, int] | None:
    """The size that a key frame's first packets state, None where they do not."""
    depacketiser = CODECS[codec].depacketiser(Unroller(32))
    sets = CODECS[codec].configuration(())
    units = []
    for _, marker, stamp, payload, size in packets:
        if size and stamp == packets[0][2]:
            units += depacketiser.push(stamp, marker != 0, bytes(payload), 0, size, 0) or []
    for unit in [*units, *(depacketiser.flush() or [])]:
        for header in unit.sets:
            sets.take(header)
    try:
        init = sets.make_init(_RATE)
    except BadParameterSet:
        return None
    return (init.width, init.height) if init is not None else None
