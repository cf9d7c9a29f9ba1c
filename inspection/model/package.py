"""How a package is laid out: a BagIt 1.0 folder (RFC 8493). `docs/package.md` tells it in full."""

import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

FORMAT = "takan-package/3"
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"  # RFC 8493 2.1.1
BAGIT_PATH = "bagit.txt"
INFO_PATH = "bag-info.txt"
MANIFEST_PATH = "manifest-sha256.txt"
TAGMANIFEST_PATH = "tagmanifest-sha256.txt"
INDEX_PATH = "index.html"
TAG_PATHS = (BAGIT_PATH, INFO_PATH, INDEX_PATH, MANIFEST_PATH)  # what the tag manifest lists
CASE_PATH = "data/case.json"
ANNOTATIONS_PATH = "data/annotations.jsonld"
DECISION_PATH = "data/decision.json"
LEDGER_PATH = "data/ledger.jsonl"
HEAD_PATH = "data/head.json"
SURVEYS = "data/surveys"
SIGNED_PREFIX = b"takan-package/v2\n"  # what the signature of bag-info.txt is over, before that file's own lines
KEY_LABEL = "Takan-Key"
SIGNATURE_LABEL = "Takan-Signature"
ENDINGS = {  # by the format that an upload's content has
    "mov": "mp4", "matroska": "webm", "jpeg": "jpg", "png": "png", "webp": "webp", "avif": "avif", "pdf": "pdf",
    "mp3": "mp3", "wav": "wav", "flac": "flac", "ogg": "ogg", "zip": "zip",
}  # fmt: skip
SAP = 0x90000000  # the subsegment begins with a stream access point of type 1
PATH = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._-]*(/[0-9A-Za-z_-][0-9A-Za-z._-]*)*")
STORE_LINE = re.compile(r"[0-9a-z]+; (no object lock|object lock; [0-9]{1,6} days(; legal hold)?)", re.ASCII)
MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  (" + PATH.pattern + ")")


def survey_path(number: int, name: str) -> str:
    return f"{SURVEYS}/{number}/{name}"


def recording_path(number: int, track: str, name: str) -> str:
    return f"{SURVEYS}/{number}/recordings/{track}/{name}"


def upload_path(number: int, evidence: str, name: str) -> str:
    return f"{SURVEYS}/{number}/uploads/{evidence}/{name}"


def original_name(format: object) -> str:
    """Of an uploaded file: a browser knows by the ending how to show it."""
    return f"original.{ENDINGS.get(str(format), 'bin')}"


def clip_path(number: int, clip: str) -> str:
    return survey_path(number, f"clips/{clip}.mp4")


def paper_path(paper: str) -> str:
    return f"data/papers/{paper}.pdf"


def run_name(run: int, *, webm: bool = False) -> str:
    """The playable file of the `run`th run, counted from 1."""
    return f"{run:03d}.{'webm' if webm else 'mp4'}"


def is_webm(listing: dict[str, Any], init: str) -> bool:
    """VP8 is recorded as WebM, everything else as MP4. A sender may come back with another codec, so the init segment
    tells; the track's codec where it says nothing."""
    found: dict[str, Any] = next((one for one in listing["inits"] if one["digest"] == init), {})
    return str(found.get("codecs", listing.get("codec"))).lower() == "vp8"


