"""A package is judged by itself, whatever somebody did to it."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any, BinaryIO

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.model.documents import Document
from inspection.model.errors import Invalid
from inspection.model.finding import Result
from inspection.model.key_history import keys_document, next_statement
from inspection.model.ledger import GENESIS, canonical, head_message
from inspection.model.log_papers import LogPapers, Place
from inspection.model.merkle import build, inclusion, leaf_hash, root
from inspection.model.package import BAGIT, SIGNED_PREFIX, bag_info, manifest, signature_line
from inspection.model.tlog import Checkpoint
from inspection.model.verdict import Origin, Overall, Part, Standing, Verdict
from inspection.ports import PackageReader
from inspection.services.give_position import give_position, refuse_position
from inspection.services.open_room import open_room
from inspection.services.participants import join
from inspection.services.review import read_timeline
from inspection.services.sequence import sign_checkpoint
from inspection.services.snapshots import fail_snapshot, want_snapshot
from inspection.services.take_in import name_approver
from inspection.services.verify import Beforehand, Progress, parse_public_key
from inspection.services.verify import verify as judge_package
from tests.builders import ORIGIN, Stage, a_track
from tests.fakes import FakeFolder, FakeJudge, FakeSigner

STAGE = Stage()
PACKAGE = STAGE.exported()
KEY = STAGE.signer.public_key()
PATHS = sorted(PACKAGE)
PICTURE = next(path for path in PATHS if path.endswith(".jpg"))
MOVIE = next(path for path in PATHS if path.endswith("video/001.mp4"))
LIST = MOVIE.replace("001.mp4", "list.json")
SURVEY = "data/surveys/1/survey.json"


def verify(folder: PackageReader, trust: bytes | None, progress: Progress = lambda done: None) -> Verdict:
    return judge_package(folder, Beforehand(trust), FakeJudge(), progress=progress)


def copy() -> FakeFolder:
    return FakeFolder(PACKAGE)


def codes(verdict: Verdict) -> set[tuple[Part, str]]:
    return {(fault.part, fault.code) for fault in verdict.faults}


def sealed(folder: FakeFolder, signer: FakeSigner) -> FakeFolder:
    """The manifests and bag-info.txt made anew, as one would who has a key."""
    data = {path: content for path, content in folder.items() if path.startswith("data/")}
    listing = manifest((path, sha256(content).hexdigest()) for path, content in data.items())
    payload = (sum(len(content) for content in data.values()), len(data))
    digest = sha256(listing).hexdigest()
    index = folder["index.html"]
    told = (digest, signer.public_key().hex(), sha256(index).hexdigest(), "folder; no object lock")
    said = dict(line.split(": ", 1) for line in folder["bag-info.txt"].decode().splitlines())
    info = bag_info(said["External-Identifier"], said["Bagging-Date"], payload, *told)
    tags = {"bagit.txt": BAGIT, "index.html": index, "manifest-sha256.txt": listing}
    tags["bag-info.txt"] = info + signature_line(signer.sign(SIGNED_PREFIX + info))
    tags["tagmanifest-sha256.txt"] = manifest((path, sha256(content).hexdigest()) for path, content in tags.items())
    return FakeFolder(data | tags)


def entries(folder: FakeFolder) -> list[Document]:
    return [json.loads(line) for line in folder["data/ledger.jsonl"].splitlines()]


def rechained(folder: FakeFolder, lines: list[Document], signer: FakeSigner) -> FakeFolder:
    """A ledger chained and signed anew, and the decision made to fit."""
    previous, renamed = GENESIS, dict[str, str]()
    for number, line in enumerate(lines, start=1):
        before = line.pop("hash", None)
        line |= {"number": number, "previous": previous}
        body = line.get("body")
        if line.get("event") == "decided" and isinstance(body, dict):
            body["head"] = renamed.get(str(body.get("head")), body.get("head"))
            folder["data/decision.json"] = canonical(body)
        previous = line["hash"] = sha256(canonical(line)).hexdigest()
        renamed[str(before)] = previous
    folder["data/ledger.jsonl"] = b"".join(canonical(line) + b"\n" for line in lines)
    head = json.loads(folder["data/head.json"]) | {"count": len(lines), "hash": previous, "key": signer.fingerprint()}
    head["public_key"] = signer.public_key().hex()
    head["signature"] = signer.sign(head_message(head["case"], len(lines), previous, head["at_us"])).hex()
    folder["data/head.json"] = canonical(head)
    folder |= logged([line["hash"] for line in lines], signer).files()
    return sealed(folder, signer)


def logged(hashes: list[str], signer: FakeSigner) -> LogPapers:
    """A log that holds this one case, as one would make it who has a key; the office's statement where it is its."""
    leaves = [leaf_hash(bytes.fromhex(one)) for one in hashes]
    tiles = dict(build(leaves))
    read = lambda level, index: tiles.get((level, index), b"")  # noqa: E731
    published = sign_checkpoint(signer, Checkpoint(ORIGIN, len(leaves), root(read, len(leaves))), 0)
    statement = next_statement([], signer.public_key(), 0, signer.sign, None)
    places = [
        Place(number, number - 1, tuple(inclusion(read, number - 1, len(leaves))))
        for number in range(1, len(leaves) + 1)
    ]
    return LogPapers(ORIGIN, keys_document([statement], ORIGIN), published.note.encode(), places, (), None)


