"""One continuous stream for the viewers, whatever the sources do."""

from hypothesis import given
from hypothesis import strategies as st

from media.live.history import History
from media.live.numbering import LATEST, OVERTAKEN, Numbering


def begun(sequence: int, stamp: int = 0, rate: int = 90000) -> Numbering:
    numbering = Numbering(rate, 100_000, 5_000)
    numbering.switch(sequence, stamp, 0.0)
    assert numbering.place(sequence, stamp, 0.0) == 100_000
    return numbering


def test_numbers_follow_across_a_wrap_of_sequence_and_timestamp() -> None:
    numbering = begun(65534, 0xFFFFF000)
    placed = [numbering.place((65534 + i) & 0xFFFF, (0xFFFFF000 + 3000 * i) & 0xFFFFFFFF, i / 30) for i in range(1, 6)]
    assert placed == [100_001, 100_002, 100_003, 100_004, 100_005]
    assert numbering.map_stamp((0xFFFFF000 + 15000) & 0xFFFFFFFF) == 5_000 + 15_000
    assert numbering.stamp == 5_000 + 15_000


def test_loss_and_reordering_keep_each_packet_its_number() -> None:
    numbering = begun(10)
    assert numbering.place(14, 0, 0.1) == 100_004
    assert numbering.place(12, 0, 0.1) == 100_002
    assert numbering.highest == 100_004
    assert numbering.place(15, 0, 0.1) == 100_005


def test_what_the_very_first_packet_overtook_has_a_number_before_it() -> None:
    numbering = begun(5000)
    assert numbering.place(4998, 0, 0.0) == 99_998
    numbering.switch(10, 0, 1.0)  # another source: the numbers before it are taken
    assert numbering.place(10, 0, 1.0) == 100_001
    assert numbering.place(9, 0, 1.0) == -1


def test_what_is_too_old_or_of_before_the_beginning_has_no_number() -> None:
    numbering = begun(5000)
    assert numbering.place(5000 - OVERTAKEN - 1, 0, 0.0) == -1
    for i in range(1, LATEST + 50):
        numbering.place(5000 + i, 0, 0.0)
    assert numbering.place(5001, 0, 0.0) == -1


def test_a_new_source_follows_on_and_its_time_goes_on_as_the_clock_did() -> None:
    numbering = begun(10, 1_000)
    numbering.place(11, 4_000, 1.0)
    numbering.switch(40_000, 77, 3.0)
    assert numbering.place(40_000, 77, 3.0) == 100_002
    assert numbering.stamp == 5_000 + 3_000 + 2 * 90_000
    assert numbering.place(39_999, 50, 3.0) == -1  # before it began


def test_a_source_that_starts_anew_is_taken_after_two_packets_in_a_row() -> None:
    numbering = begun(30_000)
    assert numbering.place(100, 9, 0.5) == -1
    assert numbering.place(101, 9, 0.5) == 100_001
    assert numbering.place(102, 9, 0.5) == 100_002


def test_a_loss_of_20_000_packets_is_a_jump_and_no_more() -> None:
    numbering = begun(0)
    assert numbering.place(20_000, 1, 9.0) == 120_000


@given(st.integers(0, 65535), st.lists(st.integers(-40, 60), max_size=200))
def test_a_number_says_how_far_a_packet_is_from_the_first(first: int, steps: list[int]) -> None:
    numbering = begun(first)
    at = 0
    for step in steps:
        at = max(at + step, 0)
        placed = numbering.place((first + at) & 0xFFFF, 0, 0.0)
        assert placed in (100_000 + at, -1)


def test_the_history_keeps_the_newest_and_knows_duplicates() -> None:
    history = History(4)
    for number in range(10, 16):
        assert history.put((number, 0, 0, b"x", 1))
    assert not history.put((15, 0, 0, b"x", 1))
    assert not history.put((11, 0, 0, b"x", 1))  # its place is taken by a newer one
    assert history.get(11) is None
    assert [packet[0] for packet in history.since(10, 15)] == [12, 13, 14, 15]
