"""How a package is laid out: a BagIt 1.0 folder (RFC 8493). `docs/package.md` tells it in full."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

FORMAT = "takan-package/1"
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"  # RFC 8493 2.1.1
BAGIT_PATH = "bagit.txt"
INFO_PATH = "bag-info.txt"
MANIFEST_PATH = "manifest-sha256.txt"
TAGMANIFEST_PATH = "tagmanifest-sha256.txt"
TAG_PATHS = (BAGIT_PATH, INFO_PATH, MANIFEST_PATH)  # what the tag manifest lists
CASE_PATH = "data/case.json"
DECISION_PATH = "data/decision.json"
LEDGER_PATH = "data/ledger.jsonl"
HEAD_PATH = "data/head.json"
SURVEYS = "data/surveys"
SIGNED_PREFIX = b"takan-package/v1\n"  # what the signature of bag-info.txt is over, before that file's own lines
SIGNATURE_LABEL = "Takan-Signature"
PATH = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._-]*(/[0-9A-Za-z_-][0-9A-Za-z._-]*)*")
MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  (" + PATH.pattern + ")")


def survey_path(number: int, name: str) -> str:
    return f"{SURVEYS}/{number}/{name}"


def recording_path(number: int, track: str, name: str) -> str:
    return f"{SURVEYS}/{number}/recordings/{track}/{name}"


def run_name(run: int) -> str:
    """The playable file of the `run`th run, counted from 1."""
    return f"{run:03d}.mp4"


def runs(segments: Sequence[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """A list's segments, parted where the init segment changes: each run is one playable file."""
    parted: list[tuple[str, list[dict[str, Any]]]] = []
    for segment in segments:
        if not parted or parted[-1][0] != segment["init"]:
            parted.append((segment["init"], []))
        parted[-1][1].append(segment)
    return parted


def manifest(files: Iterable[tuple[str, str]]) -> bytes:
    """The manifest of (path, SHA-256), in order of path (RFC 8493 2.1.3)."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(files)).encode()


def bag_info(number: str, day: str, payload: tuple[int, int], manifest_digest: str, key: str) -> bytes:
    """`bag-info.txt` up to its signature. `payload` is (bytes, files), as in Payload-Oxum (RFC 8493 2.2.2)."""
    lines = (
        ("External-Identifier", number),
        ("Bagging-Date", day),
        ("Payload-Oxum", f"{payload[0]}.{payload[1]}"),
        ("Takan-Package-Format", FORMAT),
        ("Takan-Payload-Manifest", manifest_digest),
        ("Takan-Key", key),
    )
    return "".join(f"{label}: {value}\n" for label, value in lines).encode()


def signature_line(signature: bytes) -> bytes:
    return f"{SIGNATURE_LABEL}: {signature.hex()}\n".encode()