def test_an_untouched_package_is_intact_and_its_origin_needs_a_key() -> None:
    done: list[int] = []
    alone, trusted = verify(PACKAGE, None), verify(PACKAGE, KEY, done.append)
    assert (alone.overall, alone.origin, alone.status) == (Overall.INTACT, Origin.UNPROVEN, 0)
    assert (trusted.origin, trusted.status, trusted.faults) == (Origin.PROVEN, 0, ())
    assert alone.fingerprint == sha256(KEY).hexdigest()
    assert alone.case == "TK-20261124-0001"
    assert alone.bytes == done[-1] == sum(map(len, PACKAGE.values()))
    assert Standing.ALTERED not in alone.parts.values()


def test_a_case_with_all_that_can_happen_is_intact() -> None:
    stage = Stage()
    survey, _ = stage.opened()
    guest = stage.applicant(survey.id)
    refuse_position(stage.office, stage.signer, guest, survey.id, stage.now)
    give_position(stage.office, stage.signer, guest, survey.id, -33.1, 151.2, 8.0, "browser", stage.now)
    stage.consented(survey.id, agreed=False)
    open_room(stage.office, stage.signer, stage.inspector, survey.id, ["b"], stage.later(minutes=1))
    join(stage.office, stage.signer, stage.inspector, survey.id, stage.now, stage.new_id)
    other = stage.staff(stage.approver.role, "孙立")
    name_approver(stage.office, stage.signer, stage.inspector, survey.case, other.id, stage.now)
    stage.ended(survey, "no-show", "")
    with stage.office.read() as work:
        case = work.cases.get(survey.case)
    stage.ended(stage.booked(case), "cancelled", "改期")
    again, _ = stage.opened(stage.booked(case))
    row = stage.consented(again.id)
    track = stage.received(a_track(again.id, row.id))
    stage.later(seconds=23)
    wish = want_snapshot(
        stage.office, stage.inspector, again.id, track.id, track.start, None, stage.now, stage.new_id
    )  # fmt: skip
    stage.found(again, "cold", "not-applicable", (wish.id,))
    fail_snapshot(stage.office, wish.id, "object-missing")
    read_timeline(stage.office, stage.signer, other, again.id, stage.now)
    folder = stage.exported(stage.ended(again, "insufficient", "信号差"))
    verdict = verify(folder, stage.signer.public_key())
    assert (verdict.status, verdict.faults) == (0, ())
    assert "data/surveys/3/recordings" in "".join(folder)


