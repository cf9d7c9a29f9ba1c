"""What we write is read back, cut anywhere."""

from struct import unpack_from

from hypothesis import given
from hypothesis import strategies as st

from media.wire import fmp4
from media.wire.fmp4_read import boxes, complete_fragments
from tests.unit.media.streams import EPOCH_US


def fragments(starts: list[int]) -> list[bytes]:
    made = []
    for number, start in enumerate(starts):
        samples = [fmp4.Sample(start + n * 3000, 3000, [b"abc", b"d" * n], 3 + n, n == 0) for n in range(5)]
        made.append(b"".join(fmp4.fragment(1, number, samples, 90_000, EPOCH_US, audio=False)))
    return made


WHOLE = fragments([0, 15_000, 1 << 33])


@given(st.integers(0, sum(map(len, WHOLE))))
def test_a_file_cut_anywhere_keeps_its_whole_fragments(size: int) -> None:
    found = complete_fragments(b"".join(WHOLE)[:size])
    ends = [sum(map(len, WHOLE[: n + 1])) for n in range(3)]
    assert [one.end for one in found] == [end for end in ends if end <= size]
    assert [one.start for one in found] == [0, 15_000, 1 << 33][: len(found)]
    assert all(one.duration == 15_000 and one.samples == 5 and one.key_frame for one in found)


@given(st.binary(max_size=200), st.integers(0, len(WHOLE[0])))
def test_any_bytes_are_fragments_or_none(data: bytes, at: int) -> None:
    complete_fragments(data)
    complete_fragments(WHOLE[0][:at] + data + WHOLE[0][at:])


def test_every_fragment_says_its_wall_clock() -> None:
    (data,) = fragments([90_000 * 7])
    kind, start, _ = next(boxes(data))
    track, ntp, media = unpack_from("!IQQ", data, start + 4)
    assert (kind, track, media) == (b"prft", 1, 90_000 * 7)
    assert (ntp >> 32) - fmp4.NTP_BEFORE_1970 == EPOCH_US // 1_000_000 + 7


def test_a_fragment_that_begins_within_a_group_of_pictures_says_so() -> None:
    samples = [fmp4.Sample(n * 3000, 3000, [b"x"], 1, False) for n in range(3)]
    (found,) = complete_fragments(b"".join(fmp4.fragment(1, 1, samples, 90_000, EPOCH_US, audio=False)))
    assert not found.key_frame
