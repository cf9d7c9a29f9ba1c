"""What a package's index page is told: the package's own papers, and where each recording and picture lies."""

from typing import Any

from inspection.model.documents import Document
from inspection.model.ledger import microseconds
from inspection.model.log_papers import LogPapers
from inspection.model.package import (
    Keeping,
    clip_path,
    original_name,
    paper_path,
    playable_files,
    recording_path,
    store_line,
    survey_path,
    upload_path,
)
from inspection.model.tlog import cosigned_at, parse_checkpoint, parse_key, parse_note
from inspection.services.collect import Papers, SurveyPapers

SECOND = 1_000_000  # microseconds


def tell(papers: Papers, lists: list[list[dict[str, Any]]], key: str, keeping: Keeping) -> dict[str, Any]:
    """`lists` are the recordings' lists of each survey, `key` the fingerprint under the package.

    Moments are microseconds UTC, media times seconds from the survey's epoch as strings with three places: a page
    shows them and a player takes them.
    """
    return {
        "case": papers.paper["case"],
        "approver": papers.paper["approver"],
        "state": papers.paper["state"],
        "decision": papers.decision,
        "key": key,
        "store": store_line(keeping),
        "count": papers.head.count,
        "head": papers.head.hash,
        "log": _log(papers.log),
        "papers": [
            {"kind": one.kind.value, "language": one.language, "path": paper_path(one.id), "state": one.state.value}
            for one in papers.papers
        ],
        "entries": [
            {"at_us": one.at_us, "event": one.event, "hash": one.hash, "number": one.number, "who": one.actor["name"]}
            for one in papers.entries
        ],
        "surveys": [
            _survey(number, survey, recordings) | {"marks": _marks(papers, survey)}
            for number, (survey, recordings) in enumerate(zip(papers.surveys, lists, strict=True), start=1)
        ],
    }


def _log(log: LogPapers) -> Document:
    """`witnesses` by name: only those that have seen the very checkpoint that is in the package."""
    note = parse_note(log.checkpoint)
    named = [parse_key(text) for text in log.witnesses]
    return {
        "origin": log.origin,
        "size": parse_checkpoint(note.text).size,
        "stamped": log.stamped is not None,
        "witnesses": [key.name for key in named if cosigned_at(note, key) is not None],
    }


def _survey(number: int, papers: SurveyPapers, lists: list[dict[str, Any]]) -> Document:
    booked = papers.survey["survey"]
    consented = {one["participant"]: one["name"] for one in papers.survey["consents"]}
    people = {one["id"]: one | {"name": consented.get(one["id"], one["name"])} for one in papers.survey["participants"]}
    return {
        "number": booked["number"],
        "kind": booked["kind"],
        "at_us": booked["at_us"],
        "opened_us": papers.survey["opened_us"],
        "ending": papers.survey["ending"],
        "people": list(people.values()),
        "checks": papers.survey["checklist"]["checks"],
        "findings": papers.findings,
        "positions": papers.survey["positions"],
        "recordings": [_recording(number, listing, people) for listing in lists],
        "uploads": [
            {
                "bytes": one.bytes,
                "kind": one.facts.get("kind"),
                "name": one.name,
                "path": upload_path(number, one.id, original_name(one.facts.get("format"))),
                "who": one.facts.get("who", {}).get("name", ""),
            }
            for one in papers.uploads
        ],
        "clips": [
            {
                "bytes": one.bytes,
                "end": _second(one.facts["end_us"], SECOND),
                "kind": one.kind.value,
                "path": clip_path(number, one.id),
                "start": _second(one.facts["start_us"], SECOND),
            }
            for one in papers.clips
        ],
        "snapshots": [
            {
                "id": one["id"],
                "check": one["check"],
                "path": survey_path(number, f"snapshots/{one['id']}.jpg"),
                "second": _second(one["presented"] or one["time"], _timescale(lists, one["track"])),
                "track": one["track"],
            }
            for one in papers.snapshots
            if one["state"] == "ready"
        ],
    }


def _marks(papers: Papers, survey: SurveyPapers) -> list[Document]:
    """`second`: on the player of the survey's recordings; `on`: the name of an upload."""
    names = {one.id: one.name for one in survey.uploads}
    return [
        {
            "at_us": microseconds(one.mark.at),
            "label": one.mark.label,
            "number": one.number,
            "on": names.get(one.evidence or ""),
            "page": one.mark.page,
            "replies": [
                {"at_us": microseconds(reply.at), "text": reply.text, "who": reply.by.name} for reply in one.replies
            ],
            "second": None if one.mark.instant is None else _second(int(one.mark.instant.seconds * SECOND), SECOND),
            "state": one.state.value,
            "text": one.mark.text,
            "who": one.mark.by.name,
        }
        for one in papers.annotations
        if one.survey == survey.survey["survey"]["id"]
    ]


def _timescale(lists: list[dict[str, Any]], track: str) -> int:
    return next((one["timescale"] for one in lists if one["track"] == track), 1)


def _recording(number: int, listing: dict[str, Any], people: dict[str, Any]) -> Document:
    timescale, segments = listing["timescale"], listing["segments"]
    track, who = listing["track"], people.get(listing["track"].partition(".")[0], {})
    files, at = [], 0
    for file in playable_files(listing):
        first, last = segments[at], segments[at + len(file.segments) - 1]
        at += len(file.segments)
        files.append(
            {
                "path": recording_path(number, track, file.name),
                "start": _second(first["start"], timescale),
                "end": _second(last["start"] + last["duration"], timescale),
            }
        )
    return {
        "track": track,
        "kind": listing["kind"],
        "codec": listing["codec"],
        "epoch_us": listing["epoch_us"],
        "name": who.get("name", ""),
        "role": who.get("role", ""),
        "bytes": sum(one["bytes"] for one in segments),
        "segments": len(segments),
        "files": files,
        "gaps": [
            {
                "number": gap["number"],
                "reason": gap["reason"],
                "start": _second(gap["start"], timescale),
                "end": _second(gap["end"], timescale),
            }
            for gap in listing["gaps"]
        ],
    }


def _second(ticks: int, timescale: int) -> str:
    milliseconds = ticks * 1000 // timescale
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"
