"""What the store holds against what the rows claim of it: missing, replaced, waiting and unknown objects are named.

The store is listed first and the rows are read after, so that what comes in meanwhile is not taken for unknown; what a
row claims and the list lacks is asked for once more.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from inspection.model.difference import Difference, Kind, Repair
from inspection.model.errors import Refusal
from inspection.model.evidence import EvidenceKind, RenditionState
from inspection.model.text import DIGEST
from inspection.model.upload import UploadState, object_of, upload_name
from inspection.ports import Copies, Crew, ObjectStore, Office, Work
from inspection.services.plan_package import PlannedPackage
from inspection.services.restore import NoCopies, restore

AT_ONCE = 200  # cases
CHUNK = 1 << 20
LOST = {"object-missing", "object-replaced"}
SEEN = "store.seen"  # a setting: what the last look found, as JSON: at_us, differences, adopted, first


@dataclass(slots=True)
class _Claim:
    """What rows say of one object. `size` None: a paper, whose size no row tells."""

    where: str
    size: int | None
    stored: bool  # something says that it is there
    received: bool = False  # a row of what was received says so: the one that can wait again
    waits: bool = False  # such a row says that it is still to come
    sha256: str | None = None  # of an object that is not named by its digest


def compare_store(
    office: Office,
    store: ObjectStore,
    crew: Crew,
    repairs: frozenset[Repair] = frozenset(),
    whole: bool = True,
    copies: Copies | None = None,
) -> Iterator[Difference]:
    """`whole`: every object is read back too; otherwise only names and sizes are compared. `copies`: see `fsck`.
    Memory: some 200 bytes an object. Raises `Unavailable` while the store is away."""
    listed = dict(store.all())
    claims = _claims(office, store)

    def judge(digest: str) -> Difference | None:
        return _judge(store, digest, claims[digest], listed.get(digest), whole)

    for digest in sorted(listed.keys() - claims.keys()):
        code = "object-unknown" if DIGEST.fullmatch(digest) else "name-unknown"
        yield Difference(Kind.OBJECT, digest, code)
    for digest, found in zip(claims, crew.each(judge, claims), strict=True):
        if found is not None:
            if found.code in LOST and Repair.RESTORE in repairs:
                claim = claims[digest]
                sha256 = claim.sha256 or (digest if DIGEST.fullmatch(digest) else "")
                if restore(store, copies or NoCopies(), digest, sha256, claim.size):
                    yield replace(found, repair=Repair.RESTORE, repaired=True)
                    continue
            yield _mended(office, digest, found, repairs)


def _judge(store: ObjectStore, digest: str, claim: _Claim, size: int | None, whole: bool) -> Difference | None:
    where = f"{digest} {claim.where}"
    if size is None:
        size = store.size(digest)
    if size is None and not claim.stored:
        return None
    if size is None:
        return Difference(Kind.OBJECT, where, "object-missing", Repair.PENDING if claim.received else Repair.RESTORE)
    if claim.size is not None and size != claim.size:
        return Difference(Kind.OBJECT, where, "object-replaced", Repair.RESTORE)
    if whole and not _same(store, digest, claim):
        return Difference(Kind.OBJECT, where, "object-replaced", Repair.RESTORE)
    if claim.waits and not (whole or store.confirm(digest, size)):
        return Difference(Kind.OBJECT, where, "object-replaced", Repair.RESTORE)
    if claim.waits:
        return Difference(Kind.OBJECT, where, "row-waits", Repair.ADOPT)
    return None


def _same(store: ObjectStore, name: str, claim: _Claim) -> bool:
    """Whether it is read back as it was admitted: what the service says of it is not asked, since bytes may change
    below a checksum that was right when it was written."""
    belongs = claim.sha256 or (name if DIGEST.fullmatch(name) else None)
    if belongs is None:  # an upload that nobody has judged yet
        return True
    hashed = hashlib.sha256()
    with store.open(name) as source:
        while chunk := source.read(CHUNK):
            hashed.update(chunk)
    return hashed.hexdigest() == belongs


def _mended(office: Office, digest: str, found: Difference, repairs: frozenset[Repair]) -> Difference:
    if found.repair in (None, Repair.RESTORE) or found.repair not in repairs:
        return found
    with office.write() as work:
        changed = work.receptions.set_stored(digest, found.repair is Repair.ADOPT)
    return replace(found, repaired=changed)


def _claims(office: Office, store: ObjectStore) -> dict[str, _Claim]:
    claims: dict[str, _Claim] = {}
    plans: dict[str, str] = {}
    offset = 0
    while True:
        with office.read() as work:
            cases = work.cases.list(None, None, None, "", offset, AT_ONCE)
            for case in cases:
                for survey in work.surveys.of_case(case.id):
                    _of_survey(work, survey.id, survey.number, claims)
                    for clip in work.clips.of_survey(survey.id):
                        if clip.sha256 is not None:
                            _claim(claims, clip.sha256, _Claim(f"{survey.number} clip {clip.id}", clip.bytes, True))
                _of_papers(work, case.id, case.number, claims)
                for export in work.exports.of_case(case.id):
                    if export.plan is not None:
                        plans[export.plan] = case.number
        if len(cases) < AT_ONCE:
            break
        offset += AT_ONCE
    for plan, number in plans.items():
        _of_plan(store, plan, number, claims)
    return claims


def _of_survey(work: Work, survey: str, number: str, claims: dict[str, _Claim]) -> None:
    for track in work.receptions.tracks(survey):
        pieces = [(one.digest, one.bytes, one.stored) for one in track.inits]
        pieces += [(one.digest, one.bytes, one.stored) for one in track.segments]
        for digest, size, stored in pieces:
            _claim(claims, digest, _Claim(f"{number} {track.id}", size, stored, stored, not stored))
    for evidence in work.evidence.of_survey(survey):
        if evidence.kind is EvidenceKind.UPLOAD:
            claim = _Claim(f"{number} upload {evidence.name}", evidence.bytes, True, sha256=evidence.sha256)
            _claim(claims, object_of(evidence), claim)
            for one in work.renditions.of_evidence(evidence.id):
                _claim(claims, one.sha256, _Claim(f"{number} {one.name} of {evidence.name}", one.bytes, True))
            continue
        _claim(claims, evidence.sha256, _Claim(f"{number} list of {evidence.track}", None, True))
    for upload in work.uploads.of_survey(survey):
        if upload.state is UploadState.CHECKING:  # whole perhaps, and not read back yet
            _claim(claims, upload_name(upload.id), _Claim(f"{number} upload {upload.name}", upload.size, False))
    for snapshot in work.snapshots.of_survey(survey):
        if snapshot.state is RenditionState.READY and snapshot.sha256 is not None:
            _claim(claims, snapshot.sha256, _Claim(f"{number} snapshot {snapshot.id}", snapshot.bytes, True))


def _of_papers(work: Work, case: str, number: str, claims: dict[str, _Claim]) -> None:
    """Papers as they stand now, and as they were before each answer."""
    for paper in work.papers.of_case(case):
        where = f"{number} paper {paper.id}"
        if paper.sha256 is not None:
            _claim(claims, paper.sha256, _Claim(where, paper.bytes, True))
        for answer in (*paper.signatures, *paper.refusals):
            if answer.get("before"):
                _claim(claims, answer["before"], _Claim(where, None, True))


def _of_plan(store: ObjectStore, plan: str, number: str, claims: dict[str, _Claim]) -> None:
    _claim(claims, plan, _Claim(f"{number} package", None, True))
    try:
        pieces = PlannedPackage(store, plan).objects()
    except Refusal:
        return  # it is missing or replaced, and named as such by its own claim
    for piece in pieces:
        _claim(claims, piece, _Claim(f"{number} paper of a package", None, True))


def _claim(claims: dict[str, _Claim], digest: str, claim: _Claim) -> None:
    """The same bytes may stand in several rows: the first that knows the size is the one that is named."""
    known = claims.get(digest)
    if known is None:
        claims[digest] = claim
        return
    known.stored, known.waits = known.stored or claim.stored, known.waits or claim.waits
    known.received = known.received or claim.received
    if known.size is None and claim.size is not None:
        known.size = claim.size
