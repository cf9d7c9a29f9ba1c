"""What a package holds of the log: where each paper lies, how it is written, how it is read back. Bytes only.

    data/keys.json                the ledger's keys, old and new (`key_history`)
    data/log/log.json             the log's name, its witnesses' keys, who vouches for the time, what is stamped
    data/log/last.tlog-proof      the last entry in the tree of the checkpoint, which stands in it with its cosignatures
    data/log/proofs.jsonl         every entry of the case in the same tree: a line each, in order of number
    data/log/stamped.checkpoint   the checkpoint that is time-stamped (the same one, or an older one)
    data/log/stamps/1.tsr, 2.tsr  the stamp over its bytes; the renewal over its bytes and those of the stamp before
    data/log/authority.pem        the authority's certificates, as the office trusts them

The last three are there only when a stamp is. Whoever verifies needs no more than this and the ledger's entries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inspection.model.ledger import canonical
from inspection.model.log import TimeSource
from inspection.model.merkle import HASH
from inspection.model.shape import Malformed, fits, maybe, parse, part
from inspection.model.tlog import MOST_PROOF, Proof, VerifierKey, hashes

KEYS_PATH = "data/keys.json"
FOLDER = "data/log/"
LOG_PATH = FOLDER + "log.json"
LAST_PATH = FOLDER + "last.tlog-proof"
PROOFS_PATH = FOLDER + "proofs.jsonl"
STAMPED_PATH = FOLDER + "stamped.checkpoint"
AUTHORITY_PATH = FOLDER + "authority.pem"
MOST_WITNESSES = 50
MOST_STAMPS = 1000


def stamp_path(number: int) -> str:
    return f"{FOLDER}stamps/{number}.tsr"


@dataclass(frozen=True, slots=True)
class Place:
    """Entry `number` of the case is leaf `index` of the log."""

    number: int
    index: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Stamped:
    """An older or equal checkpoint with its stamps, and the proof that the package's checkpoint continues it."""

    note: bytes
    size: int
    path: tuple[bytes, ...]
    tokens: tuple[bytes, ...]
    authority: bytes  # PEM


@dataclass(frozen=True, slots=True)
class LogPapers:
    """All that a package holds of the log. `checkpoint` is the note with the witnesses' lines."""

    origin: str
    keys: dict[str, Any]
    checkpoint: bytes
    places: Sequence[Place]
    witnesses: Sequence[str]  # verifier keys as text
    stamped: Stamped | None

    def files(self) -> dict[str, bytes]:
        """Every file by its path."""
        last = self.places[-1]
        written = {
            KEYS_PATH: canonical(self.keys),
            LOG_PATH: canonical(self._summary()),
            LAST_PATH: Proof(last.index, last.path, self.checkpoint).write(),
            PROOFS_PATH: b"".join(_place_line(place) for place in self.places),
        }
        if self.stamped is not None:
            written |= {STAMPED_PATH: self.stamped.note, AUTHORITY_PATH: self.stamped.authority}
            for number, token in enumerate(self.stamped.tokens, start=1):
                written[stamp_path(number)] = token
        return written

    def _summary(self) -> dict[str, Any]:
        held = self.stamped
        return {
            "origin": self.origin,
            "stamped": held and {"path": hashes(held.path), "size": held.size, "stamps": len(held.tokens)},
            "time": (TimeSource.OWN_CLOCK if held is None else TimeSource.AUTHORITY).value,
            "witnesses": list(self.witnesses),
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """`log.json`, read back. `stamped` is (size, path, number of stamps)."""

    origin: str
    time: TimeSource
    witnesses: tuple[str, ...]
    stamped: tuple[int, tuple[bytes, ...], int] | None


def parse_summary(data: bytes) -> Summary:
    told = fits(parse(data), LOG_PATH, dict)
    witnesses = tuple(fits(one, LOG_PATH, str) for one in part(told, "witnesses", list))
    if set(told) != {"origin", "stamped", "time", "witnesses"} or len(witnesses) > MOST_WITNESSES:
        raise Malformed(LOG_PATH)
    held = maybe(told, "stamped", dict)
    source = TimeSource.OWN_CLOCK if held is None else TimeSource.AUTHORITY
    if part(told, "time", str) != source.value:
        raise Malformed(LOG_PATH)
    stamped = None
    if held is not None:
        count = part(held, "stamps", int)
        if set(held) != {"path", "size", "stamps"} or not 0 < count <= MOST_STAMPS:
            raise Malformed(LOG_PATH)
        stamped = part(held, "size", int), _path(held, LOG_PATH), count
    return Summary(part(told, "origin", str), source, witnesses, stamped)


def parse_places(data: bytes) -> list[Place]:
    """`proofs.jsonl`, strictly."""
    places = []
    for number, line in enumerate(data.splitlines(keepends=True), start=1):
        where = f"{PROOFS_PATH}:{number}"
        if not line.endswith(b"\n"):
            raise Malformed(where)
        told = fits(parse(line[:-1]), where, dict)
        if set(told) != {"index", "number", "path"} or part(told, "number", int) != number:
            raise Malformed(where)
        places.append(Place(number, part(told, "index", int), _path(told, where)))
    return places


def witness_texts(witnesses: Sequence[VerifierKey]) -> list[str]:
    return sorted(one.text() for one in witnesses)


def _place_line(place: Place) -> bytes:
    return canonical({"index": place.index, "number": place.number, "path": hashes(place.path)}) + b"\n"


def _path(document: Any, where: str) -> tuple[bytes, ...]:
    listed = part(document, "path", list)
    try:
        path = tuple(bytes.fromhex(fits(one, where, str)) for one in listed)
    except ValueError as error:
        raise Malformed(where) from error
    if len(path) > MOST_PROOF or any(len(one) != HASH for one in path) or hashes(path) != listed:
        raise Malformed(where)
    return path
