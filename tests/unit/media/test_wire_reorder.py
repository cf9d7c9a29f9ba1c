"""Packets come out once and in order; a hole is waited for, not for ever."""

from hypothesis import given
from hypothesis import strategies as st

from media.wire.reorder import Counts, Reorder

PATIENCE = 500_000


class Bench:
    """Pushes numbers and collects what comes out: numbers in order, and `-n` for n lost."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.order: Reorder[str] = Reorder(PATIENCE, self.counts)
        self.out: list[str | int] = []

    def push(self, *numbers: int, at: int = 0) -> "Bench":
        for number in numbers:
            self.out += self.order.push(number & 0xFFFF, at, str(number))
        return self

    def expire(self, at: int) -> "Bench":
        self.out += self.order.expire(at)
        return self


def test_a_first_packet_that_overtook_others_is_put_behind_them() -> None:
    counts = Counts()
    order: Reorder[int] = Reorder(PATIENCE, counts, 200_000)
    out = [one for n, at in ((65_537, 0), (65_535, 10), (65_538, 20)) for one in order.push(n & 0xFFFF, at, n)]
    assert not out
    assert list(order.expire(199_999)) == []
    assert list(order.expire(200_000)) == [65_535]
    assert list(order.push(65_536 & 0xFFFF, 200_010, 65_536)) == [65_536, 65_537, 65_538]
    assert (counts.received, counts.recovered, counts.lost) == (4, 1, 0)


def test_what_is_in_order_passes_at_once_across_the_wrap() -> None:
    assert Bench().push(65_534, 65_535, 65_536, 65_537).out == ["65534", "65535", "65536", "65537"]


def test_overtaken_packets_come_in_their_place_and_twice_is_once() -> None:
    bench = Bench().push(1, 3, 3, 2, 2, 4)
    assert bench.out == ["1", "2", "3", "4"]
    assert (bench.counts.duplicates, bench.counts.recovered, bench.counts.lost) == (2, 1, 0)


def test_a_hole_is_waited_for_as_long_as_the_patience_and_no_longer() -> None:
    bench = Bench().push(1, at=0).push(4, at=100_000).expire(599_999)
    assert bench.out == ["1"]
    bench.expire(600_000)
    assert bench.out == ["1", 2, "4"]
    assert bench.push(3).out == ["1", 2, "4"]
    assert bench.counts.lost == 2


def test_a_second_hole_is_as_old_as_the_packet_that_showed_it() -> None:
    bench = Bench().push(1, at=0).push(3, at=100_000).push(5, at=400_000)
    bench.expire(600_000)
    assert bench.out == ["1", 1, "3"]
    bench.expire(899_999)
    assert bench.out == ["1", 1, "3"]
    bench.expire(900_000)
    assert bench.out == ["1", 1, "3", 1, "5"]


def test_an_outage_of_20000_packets_is_one_loss() -> None:
    assert Bench().push(1).push(20_002, at=9).push(20_003, at=9).expire(PATIENCE + 9).out == [
        "1", 20_000, "20002", "20003",
    ]  # fmt: skip


def test_a_sender_that_begins_anew_is_followed() -> None:
    bench = Bench().push(50_000, 50_001)
    bench.push(20_000)
    assert bench.out == ["50000", "50001"]
    bench.push(20_001, 20_002)
    assert bench.out[-2:] == ["20001", "20002"]


def test_a_stray_old_packet_changes_nothing() -> None:
    assert Bench().push(50_000, 20_000, 50_001, 20_001, 50_002).out == ["50000", "50001", "50002"]


@given(st.data())
def test_any_order_within_the_patience_comes_out_straight(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 60))
    first = data.draw(st.integers(0, 0xFFFF))
    rest = data.draw(st.permutations(range(first + 1, first + count)))
    again = data.draw(st.lists(st.sampled_from(rest), max_size=20)) if rest else []
    bench = Bench().push(first, *rest, *again)
    assert bench.out == [str(number) for number in range(first, first + count)]
    assert bench.counts.duplicates == len(again)


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 300_000)), max_size=200))
def test_nothing_is_held_for_ever_and_nothing_comes_twice(packets: list[tuple[int, int]]) -> None:
    bench, now = Bench(), 0
    for number, pause in packets:
        now += pause
        bench.push(number, at=now).expire(now)
    bench.expire(now + 10 * PATIENCE)
    assert not bench.order.holding
    assert sum(isinstance(item, str) for item in bench.out) == bench.counts.received
