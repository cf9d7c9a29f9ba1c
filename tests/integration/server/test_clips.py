"""Clips cut from what a recorder wrote, with credentials that name their parents, and what is done to them."""

import hashlib
import io
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from media.files.errors import Undecodable
from media.files.joined import Joined, Lane, Piece, chosen, join
from media.wire.fmp4_read import boxes, complete_fragments
from server.commands.verify_file import judge_file
from server.outbound.credentials import Credentials
from server.outbound.credentials_read import read_credentials
from server.outbound.seal_chain import make_chain, read_chain
from server.outbound.seal_judge import LibrarySealJudge

NOW = datetime.now(UTC)
JUDGE = LibrarySealJudge()
FACTS = {"start_us": 0, "end_us": 1, "tracks": [{"parent": "ab" * 32, "segments": []}]}


class Kept(dict[str, bytes]):
    """Objects by digest, as a recorder leaves them."""

    def keep(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        self[digest] = data
        return digest


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> tuple[Kept, list[Lane]]:
    """Twenty seconds of picture (a key frame every two) and sound, in segments of a fragment a second."""
    folder, kept = tmp_path_factory.mktemp("film"), Kept()
    lanes = []
    for kind, source, codec in (
        ("v", "testsrc2=size=320x180:rate=20", ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "40"]),
        ("a", "sine=frequency=500:sample_rate=48000", ["-c:a", "libopus", "-b:a", "32k"]),
    ):
        path = folder / f"{kind}.mp4"
        flags = "empty_moov+default_base_moof+frag_keyframe"
        cut = ["-frag_duration", "2000000", "-movflags", flags if kind == "v" else "empty_moov+default_base_moof"]
        command = [get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", source, "-t", "20", *codec]
        subprocess.run([*command, "-video_track_timescale", "90000", *cut, str(path)], check=True)
        lanes.append(lane_of_file(kept, path.read_bytes()))
    return kept, lanes


def lane_of_file(kept: Kept, data: bytes) -> Lane:
    """A file of ffmpeg's as segments with our own kind of fragment."""
    from struct import unpack_from

    from media.wire.fmp4 import Sample, fragment

    found = list(boxes(data))
    init = data[: next(begin - 8 for kind, begin, _ in found if kind == b"moof")]
    at = init.index(b"mdhd")
    scale = unpack_from("!I", init, at + 16)[0]
    video = b"avc1" in init
    digest, time = kept.keep(init), 0
    pieces: list[Piece] = []
    moof = None
    for kind, begin, end in found:
        if kind == b"moof":
            moof = data[begin:end]
        elif kind == b"mdat" and moof:
            samples = []
            for number, (duration, size) in enumerate(_samples(moof)):
                samples.append(Sample(time, duration, [data[begin : begin + size]], size, not video or number == 0))
                time += duration
                begin += size
            body = b"".join(fragment(1, len(pieces) + 1, samples, scale, 0, audio=not video))
            facts = complete_fragments(body)[0]
            pieces.append(Piece(kept.keep(body), digest, facts.start, facts.duration, facts.key_frame))
    return Lane(scale, pieces)


def _samples(moof: bytes) -> Iterator[tuple[int, int]]:
    """Duration and size of each sample of a fragment of ffmpeg's."""
    from struct import unpack_from

    base = moof.index(b"tfhd")
    flags, at = unpack_from("!I", moof, base + 4)[0], base + 12
    default: dict[int, int] = {}
    for bit in (1, 2, 8, 16, 32):
        if flags & bit:
            default[bit] = unpack_from("!I", moof, at)[0]
            at += 8 if bit == 1 else 4
    run = moof.index(b"trun")
    flags, count = unpack_from("!II", moof, run + 4)
    at = run + 12 + 4 * bool(flags & 1) + 4 * bool(flags & 4)
    for _ in range(count):
        duration, size = default.get(8, 0), default.get(16, 0)
        for bit in (0x100, 0x200, 0x400, 0x800):
            if flags & bit:
                value = unpack_from("!I", moof, at)[0]
                duration, size = (
                    (value, size) if bit == 0x100 else (duration, value) if bit == 0x200 else (duration, size)
                )
                at += 4
        yield duration, size


def cut(film: tuple[Kept, list[Lane]], path: Path, start: float, end: float) -> Joined:
    kept, lanes = film
    with path.open("wb") as file:
        return join(lanes, kept.__getitem__, int(start * 1_000_000), int(end * 1_000_000), file.write)


def decoded(path: Path) -> tuple[int, float]:
    """Pictures, and seconds of the longest track, as ffmpeg decodes them without complaint."""
    command = [get_ffmpeg_exe(), "-hide_banner", "-xerror", "-i", str(path), "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    frames = int(done.stderr.rpartition("frame=")[2].split()[0])
    clock = done.stderr.rpartition("time=")[2].split()[0].split(":")
    return frames, int(clock[0]) * 3600 + int(clock[1]) * 60 + float(clock[2])


def test_a_range_begins_at_the_key_frame_before_and_keeps_both_tracks(
    film: tuple[Kept, list[Lane]], tmp_path: Path
) -> None:
    path = tmp_path / "clip.mp4"
    made = cut(film, path, 5.0, 11.0)
    assert made.begin_us == 4_000_000
    frames, seconds = decoded(path)
    assert frames == 160  # 4 s to 12 s
    assert abs(seconds - 8) < 0.3
    assert all(made.used)


def test_all_of_it_is_all_of_it(film: tuple[Kept, list[Lane]], tmp_path: Path) -> None:
    path = tmp_path / "whole.mp4"
    cut(film, path, 0, 20)
    frames, seconds = decoded(path)
    assert frames == 400
    assert abs(seconds - 20) < 0.3


def test_a_gap_stays_as_time(film: tuple[Kept, list[Lane]], tmp_path: Path) -> None:
    kept, (video, audio) = film
    holed = Lane(video.timescale, [one for one in video.pieces if not 6 <= one.start / video.timescale < 10])
    path = tmp_path / "gap.mp4"
    with path.open("wb") as file:
        join([holed, audio], kept.__getitem__, 0, 20_000_000, file.write)
    frames, seconds = decoded(path)
    command = [
        get_ffmpeg_exe(),
        "-v",
        "error",
        "-i",
        str(path),
        "-map",
        "0:v",
        "-f",
        "framecrc",
        "-fps_mode",
        "passthrough",
        "-",
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    times = [int(line.split(",")[2]) for line in told.splitlines() if not line.startswith("#")]
    base = next(line for line in told.splitlines() if line.startswith("#tb")).split(": ")[1].split("/")
    steps = [(later - sooner) * int(base[0]) / int(base[1]) for sooner, later in pairwise(times)]
    assert max(steps) > 3.9
    assert abs(seconds - 20) < 0.3
    assert frames >= 320


def test_two_people_are_two_tracks_of_one_file(film: tuple[Kept, list[Lane]], tmp_path: Path) -> None:
    kept, (video, audio) = film
    path = tmp_path / "two.mp4"
    with path.open("wb") as file:
        join([video, video, audio], kept.__getitem__, 2_000_000, 6_000_000, file.write)
    done = subprocess.run(
        [get_ffmpeg_exe(), "-hide_banner", "-i", str(path)], capture_output=True, text=True, check=False
    )
    assert (done.stderr.count("Video: h264"), done.stderr.count("Audio: opus")) == (2, 1)


def test_nothing_recorded_there_is_said(film: tuple[Kept, list[Lane]]) -> None:
    kept, lanes = film
    assert chosen(lanes[0], 30_000_000, 40_000_000) == []
    with pytest.raises(Undecodable, match="nothing was recorded"):
        join(lanes, kept.__getitem__, 30_000_000, 40_000_000, bytes)
    with pytest.raises(Undecodable):
        join(lanes[:1], lambda _: b"\0\0\0\x10moofgarbage", 0, 5_000_000, bytes)


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    folder = tmp_path_factory.mktemp("keys")
    make_chain(folder, "Office", NOW)
    return Credentials(read_chain(folder, "", "", ""), "Office")


@pytest.fixture(scope="module")
def sealed(film: tuple[Kept, list[Lane]], writer: Credentials, tmp_path_factory: pytest.TempPathFactory) -> Path:
    plain, target = tmp_path_factory.mktemp("c") / "plain.mp4", tmp_path_factory.mktemp("d") / "clip.mp4"
    cut(film, plain, 5, 11)
    writer.seal(plain, target, "clip", FACTS, NOW)
    return target


def test_a_clip_with_credentials_is_valid_plays_and_names_its_parents(sealed: Path) -> None:
    said = read_credentials(io.BytesIO(sealed.read_bytes()), ".mp4")
    assert (said.state, said.faults) == ("Valid", ())
    assert said.facts == FACTS
    assert decoded(sealed)[0] == 160
    assert judge_file(sealed, JUDGE, None).status == 0


def test_credentials_that_were_taken_away_are_missed(film: tuple[Kept, list[Lane]], tmp_path: Path) -> None:
    path = tmp_path / "stripped.mp4"
    cut(film, path, 5, 11)
    assert judge_file(path, JUDGE, None).faults == ["credentials-missing"]


def test_credentials_of_another_clip_do_not_fit(
    film: tuple[Kept, list[Lane]], writer: Credentials, sealed: Path, tmp_path: Path
) -> None:
    plain, other, moved = tmp_path / "o.mp4", tmp_path / "other.mp4", tmp_path / "moved.mp4"
    cut(film, plain, 12, 16)
    writer.seal(plain, other, "other", FACTS, NOW)
    mine, theirs = sealed.read_bytes(), other.read_bytes()
    box = next((begin - 8, end) for kind, begin, end in boxes(mine) if kind == b"uuid")
    place = next((begin - 8, end) for kind, begin, end in boxes(theirs) if kind == b"uuid")
    moved.write_bytes(theirs[: place[0]] + mine[box[0] : box[1]] + theirs[place[1] :])
    assert any("Hash.mismatch" in fault for fault in judge_file(moved, JUDGE, None).faults)


def test_a_snapshot_that_was_encoded_again_has_lost_them(writer: Credentials, tmp_path: Path) -> None:
    plain, target, again = tmp_path / "p.jpg", tmp_path / "s.jpg", tmp_path / "again.jpg"
    command = [get_ffmpeg_exe(), "-v", "error"]
    subprocess.run([*command, "-f", "lavfi", "-i", "testsrc2=size=320x180", "-frames:v", "1", str(plain)], check=True)
    writer.seal(plain, target, "snapshot", {"parent": "cd" * 32}, NOW)
    assert judge_file(target, JUDGE, None).status == 0
    subprocess.run([*command, "-i", str(target), str(again)], check=True)
    assert judge_file(again, JUDGE, None).faults == ["credentials-missing"]
    data = bytearray(target.read_bytes())
    data[-200] ^= 1
    again.write_bytes(bytes(data))
    assert judge_file(again, JUDGE, None).status == 1
