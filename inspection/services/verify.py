"""Judge a package by itself: every byte, the ledger's chain, its signed head, its place in the log over all cases, and
that the papers say the same.

What a package holds is not trusted to be anything: a wrong shape is a fault of the package, never an exception.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from inspection.model.errors import Invalid
from inspection.model.key_history import in_time
from inspection.model.log import TimeSource
from inspection.model.log_papers import (
    AUTHORITY_PATH,
    KEYS_PATH,
    LAST_PATH,
    LOG_PATH,
    PROOFS_PATH,
    STAMPED_PATH,
    stamp_path,
)
from inspection.model.package import BAGIT_PATH, CASE_PATH, HEAD_PATH
from inspection.model.shape import Malformed, part
from inspection.model.tlog import WITNESS_KEY, VerifierKey, parse_key
from inspection.model.verdict import LogSaid, Origin, Overall, Part, Report, Standing, Verdict, Vouched
from inspection.ports import Alone, Crew, PackageReader, SealJudge, StampJudge
from inspection.services.read_bag import Bag, NoPackage, check_digests, read_bag
from inspection.services.verify_ledger import Signed, verify_ledger
from inspection.services.verify_log import LogFacts, origin_keys, verify_log
from inspection.services.verify_media import verify_media
from inspection.services.verify_papers import verify_papers
from inspection.services.verify_seals import verify_seals

KEY_BYTES = 32
NUMBER = re.compile(r"[0-9A-Za-z-]{1,40}", re.ASCII)
Progress = Callable[[int], None]  # bytes read so far


@dataclass(frozen=True, slots=True)
class Beforehand:
    """What whoever verifies knows from elsewhere: the office's raw public key (32 bytes), the keys of witnesses, the
    time-stamp authority's certificates (PEM). Without the first the origin stays unproven. Who names witnesses or an
    authority wants the word of one of them: what others say is told, and is not enough."""

    key: bytes | None = None
    witnesses: Sequence[VerifierKey] = ()
    authority: bytes | None = None


@dataclass(slots=True)
class _Found:
    """Whose signatures hold, as raw keys in hex."""

    log: LogFacts
    signers: set[str]
    head: bytes | None


def verify(
    reader: PackageReader,
    beforehand: Beforehand,
    judge: StampJudge,
    crew: Crew | None = None,
    progress: Progress = lambda done: None,
    seals: SealJudge | None = None,
) -> Verdict:
    """Reads every file once or twice, in memory that does not grow with the recordings."""
    report = Report()
    try:
        bag = read_bag(reader, report, crew or Alone(), progress)
        signed = verify_ledger(bag, report)
        found = _log(bag, report, signed, judge, beforehand)
        if signed.told is not None:
            surveys = verify_papers(bag, report, signed.told)
            verify_media(bag, report, signed.told, surveys, _log_paths(found.log))
            verify_seals(bag, report, signed.told, seals)
        check_digests(bag, report)
    except (OSError, NoPackage) as error:
        return unreadable(error)
    parts = {wanted: report.standing(wanted) for wanted in Part}
    vouched = _vouched(found.log, parts)
    whole = all(standing in (Standing.SOUND, Standing.NONE, Standing.LEFT) for standing in parts.values())
    return Verdict(
        Overall.INTACT if whole else Overall.ALTERED,
        _origin(found, beforehand.key),
        None if found.head is None else sha256(found.head).hexdigest(),
        parts,
        tuple(report.faults),
        _number(bag),
        len(bag.sizes),
        sum(bag.sizes.values()),
        _said(found.log),
        vouched,
        tuple(one for one in _wanted(beforehand) if vouched[one] is not Vouched.NAMED),
    )


def parse_witness_keys(data: bytes) -> list[VerifierKey]:
    """Those in a file, a line each as a witness prints its key (C2SP signed-note); what follows a blank, as its address
    in `ledger.witnesses`, and lines that begin with `#` are left out. Raises `Invalid("key-unreadable")`."""
    try:
        lines = [line.split()[0] for line in data.decode("ascii").splitlines() if line.strip()]
        keys = [parse_key(line) for line in lines if not line.startswith("#")]
    except (UnicodeDecodeError, Malformed) as error:
        raise Invalid("key-unreadable", field="witness") from error
    if not keys or any(key.kind != WITNESS_KEY for key in keys):
        raise Invalid("key-unreadable", field="witness")
    return keys


def parse_public_key(data: bytes) -> bytes:
    """The 32 raw bytes in a key file: raw, as 64 hex digits, or in PEM (public or private half).

    Raises `Invalid("key-unreadable")`.
    """
    if len(data) == KEY_BYTES:
        return data
    try:
        if b"PRIVATE KEY" in data:
            public = serialization.load_pem_private_key(data, None).public_key()
        elif b"-----BEGIN" in data:
            public = serialization.load_pem_public_key(data)
        else:
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(data.decode("ascii").strip()))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Invalid("key-unreadable", field="trust") from error
    if not isinstance(public, Ed25519PublicKey):
        raise Invalid("key-unreadable", field="trust")
    return public.public_bytes_raw()


def _log(bag: Bag, report: Report, signed: Signed, judge: StampJudge, beforehand: Beforehand) -> _Found:
    """The log's papers, whose faults go to their parts; and every key that has signed something here."""
    facts = verify_log(bag.small, signed.hashes, judge, beforehand.witnesses, beforehand.authority, signed.times)
    report.seen.add(Part.KEYS)
    if facts.keys:
        report.seen.add(Part.LOG)
    for name, where, code in facts.faults:
        report.fault(Part(name), where, code)
    if report.standing(Part.LOG) is Standing.SOUND:
        report.seen |= {Part.WITNESSES, Part.STAMPS}
        report.none |= set() if facts.witnesses else {Part.WITNESSES}
        report.none |= set() if facts.stamps else {Part.STAMPS}
    history = {one.public_key for one in facts.keys}
    for key, where in signed.signers:
        if facts.keys and key.hex() not in history:
            report.fault(Part.KEYS, where, "key-unknown")
    if signed.head and signed.head.hex() in history and not in_time(facts.keys, signed.head, signed.times[-1]):
        report.fault(Part.KEYS, HEAD_PATH, "key-retired")
    signers = {key.hex() for key, _ in signed.signers}
    if facts.signed_by is not None:
        signers.add(facts.signed_by.hex())
    return _Found(facts, signers, signed.head)