def runs(segments: Sequence[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """A list's segments, parted where the init segment changes: each run is one playable file."""
    parted: list[tuple[str, list[dict[str, Any]]]] = []
    for segment in segments:
        if not parted or parted[-1][0] != segment["init"]:
            parted.append((segment["init"], []))
        parted[-1][1].append(segment)
    return parted


def segment_index(timescale: int, segments: Sequence[dict[str, Any]]) -> bytes:
    """The `sidx` box (ISO/IEC 14496-12, 8.16.3) that stands between a run's init segment and its segments, so that a
    player knows the length and can seek without reading all. Its durations cover the holes. Empty where the box cannot
    tell of them: more than 65,535, or one larger than 31 bits."""
    if not segments or len(segments) > 0xFFFF or any(one["bytes"] >> 31 for one in segments):
        return b""
    starts = [one["start"] for one in segments]
    ends = [*starts[1:], starts[-1] + segments[-1]["duration"]]
    lengths = [min(max(end - start, 0), 0xFFFFFFFF) for start, end in zip(starts, ends, strict=True)]
    body = struct.pack(">IIIQQHH", 1 << 24, 1, min(timescale, 0xFFFFFFFF), min(starts[0], 2**63), 0, 0, len(segments))
    for one, length in zip(segments, lengths, strict=True):
        body += struct.pack(">III", one["bytes"], length, SAP if one.get("key_frame") is True else 0)
    return struct.pack(">I4s", len(body) + 8, b"sidx") + body


@dataclass(frozen=True, slots=True)
class Keeping:
    """How a store keeps what it took: whether the service itself refuses to remove or replace an object (S3 Object
    Lock in its compliance mode), for how many days from the writing, and whether a legal hold is set beside it."""

    kind: str  # "folder" | "s3"
    object_lock: bool
    retention_days: int = 0
    legal_hold: bool = False


@dataclass(frozen=True, slots=True)
class Lock:
    """What a service promises of one object: until when it cannot be removed, and whether a legal hold is on it."""

    until: datetime | None
    legal_hold: bool


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Of a whole file: SHA-256 in hex, CRC-32 (0 where nobody asked for it), bytes."""

    sha256: str
    size: int
    crc: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a playable file, `bytes` long from `offset`: an init segment, the index, or a segment."""

    offset: int
    bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class PlayableFile:
    """One run of a recording: what lies in its file, from the first byte to the last."""

    name: str
    init: Piece
    index: bytes
    segments: tuple[Piece, ...]

    @property
    def size(self) -> int:
        return self.init.bytes + len(self.index) + sum(one.bytes for one in self.segments)


def playable_files(listing: dict[str, Any]) -> list[PlayableFile]:
    """The files of a recording, from its list; a list of the right shape (see `services.verify_media`) is presumed."""
    sizes = {init["digest"]: init["bytes"] for init in listing["inits"]}
    files = []
    for number, (init, segments) in enumerate(runs(listing["segments"]), start=1):
        webm = is_webm(listing, init)  # whose files have no such index
        index = b"" if webm else segment_index(listing["timescale"], segments)
        offset = sizes[init] + len(index)
        pieces = []
        for one in segments:
            pieces.append(Piece(offset, one["bytes"], one["digest"]))
            offset += one["bytes"]
        files.append(PlayableFile(run_name(number, webm=webm), Piece(0, sizes[init], init), index, tuple(pieces)))
    return files


def layout_document(files: Sequence[PlayableFile]) -> dict[str, Any]:
    """`files.json`: where in which file each piece of the list lies."""
    return {
        "files": [
            {
                "bytes": one.size,
                "index": {"bytes": len(one.index), "offset": one.init.bytes},
                "init": {"bytes": one.init.bytes, "digest": one.init.digest, "offset": 0},
                "name": one.name,
                "segments": [
                    {"bytes": piece.bytes, "digest": piece.digest, "offset": piece.offset} for piece in one.segments
                ],
            }
            for one in files
        ]
    }


def manifest(files: Iterable[tuple[str, str]]) -> bytes:
    """The manifest of (path, SHA-256), in order of path (RFC 8493 2.1.3)."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(files)).encode()


def bag_info(
    number: str, day: str, payload: tuple[int, int], manifest_digest: str, key: str, index_digest: str, store: str
) -> bytes:
    """`bag-info.txt` up to its signature. `payload` is (bytes, files), as in Payload-Oxum (RFC 8493 2.2.2); `key` is
    the raw public key in hex, `store` how the originals are kept (`store_line`)."""
    lines = (
        ("External-Identifier", number),
        ("Bagging-Date", day),
        ("Payload-Oxum", f"{payload[0]}.{payload[1]}"),
        ("Takan-Package-Format", FORMAT),
        ("Takan-Payload-Manifest", manifest_digest),
        ("Takan-Index-Page", index_digest),
        ("Takan-Store", store),
        (KEY_LABEL, key),
    )
    return "".join(f"{label}: {value}\n" for label, value in lines).encode()


def store_line(keeping: Keeping) -> str:
    """How the originals are kept, in `bag-info.txt`."""
    if not keeping.object_lock:
        return f"{keeping.kind}; no object lock"
    held = "; legal hold" if keeping.legal_hold else ""
    return f"{keeping.kind}; object lock; {keeping.retention_days} days{held}"


def signature_line(signature: bytes) -> bytes:
    return f"{SIGNATURE_LABEL}: {signature.hex()}\n".encode()
