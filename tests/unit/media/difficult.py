"""A visit in which everything happens that phones do: turned, muted, restarted, and without a network for a minute."""

from dataclasses import dataclass

from tests.unit.media.recording import AUDIO, PATIENT, VIDEO, Bench, until
from tests.unit.media.streams import Sender, grey_of, pictures, sound

FRAME_US = 33_333
LYING, UPRIGHT = (320, 180), (180, 320)


@dataclass(frozen=True, slots=True)
class Part:
    """`count` pictures from `start_us` after the epoch on, of one size, by one sender."""

    start_us: int
    count: int
    size: tuple[int, int]
    ssrc: int
    after: str  # reason of the gap that follows, "" without one


PARTS = (
    Part(1_000_000, 120, LYING, 7, ""),
    Part(5_000_000, 120, UPRIGHT, 7, "muted"),  # the phone was turned; then its camera is switched off for 3 s
    Part(12_000_000, 90, LYING, 7, "muted"),  # then the camera is stopped for 2 s, and started with another SSRC
    Part(17_000_000, 90, LYING, 8, "disconnected"),  # then there is no network for 60 s
    Part(80_000_000, 120, UPRIGHT, 9, ""),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """What is to be seen at `seconds` from the epoch."""

    seconds: float
    grey: float  # 0 to 255
    size: tuple[int, int]


def moments() -> list[Moment]:
    """The middle of some pictures of each part, its first and its last among them."""
    return [
        Moment((part.start_us + (at + 0.5) * FRAME_US) / 1e6, grey_of(at), part.size)
        for part in PARTS
        for at in (0, 1, part.count // 2, part.count - 1)
    ]


def film(bench: Bench) -> None:
    """The whole visit, and its end."""
    tone, senders = sound(100), dict[int, tuple[Sender, Sender]]()
    for part in PARTS:
        video, audio = bench.recorder.begin(VIDEO), bench.recorder.begin(AUDIO)
        camera, microphone = senders.setdefault(
            part.ssrc, (Sender(90_000, ssrc=part.ssrc), Sender(48_000, ssrc=part.ssrc + 10))
        )
        clip = pictures(part.count, size=part.size)
        for at in range(0, part.count, 15):
            lot = range(at, min(at + 15, part.count))
            batch = [p for n in lot for p in camera.picture(clip[n], part.start_us + n * FRAME_US)]
            bench.now_us = batch[-1][0]
            video.feed(batch)
            half = range(at * 5 // 3, lot[-1] * 5 // 3 + 1)
            audio.feed([microphone.sample(tone[n % 100], part.start_us + n * 20_000) for n in half])
            until(lambda v=video, a=audio: not v.waiting and not a.waiting)  # type: ignore[misc]
        if part.after == "disconnected":
            video.interrupt("disconnected")
            audio.interrupt("disconnected")
    bench.recorder.close_survey("s").result(PATIENT)


def pieces(bench: Bench, track: str) -> list[bytes]:
    """Segments in their order, each init segment before the first that needs it."""
    done: list[bytes] = []
    init = ""
    for one in sorted((one for one in bench.index.segments.values() if one.track == track), key=lambda row: row.start):
        if one.init != init:
            init = one.init
            done.append(bench.bytes_of(init))
        done.append(bench.bytes_of(one.digest))
    return done


def runs(bench: Bench, track: str) -> list[bytes]:
    """Files of one init segment and the segments that need it: ffmpeg reads only the first `moov` of a file."""
    files: list[list[bytes]] = []
    for piece in pieces(bench, track):
        if piece[4:8] == b"ftyp":
            files.append([])
        files[-1].append(piece)
    return [b"".join(file) for file in files]
