"""What somebody might do to a package or behind an office's back, each with the verdict that it must get."""

import json
import struct
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

import pytest

from inspection.model.difference import Kind
from inspection.model.documents import Document
from inspection.model.ledger import canonical
from inspection.model.tlog import LOG_KEY, Checkpoint, VerifierKey
from inspection.model.verdict import Origin, Overall, Part, Standing
from inspection.ports import Alone
from inspection.services.fsck import fsck
from inspection.services.sequence import sign_checkpoint
from tests.builders import ORIGIN, Stage
from tests.fakes import FakeFolder, FakeSigner
from tests.unit.inspection.test_verify import (
    KEY,
    LIST,
    MOVIE,
    PACKAGE,
    STAGE,
    codes,
    copy,
    entries,
    logged,
    rechained,
    sealed,
    verify,
)

FOREIGN = FakeSigner(b"x" * 32)


def pieces() -> list[bytes]:
    """The video's file, cut where its list says."""
    told = json.loads(PACKAGE[LIST.replace("list", "files")])["files"][0]
    places = [told["init"], told["index"], *told["segments"]]
    return [PACKAGE[MOVIE][one["offset"] :][: one["bytes"]] for one in places]


SEGMENTS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "dropped": lambda parts: parts[:-1],
    "doubled": lambda parts: [*parts, parts[-1]],
    "swapped": lambda parts: [*parts[:2], parts[3], parts[2], *parts[4:]],
    "added": lambda parts: [*parts, b"moof mdat of another day"],
    "index": lambda parts: [parts[0], parts[1][:-4] + struct.pack(">I", 0), *parts[2:]],
}


@pytest.mark.parametrize("what", SEGMENTS)
def test_a_segment_dropped_doubled_swapped_or_added(what: str) -> None:
    """Even where the manifests were made to fit, by somebody who has a key of his own."""
    folder = copy()
    folder[MOVIE] = b"".join(SEGMENTS[what](pieces()))
    assert (Part.DIGESTS, "digest-wrong") in codes(verify(folder, KEY))
    assert (Part.RECORDINGS, "segment-wrong") in codes(verify(folder, KEY))
    resealed = verify(sealed(folder, FOREIGN), KEY)
    assert (Part.RECORDINGS, "segment-wrong") in codes(resealed)
    assert (resealed.origin, resealed.status) == (Origin.FOREIGN, 1)


def test_a_gap_removed() -> None:
    folder = copy()
    document = json.loads(folder[LIST])
    assert document["gaps"]
    folder[LIST] = canonical(document | {"gaps": []})
    verdict = verify(sealed(folder, STAGE.signer), KEY)
    assert (Part.RECORDINGS, "ledger-other") in codes(verdict)


def edited(lines: list[Document]) -> None:
    lines[4]["body"] = {"edited": "yes"}


LEDGER: dict[str, Callable[[list[Document]], object]] = {
    "edited": edited,
    "removed": lambda lines: lines.pop(4),
    "reordered": lambda lines: lines.insert(3, lines.pop(4)),
    "inserted": lambda lines: lines.insert(4, dict(lines[3])),
    "cut": lambda lines: lines.pop(),
}


@pytest.mark.parametrize("what", LEDGER)
def test_an_entry_edited_removed_reordered_or_inserted(what: str) -> None:
    """Sealed by the office's own key: the head and the log were signed before, and do not fit any more."""
    folder, lines = copy(), entries(PACKAGE)
    LEDGER[what](lines)
    folder["data/ledger.jsonl"] = b"".join(canonical(line) + b"\n" for line in lines)
    found = codes(verify(sealed(folder, STAGE.signer), KEY))
    assert {part for part, _ in found} >= {Part.HEAD, Part.LOG}
    assert what == "cut" or any(part is Part.LEDGER for part, _ in found)


def test_a_whole_ledger_rewritten_and_signed_with_another_key() -> None:
    """In itself it holds: only the office's key, had from the office, tells."""
    forged = rechained(copy(), entries(PACKAGE), FOREIGN)
    alone, trusted = verify(forged, None), verify(forged, KEY)
    assert (alone.status, alone.origin, alone.fingerprint) == (0, Origin.UNPROVEN, FOREIGN.fingerprint())
    assert (trusted.status, trusted.origin) == (1, Origin.FOREIGN)


