"""The job that draws a paper: its facts from the tables, its pictures from the store, a PDF/A into the store."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inspection.model.errors import Conflict, NotFound, Refusal, WrongMoment
from inspection.model.paper import Paper, PaperState
from inspection.services.paper_facts import facts_of, signatories, subject_digest
from inspection.services.papers import fail_paper, keep_paper
from server.outbound.codes import picture
from server.outbound.sheet import Letterhead, codes_of, draw, facts_bytes
from server.outbound.typeset import CannotTypeset, typeset
from server.services import Services
from server.words import Catalogue

log = logging.getLogger("takan.worker")
WORDS = Path(__file__).resolve().parents[2] / "web" / "translations"
PICTURES = 160_000_000  # bytes that one paper prints; of the rest it tells the digests
PIXELS = 60_000_000  # of one picture
ALL_PIXELS = 450_000_000  # of all: drawing takes four bytes for each, and the child may have three gigabytes
JPEG = b"\xff\xd8\xff"


def make_paper(given: Services, paper: str) -> str | None:
    """One attempt: None when it is kept or will never be, else why not yet."""
    with given.office.read() as work:
        wish = work.papers.get(paper)
    if wish.state is not PaperState.WANTED or given.sealer is None:
        return None
    try:
        data, subject = drawn(given, wish)
        keep_paper(given.office, given.objects, given.signer, paper, subject, data, given.now())
        log.info("paper made", extra={"paper": paper, "kind": wish.kind.value, "bytes": len(data)})
    except (Conflict, WrongMoment) as error:
        fail_paper(given.office, paper, error.code)
    except CannotTypeset as error:
        log.error("paper given up", extra={"paper": paper, "why": str(error)})
        fail_paper(given.office, paper, "paper-unfit")
    except (Refusal, OSError) as error:
        return str(error) or "away"
    return None


def drawn(given: Services, wish: Paper) -> tuple[bytes, str]:
    """The PDF, and the digest of what it tells. Raises `CannotTypeset`, and what `facts_of` raises."""
    with given.office.read() as work:
        facts = facts_of(work, given.signer, wish.kind, wish.case, wish.survey)
        facts["address"] = wish.address.rstrip("/")  # so that whoever judges it knows what its codes may open
        asked = signatories(work, wish.kind, wish.case, wish.survey)
    shown = _shown(given, facts["subject"])
    office, seal = given.settings.office, given.sealer
    head = Letterhead(office.name, office.zone, seal is None or seal.development, seal.fingerprint if seal else "")
    say = Catalogue.read(WORDS).say(wish.language)
    files = {id: f"picture-{id}.jpg" for id in shown}
    sheet = draw(wish, facts, asked, head, say, given.now(), files)

    def pictures() -> Iterator[tuple[str, bytes]]:
        for id, digest in shown.items():
            yield files[id], _object(given, digest)
        for name, text in codes_of(sheet).items():
            yield name, picture(text)

    return typeset(sheet, facts_bytes(facts), pictures()), subject_digest(facts["subject"])


def _shown(given: Services, subject: dict[str, Any]) -> dict[str, str]:
    """By snapshot, the digest of each cited picture that is printed."""
    cited = {id for finding in subject.get("findings", ()) for id in finding["snapshots"]}
    shown: dict[str, str] = {}
    left, room = PICTURES, ALL_PIXELS
    for one in subject.get("snapshots", ()):
        pixels = one["width"] * one["height"]
        fits = one["bytes"] <= left and pixels <= min(PIXELS, room)
        if one["id"] not in cited or not fits or not _is_there(given, one["sha256"]):
            continue
        shown[one["id"]] = one["sha256"]
        left, room = left - one["bytes"], room - pixels
    return shown


def _is_there(given: Services, digest: str) -> bool:
    try:
        with given.objects.open(digest, 0, len(JPEG)) as source:
            return source.read() == JPEG
    except NotFound:
        return False


def _object(given: Services, digest: str) -> bytes:
    with given.objects.open(digest) as source:
        return source.read()
