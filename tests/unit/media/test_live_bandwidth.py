"""What a publisher is told to stay below follows what he loses, down quickly and up slowly."""

from hypothesis import given
from hypothesis import strategies as st

from media.live.bandwidth import FLOOR, Bandwidth

LIMIT = 4_000_000


def test_a_good_network_is_given_all_there_is() -> None:
    assert {Bandwidth(LIMIT).second(0.0, 2_500_000) for _ in range(30)} == {LIMIT}


def test_loss_brings_it_below_what_is_sent_and_its_end_back_up() -> None:
    bandwidth, sent = Bandwidth(LIMIT), 2_500_000
    for _ in range(10):
        sent = min(sent, bandwidth.second(0.2, int(sent * 0.8)))
    assert FLOOR <= sent < 1_000_000
    seconds = next(second for second in range(100) if bandwidth.second(0.0, sent) == LIMIT)
    assert 10 < seconds < 40


def test_a_little_loss_changes_nothing() -> None:
    bandwidth = Bandwidth(LIMIT)
    low = bandwidth.second(0.3, 1_000_000)
    assert {bandwidth.second(0.05, 1_000_000) for _ in range(20)} == {low}


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 10_000_000)), max_size=60))
def test_whatever_is_measured_it_stays_within_its_bounds(seconds: list[tuple[float, int]]) -> None:
    bandwidth = Bandwidth(LIMIT)
    for loss, received in seconds:
        assert FLOOR <= bandwidth.second(loss, received) <= LIMIT
