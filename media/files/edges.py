"""A range exact to the picture: what can be copied is copied, only the pictures from its beginning to the next key
frame are encoded anew, and what stands over at its end is left out.

The new pictures have parameter sets with a number of their own beside those of the recording, so that one sample entry
tells a decoder of both.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise

from media.files.avc import configuration, free_number, with_more
from media.files.errors import Undecodable
from media.files.joined import SECOND, Lane, Piece, chosen
from media.files.limited import run
from media.files.samples import between, samples_in
from media.wire.fmp4 import Sample, fragment
from media.wire.fmp4_read import complete_fragments

PATIENCE = 90.0
"""Seconds that encoding one edge may take."""
LONGEST = 20
"""Seconds of pictures that are encoded anew at most; a range that would need more begins at its key frame."""
FARTHEST = 60
"""Seconds before the range from which pictures are decoded at most."""
PROFILES = {66: "baseline", 77: "main"}  # profile_idc; all others are high
Load = Callable[[str], bytes]


@dataclass(slots=True)
class Exact:
    """Lanes for `join`, what they load, and of what was made anew the digests of the segments that it came from."""

    lanes: list[Lane]
    made: dict[str, bytes] = field(default_factory=dict)
    origins: dict[str, tuple[str, ...]] = field(default_factory=dict)
    encoded: bool = False

    def load(self, plain: Load) -> Load:
        return lambda digest: self.made[digest] if digest in self.made else plain(digest)

    def sources(self, used: Sequence[str]) -> tuple[str, ...]:
        """The recording's own segments behind what went into a file, in order, each once."""
        return tuple(dict.fromkeys(one for digest in used for one in self.origins.get(digest, (digest,))))

    def keep(self, data: bytes, like: Piece, of: Sequence[str], key: bool) -> Piece:
        digest = sha256(data).hexdigest()
        self.made[digest], self.origins[digest] = data, tuple(of)
        facts = complete_fragments(data)
        end = facts[-1].start + facts[-1].duration
        return Piece(digest, like.init, facts[0].start, end - facts[0].start, key)


@dataclass(frozen=True, slots=True)
class _Part:
    """One fragment, with the piece that it lies in."""

    piece: Piece
    data: bytes
    start: int
    end: int
    key: bool


def exactly(lanes: Sequence[Lane], codecs: Sequence[str], load: Load, start_us: int, end_us: int) -> Exact | None:
    """None where a range cannot be exact: other codecs than H.264 and Opus, key frames too far apart. Raises
    `Undecodable`, and what `load` raises."""
    exact = Exact([])
    for lane, codec in zip(lanes, codecs, strict=True):
        picked = chosen(lane, start_us, end_us)
        start, end = start_us * lane.timescale // SECOND, end_us * lane.timescale // SECOND
        if not picked:
            pieces: list[Piece] | None = []
        elif codec.upper() == "H264":
            pieces = _pictures(exact, lane.timescale, picked, load, start, end)
        elif codec.upper() == "OPUS":
            pieces = _ended(exact, picked, load, start, end, lane.timescale, audio=True)
        else:
            pieces = None
        if pieces is None:
            return None
        exact.lanes.append(Lane(lane.timescale, pieces))
    return exact


def _parts(piece: Piece, load: Load) -> list[_Part]:
    data, at, found = load(piece.digest), 0, []
    for one in complete_fragments(data):
        found.append(_Part(piece, data[at : one.end], one.start, one.start + one.duration, one.key_frame))
        at = one.end
    return found


def _pictures(
    exact: Exact, timescale: int, picked: list[Piece], load: Load, start: int, end: int
) -> list[Piece] | None:
    head, following, rest = _head(picked, load, start)
    if not head or not head[0].key or (head[-1].end - head[0].start) > (FARTHEST + LONGEST) * timescale:
        return None
    pieces = list[Piece]()
    until = min(end, following[0].start if following else end)
    if _at_key_frame(head, start):
        pieces.append(exact.keep(b"".join(one.data for one in head), head[0].piece, _digests(head), True))
    elif until - start > LONGEST * timescale:
        return None
    else:
        pieces += _encoded(exact, timescale, head, load, start, until)
        if pieces:
            changed, init = head[0].piece.init, pieces[0].init
            rest = [_moved(one, changed, init) for one in rest]
            following = [_Part(_moved(one.piece, changed, init), *_tail(one)) for one in following]
    if following and following[0].start < end:
        data = b"".join(one.data for one in following)
        pieces.append(exact.keep(data, following[0].piece, _digests(following), True))
    return _ended(exact, [*pieces, *rest], exact.load(load), start, end, timescale, audio=False)


