"""What a recorded track is when it is played from its first to its last picture or sound."""

from dataclasses import dataclass

from media.files.limited import run

SECONDS = 60.0
"""How long decoding may take."""


@dataclass(frozen=True, slots=True)
class Probe:
    """`codec` as ffmpeg names it; `frames` are those that could be decoded; `seconds` from the first to the last."""

    codec: str
    seconds: float
    frames: int


def probe(data: bytes, seconds: float = SECONDS) -> Probe:
    """Decode an init segment with its segments, in a limited child. Raises `Undecodable`."""
    facts, _ = run("probe", {}, [data], seconds)
    return Probe(facts["codec"], facts["seconds"], facts["frames"])
