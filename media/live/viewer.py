"""A viewer's session: his outlets, and what he reports and asks for."""

import secrets
from collections.abc import Callable, Mapping

from media.live import rtcp
from media.live.answer import Agreed
from media.live.inlet import Inlet
from media.live.outlet import Outlet
from media.live.peer import Peer


class Viewer:
    """Joins its outlets to the watched participant's inlets for as long as the peer lives."""

    def __init__(
        self,
        peer: Peer,
        agreed: Mapping[str, Agreed],
        inlets: Mapping[str, Inlet],
        on_connected: Callable[["Viewer"], None],
        on_ended: Callable[["Viewer", str], None],
    ) -> None:
        self.peer = peer
        self.garbage = 0
        self.loss = 0.0  # what the viewer reported last, 0 to 1
        self._on_connected, self._on_ended = on_connected, on_ended
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
        for inlet, outlet in self._outlets.values():
            inlet.join(outlet)
        self._on_connected(self)

    def ended(self, reason: str) -> None:
        """Handler: the peer is gone."""
        for inlet, outlet in self._outlets.values():
            inlet.leave(outlet)
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
                for media in rtcp.wants_key_frame(part):
                    if media in self._outlets:
                        self._outlets[media][0].key_frames.want()
            elif part.kind in (rtcp.SR, rtcp.RR):
                heard = [block.fraction_lost for block in rtcp.blocks(part) if block.ssrc in self._outlets]
                self.loss = max(heard, default=0) / 256

    def refill(self) -> None:
        """Every second: loss requests may be answered again."""
        for outlet in self.outlets:
            outlet.refill()