def _head(picked: list[Piece], load: Load, start: int) -> tuple[list[_Part], list[_Part], list[Piece]]:
    """From the last key frame at or before the range to the next one; the rest of that one's segment; the segments
    behind it."""
    head = list[_Part]()
    for number, piece in enumerate(picked):
        parts = _parts(piece, load)
        for at, one in enumerate(parts):
            if one.key and head and one.start > start:
                return head, parts[at:], picked[number + 1 :]
            if one.key:
                head = []
            head.append(one)
    return head, [], []


def _at_key_frame(head: list[_Part], start: int) -> bool:
    """The picture that is on the screen at the beginning is the key frame, or nothing was before it."""
    first = samples_in(head[0].data)[0]
    return start < first.time + first.duration


def _encoded(exact: Exact, timescale: int, head: list[_Part], load: Load, start: int, until: int) -> list[Piece]:
    """The pictures in [start, until), encoded anew. Empty when none is shown then."""
    init = load(head[0].piece.init)
    record = configuration(init)
    facts = {
        "begin": start,
        "until": until,
        "timescale": timescale,
        "number": free_number(record),
        "profile": PROFILES.get(record[1], "high"),
    }
    told, body = run("edges", facts, [init, *(one.data for one in head)], PATIENCE, "media.files.edge_child")
    samples, at = list[Sample](), 0
    for time, duration, size in told["frames"]:
        samples.append(Sample(time, duration, [body[at : at + size]], size, not samples))
        at += size
    if not samples:
        return []
    if at != len(body) or not told["sps"] or not told["pps"]:
        raise Undecodable("what was encoded is not whole")
    exact.encoded = True
    both = with_more(init, [bytes.fromhex(one) for one in told["sps"]], [bytes.fromhex(one) for one in told["pps"]])
    named = sha256(both).hexdigest()
    exact.made[named] = both
    data = b"".join(
        b"".join(fragment(1, 1, one, timescale, 0, audio=False)) for one in _runs(samples, timescale, until)
    )
    like = _moved(head[0].piece, head[0].piece.init, named)
    return [exact.keep(data, like, _digests(head), True)]


def _runs(samples: list[Sample], timescale: int, until: int) -> list[list[Sample]]:
    """Pictures that follow one another without a hole, at most a second together. A picture stays until the next one
    comes, unless it was gone before: then there is a hole."""
    runs = [[samples[0]]]
    for before, one in pairwise(samples):
        hole = one.time - before.time > before.duration + timescale // 10
        before.duration = before.duration if hole else one.time - before.time
        if hole or one.time - runs[-1][0].time >= timescale:
            runs.append([])
        runs[-1].append(one)
    last = samples[-1]
    last.duration = max(min(last.duration, until - last.time), 1)
    return runs


def _ended(
    exact: Exact, pieces: list[Piece], load: Load, start: int, end: int, timescale: int, *, audio: bool
) -> list[Piece]:
    """Without what stands over: at the end, and of sound at the beginning too."""
    made = list[Piece]()
    for piece in pieces:
        over = piece.start + piece.duration > end or (audio and piece.start < start)
        if not over:
            made.append(piece)
            continue
        parts = [one for one in _parts(piece, load) if one.start < end and (not audio or one.end > start)]
        data = b"".join(between(one.data, start, end, timescale, audio=audio) for one in parts)
        if data:
            of = exact.origins.get(piece.digest, (piece.digest,))
            made.append(exact.keep(data, piece, of, piece.key_frame))
    return made


def _digests(parts: Sequence[_Part]) -> list[str]:
    return list(dict.fromkeys(one.piece.digest for one in parts))


def _moved(piece: Piece, init: str, to: str) -> Piece:
    return Piece(piece.digest, to if piece.init == init else piece.init, piece.start, piece.duration, piece.key_frame)


def _tail(part: _Part) -> tuple[bytes, int, int, bool]:
    return part.data, part.start, part.end, part.key