def test_another_key_that_says_it_follows_the_offices() -> None:
    """A key that was not handed over by the old one carries no trust."""
    forged = rechained(copy(), entries(PACKAGE), FOREIGN)
    office, mine = json.loads(PACKAGE["data/keys.json"]), json.loads(forged["data/keys.json"])
    forged["data/keys.json"] = canonical(office | {"keys": [*office["keys"], mine["keys"][0] | {"number": 2}]})
    verdict = verify(sealed(forged, FOREIGN), KEY)
    assert verdict.status == 1
    assert verdict.parts[Part.KEYS] is Standing.ALTERED


def test_a_checkpoint_of_another_log() -> None:
    other = Stage()
    other.exported()
    foreign = copy()
    foreign["data/log/last.tlog-proof"] = other.exported()["data/log/last.tlog-proof"]
    assert (Part.LOG, "proof-wrong") in codes(verify(sealed(foreign, STAGE.signer), KEY))
    renamed = copy()
    summary = json.loads(renamed["data/log/log.json"])
    renamed["data/log/log.json"] = canonical(summary | {"origin": "elsewhere.example/log"})
    assert (Part.LOG, "log-other") in codes(verify(sealed(renamed, STAGE.signer), KEY))


def test_a_log_cut_back_to_an_older_state() -> None:
    """The older tree lacks the case's last entries; that the log itself went back a witness sees (see `cosign`)."""
    hashes = [line["hash"] for line in entries(PACKAGE)]
    folder = copy()
    folder |= logged(hashes[:-2], STAGE.signer).files()
    assert (Part.LOG, "entries-other") in codes(verify(sealed(folder, STAGE.signer), KEY))


def test_a_checkpoint_that_nobody_of_the_office_signed() -> None:
    folder = copy()
    text = folder["data/log/last.tlog-proof"].decode()
    checkpoint = sign_checkpoint(FOREIGN, Checkpoint(ORIGIN, 20, b"\0" * 32), 0)
    folder["data/log/last.tlog-proof"] = (text.split("\n\n")[0] + "\n\n" + checkpoint.note).encode()
    assert verify(sealed(folder, STAGE.signer), KEY).parts[Part.LOG] is Standing.ALTERED
    assert VerifierKey(ORIGIN, LOG_KEY, FOREIGN.public_key()).text()


def test_a_package_of_one_case_presented_as_another() -> None:
    stage = Stage()
    first = stage.exported()
    second = stage.exported()
    key = stage.signer.public_key()
    assert verify(first, key).case != verify(second, key).case
    for path in ("data/case.json", "data/ledger.jsonl", "data/head.json", "bag-info.txt"):
        mixed = FakeFolder(first)
        mixed[path] = second[path]
        assert verify(mixed, key).status == 1, path
    renamed = FakeFolder(first)
    renamed["bag-info.txt"] = first["bag-info.txt"].replace(b"-0001\n", b"-0002\n")
    assert (Part.HEAD, "info-other") in codes(verify(renamed, key))


def test_a_clock_set_back() -> None:
    stage = Stage()
    stage.decided()
    stage.logged()
    stage.now -= timedelta(days=1)
    stage.case()
    stage.logged()
    found = list(fsck(stage.office, stage.store, Alone()))
    assert {(one.kind, one.code) for one in found} == {(Kind.LOG, "clock-back")}


def test_an_index_page_that_tells_another_story() -> None:
    folder = copy()
    folder["index.html"] = b"<!doctype html><p>approved"
    manifest = folder["tagmanifest-sha256.txt"].decode()
    old, new = (sha256(one["index.html"]).hexdigest() for one in (PACKAGE, folder))
    folder["tagmanifest-sha256.txt"] = manifest.replace(old, new).encode()
    verdict = verify(folder, KEY)
    assert verdict.overall is Overall.ALTERED
    assert (Part.HEAD, "info-other") in codes(verdict)


def test_a_paper_hidden_beside_the_logs() -> None:
    folder = copy()
    folder["data/log/authority.pem"] = b"another authority"
    assert (Part.STRUCTURE, "file-unexpected") in codes(verify(sealed(folder, STAGE.signer), KEY))
