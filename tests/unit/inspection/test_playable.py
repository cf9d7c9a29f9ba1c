"""What a recording's playable files are called and made of."""

from typing import Any

from inspection.model.package import playable_files

LISTING: dict[str, Any] = {
    "timescale": 90_000,
    "inits": [{"digest": "i", "bytes": 100}],
    "segments": [{"init": "i", "digest": "a", "bytes": 1000, "start": 0, "duration": 360_000, "key_frame": True}],
}


def test_mp4_has_an_index_between_init_segment_and_segments() -> None:
    (file,) = playable_files(LISTING | {"codec": "H264"})
    assert (file.name, file.index[4:8]) == ("001.mp4", b"sidx")
    assert file.segments[0].offset == 100 + len(file.index)


def test_vp8_is_webm_and_nothing_stands_between() -> None:
    (file,) = playable_files(LISTING | {"codec": "VP8"})
    assert (file.name, file.index, file.segments[0].offset) == ("001.webm", b"", 100)


def test_a_sender_who_came_back_with_another_codec_has_files_of_both_kinds() -> None:
    inits = [{"digest": "i", "bytes": 100, "codecs": "vp8"}, {"digest": "j", "bytes": 90, "codecs": "avc1.42e01f"}]
    first = LISTING["segments"][0]
    second = first | {"init": "j", "digest": "b", "start": 400_000}
    files = playable_files(LISTING | {"codec": "VP8", "inits": inits, "segments": [first, second]})
    assert [(one.name, one.index[4:8]) for one in files] == [("001.webm", b""), ("002.mp4", b"sidx")]
