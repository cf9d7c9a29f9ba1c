"""A snapshot is the very picture that is presented at its moment, or a refusal that says why."""

import io

import av
import pytest

from media.files import limited
from media.files.errors import InGap, OutsideRecording, Undecodable
from media.files.probe import probe
from media.files.snapshot import cut, needed
from media.ports import Gap, Segment
from media.wire.events import Fragment, Init
from tests.unit.media.coded import CodedSender
from tests.unit.media.streams import Sender, grey_of, pictures, sound
from tests.unit.media.test_wire_audio import record as record_sound
from tests.unit.media.test_wire_audio import sent as sent_sound
from tests.unit.media.test_wire_codecs import CLIPS, NEW
from tests.unit.media.test_wire_codecs import record as record_coded
from tests.unit.media.test_wire_video import record, sent

CLIP = pictures(90, gop=90)


def parts() -> tuple[bytes, list[bytes]]:
    """A recording of three seconds, of which the second begins within a group of pictures, and a hole at its end."""
    sender = Sender(90_000)
    out = record([*sent(CLIP[:60], sender), *sent(CLIP[60:], sender, 9_000_000)])
    init = next(event.data for event in out if isinstance(event, Init))
    return init, [event.data for event in out if isinstance(event, Fragment)]


INIT, FRAGMENTS = parts()


@pytest.mark.parametrize("index", [0, 1, 29, 45, 59])
@pytest.mark.parametrize("late", [0, 1500, 2900])
def test_the_picture_is_the_one_presented_then(index: int, late: int) -> None:
    first = cut(INIT, FRAGMENTS, 1800).time
    picture = cut(INIT, FRAGMENTS, first + index * 3000 + late)
    assert abs(picture.time - first - index * 3000) < 10
    assert (picture.width, picture.height) == (320, 180)
    with av.open(io.BytesIO(picture.jpeg), "r") as file:
        frame = next(file.decode(file.streams.video[0]))
    assert (frame.width, frame.height) == (320, 180)
    assert abs(float(frame.to_ndarray(format="gray").mean()) - grey_of(index)) < 4


@pytest.mark.parametrize("name", NEW)
def test_a_picture_of_every_recorded_codec_can_be_cut(name: str) -> None:
    out = record_coded(name, CodedSender(name).send(CLIPS[name]))
    init = next(event.data for event in out if isinstance(event, Init))
    fragments = [event.data for event in out if isinstance(event, Fragment)]
    first = 1800
    picture = cut(init, fragments, first + 45 * 3000 + 1500)
    assert abs(picture.time - first - 45 * 3000) <= 90
    with av.open(io.BytesIO(picture.jpeg), "r") as file:
        frame = next(file.decode(file.streams.video[0]))
    assert abs(float(frame.to_ndarray(format="gray").mean()) - grey_of(45)) < 6


def test_a_moment_outside_or_in_a_hole_is_refused() -> None:
    with pytest.raises(OutsideRecording):
        cut(INIT, FRAGMENTS, 0)
    with pytest.raises(InGap):
        cut(INIT, FRAGMENTS, 5 * 90_000)
    with pytest.raises(OutsideRecording):
        cut(INIT, FRAGMENTS, 500 * 90_000)


@pytest.mark.parametrize("damage", [b"", b"nothing like it" * 99, INIT[:300], INIT])
def test_bytes_that_are_no_picture_are_refused(damage: bytes) -> None:
    with pytest.raises((Undecodable, OutsideRecording)):
        cut(damage, [], 5000)


def test_sound_has_no_picture() -> None:
    out = record_sound(sent_sound(sound(50)))
    data = b"".join(event.data for event in out if isinstance(event, Init | Fragment))
    with pytest.raises(Undecodable):
        cut(data, [], 5000)
    found = probe(data)
    assert (found.codec, found.frames) in {("opus", 50), ("libopus", 50)}
    assert abs(found.seconds - 1) < 0.01


def test_a_probe_counts_what_decodes() -> None:
    found = probe(b"".join([INIT, *FRAGMENTS]))
    assert (found.codec, found.frames) == ("h264", 90)
    assert abs(found.seconds - 10) < 0.1


def test_a_child_that_takes_too_long_is_ended() -> None:
    with pytest.raises(Undecodable):
        limited.run("probe", {}, [INIT], 0.001)


def segment(start: int, duration: int, key: bool = True) -> Segment:
    return Segment("t", "i", str(start), 1, start, duration, key)


def test_only_what_must_be_decoded_is_needed() -> None:
    rows = [segment(100, 50), segment(150, 50), segment(200, 50, key=False), segment(300, 50)]
    assert [one.start for one in needed(rows, [], 249)] == [150, 200]
    assert [one.start for one in needed(reversed(rows), [], 300)] == [300]
    for time in (0, 99, 350):
        with pytest.raises(OutsideRecording):
            needed(rows, [], time)
    with pytest.raises(InGap):
        needed(rows, [Gap("t", 160, 170, "loss")], 165)
    with pytest.raises(InGap):
        needed(rows, [], 260)
    with pytest.raises(InGap):
        needed([segment(0, 10, key=False)], [], 5)
    with pytest.raises(OutsideRecording):
        needed([], [], 5)
