"""What each job on uploaded evidence does: the media core's functions, one after another, and what is kept of them."""

import json
import logging
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from inspection.model.errors import Conflict
from inspection.model.ledger import microseconds
from inspection.model.upload import JobState, Upload, UploadState
from inspection.ports import UploadStore
from inspection.services.stills import still_name
from media.files import archive, document, package, photo, pipeline, plain, recover, remux, stamps, still, transcode
from media.files.errors import NoIndex, OverLimits, Truncated, Undecodable, WrongDuration
from media.files.examine import Media, examine
from media.files.kind import Kind
from media.files.pair import pairs
from media.files.source import LocalFile
from media.files.telemetry import checks, read, written
from media.files.telemetry.sample import Telemetry
from server.roles.footage import Desk
from server.roles.stored import local_path, source_of

log = logging.getLogger("takan.worker")
Facts = dict[str, Any]
WHOLE = "whole.mp4"
NATIVE = frozenset({"mov", "matroska"})  # what a browser's own player opens as it lies
CHUNK = 1 << 20


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
    desk.follow(*(("package",) if media.playable else encoded if media.video else ()), "telemetry", "derive")
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
    media = _media(desk)
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
    media = _media(desk)
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
    media = _media(desk)
    rungs = transcode.ladder(media)
    first = rungs[0].name
    _rung(desk, media, rungs[0], 0.0, 1.0)
    if len(rungs) > 1:
        desk.follow("transcode-more")
    table = package.times(desk.shown(), media)
    desk.keep(desk.write("stamps.json", json.dumps(stamps.packed(table))))
    return {"playable": True, "player": f"{first}.mp4", "beginning": None}


def transcoded_more(desk: Desk) -> Facts:
    media = _media(desk)
    rungs = transcode.ladder(media)[1:]
    for number, rung in enumerate(rungs):
        _rung(desk, media, rung, number / len(rungs), 1 / len(rungs))
    return {"best": f"{rungs[-1].name}.mp4"} if rungs else {}


def _rung(desk: Desk, media: Media, rung: transcode.Rung, begin: float, share: float) -> None:
    out = desk.folder / f"{rung.name}.mp4"
    transcode.transcode(desk.path(), media, rung, out, lambda done: desk.progress(begin + done * share), desk.cancelled)
    desk.keep(out.name)


def derived(desk: Desk) -> Facts:
    made = pipeline.derive(desk.shown(), _media(desk), desk.folder, desk.progress, desk.cancelled)
    desk.keep(made.poster, made.storyboard, made.vtt, made.waveform)
    return {"quality": plain.plain(made.quality), "tile": list(made.tile), "tiles": made.tiles, "columns": made.columns}


def flown(desk: Desk) -> Facts:
    """Where and when: from the sidecar of the same name, else from the film itself; compared with site and survey."""
    media = _media(desk)
    sidecar = _sidecar(desk)
    kept = desk.made(recover.TELEMETRY)
    if sidecar is None and kept is not None:
        found = read.read_kept(kept.read(0, kept.size))
    elif sidecar is None:
        found = read.read_video(desk.shown(), media, _site(desk), _offset(desk))
    else:
        data = source_of(desk.given, sidecar.id, sidecar.size).read(0, read.MOST_SIDECAR)
        found = read.read_sidecar(data, _site(desk), _offset(desk), media.created)
    return _where(desk, found, media.created) | {"sidecar": None if sidecar is None else sidecar.name}


def sidecar_read(desk: Desk) -> Facts:
    """A sidecar by itself; the film of its name is looked at again."""
    data = desk.source.read(0, read.MOST_SIDECAR)
    facts = _where(desk, read.read_sidecar(data, _site(desk), _offset(desk)), None)
    film = _film(desk)
    if film is not None:
        desk.follow("telemetry", evidence=film.id, anew=True)
    return facts | {"film": None if film is None else film.name}


def developed(desk: Desk) -> Facts:
    made = photo.develop(desk.source, desk.folder)
    tiles = [str(path.relative_to(desk.folder)) for path in sorted(desk.folder.glob("tiles/**/*.jpg"))]
    desk.keep(made.thumbnail, made.view, *tiles)
    facts: Facts = {"width": made.width, "height": made.height, "camera": made.model, "levels": made.levels}
    facts |= {"local": made.local, "zone": made.zone, "damage": list(made.damage)}
    return facts | _where(desk, read.read_photo(made), None)


def paged(desk: Desk) -> Facts:
    made = document.pages(desk.source, desk.folder, desk.progress, desk.cancelled)
    desk.keep(*(one.file for one in made.pages))
    return {"pages": made.count, "title": made.title, "drawn": [one.file for one in made.pages if one.file]}


