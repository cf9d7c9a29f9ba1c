"""What was recorded as WebM leaves as MP4, beside the sound, each picture as it was."""

import io

import av
import pytest

from media.files.errors import Undecodable
from media.files.joined import Lane, Piece, join
from media.wire import webm
from media.wire.events import Event, Fragment, Init
from media.wire.fmp4_read import BadFragment, complete_fragments
from tests.unit.media.coded import CodedSender
from tests.unit.media.streams import Sender, grey_of, pictures, play_audio, play_video, sound
from tests.unit.media.test_wire_audio import record as record_sound
from tests.unit.media.test_wire_audio import sent as sent_sound
from tests.unit.media.test_wire_codecs import CLIPS
from tests.unit.media.test_wire_codecs import record as record_coded
from tests.unit.media.test_wire_video import record, sent

SCALES = {"video": 90_000, "audio": 48_000}


def kept(out: list[Event], kind: str, objects: dict[str, bytes]) -> Lane:
    """What the recorder makes of it: an object for each init segment, and one for each segment."""
    pieces: list[Piece] = []
    init = ""
    for event in out:
        if isinstance(event, Init):
            init = f"{kind}-init-{len(objects)}"
            objects[init] = event.data
        elif isinstance(event, Fragment) and event.opens:
            pieces.append(Piece(f"{kind}-{len(objects)}", init, event.start, event.duration, event.key_frame))
            objects[pieces[-1].digest] = event.data
        elif isinstance(event, Fragment):
            objects[pieces[-1].digest] += event.data
            before = pieces.pop()
            length = event.start + event.duration - before.start
            pieces.append(Piece(before.digest, before.init, before.start, length, before.key_frame))
    return Lane(SCALES[kind], pieces)


VP8 = record_coded("VP8", CodedSender("VP8").send(CLIPS["VP8"]))


def test_a_clip_of_vp8_is_an_mp4_that_plays_with_its_sound() -> None:
    objects: dict[str, bytes] = {}
    count = len(CLIPS["VP8"])
    tone = record_sound(sent_sound(sound(count * 5 // 3)))
    lanes = [kept(VP8, "video", objects), kept(tone, "audio", objects)]
    file = io.BytesIO()
    made = join(lanes, objects.__getitem__, 0, count * 33_333, file.write)
    shown = play_video(file.getvalue())
    assert len(shown) == count
    for turn, one in enumerate(shown):
        assert one.size == (320, 180)
        assert abs(one.grey - grey_of(turn)) < 6
        assert made.begin_us + one.time * 100 / 9 == pytest.approx(20_000 + turn * 33_333, abs=1_100)  # WebM's ms
    assert play_audio(file.getvalue())
    with av.open(io.BytesIO(file.getvalue()), "r") as opened:
        context = opened.streams.video[0].codec_context
        assert context is not None
        assert context.name == "vp8"


def test_a_sender_who_came_back_with_another_codec_is_in_one_file() -> None:
    objects: dict[str, bytes] = {}
    first = kept(VP8, "video", objects)
    later = kept(record(sent(pictures(60), Sender(90_000), 30_000_000)), "video", objects)
    file = io.BytesIO()
    join([Lane(90_000, [*first.pieces, *later.pieces])], objects.__getitem__, 0, 40_000_000, file.write)
    assert file.getvalue().count(b"vp08") == 1
    assert file.getvalue().count(b"avc1") == 1


def test_what_is_no_webm_of_ours_is_refused() -> None:
    segment = next(event.data for event in VP8 if isinstance(event, Fragment))
    assert complete_fragments(webm.clusters_as_mp4(segment, 90_000))
    for damaged in (segment[:-1], segment + b"x", webm.CLUSTER + b"\x10\0\0\0"):
        with pytest.raises(BadFragment):
            webm.clusters_as_mp4(damaged, 90_000)
    lane = Lane(90_000, [Piece("a", "i", 0, 90_000, True)])
    with pytest.raises(Undecodable):
        join([lane], {"a": segment, "i": webm.EBML + b"nothing"}.__getitem__, 0, 1_000_000, io.BytesIO().write)
