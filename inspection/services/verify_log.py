"""Judge what a package holds of the log: keys, checkpoint, the place of every entry, witnesses, time stamps.

Functions over bytes: no database, no clock, no network. The one thing that needs a library of its own, the reading of
RFC 3161 stamps, comes in as a port.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from inspection.model.key_history import KeyStatement, parse_keys, vouched
from inspection.model.log import StampFacts, TimeSource, stamped
from inspection.model.log_papers import (
    AUTHORITY_PATH,
    KEYS_PATH,
    LAST_PATH,
    LOG_PATH,
    PROOFS_PATH,
    STAMPED_PATH,
    Place,
    Summary,
    parse_places,
    parse_summary,
    stamp_path,
)
from inspection.model.merkle import leaf_hash, verify_consistency, verify_inclusion
from inspection.model.package import LEDGER_PATH
from inspection.model.shape import Malformed, parse, part
from inspection.model.tlog import (
    LOG_KEY,
    WITNESS_KEY,
    Checkpoint,
    Note,
    Proof,
    VerifierKey,
    cosigned_at,
    is_signed,
    parse_checkpoint,
    parse_key,
    parse_note,
    parse_proof,
)
from inspection.ports import StampJudge

CLOCK_US = 60_000_000  # an entry may wait so long for its turn, and clocks of several machines differ by less
Read = Callable[[str], bytes]  # a file of the package, whole; raises `Malformed(path, "missing")`


@dataclass(frozen=True, slots=True)
class Seen:
    """A witness's word. `known`: its key is one that whoever verifies trusts, not only one that the package names."""

    name: str
    at_s: int
    known: bool


@dataclass(slots=True)
class LogFacts:
    """What holds, and what does not: (part, where, code), part being `keys`, `log`, `witnesses` or `stamps`."""

    faults: list[tuple[str, str, str]] = field(default_factory=list)
    keys: Sequence[KeyStatement] = ()
    origin: str = ""
    size: int = 0
    signed_by: bytes | None = None  # raw public key under the checkpoint
    witnesses: list[Seen] = field(default_factory=list)
    time: TimeSource = TimeSource.OWN_CLOCK
    stamps: list[StampFacts] = field(default_factory=list)
    stamps_known: bool = False  # they hold by certificates that whoever verifies trusts, not only by the package's own
    stamped_entries: int = 0  # how many of the case's entries, from the first, the stamp is about


def verify_log(
    read: Read,
    entry_hashes: Sequence[str],
    judge: StampJudge,
    witnesses: Sequence[VerifierKey] = (),
    authority: bytes | None = None,
    entry_times: Sequence[int] = (),
) -> LogFacts:
    """`entry_hashes` and `entry_times` (microseconds UTC) are the ledger's, in order. `witnesses` and `authority` (PEM)
    are what the caller trusts from elsewhere; without them a witness is not `known`, and a stamp is judged by the
    certificates in the package. So is one that is not by that authority, and then is not `stamps_known`."""
    facts = LogFacts()
    try:
        document = parse(read(KEYS_PATH))
        facts.keys, named = parse_keys(document), part(document, "origin", str)
    except Malformed as error:
        facts.faults.append(("keys", KEYS_PATH, error.code))
        return facts
    try:
        summary = parse_summary(read(LOG_PATH))
        if named != summary.origin:
            raise Malformed(KEYS_PATH, "log-other")
        proof = parse_proof(read(LAST_PATH))
        note, checkpoint = _checkpoint(proof, facts, summary)
        places = _places(read(PROOFS_PATH), entry_hashes, checkpoint)
        if (proof.index, proof.path) != (places[-1].index, places[-1].path):
            raise Malformed(LAST_PATH, "proof-wrong")
    except Malformed as error:
        facts.faults.append(("log", error.where, error.code))
        return facts
    for number, code in clock_faults(entry_times):
        facts.faults.append(("log", f"{LEDGER_PATH}:{number}", code))
    try:
        facts.witnesses = seen_by(note, summary.witnesses, witnesses)
    except Malformed as error:
        facts.faults.append(("witnesses", LAST_PATH, error.code))
    try:
        if summary.stamped is not None:
            _stamps(read, facts, summary, checkpoint, places, judge, authority)
            facts.time = TimeSource.AUTHORITY
            if facts.stamps and any(
                at > facts.stamps[0].at_us + CLOCK_US for at in entry_times[: facts.stamped_entries]
            ):
                raise Malformed(STAMPED_PATH, "clock-ahead")
    except Malformed as error:
        facts.faults.append(("stamps", error.where, error.code))
    return facts


