"""What makes a film playable: examined, recovered, packaged or encoded."""

import json
import logging
from typing import Any

from inspection.model.ledger import microseconds
from inspection.model.upload import JobState, Upload, UploadState
from media.files import package, recover, remux, stamps, transcode
from media.files.errors import NoIndex, OverLimits, Truncated, Undecodable, WrongDuration
from media.files.examine import Media, examine
from media.files.kind import Kind
from media.files.source import LocalFile
from server.roles.footage import Desk
from server.roles.stored import source_of

log = logging.getLogger("takan.worker")
Facts = dict[str, Any]
WHOLE = "whole.mp4"
NATIVE = frozenset({"mov", "matroska"})  # what a browser's own player opens as it lies


def examined(desk: Desk) -> Facts:
    """Quick: says whether a browser plays it as it is, and what follows."""
    kind = _kind(desk)
    try:
        media = examine(desk.source, kind)
    except (NoIndex, Truncated) as error:
        if kind.format != "mov":
            raise
        desk.follow("recover")
        return {"playable": False, "damage": [error.code]}
    if kind.format == "mov":
        _help_others(desk)
    return _told(desk, media)


def recovered(desk: Desk) -> Facts:
    """A film without its index: what there is of it, by itself or with a whole film of the same survey."""
    with desk.given.office.read() as work:
        rows = work.uploads.of_survey(desk.upload.survey)
    others = [row for row in reversed(rows) if _lends(row) and row.id != desk.upload.id][: recover.MOST_LENDERS]
    lenders = [source_of(desk.given, row.id, row.size) for row in others]
    made = recover.recover(desk.source, desk.folder, lenders, desk.progress, desk.cancelled)
    desk.keep(made.file, recover.TELEMETRY if made.telemetry else None)
    facts = _told(desk, examine(LocalFile(desk.folder / made.file)), made.file)
    told: Facts = {"seconds": round(made.seconds, 3), "rate_from": made.rate_from, "unread": made.unread}
    told |= {"pictures": made.pictures, "by": None if made.reference is None else others[made.reference].name}
    return facts | {"recovered": told}


def _lends(row: Upload) -> bool:
    return row.state is UploadState.ADMITTED and row.format == "mov" and row.kind == "video"


def _help_others(desk: Desk) -> None:
    """A whole film may be what one of the same survey needs that could not be recovered by itself."""
    with desk.given.office.read() as work:
        rows = [row for row in work.uploads.of_survey(desk.upload.survey) if _lends(row) and row.id != desk.upload.id]
        jobs = [job for row in rows for job in work.media_jobs.of_evidence(row.id) if job.kind == "recover"]
    for job in jobs:
        if job.state is JobState.FAILED:
            desk.follow("recover", evidence=job.evidence, anew=True)


def _told(desk: Desk, media: Media, file: str | None = None) -> Facts:
    """The facts of a film, and the jobs that follow. `file`: of which rendition they are, else of the original."""
    encoded = ("beginning",) if media.seconds > transcode.LONG else ("transcode",)
    first = ("package",) if media.playable else encoded if media.video else ()
    desk.follow(*first, "telemetry", "derive", anew=file is not None)  # a film that was recovered is another one
    native = media.playable and media.format in NATIVE
    facts: Facts = {
        "playable": native or (media.video is None and media.playable),
        "player": (file or "original") if native else None,
        "seconds": round(media.seconds, 6),
        "why_not": list(media.why_not),
        "damage": list(media.damage),
        "made_us": None if media.created is None else microseconds(media.created),
        "camera": " ".join(filter(None, (media.make, media.model))) or None,
        "sound": None if media.audio is None else media.audio.codec,
    }
    if media.video is not None:
        video = media.video
        rate = None if video.rate is None else round(float(video.rate), 3)
        facts |= {"width": video.shown[0], "height": video.shown[1], "codec": video.codec, "rate": rate}
        facts |= {"constant": video.constant, "rotation": video.rotation, "hdr": video.hdr}
    return facts


def packaged(desk: Desk) -> Facts:
    """Fragmented MP4, HLS and the table of presented times, without encoding the picture; what a browser's own player
    does not open as it lies also as one ordinary file."""
    media = media_of(desk)
    made = package.package(desk.shown(), media, desk.folder, desk.progress, desk.cancelled)
    names = [desk.write(name, text) for name, text in package.playlists(made).items()]
    names.append(desk.write("player.json", json.dumps(package.index(made))))
    if made.stamps is not None:
        names.append(desk.write("stamps.json", json.dumps(stamps.packed(made.stamps))))
    facts: Facts = {"playable": True, "hls": "master.m3u8"}
    if media.format not in NATIVE and media.video is not None:
        remux.joined([desk.folder / name for name in made.files], desk.folder / WHOLE, media.seconds, desk.cancelled)
        names.append(WHOLE)
        facts["player"] = WHOLE
    desk.keep(*made.files, *names)
    return facts


def begun(desk: Desk) -> Facts:
    """The first seconds of what takes long to encode, so that review begins; the whole follows in any case."""
    media = media_of(desk)
    out = desk.folder / "beginning.mp4"
    facts: Facts = {}
    try:
        rung = transcode.ladder(media)[0]
        transcode.transcode(desk.path(), media, rung, out, desk.progress, desk.cancelled, seconds=transcode.BEGINNING)
        desk.keep(out.name)
        facts = {"playable": True, "player": out.name, "beginning": transcode.BEGINNING}
    except (Undecodable, WrongDuration, OverLimits) as error:
        log.info("no beginning", extra={"upload": desk.upload.id, "why": str(error)})
    desk.follow("transcode")
    return facts


def transcoded(desk: Desk) -> Facts:
    """The lowest rendition first, so that review begins early; the others follow."""
    media = media_of(desk)
    rungs = transcode.ladder(media)
    first = rungs[0].name
    _rung(desk, media, rungs[0], 0.0, 1.0)
    if len(rungs) > 1:
        desk.follow("transcode-more")
    table = package.times(desk.shown(), media)
    desk.keep(desk.write("stamps.json", json.dumps(stamps.packed(table))))
    return {"playable": True, "player": f"{first}.mp4", "beginning": None}


def transcoded_more(desk: Desk) -> Facts:
    media = media_of(desk)
    rungs = transcode.ladder(media)[1:]
    for number, rung in enumerate(rungs):
        _rung(desk, media, rung, number / len(rungs), 1 / len(rungs))
    return {"best": f"{rungs[-1].name}.mp4"} if rungs else {}


def _rung(desk: Desk, media: Media, rung: transcode.Rung, begin: float, share: float) -> None:
    out = desk.folder / f"{rung.name}.mp4"
    transcode.transcode(desk.path(), media, rung, out, lambda done: desk.progress(begin + done * share), desk.cancelled)
    desk.keep(out.name)


def _kind(desk: Desk) -> Kind:
    return Kind(desk.upload.kind or "video", desk.upload.format or "")


def media_of(desk: Desk) -> Media:
    return examine(desk.shown(), _kind(desk))