def _log_paths(facts: LogFacts) -> set[str]:
    """The papers that the log's part of a package has."""
    paths = {KEYS_PATH, LOG_PATH, LAST_PATH, PROOFS_PATH}
    if facts.time is TimeSource.AUTHORITY:
        paths |= {STAMPED_PATH, AUTHORITY_PATH, *map(stamp_path, range(1, len(facts.stamps) + 1))}
    return paths


def _origin(found: _Found, trust: bytes | None) -> Origin:
    """Foreign when anything here is signed with a key that the trusted one does not vouch for."""
    if trust is None or not found.signers:
        return Origin.UNPROVEN
    return Origin.PROVEN if found.signers <= origin_keys(found.log, trust) else Origin.FOREIGN


def _wanted(beforehand: Beforehand) -> list[Part]:
    """For which parts somebody was named."""
    named = {Part.WITNESSES: bool(beforehand.witnesses), Part.STAMPS: beforehand.authority is not None}
    return [one for one, asked in named.items() if asked]


def _vouched(facts: LogFacts, parts: dict[Part, Standing]) -> dict[Part, Vouched]:
    """Whose word about the log holds."""
    there = {
        Part.WITNESSES: (bool(facts.witnesses), any(one.known for one in facts.witnesses)),
        Part.STAMPS: (bool(facts.stamps), facts.stamps_known),
    }
    told = {}
    for one, (some, named) in there.items():
        holds = some and parts[one] is Standing.SOUND
        told[one] = (Vouched.NAMED if named else Vouched.ITSELF) if holds else Vouched.NONE
    return told


def _said(facts: LogFacts) -> LogSaid:
    return LogSaid(
        facts.origin if facts.origin.isprintable() else "",
        facts.size,
        tuple((one.name, one.at_s * 1_000_000, one.known) for one in facts.witnesses),
        tuple((one.authority, one.at_us, facts.stamps_known) for one in facts.stamps),
        facts.stamped_entries,
    )


def _number(bag: Bag) -> str | None:
    """The case's number, when it looks like one: it goes to a terminal."""
    try:
        number = part(part(bag.paper(CASE_PATH), "case", dict), "number", str)
    except Malformed:
        return None
    return number if NUMBER.fullmatch(number) else None


def unreadable(error: OSError | NoPackage) -> Verdict:
    """Nothing is said of what was seen before the disk gave up."""
    report = Report()
    if isinstance(error, NoPackage):
        report.fault(Part.STRUCTURE, error.where, error.code)
    else:
        report.fault(Part.STRUCTURE, BAGIT_PATH, "unreadable")
    parts = dict.fromkeys(Part, Standing.UNSEEN)
    return Verdict(Overall.UNREADABLE, Origin.UNPROVEN, None, parts, tuple(report.faults), None, 0, 0)