def test_a_foreign_key_is_an_exit_status_of_its_own() -> None:
    verdict = verify(PACKAGE, FakeSigner(b"x" * 32).public_key())
    assert (verdict.overall, verdict.origin, verdict.status) == (Overall.INTACT, Origin.FOREIGN, 1)


@pytest.mark.parametrize("path", PATHS)
def test_a_flipped_bit_in_any_file_is_found(path: str) -> None:
    for place in (0, len(PACKAGE[path]) // 2, len(PACKAGE[path]) - 1):
        folder = copy()
        data = bytearray(folder[path])
        data[place] ^= 1
        folder[path] = bytes(data)
        assert verify(folder, None).status != 0, place


@pytest.mark.parametrize("path", PATHS)
def test_a_missing_file_is_found(path: str) -> None:
    folder = copy()
    del folder[path]
    verdict = verify(folder, None)
    assert verdict.status == 1
    assert verdict.parts[Part.STRUCTURE] is Standing.ALTERED


@pytest.mark.parametrize("path", ["data/extra.json", "readme.txt", "data/surveys/2/survey.json", "data/\u4e2d", "a b"])
def test_an_added_file_is_found_listed_or_not(path: str) -> None:
    folder = copy()
    folder[path] = b"x"
    assert (Part.STRUCTURE, "file-unexpected") in codes(verify(folder, None))
    assert verify(sealed(folder, STAGE.signer), None).status == int(path.startswith("data/"))


def test_what_is_no_package_is_unreadable() -> None:
    class Broken(FakeFolder):
        def open(self, path: str) -> BinaryIO:
            raise OSError("disk")

    class Escaping(FakeFolder):
        def paths(self) -> list[str]:
            raise ValueError("../x")

    for folder in (FakeFolder(), FakeFolder({"data/case.json": b"{}"}), Broken(PACKAGE), Escaping()):
        verdict = verify(folder, KEY)
        assert (verdict.overall, verdict.status) == (Overall.UNREADABLE, 2)


MUTATIONS = st.one_of(
    st.tuples(st.just("set"), st.sampled_from(PATHS), st.integers(0, 10_000), st.integers(0, 255)),
    st.tuples(st.just("cut"), st.sampled_from(PATHS), st.integers(0, 10_000), st.integers(1, 50)),
    st.tuples(st.just("insert"), st.sampled_from(PATHS), st.integers(0, 10_000), st.binary(min_size=1, max_size=20)),
    st.tuples(st.just("swap"), st.sampled_from(PATHS), st.sampled_from(PATHS), st.none()),
    st.tuples(st.just("replace"), st.sampled_from(PATHS), st.binary(max_size=60), st.none()),
    st.tuples(st.just("remove"), st.sampled_from(PATHS), st.none(), st.none()),
    st.tuples(st.just("flip"), st.sampled_from(PATHS), st.integers(0, 1_000_000), st.integers(0, 7)),
    st.tuples(st.just("add"), st.sampled_from(PATHS), st.sampled_from(["data/x", "x.txt", "data/log/x"]), st.binary()),
    st.tuples(st.just("lines"), st.sampled_from(["data/ledger.jsonl", "manifest-sha256.txt"]), st.randoms(), st.none()),
)


def mutate(folder: FakeFolder, how: str, path: str, where: Any, what: Any) -> None:
    data = folder[path]
    if how == "swap":
        folder[path], folder[where] = folder[where], data
    elif how == "replace":
        folder[path] = where
    elif how == "remove":
        del folder[path]
    elif how == "flip":
        changed = bytearray(data)
        changed[where % len(data)] ^= 1 << what
        folder[path] = bytes(changed)
    elif how == "add":
        folder[where] = what
    elif how == "lines":
        lines = data.splitlines(keepends=True)
        where.shuffle(lines)
        folder[path] = b"".join(lines)
    else:
        place = where % len(data)
        new = {"set": bytes([what]) if how == "set" else b"", "cut": b"", "insert": what}[how]
        end = place + (what if how == "cut" else 1 if how == "set" else 0)
        folder[path] = data[:place] + new + data[end:]


@settings(max_examples=100, deadline=None)
@given(st.lists(MUTATIONS, min_size=1, max_size=3))
def test_no_mutation_passes(mutations: list[tuple[str, str, Any, Any]]) -> None:
    """A thousand of them are among the load tests."""
    require_found(mutations)


def require_found(mutations: list[tuple[str, str, Any, Any]]) -> None:
    folder = copy()
    for how, path, where, what in mutations:
        if folder.get(path) and (how != "swap" or where in folder):
            mutate(folder, how, path, where, what)
    verdict = verify(folder, None)
    assert (verdict.status == 0) == (folder == PACKAGE)
    assert verdict.overall is Overall.INTACT or verdict.faults


JSON_PATHS = [path for path in PATHS if path.endswith((".json", ".jsonl"))]
GARBAGE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=5) | st.just("0" * 64),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "survey", "track", "digest"]), inner)
    ),
    max_leaves=5,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a JSON value."""
    found = [at]
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        found += places(value[key], (*at, key))
    return found


def put(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    value[at[0]] = put(value[at[0]], at[1:], new)
    return value


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_shape_is_judged_without_an_exception_even_well_signed(data: st.DataObject) -> None:
    """Whoever holds a key may write anything: the judge still answers, and trusts only his office's."""
    folder, signer = copy(), FakeSigner(b"x" * 32)
    path = data.draw(st.sampled_from(JSON_PATHS))
    value = entries(folder) if path.endswith("jsonl") else json.loads(folder[path])
    place = data.draw(st.sampled_from(places(value)))
    value = put(value, place, data.draw(GARBAGE))
    if path.endswith("jsonl"):
        if not (isinstance(value, list) and all(isinstance(line, dict) for line in value)):
            return
        folder = rechained(folder, value, signer)
    else:
        if path != "data/head.json":
            folder = rechained(folder, entries(folder), signer)
        folder[path] = canonical(value)
        folder = sealed(folder, signer)
    assert verify(folder, KEY).status != 0


