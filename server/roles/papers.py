"""The job that draws a paper: its facts from the tables, its pictures from the store, a PDF/A into the store."""

import logging
import tempfile
from itertools import chain
from math import ceil
from pathlib import Path
from typing import Any

from inspection.model.errors import Conflict, NotFound, Refusal, WrongMoment
from inspection.model.paper import Paper, PaperState, Signatory
from inspection.services.paper_facts import facts_of, signatories, subject_digest
from inspection.services.papers import fail_paper, keep_paper
from media.files.errors import FileRefused
from media.files.printed import printed
from server.outbound.codes import picture
from server.outbound.crew import Threads
from server.outbound.sheet import Letterhead, codes_of, draw, facts_bytes
from server.outbound.sheet_survey import INCH, fineness, printed_size
from server.outbound.typeset import CannotTypeset, typeset
from server.services import Services
from server.words import Catalogue

log = logging.getLogger("takan.worker")
WORDS = Path(__file__).resolve().parents[2] / "web" / "translations"


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
        asked = signatories(work, wish.kind, wish.case, wish.survey)
    facts["address"] = wish.address.rstrip("/")  # so that whoever judges it knows what its codes may open
    return composed(given, wish, facts, asked), subject_digest(facts["subject"])


def composed(given: Services, wish: Paper, facts: dict[str, Any], asked: list[Signatory]) -> bytes:
    """The PDF, with pictures from the store. Raises `CannotTypeset`."""
    office, seal = given.settings.office, given.sealer
    head = Letterhead(office.name, office.zone, seal is None or seal.development, seal.fingerprint if seal else "")
    say = Catalogue.read(WORDS).say(wish.language)
    with tempfile.TemporaryDirectory(prefix="takan-prints-") as name:
        prints = _prints(given, facts["subject"], Path(name))
        sheet = draw(wish, facts, asked, head, say, given.now(), {id: path.name for id, path in prints.items()})
        pictures = ((path.name, path.read_bytes()) for path in prints.values())
        codes = ((file, picture(text)) for file, text in codes_of(sheet).items())
        return typeset(sheet, facts_bytes(facts), chain(pictures, codes))


def _prints(given: Services, subject: dict[str, Any], folder: Path) -> dict[str, Path]:
    """By snapshot, each cited picture as large as it is printed; those that are none are only told of."""
    cited = {id for finding in subject.get("findings", ()) for id in finding["snapshots"]}
    wanted = [one for one in subject.get("snapshots", ()) if one["id"] in cited]
    marks = subject.get("annotations", ())
    wanted += [one["still"] | {"id": f"mark-{one['mark']['id']}"} for one in marks if one["still"] is not None]
    dots = fineness(wanted) / INCH

    def develop(one: dict[str, Any]) -> tuple[str, Path] | None:
        wide, high = (ceil(side * dots) for side in printed_size(one))
        path = folder / f"picture-{one['id']}.jpg"
        try:
            path.write_bytes(printed(_object(given, one["sha256"]), wide, high))
        except (FileRefused, NotFound) as error:
            log.warning("picture not printed", extra={"snapshot": one["id"], "why": str(error)})
            return None
        return one["id"], path

    return dict(one for one in Threads().each(develop, wanted) if one is not None)


def _object(given: Services, digest: str) -> bytes:
    with given.objects.open(digest) as source:
        return source.read()
