"""Which packets are missing, when to ask for them (again), and when to give up. Numbers and `now` in, facts out."""

from media.wire.rtp import Unroller

LARGEST_JUMP = 1000
"""More missing at once than this is an outage: asking for each would only add to it."""


class GapTracker:
    """One stream's missing sequence numbers. Times are seconds on any one clock."""

    def __init__(self, patience: float, again: float = 0.1) -> None:
        self._patience, self._again = patience, again
        self._unroll = Unroller(16)
        self._next: int | None = None
        self._missing: dict[int, tuple[float, float]] = {}  # noticed, asked last

    def receive(self, sequence: int, now: float) -> bool:
        """Take note of a packet; whether it filled a hole."""
        number = self._unroll(sequence)
        if self._next is None or number - self._next > LARGEST_JUMP or self._next - number > LARGEST_JUMP:
            self._missing.clear()
            self._next = number + 1
            return False
        if number < self._next:
            return self._missing.pop(number, None) is not None
        for absent in range(self._next, number):
            self._missing[absent] = (now, float("-inf"))
        self._next = number + 1
        return False

    def followed(self, sequence: int) -> None:
        """All packets up to this one have come, each after the one before it."""
        self._next = self._unroll(sequence) + 1

    @property
    def holes(self) -> bool:
        """Whether anything is missing."""
        return bool(self._missing)

    def due(self, now: float) -> list[int]:
        """Sequence numbers (16 bits) to ask for now: never asked, or asked `again` seconds ago and still away."""
        due = [number for number, (_, asked) in self._missing.items() if now - asked >= self._again]
        for number in due:
            self._missing[number] = (self._missing[number][0], now)
        return [number & 0xFFFF for number in due]

    def lost(self, now: float) -> list[int]:
        """Sequence numbers (16 bits) given up: missing for longer than the patience. Told once."""
        gone = [n for n, (since, _) in self._missing.items() if now - since >= self._patience]
        for number in gone:
            del self._missing[number]
        return [number & 0xFFFF for number in gone]