def stilled(desk: Desk) -> Facts:
    """The pictures that marks lie on which a finding cites, and which are not there yet."""
    with desk.given.office.read() as work:
        had = {one.name for one in work.renditions.of_evidence(desk.evidence.id)}
        marks = [one for one in work.annotations.of_survey(desk.evidence.survey) if one.evidence == desk.evidence.id]
        cited = {id for one in work.findings.of_survey(desk.evidence.survey) for id in one.annotations}
    wanted = [one for one in marks if one.mark.id in cited and still_name(one) not in had]
    times = sorted({one.mark.instant.time for one in wanted if one.mark.instant is not None and one.mark.points})
    if times:
        desk.keep(*still.stills(desk.shown(), _media(desk), times, desk.folder, desk.progress, desk.cancelled))
    return {"stills": len(times)}


def unpacked(desk: Desk) -> Facts:
    """Each member becomes an upload of its own, which names the archive; its id derives from its place in there."""
    path = local_path(desk.given, desk.upload.id, desk.folder)
    found = archive.entries(path)
    for number, entry in enumerate(found):
        desk.progress(number / len(found))
        id = sha256(f"{desk.upload.id}/{entry.index}".encode()).hexdigest()[:24]
        member = desk.folder / "member"
        _take_in(desk, id, archive.unpack(path, entry, member, desk.cancelled), entry)
        member.unlink(missing_ok=True)
    return {"members": len(found)}


def _take_in(desk: Desk, id: str, path: Any, entry: archive.Entry) -> None:
    given, size = desk.given, path.stat().st_size
    token = ""
    if size:
        token = _put(given.uploads, id, path, size)
    said = {"archive": desk.upload.id, "path": entry.name[-300:]}
    parent = desk.upload
    row = Upload(
        id, parent.case, parent.survey, parent.by, parent.by_name, parent.by_role, entry.file[-300:], size, said,
        UploadState.CHECKING, size, token, "", given.now(), parent.expires_at,
    )  # fmt: skip
    try:
        with given.office.write() as work:
            work.uploads.add(row)
    except Conflict:
        return  # an earlier attempt took it in
    given.jobs.check_upload(id)


def _put(store: UploadStore, id: str, path: Any, size: int) -> str:
    store.drop(id, "")
    token = store.begin(id, size)
    writer = store.resume(id, token, size, 0)
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                writer.write(chunk)
        writer.keep()
    finally:
        writer.close()
    return token


def _where(desk: Desk, found: Telemetry | None, made: datetime | None) -> Facts:
    with desk.given.office.read() as work:
        survey = work.surveys.get(desk.upload.survey)
    with desk.given.office.read() as work:
        site = work.cases.get(desk.upload.case).site
    window = (survey.created_at, survey.ended_at or desk.evidence.created_at)
    judged = checks.check(found, site.outline, window, made, desk.evidence.created_at)
    facts: Facts = {"checks": [plain.plain(one) for one in judged], "telemetry": None}
    if found is not None:
        facts["telemetry"] = {
            "format": found.format,
            "samples": len(found.samples),
            "first": None if found.first is None else found.first.isoformat(),
            "last": None if found.last is None else found.last.isoformat(),
        }
        desk.keep(
            desk.write("flight.geojson", json.dumps(written.geojson(found))),
            desk.write("flight.gpx", written.gpx(found, desk.upload.name)),
        )
    return facts


def _kind(desk: Desk) -> Kind:
    return Kind(desk.upload.kind or "video", desk.upload.format or "")


def _media(desk: Desk) -> Media:
    return examine(desk.shown(), _kind(desk))


def _site(desk: Desk) -> tuple[float, float] | None:
    with desk.given.office.read() as work:
        return work.cases.get(desk.upload.case).site.centre


def _offset(desk: Desk) -> int:
    """Minutes of the office's zone from UTC: for clocks that name none."""
    offset = desk.upload.created_at.astimezone(ZoneInfo(desk.given.settings.office.zone)).utcoffset()
    return 0 if offset is None else round(offset.total_seconds() / 60)


def _neighbours(desk: Desk) -> dict[str, Upload]:
    """By name, the newest of each; a member of an archive with its path in there."""
    with desk.given.office.read() as work:
        rows = work.uploads.of_survey(desk.upload.survey)
    return {name_of(row): row for row in rows if row.state is UploadState.ADMITTED and row.kind in ("video", "sidecar")}


def name_of(row: Upload) -> str:
    return str(row.said.get("path", row.name))


def _sidecar(desk: Desk) -> Upload | None:
    rows = _neighbours(desk) | {name_of(desk.upload): desk.upload}
    for sidecar, film in pairs(rows).items():
        if film == name_of(desk.upload) and rows[sidecar].kind == "sidecar":
            return rows[sidecar]
    return None


def _film(desk: Desk) -> Upload | None:
    rows = _neighbours(desk) | {name_of(desk.upload): desk.upload}
    film = pairs(rows).get(name_of(desk.upload))
    return rows[film] if film is not None and rows[film].kind == "video" else None


ACTS = {
    "examine": examined,
    "recover": recovered,
    "beginning": begun,
    "package": packaged,
    "transcode": transcoded,
    "transcode-more": transcoded_more,
    "derive": derived,
    "telemetry": flown,
    "sidecar": sidecar_read,
    "photo": developed,
    "pages": paged,
    "stills": stilled,
    "unpack": unpacked,
}
