"""A viewer's session: his outlets, and what he reports and asks for."""

import secrets
from collections.abc import Callable, Mapping

from media.live import rtcp
from media.live.answer import Agreed
from media.live.inlet import Inlet
from media.live.ladder import Ladder, Wish
from media.live.layers import Layer, Layers
from media.live.outlet import Outlet
from media.live.peer import Peer


class Viewer:
    """Joins its outlets to the watched participant's inlets for as long as the peer lives."""

    def __init__(
        self,
        peer: Peer,
        agreed: Mapping[str, Agreed],
        inlets: Mapping[str, Inlet],
        layers: Layers,
        on_connected: Callable[["Viewer"], None],
        on_ended: Callable[["Viewer", str], None],
    ) -> None:
        self.peer = peer
        self.garbage = 0
        self._losses: dict[int, float] = {}  # by SSRC, shares lost that he reported in this second
        self._on_connected, self._on_ended = on_connected, on_ended
        self.told = 0  # bits per second, his newest REMB
        self.layer = layers.recorded  # of the picture that he gets
        self.moving: Layer | None = None  # the layer that he is to get
        self._layers, self._ladder = layers, Ladder()
        self._connected = False
        self._outlets: dict[int, tuple[Inlet, Outlet]] = {}
        for kind, one in agreed.items():
            if one.sends is None or kind not in inlets:
                continue
            first = secrets.randbelow(0x7000)
            outlet = Outlet(peer, one.sends.ssrc, one.codec.payload_type, first, one.sends.stream)
            if one.rtx is not None:
                outlet.rtx = one.sends.rtx_ssrc, one.rtx.payload_type
            self._outlets[one.sends.ssrc] = inlets[kind], outlet

    @property
    def outlets(self) -> list[Outlet]:
        """One for each kind that the viewer takes."""
        return [outlet for _, outlet in self._outlets.values()]

    def connected(self) -> None:
        """Handler: the keys are there: begin to send."""
        self._connected = True
        self._start()
        for inlet, outlet in self._outlets.values():
            inlet.join(outlet)
        self._on_connected(self)

    def ended(self, reason: str) -> None:
        """Handler: the peer is gone."""
        for inlet, outlet in self._outlets.values():
            inlet.leave(outlet)
            self._layers.stay(outlet)
        self._on_ended(self, reason)

    def rtp(self, packet: bytes, arrival_us: int, now: float) -> None:
        """Handler: a viewer sends no media."""
        self.garbage += 1

    def rtcp(self, compound: bytes, arrival_us: int, now: float) -> None:
        """Handler: loss requests, wishes for a key frame, reports."""
        for part in rtcp.parts(compound):
            if part.kind == rtcp.FEEDBACK and part.detail == rtcp.NACK:
                media, wanted = rtcp.lost_packets(part)
                if media in self._outlets:
                    inlet, outlet = self._outlets[media]
                    outlet.resend(inlet.history, wanted, inlet.newest)
            elif part.kind == rtcp.PAYLOAD_FEEDBACK:
                self.told = rtcp.bandwidth_told(part) or self.told
                for media in rtcp.wants_key_frame(part):
                    if media in self._outlets:
                        self._outlets[media][0].key_frames.want()
            elif part.kind in (rtcp.SR, rtcp.RR):
                for block in rtcp.blocks(part):  # a browser reports picture and sound apart
                    if block.ssrc in self._outlets:
                        self._losses[block.ssrc] = block.fraction_lost / 256

    def second(self, now: float) -> None:
        """A second has passed: loss requests may be answered again, and another layer may fit better."""
        for outlet in self.outlets:
            outlet.refill()
        if self._layers.several or self.layer.rid is None:
            loss = max(self._losses.values(), default=None)
            self._ladder.second(self._layers.rungs(), self.layer.rid or "", loss, self.told, now)
            self._choose()
        self._losses.clear()

    def wish(self, wish: Wish) -> None:
        """He asks for a layer, or for none that is higher than he can show."""
        self._ladder.wish = wish
        if self._connected:
            self._choose()

    def moved(self, outlet: Outlet, layer: Layer) -> None:
        """His picture comes from this layer now."""
        self.layer, self.moving = layer, None
        self._outlets[outlet.ssrc] = layer.inlet, outlet

    def _start(self) -> None:
        """The layer to begin with."""
        layer = self._layers.of(self._ladder.pick(self._layers.rungs())) or self._layers.recorded
        for ssrc, (inlet, outlet) in self._outlets.items():
            if inlet.kind == "video":
                self.layer = layer
                self._outlets[ssrc] = layer.inlet, outlet

    def _choose(self) -> None:
        target = self._layers.of(self._ladder.pick(self._layers.rungs()))
        if target is None or target is (self.moving or self.layer):
            return
        for inlet, outlet in self._outlets.values():
            if inlet.kind == "video":
                self.moving = target if target is not self.layer else None
                self._layers.move(outlet, self, self.layer, target)
