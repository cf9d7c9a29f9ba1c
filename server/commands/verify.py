"""`takan verify`: judges a package's folder with nothing but the package and, when given, the office's public key."""

import json
import sys
from pathlib import Path

from inspection.model.errors import Refusal
from inspection.model.verdict import Origin, Verdict
from inspection.services.verify import parse_public_key, verify
from server.outbound.package import FolderReader

UNREADABLE = 2


def run(path: Path, trust: Path | None, as_json: bool) -> int:
    """Exit status: 0 intact, 1 altered or signed by a foreign key, 2 not readable."""
    try:
        key = None if trust is None else parse_public_key(trust.read_bytes())
    except (OSError, Refusal) as error:
        print(f"takan: {trust} is not a public key that can be read ({error})", file=sys.stderr)
        return UNREADABLE
    verdict = verify(FolderReader(path), key)
    print(json.dumps(document(verdict)) if as_json else "\n".join(lines(verdict)))
    return verdict.status


def document(verdict: Verdict) -> dict[str, object]:
    return {
        "overall": verdict.overall.value,
        "origin": verdict.origin.value,
        "fingerprint": verdict.fingerprint,
        "case": verdict.case,
        "files": verdict.files,
        "bytes": verdict.bytes,
        "parts": verdict.parts,
        "faults": [{"part": one.part, "where": one.where, "code": one.code} for one in verdict.faults],
    }


def lines(verdict: Verdict) -> list[str]:
    out = [f"case: {verdict.case or '-'}", f"files: {verdict.files}, {verdict.bytes} bytes"]
    out += [f"{part}: {'sound' if sound else 'ALTERED'}" for part, sound in verdict.parts.items()]
    out += [f"  {one.where or one.part}: {one.code}" for one in verdict.faults]
    out.append(f"origin: {verdict.origin.value}")
    if verdict.origin is Origin.FOREIGN:
        out.append("  signed with another key than the one that was given")
    if verdict.fingerprint:
        out.append(f"key: {verdict.fingerprint}")
    out.append(f"verdict: {verdict.overall.value}")
    return out