def clock_faults(times: Sequence[int]) -> list[tuple[int, str]]:
    """The entries (numbers from 1) before which the clock was set back by more than a minute."""
    found, latest = [], 0
    for number, at_us in enumerate(times, start=1):
        if at_us < latest - CLOCK_US:
            found.append((number, "clock-back"))
        latest = max(latest, at_us)
    return found


def signer_of(note: Note, history: Sequence[KeyStatement], origin: str) -> bytes | None:
    """The raw public key of the log under a note; None when none of the history's signed it."""
    for one in reversed(history):
        key = bytes.fromhex(one.public_key)
        if is_signed(note, VerifierKey(origin, LOG_KEY, key)):
            return key
    return None


def origin_keys(facts: LogFacts, trust: bytes) -> frozenset[str]:
    """The keys (raw, hex) that are the office's when `trust` is: a head or checkpoint by another one is foreign."""
    return vouched(facts.keys, trust)


def seen_by(note: Note, told: Sequence[str], trusted: Sequence[VerifierKey]) -> list[Seen]:
    """Every witness under the note, by the keys that the package names or the caller trusts. Raises `Malformed`."""
    named = [parse_key(text) for text in told]
    if any(key.kind != WITNESS_KEY for key in named):
        raise Malformed(LOG_PATH)
    found = []
    for key in dict.fromkeys([*trusted, *named]):
        at_s = cosigned_at(note, key)
        if at_s is not None:
            found.append(Seen(key.name, at_s, key in trusted))
    return found


def judge_stamps(note: bytes, tokens: Sequence[bytes], judge: StampJudge, authority: bytes) -> list[StampFacts]:
    """A stamp and its renewals, each made before the certificate of the one before had ended. Raises `Malformed`."""
    told: list[StampFacts] = []
    before: bytes | None = None
    for number, token in enumerate(tokens, start=1):
        try:
            facts = judge.judge(token, stamped(note, before), authority)
        except Malformed as error:
            raise Malformed(stamp_path(number), error.code) from error
        if told and not told[-1].at_us <= facts.at_us <= told[-1].until_us:
            raise Malformed(stamp_path(number), "renewed-late")
        told.append(facts)
        before = token
    return told


def _checkpoint(proof: Proof, facts: LogFacts, summary: Summary) -> tuple[Note, Checkpoint]:
    note = parse_note(proof.checkpoint)
    checkpoint = parse_checkpoint(note.text)
    facts.origin, facts.size = checkpoint.origin, checkpoint.size
    if checkpoint.origin != summary.origin:
        raise Malformed(LAST_PATH, "log-other")
    facts.signed_by = signer_of(note, facts.keys, checkpoint.origin)
    if facts.signed_by is None:
        raise Malformed(LAST_PATH, "signature-wrong")
    return note, checkpoint


def _places(data: bytes, entry_hashes: Sequence[str], checkpoint: Checkpoint) -> list[Place]:
    """Each entry in the tree, and in the order of the ledger."""
    places = parse_places(data)
    if len(places) != len(entry_hashes) or not places:
        raise Malformed(PROOFS_PATH, "entries-other")
    before = -1
    for place, entry in zip(places, entry_hashes, strict=True):
        where = f"{PROOFS_PATH}:{place.number}"
        if place.index <= before:
            raise Malformed(where, "order-wrong")
        leaf = leaf_hash(bytes.fromhex(entry))
        if not verify_inclusion(leaf, place.index, checkpoint.size, place.path, checkpoint.root):
            raise Malformed(where, "proof-wrong")
        before = place.index
    return places


def _stamps(
    read: Read,
    facts: LogFacts,
    summary: Summary,
    checkpoint: Checkpoint,
    places: Sequence[Place],
    judge: StampJudge,
    authority: bytes | None,
) -> None:
    size, path, count = summary.stamped or (0, (), 0)
    data = read(STAMPED_PATH)
    note = parse_note(data)
    older = parse_checkpoint(note.text)
    if older.origin != checkpoint.origin or older.size != size or signer_of(note, facts.keys, older.origin) is None:
        raise Malformed(STAMPED_PATH, "log-other")
    if not verify_consistency(older.size, older.root, checkpoint.size, checkpoint.root, path):
        raise Malformed(STAMPED_PATH, "proof-wrong")
    tokens = [read(stamp_path(number)) for number in range(1, count + 1)]
    own = read(AUTHORITY_PATH)
    try:
        facts.stamps = judge_stamps(data, tokens, judge, own if authority is None else authority)
        facts.stamps_known = authority is not None
    except Malformed as error:
        if authority is None or error.code != "stamp-untrusted":
            raise
        facts.stamps = judge_stamps(data, tokens, judge, own)
    facts.stamped_entries = sum(place.index < older.size for place in places)
