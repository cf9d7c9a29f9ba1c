"""A case whose papers, pictures and clips carry their own proof, as the worker and the people would make them."""

import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from imageio_ffmpeg import get_ffmpeg_exe

from inspection.model.clip import Clip
from inspection.model.evidence import ReceivedTrack, Snapshot
from inspection.model.paper import Paper
from inspection.model.people import Actor
from inspection.model.survey import Survey
from inspection.services.clips import keep_clip, tracks_of, want_clip
from inspection.services.papers import sign_paper, want_paper
from inspection.services.snapshots import keep_snapshot, want_snapshot
from server.configuration import Configuration
from server.outbound.credentials import Credentials
from server.outbound.seal import PadesSealer
from server.outbound.seal_chain import Chain
from server.roles.papers import make_paper
from server.services import Services
from tests.builders import Stage

ADDRESS = "https://takan.example"
SECOND = 1_000_000


def made(path: Path, source: str, *options: str) -> Path:
    """A picture or film of ffmpeg's own test sources."""
    command = [get_ffmpeg_exe(), "-v", "error", "-y", "-f", "lavfi", "-i", source, *options, str(path)]
    subprocess.run(command, check=True)
    return path


@dataclass
class SealedStage(Stage):
    """`folder` takes what is sealed on its way into the store; `shot` is the picture, where it is of importance."""

    chain: Chain = field(kw_only=True)
    folder: Path = field(kw_only=True)
    shot: Path | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    @property
    def sealer(self) -> PadesSealer:
        return PadesSealer(self.chain, "踏勘 Takan")

    @property
    def given(self) -> Services:
        """What the worker's jobs need of the services."""
        parts: dict[str, Any] = {
            "office": self.office, "objects": self.store, "signer": self.signer, "sealer": self.sealer,
            "settings": Configuration(self.folder), "now": lambda: self.now, "new_id": self.new_id,
        }  # fmt: skip
        return cast(Services, SimpleNamespace(**parts))

    def credentialed(self, plain: Path, facts: dict[str, Any]) -> bytes:
        target = self.folder / f"sealed-{self.new_id()}{plain.suffix}"
        Credentials(self.chain, "Office").seal(plain, target, "t", facts, self.now)
        return target.read_bytes()

    def snapshot(self, survey: Survey, track: ReceivedTrack, check: str | None = None) -> Snapshot:
        segment = track.segments[0]
        wish = want_snapshot(
            self.office, self.inspector, survey.id, track.id, segment.start + 90, check, self.now, self.new_id
        )
        plain = self.shot or made(self.folder / "plain.jpg", "testsrc2=size=640x360", "-frames:v", "1")
        facts = {
            "parent": segment.digest, "presented": segment.start, "snapshot": wish.id, "survey": survey.id,
            "track": track.id,
        }  # fmt: skip
        data = self.credentialed(plain, facts)
        return keep_snapshot(
            self.office, self.store, self.signer, wish.id, data, 640, 360, segment.start, segment.digest,
            self.later(seconds=1),
        )  # fmt: skip

    def clipped(self, survey: Survey, start: int, end: int) -> Clip:
        """Another film than the recording's bytes, but told as one that was cut from them."""
        evidence = next(one for one in self.evidence(survey.id) if (one.track or "").endswith(".video"))
        wish = want_clip(
            self.office, self.signer, self.inspector, survey.case, evidence.id, start * SECOND, end * SECOND, self.now,
            self.new_id,
        )  # fmt: skip
        with self.office.read() as work:
            tracks = tracks_of(work, wish)
        told = [
            {
                "codec": one.codec, "gaps": [], "parent": parent, "segments": [one.segments[0].digest],
                "timescale": one.timescale, "track": one.id,
            }
            for one, parent in tracks
        ]  # fmt: skip
        facts = {"end_us": wish.end, "start_us": wish.start, "tracks": told}
        options = ("-t", "1", "-c:v", "libx264", "-movflags", "frag_keyframe+empty_moov+default_base_moof")
        plain = made(self.folder / "plain.mp4", f"testsrc2=size=320x180:rate={10 + start}", *options)
        data = self.credentialed(plain, {"clip": wish.id, "kind": "clip", "survey": survey.id, **facts})
        digest = sha256(data).hexdigest()
        return keep_clip(
            self.office, self.store, self.signer, wish.id, digest, BytesIO(data), len(data), facts, self.now
        )

    def paper(self, survey: Survey, kind: str) -> Paper:
        """Drawn, not signed yet."""
        of = None if kind == "decision" else survey.id
        wish = want_paper(
            self.office, self.signer, self.inspector, survey.case, kind, of, "en", ADDRESS, self.now, self.new_id
        )
        assert make_paper(self.given, wish.id) is None
        return self.paper_now(wish)

    def paper_now(self, paper: Paper) -> Paper:
        with self.office.read() as work:
            return work.papers.get(paper.id)

    def signed(self, paper: Paper, *actors: Actor) -> Paper:
        """In turn, each on what the one before left."""
        for actor in actors:
            paper = sign_paper(
                self.office, self.store, self.signer, self.sealer, actor, paper.id, paper.sha256 or "", "",
                self.later(seconds=1),
            )  # fmt: skip
        return paper
