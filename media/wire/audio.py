"""An Opus track from packets to events."""

from media.wire import fmp4, opus
from media.wire.assembler import Assembler, Packet
from media.wire.clock import SenderClock
from media.wire.events import Event, Init
from media.wire.fmp4 import Sample


class AudioAssembler(Assembler):
    """Every packet is a sample. Silence that the sender does not send (DTX) lengthens the sample before it."""

    def __init__(
        self,
        timescale: int,
        epoch_us: int,
        sender: SenderClock,
        patience_us: int,
        resume: int = 0,
        gap: tuple[int, str] | None = None,
    ) -> None:
        super().__init__(timescale, epoch_us, sender, patience_us, resume, gap, audio=True)
        self._begun = False

    def _packet(self, item: Packet, out: list[Event]) -> None:
        timestamp, _, packet, start, end, arrival = item
        if start == end:
            return
        duration = opus.duration(packet, start, end)
        if not duration:
            self.refused += 1
            return
        if not self._begun:
            self._begun = True
            out.append(Init(fmp4.opus_init(self._scale), "opus", 0, 0))
        time = self._place(self._unroll(timestamp), arrival)
        self._add(Sample(time, duration, [packet[start:end]], end - start, True), out)

    def _lost(self, out: list[Event]) -> None:
        self._open_gap()

    def _new_stream(self, out: list[Event]) -> None:
        """Nothing is at hand between two packets."""

    def _idle(self, now_us: int, out: list[Event]) -> None:
        """Nothing is held back."""

    def _unusable(self) -> None:
        """Every packet of Opus can be decoded by itself."""
