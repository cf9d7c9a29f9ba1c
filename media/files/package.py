"""Packaging without encoding: fragmented MP4, one file a track, cut at key frames; HLS and our player's index.

Segments are ranges of the track's file: an object store serves them as they lie, and nothing is kept twice.
"""

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from media.files.errors import NothingToSee
from media.files.examine import FORMATS, SOUNDS, Media
from media.files.source import Source
from media.files.stamps import Stamps, unpacked
from media.files.work import Asked, Limits, Progress, idle, never, work

TARGET = 4.0
"""Seconds after which a segment closes at the next key frame."""
LONGEST = 8.0
"""Seconds after which it closes even without one."""
MEMORY = 2 << 30


@dataclass(frozen=True, slots=True)
class Segment:
    """One range of a track's file: `start` and `duration` ticks, `offset` and `size` bytes."""

    start: int
    duration: int
    offset: int
    size: int
    key_frame: bool


@dataclass(frozen=True, slots=True)
class PackagedTrack:
    """`file` in the folder; its first `init` bytes are ftyp and moov. `codecs` as RFC 6381 writes it."""

    kind: str
    codec: str
    codecs: str
    timescale: int
    file: str
    init: int
    segments: tuple[Segment, ...]
    width: int = 0
    height: int = 0
    rate: float = 0.0

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return self.segments[-1].offset + self.segments[-1].size if self.segments else self.init


@dataclass(frozen=True, slots=True)
class Package:
    """Tracks on one timeline that begins where the source's presentation begins; `stamps` of the picture, if any."""

    tracks: tuple[PackagedTrack, ...]
    seconds: float
    stamps: Stamps | None

    @property
    def files(self) -> tuple[str, ...]:
        """Names of what was written."""
        return tuple(one.file for one in self.tracks)


def package(source: Source, media: Media, folder: Path, progress: Progress = idle, cancelled: Asked = never) -> Package:
    """Write `video.mp4` and `audio.mp4` into the folder; sound that browsers do not play is encoded to AAC.

    Raises a `FileRefused`; ask `media.playable` before.
    """
    facts = _order(media) | {
        "only_times": False,
        "video": media.video.index if media.video and media.playable else None,
        "audio": media.audio.index if media.audio else None,
        "encode": bool(media.audio and media.audio.codec not in SOUNDS),
        "seconds": media.seconds,
        "target": TARGET,
        "longest": LONGEST,
        "rotation": media.video.rotation if media.video else 0,
    }
    answer = work("package", facts, source, _limits(media), folder, progress, cancelled)
    tracks = tuple(_track(one, media) for one in answer["tracks"])
    if not any(one.segments for one in tracks):
        raise NothingToSee("not one whole picture or sound")
    seconds = max(float(Fraction(s.start + s.duration, t.timescale)) for t in tracks for s in t.segments[-1:])
    return Package(tracks, seconds, unpacked(answer["stamps"]) if answer["stamps"] else None)


def times(source: Source, media: Media, progress: Progress = idle, cancelled: Asked = never) -> Stamps:
    """The table of a source that is transcoded, not packaged: its own presented times. Raises a `FileRefused`."""
    if media.video is None:
        raise NothingToSee("no picture")
    facts = _order(media) | {"only_times": True, "video": media.video.index}
    answer = work("package", facts, source, _limits(media), None, progress, cancelled)
    return unpacked(answer["stamps"])


def _order(media: Media) -> dict[str, Any]:
    return {
        "format": FORMATS[media.format],
        "edits": "edit-list-ignored" not in media.damage,
        "cut": "truncated" in media.damage,
    }


def _limits(media: Media) -> Limits:
    patience = 60 + media.size / 20e6 + media.seconds / 20
    return Limits(patience, int(patience), MEMORY, media.size + (64 << 20))


def _track(plain: dict[str, Any], media: Media) -> PackagedTrack:
    segments = tuple(Segment(*one) for one in plain.pop("segments"))
    shown, rate = (0, 0), 0.0
    if plain["kind"] == "video" and media.video:
        shown, rate = media.video.shown, float(media.video.rate or 0)
    return PackagedTrack(segments=segments, width=shown[0], height=shown[1], rate=rate, **plain)