def test_without_the_key_a_changed_paper_cannot_be_sealed_again() -> None:
    folder = copy()
    folder[PICTURE] = b"another picture"
    forged = sealed(folder, FakeSigner(b"x" * 32))
    found = codes(verify(forged, None))
    assert (Part.KEYS, "key-unknown") in found
    assert (Part.SNAPSHOTS, "digest-wrong") in found


def test_whoever_signs_all_anew_shows_another_key() -> None:
    forged = copy()
    lines = entries(forged)
    next(line for line in lines if line["event"] == "decided")["body"]["reason"] = "another"
    forged["data/decision.json"] = canonical(json.loads(forged["data/decision.json"]) | {"reason": "another"})
    forged = rechained(forged, lines, FakeSigner(b"x" * 32))
    alone = verify(forged, None)
    assert (alone.status, alone.origin, alone.fingerprint) == (
        0, Origin.UNPROVEN, FakeSigner(b"x" * 32).fingerprint(),
    )  # fmt: skip
    assert verify(forged, KEY).status == 1


def test_a_decision_rests_on_an_entry_that_is_there() -> None:
    lines = entries(PACKAGE)
    decided = next(line for line in lines if line["event"] == "decided")
    decided["body"]["head"] = "0" * 64
    folder = copy()
    folder["data/decision.json"] = canonical(decided["body"])
    verdict = verify(rechained(folder, lines, STAGE.signer), KEY)
    assert (Part.LEDGER, "head-unknown") in codes(verdict)


def each(rows: dict[Any, Any], **change: Any) -> None:
    rows.update({key: replace(row, **change) for key, row in rows.items()})


