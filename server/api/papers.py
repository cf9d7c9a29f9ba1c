"""Papers: asked for, read, signed or refused."""

from typing import Any

from flask import Blueprint, Response, g, jsonify

from inspection.model.errors import Unavailable
from inspection.model.paper import Paper
from inspection.ports import Sealer
from inspection.services.papers import fetch_paper, list_papers, read_paper, refuse_paper, sign_paper, want_paper
from server import links, visitors
from server.api.media import stored
from server.schema import body, identifier, text
from server.services import Services, services
from server.shapes import stamp

blueprint = Blueprint("papers", __name__, url_prefix="/api/v1")


def shape(one: Paper) -> dict[str, Any]:
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
def listed(case: str) -> Response:
    return jsonify(papers=[shape(one) for one in list_papers(services().office, visitors.actor(), case)])


@blueprint.post("/cases/<case>/papers")
def made(case: str) -> tuple[Response, int]:
    """The worker draws it; `GET /papers/<paper>` tells when it is there."""
    sent = body({"kind": text(20), "survey": identifier(needed=False), "language": text(10, needed=False)})
    return jsonify(shape(make(case, sent["kind"], sent["survey"], sent["language"] or g.lang))), 202


@blueprint.get("/papers/<paper>")
def one(paper: str) -> Response:
    given = services()
    return jsonify(shape(read_paper(given.office, given.signer, visitors.actor(), paper, given.now())))


@blueprint.get("/papers/<paper>/file")
def file(paper: str) -> Response:
    given = services()
    found = fetch_paper(given.office, given.signer, visitors.actor(), paper, given.now())
    response = stored(given, found.sha256 or "", found.bytes, "application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="takan-{found.kind.value}-{found.id}.pdf"'
    response.headers["Cache-Control"] = (
        "private, no-store"  # each fetch is an entry of the ledger, and it may be signed
    )
    return response


@blueprint.post("/papers/<paper>/signatures")
def signed(paper: str) -> Response:
    """`sha256`: that of the file that was read; of another it is a 409."""
    sent = body({"sha256": text(64)})
    return jsonify(shape(sign(paper, sent["sha256"])))


@blueprint.post("/papers/<paper>/refusals")
def refused(paper: str) -> Response:
    """`of`: the participant of whom the lead inspector says it; left out: oneself."""
    sent = body({"sha256": text(64), "of": identifier(needed=False), "reason": text(2000)})
    return jsonify(shape(refuse(paper, sent["sha256"], sent["of"], sent["reason"])))
