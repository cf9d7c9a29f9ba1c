"""What was found out about an upload, one sentence each: what is wrong with the film, where and when it was made."""

from typing import Any

from server.pages.quantities import Say, distance, span, zone

DAMAGE = frozenset({"truncated", "edit-list-ignored", "frames-undecodable", "times-unusual"})
WAYS = frozenset({"metres", "farthest"})
SPANS = {"seconds": 1, "minutes": 60}  # seconds of one


def sentences(facts: dict[str, Any], say: Say) -> list[dict[str, str]]:
    """Rows {code, result: pass, warn or fail, words}; figures stand in the words, in the reader's units."""
    found = [(code, "warn", figures) for code, figures in _condition(facts)]
    found += [_check(one, say) for one in facts.get("checks", [])]
    return [
        {"code": code, "result": result, "words": say(f"footage.{code}", **_told(figures, say))}
        for code, result, figures in found
    ]


def _check(one: dict[str, Any], say: Say) -> tuple[str, str, dict[str, Any]]:
    code, figures = one["code"], dict(one["figures"])
    if code == "zone-assumed":
        return code, one["result"], {"zone": zone(float(figures["minutes"]))}
    if code == "place-outside" and float(figures["share"]) == 0:
        near, far = distance(figures["metres"], say), distance(figures["farthest"], say)
        code = "place-far" if near == far else "place-away"
    return code, one["result"], figures


def _condition(facts: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    told: list[tuple[str, dict[str, Any]]] = []
    mended = facts.get("recovered")
    if mended:
        figures = {"seconds": mended["seconds"], "film": mended.get("by") or ""}
        told.append(("recovered-with" if mended.get("by") else "recovered", figures))
    told += [(one, {}) for one in facts.get("damage", []) if one in DAMAGE]
    if facts.get("beginning"):
        told.append(("beginning", {"seconds": facts["beginning"]}))
    return told


def _told(figures: dict[str, Any], say: Say) -> dict[str, Any]:
    """Each figure as it is read; one that is words already stays."""
    told: dict[str, Any] = {}
    for name, value in figures.items():
        if isinstance(value, str):
            told[name] = value
        elif name in WAYS:
            told[name] = distance(value, say)
        elif name in SPANS:
            told[name] = span(value * SPANS[name], say)
        else:
            told[name] = round(value * 100) if name == "share" else round(value)
    return told
