"""Packets in order again: duplicates dropped, late ones waited for, the lost given up after a bounded time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")

MOST_HELD = 4096
"""Packets held behind a hole before it is given up whatever its age."""
BEHIND = 1000
"""A packet further back than this is not late: if a second one follows it, its sender began anew (RFC 3550, A.1)."""


@dataclass(slots=True)
class Counts:
    """Packets of one stream so far."""

    received: int = 0
    recovered: int = 0  # filled a hole: retransmitted, or overtaken on the way
    lost: int = 0
    duplicates: int = 0


class Reorder(Generic[Item]):
    """One stream. `expected` is the next sequence number (16 bits), None before the first packet.

    A caller on a hot path compares `expected` and `holding` itself and calls `advance` for what is in order.
    """

    def __init__(self, patience_us: int, counts: Counts, opening_us: int = 0) -> None:
        """`opening_us`: for so long after the first packet one with a lower number may still be the stream's first."""
        self.expected: int | None = None
        self.holding: dict[int, tuple[int, Item]] = {}  # unwrapped number: arrival, item
        self.counts = counts
        self._patience, self._opening = patience_us, opening_us
        self._next = 0  # `expected`, unwrapped
        self._suspect: int | None = None
        self._waiting_since = 0
        self._highest = 0  # of those held

    def advance(self) -> None:
        """The packet with the number `expected` came, and nothing is held."""
        self._next += 1
        self.expected = self._next & 0xFFFF
        self.counts.received += 1

    def skip(self, count: int) -> None:
        """As many packets came as `advance` would have been called for."""
        self._next += count
        self.expected = self._next & 0xFFFF
        self.counts.received += count

    def push(self, sequence: int, arrival_us: int, item: Item) -> Iterator[Item | int]:
        """What can be handed on after this packet: items in order, and a number where so many were lost."""
        if self.expected is None and not self.holding:
            self._next, self._waiting_since = 0x10000 + sequence, arrival_us
        number = self._next + (sequence - self._next & 0xFFFF)
        if number - self._next >= 0x8000:
            number -= 0x10000
        if self.expected is None:
            yield from self._open(number, arrival_us, item)
            return
        if number < self._next:
            if self._next - number > BEHIND and self._begun_anew(sequence):
                yield from self._restart(number, arrival_us, item)
            else:
                self.counts.duplicates += 1
            return
        self._suspect = None
        if number in self.holding:
            self.counts.duplicates += 1
            return
        self.counts.received += 1
        if number > self._next:
            # What arrives behind the last one held fills an inner hole.
            if not self.holding:
                self._waiting_since, self._highest = arrival_us, number
            elif number < self._highest:
                self.counts.recovered += 1
            else:
                self._highest = number
            self.holding[number] = (arrival_us, item)
            if len(self.holding) > MOST_HELD:
                yield from self._give_up()
            return
        if self.holding:
            self.counts.recovered += 1
        self._next += 1
        yield item
        yield from self._drain()

    def expire(self, now_us: int) -> Iterator[Item | int]:
        """What can be handed on because waiting for the missing is over."""
        if self.expected is None and self.holding and now_us - self._waiting_since >= self._opening:
            yield from self._begin()
        while self.holding and now_us - self._waiting_since >= self._patience:
            yield from self._give_up()

    def flush(self) -> Iterator[Item | int]:
        """All that is held: the stream has ended."""
        if self.expected is None and self.holding:
            yield from self._begin()
        while self.holding:
            yield from self._give_up()

    def _open(self, number: int, arrival_us: int, item: Item) -> Iterator[Item | int]:
        if number in self.holding or self._next - number > BEHIND:
            self.counts.duplicates += 1
            return
        self.counts.received += 1
        self.holding[number] = (arrival_us, item)
        if arrival_us - self._waiting_since >= self._opening or len(self.holding) > MOST_HELD:
            yield from self._begin()

    def _begin(self) -> Iterator[Item | int]:
        self._next, self._highest = min(self.holding), max(self.holding)
        yield from self._drain()

    def _give_up(self) -> Iterator[Item | int]:
        first = min(self.holding)
        self.counts.lost += first - self._next
        lost, self._next = first - self._next, first
        yield lost
        yield from self._drain()

    def _drain(self) -> Iterator[Item | int]:
        while (held := self.holding.pop(self._next, None)) is not None:
            self._next += 1
            yield held[1]
        self.expected = self._next & 0xFFFF
        if self.holding:  # the next hole was noticed when the first packet after it came
            self._waiting_since = min(arrival for arrival, _ in self.holding.values())

    def _begun_anew(self, sequence: int) -> bool:
        again = self._suspect == sequence
        self._suspect = sequence + 1 & 0xFFFF
        return again

    def _restart(self, number: int, arrival_us: int, item: Item) -> Iterator[Item | int]:
        yield from self.flush()
        self.expected = self._suspect = None
        yield 1  # at least the packet that was taken for a late one
        self.counts.lost += 1
        yield from self.push(number & 0xFFFF, arrival_us, item)
