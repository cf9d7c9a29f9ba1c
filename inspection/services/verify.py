"""Judge a package by itself: every byte, the ledger's chain, its signed head, and that the papers say the same.

What a package holds is not trusted to be anything: a wrong shape is a fault of the package, never an exception.
"""

import re
from collections.abc import Callable
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from inspection.model.errors import Invalid
from inspection.model.package import BAGIT_PATH, CASE_PATH, MANIFEST_PATH
from inspection.model.shape import Malformed, part
from inspection.model.verdict import Origin, Overall, Part, Report, Verdict
from inspection.ports import PackageReader
from inspection.services.read_bag import Bag, NoPackage, read_bag
from inspection.services.verify_ledger import verify_ledger
from inspection.services.verify_media import verify_media
from inspection.services.verify_papers import verify_papers

KEY_BYTES = 32
NUMBER = re.compile(r"[0-9A-Za-z-]{1,40}", re.ASCII)
Progress = Callable[[int], None]  # bytes read so far


def verify(reader: PackageReader, trust: bytes | None, progress: Progress = lambda done: None) -> Verdict:
    """`trust` is the office's raw public key, 32 bytes; without it the origin stays unproven.

    Reads every file once or twice, in memory that does not grow with the recordings.
    """
    report = Report()
    try:
        bag = read_bag(reader, report, progress)
        key, told = verify_ledger(bag, report)
        if told is not None:
            surveys = verify_papers(bag, report, told)
            verify_media(bag, report, told, surveys)
    except (OSError, NoPackage) as error:
        return _unreadable(report, error)
    fingerprint = None if key is None else sha256(key).hexdigest()
    whole = all(report.sound(wanted) for wanted in Part)
    return Verdict(
        Overall.INTACT if whole else Overall.ALTERED,
        _origin(key, trust),
        fingerprint,
        {wanted: report.sound(wanted) for wanted in Part},
        tuple(report.faults),
        _number(bag),
        len(bag.files),
        sum(size for _, size in bag.files.values()),
    )


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


def _origin(key: bytes | None, trust: bytes | None) -> Origin:
    if trust is None or key is None:
        return Origin.UNPROVEN
    return Origin.PROVEN if key == trust else Origin.FOREIGN


def _number(bag: Bag) -> str | None:
    """The case's number, when it looks like one: it goes to a terminal."""
    try:
        number = part(part(bag.paper(CASE_PATH), "case", dict), "number", str)
    except Malformed:
        return None
    return number if NUMBER.fullmatch(number) else None


def _unreadable(report: Report, error: OSError | NoPackage) -> Verdict:
    where = MANIFEST_PATH if isinstance(error, NoPackage) else BAGIT_PATH
    code = "no-package" if isinstance(error, NoPackage) else "unreadable"
    report.fault(Part.STRUCTURE, where, code)
    parts = dict.fromkeys(Part, False)
    return Verdict(Overall.UNREADABLE, Origin.UNPROVEN, None, parts, tuple(report.faults), None, 0, 0)
