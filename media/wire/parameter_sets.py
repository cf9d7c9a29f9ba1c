"""The parameter sets of one H.264 stream, and whether the init segment in use still says what it needs to."""

from collections.abc import Iterable, Sequence

from media.wire import fmp4
from media.wire.bits import BitReader, OutOfBits
from media.wire.events import Init
from media.wire.h264 import PPS, SPS
from media.wire.sps import BadParameterSet, read_sps

_LARGEST_ID = {SPS: 31, PPS: 255}
_MOST_PPS = 64
_LARGEST = 1024  # bytes: real ones have a few dozen


class ParameterSets:
    """Collects SPS and PPS by their number. Repeated unchanged they do nothing.

    `new_sps` and `deviated` compare with the last init segment made: another SPS needs a new one at once, another PPS
    can stay in band until the next segment begins.
    """

    def __init__(self, known: Iterable[bytes] = ()) -> None:
        self.new_sps = self.deviated = False
        self.reordered = 0  # of the last init segment's SPS
        self._sets: dict[tuple[int, int], bytes] = {}
        self._latest: bytes | None = None  # SPS
        self._used: list[bytes] = []
        for nal in known:
            self.take(nal)

    def take(self, nal: bytes) -> None:
        """A parameter set as it came. Raises nothing: one that cannot be is left out."""
        if not 4 <= len(nal) <= _LARGEST:
            return
        kind = nal[0] & 0x1F
        try:
            number = BitReader(nal[4:12] if kind == SPS else nal[1:9]).ue()
        except OutOfBits:
            return
        if number > _LARGEST_ID.get(kind, -1):
            return
        key = (kind, number)
        if kind == SPS:
            self._latest = nal
        if self._sets.get(key) == nal:
            return
        self._sets[key] = nal
        self.deviated = True
        self.new_sps = self.new_sps or kind == SPS
        if len(self._sets) > _MOST_PPS:
            self._sets.pop(next(key for key in self._sets if key[0] == PPS))

    @property
    def as_in_init(self) -> bool:
        """Whether the last init segment has just what is known now."""
        return self._used == list(self._sets.values())

    def make_init(self, timescale: int) -> Init | None:
        """An init segment with what is known; None while an SPS or PPS is missing. Raises `BadParameterSet`."""
        sps = self._of(SPS)
        pps = self._of(PPS)
        if self._latest is None or not pps:
            return None
        facts = read_sps(self._latest)
        init = Init(fmp4.video_init(facts, sps, pps, timescale), facts.codecs, facts.width, facts.height)
        self._used, self.reordered = list(self._sets.values()), facts.reordered
        self.new_sps = self.deviated = False
        return init

    def _of(self, kind: int) -> Sequence[bytes]:
        return [nal for (one, _), nal in sorted(self._sets.items()) if one == kind]


__all__ = ["BadParameterSet", "ParameterSets"]
