"""The chain of a package's ledger, its signed head, and the signature over all of the package."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from inspection.model.deadline import office_day
from inspection.model.ledger import GENESIS, canonical, head_message, moment
from inspection.model.package import (
    HEAD_PATH,
    INDEX_PATH,
    INFO_PATH,
    KEY_LABEL,
    LEDGER_PATH,
    MANIFEST_PATH,
    SIGNATURE_LABEL,
    SIGNED_PREFIX,
    STORE_LINE,
    bag_info,
    signature_line,
)
from inspection.model.shape import Malformed, fits, hex_bytes, maybe, parse, part
from inspection.model.verdict import Part, Report
from inspection.services.read_bag import Bag
from inspection.services.recount import Told, recount

LINE_LARGEST = 4_000_000  # bytes of one entry
MOST_ENTRIES = 1_000_000
ENTRY_KEYS = frozenset({"actor", "at_us", "body", "case", "digest", "event", "hash", "number", "previous"})
LATEST_US = 253_402_300_799_000_000  # the end of the year 9999


@dataclass(slots=True)
class Signed:
    """`told`: what the ledger tells (None: nothing that could be added up). `hashes` and `times` (microseconds UTC) of
    the entries that hold.
    `signers`: each public key whose signature holds, and where. `head`: the one under the ledger's end."""

    told: Told | None = None
    hashes: list[str] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    signers: list[tuple[bytes, str]] = field(default_factory=list)
    head: bytes | None = None


def verify_ledger(bag: Bag, report: Report) -> Signed:
    report.seen |= {Part.LEDGER, Part.HEAD}
    entries = _entries(bag, report)
    signed = Signed(hashes=[entry["hash"] for entry in entries], times=[entry["at_us"] for entry in entries])
    try:
        signed.head = _head(bag, entries)
        signed.signers.append((signed.head, HEAD_PATH))
    except Malformed as error:
        report.fault(Part.HEAD, error.where, error.code)
    try:
        signed.signers.append((_info(bag, entries), INFO_PATH))
    except Malformed as error:
        report.fault(Part.HEAD, error.where, error.code)
    try:
        signed.told = recount(entries)
    except Malformed as error:
        report.fault(Part.LEDGER, f"{LEDGER_PATH}:{error.where}", error.code)
    return signed


def _entries(bag: Bag, report: Report) -> list[dict[str, Any]]:
    """Those up to the first that does not follow from the one before it."""
    entries: list[dict[str, Any]] = []
    previous, case = GENESIS, None
    if LEDGER_PATH not in bag.files:
        report.fault(Part.LEDGER, LEDGER_PATH, "missing")
        return entries
    with bag.open(LEDGER_PATH) as source:
        while line := source.readline(LINE_LARGEST):
            try:
                entry = _entry(line, len(entries) + 1, previous)
                case = case or entry["case"]
                if entry["case"] != case or len(entries) == MOST_ENTRIES:
                    raise Malformed("case", "chain-broken")
            except Malformed as error:
                report.fault(Part.LEDGER, f"{LEDGER_PATH}:{len(entries) + 1}", error.code)
                break
            entries.append(entry)
            previous = entry["hash"]
    return entries


def _entry(line: bytes, number: int, previous: str) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise Malformed("line")
    entry = fits(parse(line[:-1]), "entry", dict)
    if set(entry) != ENTRY_KEYS:
        raise Malformed("entry")
    for key, kind in (("actor", dict), ("body", dict), ("case", str), ("event", str), ("at_us", int)):
        part(entry, key, kind)
    maybe(entry, "digest", str)
    if part(entry, "number", int) != number or part(entry, "previous", str) != previous:
        raise Malformed("entry", "chain-broken")
    told = {key: value for key, value in entry.items() if key != "hash"}
    if sha256(canonical(told)).hexdigest() != part(entry, "hash", str):
        raise Malformed("entry", "hash-wrong")
    return entry


def _head(bag: Bag, entries: list[dict[str, Any]]) -> bytes:
    """The key that signed the ledger's end. Raises `Malformed` when it signed another end than this."""
    head = fits(bag.paper(HEAD_PATH), HEAD_PATH, dict)
    if set(head) != {"at_us", "case", "count", "hash", "key", "public_key", "signature"}:
        raise Malformed(HEAD_PATH)
    key = hex_bytes(part(head, "public_key", str), 32, HEAD_PATH)
    if sha256(key).hexdigest() != part(head, "key", str):
        raise Malformed(HEAD_PATH, "key-wrong")
    case, count, end = part(head, "case", str), part(head, "count", int), part(head, "hash", str)
    message = head_message(case, count, end, part(head, "at_us", int))
    _require_signed(key, hex_bytes(part(head, "signature", str), 64, HEAD_PATH), message, HEAD_PATH)
    last = entries[-1] if entries else None
    if last is None or count != len(entries) or last["hash"] != end or last["case"] != case:
        raise Malformed(HEAD_PATH, "head-other")
    return key


def _info(bag: Bag, entries: list[dict[str, Any]]) -> bytes:
    """The key that signed `bag-info.txt`, which is exactly what the rest of the package makes it."""
    data = bag.small(INFO_PATH)
    signed, label, rest = data.partition(f"{SIGNATURE_LABEL}: ".encode())
    if not label:
        raise Malformed(INFO_PATH, "signature-missing")
    try:
        told = dict(line.partition(": ")[::2] for line in signed.decode("ascii").splitlines())
        text = rest.decode("ascii").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise Malformed(INFO_PATH) from error
    key = hex_bytes(told.get(KEY_LABEL, ""), 32, INFO_PATH)
    day, store = told.get("Bagging-Date", ""), told.get("Takan-Store", "")
    signature = hex_bytes(text, 64, INFO_PATH)
    payload = [size for path, size in bag.sizes.items() if path.startswith("data/")]
    number = part(part(entries[0], "body", dict), "number", str) if entries else ""
    listing, index = (bag.files.get(path, ("", 0))[0] for path in (MANIFEST_PATH, INDEX_PATH))
    expected = bag_info(number, day, (sum(payload), len(payload)), listing, key.hex(), index, store)
    if expected + signature_line(signature) != data or not STORE_LINE.fullmatch(store):
        raise Malformed(INFO_PATH, "info-other")
    _require_signed(key, signature, SIGNED_PREFIX + signed, INFO_PATH)
    at_us = part(entries[-1], "at_us", int) if entries else 0
    if not 0 <= at_us <= LATEST_US or day < office_day(moment(at_us)).isoformat():
        raise Malformed(INFO_PATH, "date-unfit")
    return key


def _require_signed(key: bytes, signature: bytes, message: bytes, where: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise Malformed(where, "signature-wrong") from error
