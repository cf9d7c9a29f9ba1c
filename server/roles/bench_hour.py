"""`./takan bench live --hour`: from "survey ended" to playable, digested evidence of an hour's recording.

An hour of a participant's video is fed to a real recorder on a clock that runs as fast as it can; then the survey is
closed in real time. Beside it, where Janus is installed: the same packets in its own file, through `janus-pp-rec`.
"""

import json
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from media.live.clients.sources import SyntheticVideo
from media.ports import Gap, InitSegment, Reception, Segment, Track
from media.record import Recorder
from storage.objects.local import LocalObjects
from storage.spool import FolderSpool

SECONDS, RATE, PACKETS, SIZE = 3600, 30, 4, 1100  # about 1 Mbit/s
BATCH = RATE * PACKETS  # packets handed over at once: a second
PATIENCE = 600  # s for each part
_RTP = struct.Struct("!BBHII")


class Shelf:
    """Rows in memory: what the list of digests is made of."""

    def __init__(self) -> None:
        self.segments: list[Segment] = []

    def add_track(self, track: Track) -> None: ...
    def add_init(self, init: InitSegment) -> None: ...
    def add_segment(self, segment: Segment) -> None:
        self.segments.append(segment)

    def mark_stored(self, digest: str) -> None: ...
    def add_gap(self, gap: Gap) -> None: ...
    def put_reception(self, reception: Reception) -> None: ...


class Clock:
    """Microseconds UTC, moved by hand."""

    def __init__(self) -> None:
        self.now_us = 1_800_000_000_000_000

    def __call__(self) -> int:
        return self.now_us


def run() -> int:
    """Prints one JSON object."""
    with tempfile.TemporaryDirectory(prefix="takan-bench-") as folder:
        figures = _ours(Path(folder))
        if shutil.which("janus-pp-rec"):
            figures |= _theirs(Path(folder))
        else:
            figures["janus_pp_rec"] = "not installed (apt-get install janus)"
    print(json.dumps(figures, indent=1))
    return 0


def packets() -> Iterator[tuple[int, bytes]]:
    """(microseconds since the beginning, RTP packet) of the hour."""
    source, sequence = SyntheticVideo(RATE, PACKETS, SIZE), 0
    for picture in range(SECONDS * RATE):
        payloads = source.next(False)
        for at, payload in enumerate(payloads):
            marker = 0x80 if at == len(payloads) - 1 else 0
            head = _RTP.pack(0x80, 96 | marker, sequence & 0xFFFF, picture * (90000 // RATE) & 0xFFFFFFFF, 7)
            sequence += 1
            yield picture * 1_000_000 // RATE, head + payload


def _ours(folder: Path) -> dict[str, object]:
    clock, shelf = Clock(), Shelf()
    objects = LocalObjects(folder / "objects")
    recorder = Recorder(FolderSpool(folder / "spool"), shelf, objects, clock, lambda track: None)
    recorder.start()
    begun = time.monotonic()
    door = recorder.begin(Track("p1.video", "s1", "p1", "video", "H264", 90000, clock.now_us, "bench"))
    epoch, batch = clock.now_us, list[tuple[int, bytes]]()
    for moment, packet in packets():
        batch.append((epoch + moment, packet))
        if len(batch) >= BATCH:
            clock.now_us = epoch + moment
            door.feed(batch)
            batch = []
            while door.waiting and time.monotonic() - begun < PATIENCE:
                time.sleep(0.0005)
    fed = time.monotonic() - begun
    began = time.monotonic()
    (closed,) = recorder.close_survey("s1").result(PATIENCE)
    durable = time.monotonic() - began
    digests = "\n".join(segment.digest for segment in shelf.segments).encode()
    evidence = sha256(digests).hexdigest()
    ended = time.monotonic() - began
    size = sum(segment.bytes for segment in shelf.segments)
    recorder.close()
    return {
        "recorded_minutes": round(closed["end"] / 90000 / 60, 2),
        "megabytes": round(size / 1e6, 1),
        "segments": len(shelf.segments),
        "fed_in_s": round(fed, 1),
        "durable_and_indexed_ms": round(durable * 1000, 1),
        "with_the_digest_list_ms": round(ended * 1000, 1),
        "digest_list": evidence,
    }


def _theirs(folder: Path) -> dict[str, object]:
    """An MJR file as Janus 1.x writes it: a JSON header, then each packet behind its time and length."""
    source, made = folder / "hour.mjr", folder / "hour.mp4"
    header = json.dumps({"t": "v", "c": "h264", "s": 1_800_000_000_000_000, "u": 1_800_000_000_000_000}).encode()
    with source.open("wb") as file:
        file.write(b"MJR00002" + len(header).to_bytes(2) + header)
        for moment, packet in packets():
            file.write(b"MEET" + (moment // 1000).to_bytes(4) + len(packet).to_bytes(2) + packet)
    began = time.monotonic()
    done = subprocess.run(["janus-pp-rec", source, made], capture_output=True, text=True, timeout=PATIENCE)
    took = time.monotonic() - began
    if done.returncode or not made.exists():
        return {"janus_pp_rec": f"failed: {(done.stdout + done.stderr).strip()[-300:]}"}
    return {"janus_pp_rec_s": round(took, 2), "janus_megabytes": round(made.stat().st_size / 1e6, 1)}
