"""Papers: asked for, read, signed or refused."""

from typing import Any

from flask import Blueprint, Response, g

from inspection.model.errors import Unavailable
from inspection.model.paper import Paper, PaperKind
from inspection.ports import Sealer
from inspection.services.papers import fetch_paper, list_papers, read_paper, refuse_paper, sign_paper, want_paper
from server import documents, links, visitors
from server.api.media import stored
from server.operation import operation
from server.schema import identifier, text, word
from server.services import Services, services
from server.shapes import stamp
from server.words import LANGUAGES

blueprint = Blueprint("papers", __name__, url_prefix="/api/v1")


def shape(one: Paper) -> documents.Paper:
    return {
        "id": one.id,
        "case": one.case,
        "survey": one.survey,
        "kind": one.kind.value,
        "language": one.language,
        "state": one.state.value,
        "created_at": stamp(one.created_at),
        "sha256": one.sha256,
        "bytes": one.bytes,
        "needed": one.needed,
        "signatures": one.signatures,
        "refusals": one.refusals,
        "reason": one.reason,
        "url": None if one.sha256 is None else f"/api/v1/papers/{one.id}/file",
    }


def sealer(given: Services) -> Sealer:
    if given.sealer is None:
        raise Unavailable("unavailable")
    return given.sealer


def make(case: str, kind: str, survey: str | None, language: str) -> Paper:
    given = services()
    paper = want_paper(
        given.office, given.signer, visitors.actor(), case, kind, survey, language, links.base(), given.now(),
        given.new_id,
    )  # fmt: skip
    given.jobs.make_paper(paper.id)
    return paper


def sign(paper: str, digest: str) -> Paper:
    given = services()
    reason = g.say("sign.do")
    return sign_paper(
        given.office, given.objects, given.signer, sealer(given), visitors.actor(), paper, digest, reason, given.now()
    )


def refuse(paper: str, digest: str, of: str, reason: str) -> Paper:
    given, actor = services(), visitors.actor()
    return refuse_paper(
        given.office, given.objects, given.signer, sealer(given), actor, paper, digest, of or actor.id, reason,
        given.now(),
    )  # fmt: skip


@blueprint.get("/cases/<case>/papers")
@operation()
def listed(case: str) -> documents.Papers:
    """A case's papers, and who has signed them."""
    return {"papers": [shape(one) for one in list_papers(services().office, visitors.actor(), case)]}


@blueprint.post("/cases/<case>/papers")
@operation(
    {"kind": word(PaperKind), "survey": identifier(needed=False), "language": word(LANGUAGES, needed=False)}, status=202
)
def made(case: str, sent: dict[str, Any]) -> documents.Paper:
    """Draw a record, a notice or a certificate: the worker does it, `GET /papers/<paper>` tells when it is there."""
    return shape(make(case, sent["kind"], sent["survey"], sent["language"] or g.lang))


@blueprint.get("/papers/<paper>")
@operation()
def one(paper: str) -> documents.Paper:
    """A paper, and who has signed it."""
    given = services()
    return shape(read_paper(given.office, given.signer, visitors.actor(), paper, given.now()))


@blueprint.get("/papers/<paper>/file")
@operation(gives="application/pdf")
def file(paper: str) -> Response:
    """The PDF as it stands now."""
    given = services()
    found = fetch_paper(given.office, given.signer, visitors.actor(), paper, given.now())
    response = stored(given, found.sha256 or "", found.bytes, "application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="takan-{found.kind.value}-{found.id}.pdf"'
    response.headers["Cache-Control"] = (
        "private, no-store"  # each fetch is an entry of the ledger, and it may be signed
    )
    return response


@blueprint.post("/papers/<paper>/signatures")
@operation({"sha256": text(64)})
def signed(paper: str, sent: dict[str, Any]) -> documents.Paper:
    """Sign. `sha256`: that of the file that was read; of another it is a 409."""
    return shape(sign(paper, sent["sha256"]))


@blueprint.post("/papers/<paper>/refusals")
@operation({"sha256": text(64), "of": identifier(needed=False), "reason": text(2000)})
def refused(paper: str, sent: dict[str, Any]) -> documents.Paper:
    """Say why not. `of`: the participant of whom the lead inspector says it; left out: oneself."""
    return shape(refuse(paper, sent["sha256"], sent["of"], sent["reason"]))
