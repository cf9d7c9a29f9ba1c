"""Reading H.264 syntax bit by bit: fixed-length and Exp-Golomb numbers (ITU-T H.264, 9.1)."""


class OutOfBits(Exception):
    """The data ended inside a syntax element."""


class BitReader:
    """Over a NAL unit's payload; emulation prevention (7.4.1) is taken out first."""

    def __init__(self, nal: bytes) -> None:
        data = nal.replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def bits(self, count: int) -> int:
        """u(n). Raises `OutOfBits`."""
        if count > self._left:
            raise OutOfBits
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def skip_ue(self, count: int) -> None:
        """Pass over `count` numbers."""
        for _ in range(count):
            self.ue()

    def ue(self) -> int:
        """ue(v), at most 32 bits of suffix. Raises `OutOfBits`."""
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > 32:
                raise OutOfBits
        return (1 << zeros) - 1 + self.bits(zeros)

    def se(self) -> int:
        """se(v). Raises `OutOfBits`."""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)
