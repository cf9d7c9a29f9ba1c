"""H.265 units: parameter sets, and what slice headers tell (ITU-T H.265, 7.3)."""

from media.files.nal import HEAD, MOST_SETS, Unit, is_message
from media.wire.bits import BitReader, OutOfBits
from media.wire.sps import BadParameterSet


class Hevc:
    """H.265."""

    name = "hevc"

    def __init__(self) -> None:
        self._sets: dict[tuple[int, int], bytes] = {}
        self._bits: dict[int, tuple[int, int]] = {}  # of an SPS: order bits, separate planes
        self._pps: dict[int, tuple[int, int, int]] = {}  # SPS, output flag, extra bits
        self.wrap = 0
        self.order_bits = 0

    @property
    def ready(self) -> bool:
        kinds = {kind for kind, _ in self._sets}
        return kinds == {32, 33, 34} and any(one[0] in self._bits for one in self._pps.values())

    @property
    def sets(self) -> list[bytes]:
        return [unit for _, unit in sorted(self._sets.items())]

    def learn(self, unit: bytes) -> bool:
        if len(unit) < 4 or unit[0] & 0x80 or len(self._sets) >= MOST_SETS:
            return False
        kind = unit[0] >> 1 & 0x3F
        try:
            id = {32: self._learn_video, 33: self._learn_sequence, 34: self._learn_picture}[kind](unit[2:])
        except (KeyError, OutOfBits, BadParameterSet):
            return False
        self._sets.setdefault((kind, id), unit)
        return True

    def _learn_video(self, body: bytes) -> int:
        if body[0] & 0x0C != 0x0C or len(body) < 16:
            raise BadParameterSet("video parameters")
        return body[0] >> 4

    def _learn_sequence(self, body: bytes) -> int:
        reader = BitReader(body)
        reader.bits(4)
        layers = reader.bits(3)
        reader.bits(1)
        reader.bits(96)  # profile, tier, level
        if layers:
            there = [(reader.bits(1), reader.bits(1)) for _ in range(8)][:layers]
            for profile, level in there:
                reader.bits(88 * profile + 8 * level)
        id = reader.ue()
        separate = reader.bits(1) if reader.ue() == 3 else 0
        width, height = reader.ue(), reader.ue()
        if reader.bits(1):
            reader.skip_ue(4)
        depth = max(reader.ue(), reader.ue())
        order = reader.ue() + 4
        if id > 15 or order > 16 or depth > 8 or not (0 < width <= 16_384 and 0 < height <= 16_384):
            raise BadParameterSet("sequence parameters")
        self._bits.setdefault(id, (order, separate))
        self.order_bits = order
        return id

    def _learn_picture(self, body: bytes) -> int:
        reader = BitReader(body[:HEAD])
        id, sps = reader.ue(), reader.ue()
        reader.bits(1)
        output, extra = reader.bits(1), reader.bits(3)
        if id > 63 or sps > 15:
            raise BadParameterSet("picture parameters")
        self._pps.setdefault(id, (sps, output, extra))
        return id

    def look(self, head: bytes, length: int) -> Unit | None:
        if len(head) < 3 or head[0] & 0x81 or head[1] & 0xF8 or not head[1] & 7:
            return None
        kind = head[0] >> 1
        if kind <= 9 or 16 <= kind <= 21:
            return self._slice(head, kind)
        if kind in (32, 33, 34):
            return Unit("set") if length < 8192 and (head in self._sets.values() or length > HEAD) else None
        if kind == 35:
            return Unit("other") if length == 3 and head[1] == 1 else None
        if kind in (39, 40):
            return Unit("other") if is_message(head, length, 2) else None
        return Unit("other") if kind == 38 else None

    def _slice(self, head: bytes, kind: int) -> Unit | None:
        reader = BitReader(head[2:HEAD])
        try:
            first = reader.bits(1)
            if kind >= 16:
                reader.bits(1)
            pps = self._pps.get(reader.ue())
            bits = self._bits.get(pps[0]) if pps else None
            if pps is None or bits is None:
                return None
            if not first:
                return Unit("slice")
            reader.bits(pps[2])
            form = reader.ue()
            if form > 2:
                return None
            reader.bits(pps[1] + 2 * bits[1])
            order = 0 if kind in (19, 20) else reader.bits(bits[0])
        except OutOfBits:
            return None
        key = kind >= 16
        anchor = head[1] & 7 == 1 and not (6 <= kind <= 9) and (kind >= 16 or kind % 2 == 1)
        return Unit("slice", True, key, kind in (16, 17, 18, 19, 20), 0, order, anchor)