TAMPERING: list[tuple[str, Callable[[Any], Any], Part]] = [
    ("finding", lambda work: each(work.findings.rows, result=Result.PASS), Part.PAPERS),
    ("reason", lambda work: each(work.decisions.rows, reason="x"), Part.PAPERS),
    ("note", lambda work: each(work.surveys.rows, note="x"), Part.PAPERS),
    ("name", lambda work: each(work.cases.rows, applicant="x"), Part.PAPERS),
    ("place", lambda work: setattr(work.participants, "places", ()), Part.PAPERS),
    ("consent", lambda work: setattr(work.participants, "consents", ()), Part.PAPERS),
    ("facts", lambda work: each(work.evidence.rows, facts={}), Part.RECORDINGS),
    ("recording", lambda work: work.evidence.rows.popitem(), Part.RECORDINGS),
    ("picture", lambda work: work.snapshots.rows.clear(), Part.SNAPSHOTS),
    ("time", lambda work: each(work.snapshots.rows, time=5), Part.SNAPSHOTS),
]


@pytest.mark.parametrize(("what", "tamper", "part"), TAMPERING)
def test_a_row_changed_in_the_database_contradicts_the_ledger(
    what: str, tamper: Callable[[Any], Any], part: Part
) -> None:
    stage = Stage()
    survey = stage.decided()
    with stage.office.write() as work:
        tamper(work)
    verdict = verify(stage.exported(survey), stage.signer.public_key())
    assert verdict.status == 1
    assert part in {fault.part for fault in verdict.faults}, what


def listed(change: Callable[[Document], None]) -> FakeFolder:
    """The list of one recording changed, and everything that names it made to fit, by one who holds the key."""
    folder = copy()
    document = json.loads(folder[LIST])
    change(document)
    folder[LIST] = canonical(document)
    digest = sha256(folder[LIST]).hexdigest()
    lines = entries(folder)
    for line in lines:
        if line["event"] == "recording-admitted" and line["body"]["kind"] == "recording" and ".video" in str(line):
            line["digest"] = line["body"]["sha256"] = digest
            folder[LIST.replace("list", "evidence")] = canonical(line["body"])
    return rechained(folder, lines, STAGE.signer)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda one: one["segments"].pop(), "ledger-other"),
        (lambda one: one["gaps"].clear(), "ledger-other"),
        (lambda one: one["gaps"][0].update(number=2), "ledger-other"),
        (lambda one: one["gaps"][0].update(start=0, end=1), "gap-untold"),
        (lambda one: one["inits"].clear(), "init-unknown"),
        (lambda one: one["segments"][0].update(start=-1), "segments"),
        (lambda one: one.update(format="other"), "list"),
        (lambda one: one["segments"].reverse(), "segment-wrong"),
    ],
)
def test_a_list_that_contradicts_itself_is_found(change: Callable[[Document], None], code: str) -> None:
    verdict = verify(listed(change), KEY)
    faults = [fault.code for fault in verdict.faults if fault.part is Part.RECORDINGS]
    assert verdict.status == 1
    assert faults in ([code], ["list-other", code]) or code in ("segments", "list")
    assert faults


def test_a_key_is_read_from_each_form_it_comes_in() -> None:
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for form in (KEY, KEY.hex().encode() + b"\n", private, public):
        assert parse_public_key(form) == KEY
    other = (
        generate_private_key(SECP256R1())
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    for garbage in (b"", b"x", KEY.hex().encode()[:-2], b"-----BEGIN PUBLIC KEY-----", other, b"\xff" * 40):
        with pytest.raises(Invalid, match="key-unreadable"):
            parse_public_key(garbage)


def test_a_package_cannot_speak_to_the_terminal() -> None:
    folder = copy()
    case = json.loads(folder["data/case.json"])
    case["case"]["number"] = "\x1b[2Jverdict: intact"
    folder["data/case.json"] = canonical(case)
    folder["data/\x1b[2J\ud800"] = b"x"
    verdict = verify(folder, None)
    assert verdict.case is None
    assert all(fault.where.isprintable() for fault in verdict.faults)
