"""`takan verify`: judges a package, folder or ZIP, with nothing but the package and, when given, the office's key."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from inspection.model.errors import Refusal
from inspection.model.verdict import Origin, Part, Standing, Verdict, Vouched
from inspection.ports import PackageReader, SealJudge
from inspection.services.verify import Beforehand, parse_public_key, parse_witness_keys, unreadable, verify
from server.outbound.crew import Threads
from server.outbound.package import FolderReader
from server.outbound.seal_judge import Codes, LibrarySealJudge, Means
from server.outbound.stamps import Rfc3161Judge
from server.outbound.zipped import ZipReader

UNREADABLE = 2

TOLD = {
    Standing.SOUND: "sound",
    Standing.ALTERED: "ALTERED",
    Standing.NONE: "none there",
    Standing.UNSEEN: "not looked at",
    Standing.LEFT: "nobody here to judge it",
}


def run(path: Path, trust: Path | None, witnesses: Sequence[Path], means: Means, as_json: bool, codes: Codes) -> int:
    """Exit status: 0 intact, 1 altered, signed by a foreign key or without the word of those who were named, 2 not
    readable. `witnesses`: files of their keys; `means` judge the papers inside, and the log's time stamps."""
    named, reading = Beforehand(), trust
    try:
        if trust is not None:
            named = replace(named, key=parse_public_key(trust.read_bytes()))
        for reading in witnesses:
            named = replace(named, witnesses=[*named.witnesses, *parse_witness_keys(reading.read_bytes())])
    except (OSError, Refusal) as error:
        print(f"takan: {reading} is not a public key that can be read ({error})", file=sys.stderr)
        return UNREADABLE
    try:
        seals = means.judge(codes)
        if means.authority is not None:
            named = replace(named, authority=means.authority.read_bytes())
    except (OSError, ValueError) as error:
        print(f"takan: {error}", file=sys.stderr)
        return UNREADABLE
    verdict = judge(path, named, seals)
    print(json.dumps(document(verdict)) if as_json else "\n".join(lines(verdict)))
    return verdict.status


def judge(path: Path, named: Beforehand, seals: SealJudge | None = None) -> Verdict:
    try:
        reader = reader_of(path)
    except OSError as error:
        return unreadable(error)
    return verify(reader, named, Rfc3161Judge(), Threads(), seals=seals or LibrarySealJudge())


def reader_of(path: Path) -> PackageReader:
    """Raises `OSError` for a file that is no ZIP file."""
    return ZipReader(path) if path.is_file() else FolderReader(path)


def document(verdict: Verdict) -> dict[str, object]:
    said = verdict.log
    return {
        "overall": verdict.overall.value,
        "origin": verdict.origin.value,
        "fingerprint": verdict.fingerprint,
        "case": verdict.case,
        "files": verdict.files,
        "bytes": verdict.bytes,
        "parts": verdict.parts,
        "vouched": verdict.vouched,
        "unmet": list(verdict.unmet),
        "faults": [{"part": one.part, "where": one.where, "code": one.code} for one in verdict.faults],
        "log": None
        if said is None
        else {
            "origin": said.origin,
            "size": said.size,
            "witnesses": [{"name": name, "at_us": at_us, "known": known} for name, at_us, known in said.witnesses],
            "stamps": [{"authority": name, "at_us": at_us, "known": known} for name, at_us, known in said.stamps],
            "stamped_entries": said.stamped_entries,
        },
    }


def lines(verdict: Verdict) -> list[str]:
    out = [f"case: {verdict.case or '-'}", f"files: {verdict.files}, {verdict.bytes} bytes"]
    out += [f"{part}: {TOLD[standing]}{_by_whom(verdict, part)}" for part, standing in verdict.parts.items()]
    out += [f"  {one.where or one.part}: {one.code}" for one in verdict.faults]
    if verdict.parts[Part.STAMPS] is Standing.NONE:
        out.append("time: the office's own clock; no time-stamp authority vouches for it")
    out += [f"{part}: nobody whom you named" for part in verdict.unmet]
    out.append(f"origin: {verdict.origin.value}")
    if verdict.origin is Origin.FOREIGN:
        out.append("  signed with another key than the one that was given")
    if verdict.fingerprint:
        out.append(f"key: {verdict.fingerprint}")
    out.append(f"verdict: {verdict.overall.value}")
    return out


def _by_whom(verdict: Verdict, part: Part) -> str:
    by = verdict.vouched.get(part, Vouched.NONE)
    if by is Vouched.NONE or verdict.log is None:
        return ""
    said = verdict.log.witnesses if part is Part.WITNESSES else verdict.log.stamps
    names = ", ".join(
        name if name.isprintable() else ascii(name) for name, _, known in said if known or by is Vouched.ITSELF
    )
    return (
        f", by one that you named ({names})"
        if by is Vouched.NAMED
        else f", by one that the package names itself ({names})"
    )