def index(package: Package, urls: dict[str, str] | None = None) -> dict[str, Any]:
    """What our own player reads: per track its init range and segments, times in ticks of the track's timescale.

    `urls` names where each file is served (with byte ranges); without it the file's name stands there.
    """
    return {
        "seconds": package.seconds,
        "tracks": [
            {
                "id": f"upload.{one.kind}",
                "kind": one.kind,
                "codec": one.codec,
                "codecs": one.codecs,
                "mime": f'{one.kind}/mp4; codecs="{one.codecs}"',
                "timescale": one.timescale,
                "url": (urls or {}).get(one.file, one.file),
                "width": one.width,
                "height": one.height,
                "init": {"offset": 0, "bytes": one.init},
                "segments": [
                    {
                        "start": s.start,
                        "duration": s.duration,
                        "offset": s.offset,
                        "bytes": s.size,
                        "key_frame": s.key_frame,
                    }
                    for s in one.segments
                ],
            }
            for one in package.tracks
        ],
    }


def playlists(package: Package, urls: dict[str, str] | None = None) -> dict[str, str]:
    """HLS (RFC 8216, version 7) by byte ranges: `master.m3u8` and one playlist a track."""
    made = {f"{one.kind}.m3u8": _media_playlist(one, (urls or {}).get(one.file, one.file)) for one in package.tracks}
    return {"master.m3u8": _master(package), **made}


def _master(package: Package) -> str:
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    video = next((one for one in package.tracks if one.kind == "video"), None)
    audio = next((one for one in package.tracks if one.kind == "audio"), None)
    if video and not all(one.key_frame for one in video.segments):
        lines.pop()
    bandwidth = max(1, sum(_peak(one) for one in package.tracks))
    codecs = ",".join(one.codecs for one in package.tracks)
    stream = f'#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},CODECS="{codecs}"'
    if video:
        stream += f",RESOLUTION={video.width}x{video.height}"
        stream += f",FRAME-RATE={video.rate:.3f}" if video.rate else ""
    if video and audio:
        lines.append('#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="1",DEFAULT=YES,AUTOSELECT=YES,URI="audio.m3u8"')
        stream += ',AUDIO="sound"'
    return "\n".join([*lines, stream, f"{(video or package.tracks[0]).kind}.m3u8", ""])


def _peak(track: PackagedTrack) -> int:
    """Bits a second of the heaviest segment."""
    return max((s.size * 8 * track.timescale // max(1, s.duration) for s in track.segments), default=0)


def _media_playlist(track: PackagedTrack, url: str) -> str:
    longest = max((Fraction(s.duration, track.timescale) for s in track.segments), default=Fraction(1))
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{max(1, round(longest))}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        f'#EXT-X-MAP:URI="{url}",BYTERANGE="{track.init}@0"',
    ]
    for one in track.segments:
        lines.append(f"#EXTINF:{one.duration / track.timescale:.6f},")
        lines += [f"#EXT-X-BYTERANGE:{one.size}@{one.offset}", url]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def dumped(package: Package) -> bytes:
    """The package's facts as JSON, for `loaded`."""
    tracks = [
        {
            **{name: getattr(one, name) for name in ("kind", "codec", "codecs", "timescale", "file", "init")},
            "width": one.width,
            "height": one.height,
            "rate": one.rate,
            "segments": [[s.start, s.duration, s.offset, s.size, s.key_frame] for s in one.segments],
        }
        for one in package.tracks
    ]
    return json.dumps({"tracks": tracks, "seconds": package.seconds}, separators=(",", ":")).encode()


def loaded(data: bytes, stamps: Stamps | None = None) -> Package:
    """What `dumped` wrote."""
    plain = json.loads(data)
    tracks = [PackagedTrack(segments=tuple(Segment(*s) for s in one.pop("segments")), **one) for one in plain["tracks"]]
    return Package(tuple(tracks), plain["seconds"], stamps)
