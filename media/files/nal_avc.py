"""H.264 units: parameter sets, and what slice headers tell (ITU-T H.264, 7.3)."""

from dataclasses import dataclass

from media.files.nal import HEAD, MOST_SETS, Unit, is_message
from media.wire.bits import BitReader, OutOfBits
from media.wire.sps import BadParameterSet, read_sps

_HIGH = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


class Avc:
    """H.264."""

    name = "h264"

    def __init__(self) -> None:
        self._sps: dict[int, bytes] = {}
        self._pps: dict[int, bytes] = {}
        self._facts: dict[int, _AvcSps] = {}
        self._of: dict[int, int] = {}
        self.wrap = 0
        self.order_bits = 0

    @property
    def ready(self) -> bool:
        return any(sps in self._sps for sps in self._of.values())

    @property
    def sets(self) -> list[bytes]:
        return [*self._sps.values(), *self._pps.values()]

    def learn(self, unit: bytes) -> bool:
        kind = unit[0] & 0x9F if unit else 0
        try:
            if kind == 7 and len(self._sps) < MOST_SETS:
                read_sps(unit)
                facts = _avc_sps(unit)
                self._sps.setdefault(facts.id, unit)
                self._facts.setdefault(facts.id, facts)
                self.wrap, self.order_bits = 1 << facts.number_bits, facts.order_bits
            elif kind == 8 and len(self._pps) < MOST_SETS:
                reader = BitReader(unit[1:HEAD])
                id, sps = reader.ue(), reader.ue()
                if id > 255 or sps > 31:
                    return False
                self._pps.setdefault(id, unit)
                self._of.setdefault(id, sps)
            else:
                return False
        except (OutOfBits, BadParameterSet):
            return False
        return True

    def look(self, head: bytes, length: int) -> Unit | None:
        if not head or head[0] & 0x80:
            return None
        kind, ref = head[0] & 0x1F, head[0] >> 5
        if kind in (1, 5):
            return self._slice(head, kind, ref)
        if kind in (7, 8):
            known = head in self._sps.values() or head in self._pps.values() or length > HEAD
            return Unit("set") if ref and known and length < 4096 else None
        if kind == 9:
            return Unit("other") if length == 2 and not ref and head[1] & 0x1F == 0x10 else None
        if kind in (6, 12):
            return Unit("other") if not ref and is_message(head, length, 1) | (kind == 12) else None
        return None

    def _slice(self, head: bytes, kind: int, ref: int) -> Unit | None:
        if kind == 5 and not ref:
            return None
        reader = BitReader(head[1:HEAD])
        try:
            first, form, pps = reader.ue(), reader.ue(), reader.ue()
            facts = self._facts.get(self._of.get(pps, -1))
            if facts is None or form > 9 or first >= facts.blocks or (kind == 5 and form not in (2, 4, 7, 9)):
                return None
            if facts.separate:
                reader.bits(2)
            number = reader.bits(facts.number_bits)
            field = 0 if facts.frames_only else reader.bits(1)
            bottom = reader.bits(1) if field else 0
            if kind == 5:
                reader.ue()
            order = reader.bits(facts.order_bits) if facts.order_bits else 0
        except OutOfBits:
            return None
        if kind == 5 and number:
            return None
        return Unit("slice", not first and not bottom, kind == 5, kind == 5, number, order, ref > 0)


@dataclass(frozen=True, slots=True)
class _AvcSps:
    id: int
    number_bits: int
    order_bits: int  # 0 when pictures are shown as they are coded
    frames_only: bool
    separate: bool
    blocks: int


def _avc_sps(unit: bytes) -> _AvcSps:
    """What slice headers need of an SPS that `read_sps` took."""
    reader = BitReader(unit[4:])
    id, separate = reader.ue(), 0
    if unit[1] in _HIGH:
        if reader.ue() == 3:
            separate = reader.bits(1)
        reader.skip_ue(2)
        reader.bits(1)
        if reader.bits(1):
            raise BadParameterSet("scaling lists")  # no camera that was seen writes them into the sequence
    number_bits = reader.ue() + 4
    kind, order_bits = reader.ue(), 0
    if kind == 0:
        order_bits = reader.ue() + 4
    elif kind == 1:
        raise BadParameterSet("picture order of the first kind")
    reader.ue()
    reader.bits(1)
    wide, high = reader.ue() + 1, reader.ue() + 1
    frames_only = bool(reader.bits(1))
    if number_bits > 16 or order_bits > 16 or id > 31:
        raise BadParameterSet("counts")
    return _AvcSps(id, number_bits, order_bits, frames_only, bool(separate), wide * high * (1 if frames_only else 2))
