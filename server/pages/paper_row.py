"""What a page is told of one paper."""

from typing import Any

from inspection.model.paper import Paper, PaperKind, PaperState
from inspection.model.sealed import SignedTime


def row(paper: Paper, me: str) -> dict[str, Any]:
    """What a page is told of one paper. `mine`: the reader's signature is still asked for."""
    answered = paper.answered()
    missing = [one for one in paper.needed if one["id"] not in answered]
    ready = paper.state is PaperState.READY
    return {
        "id": paper.id,
        "kind": paper.kind.value,
        "language": paper.language,
        "state": paper.state.value,
        "at": paper.created_at,
        "sha256": paper.sha256,
        "size": paper.bytes,
        "url": None if paper.sha256 is None else f"/api/v1/papers/{paper.id}/file",
        "missing": missing if ready else [],
        "mine": ready and paper.open_for(me),
        "signed": any(one["id"] == me for one in paper.signatures),
        "refused": any(one["id"] == me for one in paper.refusals),
        "refusals": paper.refusals,
        "time": _time(paper),
        "draft": paper.kind is PaperKind.CERTIFICATE,
        "reason": paper.reason,
    }


def _time(paper: Paper) -> str | None:
    """Who vouches for the time of its signatures: the least that holds of all of them."""
    said = {one.get("time") for one in paper.signatures}
    return next(
        (one.value for one in (SignedTime.AWAY, SignedTime.OWN_CLOCK, SignedTime.AUTHORITY) if one in said), None
    )
