"""What each job on uploaded evidence does: the media core's functions, one after another, and what is kept of them."""

import json
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from inspection.model.errors import Conflict
from inspection.model.upload import Upload, UploadState
from inspection.ports import UploadStore
from inspection.services.stills import still_name
from media.files import archive, document, photo, pipeline, plain, recover, still
from media.files.errors import NoIndex, Truncated
from media.files.pair import pairs
from media.files.telemetry import checks, read, written
from media.files.telemetry.sample import Telemetry
from server.roles import footage_films as films
from server.roles.footage import Desk
from server.roles.stored import local_path, source_of

Facts = dict[str, Any]
CHUNK = 1 << 20


def derived(desk: Desk) -> Facts:
    made = pipeline.derive(desk.shown(), films.media_of(desk), desk.folder, desk.progress, desk.cancelled)
    desk.keep(made.poster, made.storyboard, made.vtt, made.waveform)
    return {"quality": plain.plain(made.quality), "tile": list(made.tile), "tiles": made.tiles, "columns": made.columns}


def flown(desk: Desk) -> Facts:
    """Where and when: from the sidecar of the same name, else from the film itself; compared with site and survey."""
    sidecar, kept = _sidecar(desk), desk.made(recover.TELEMETRY)
    media = None
    try:
        media = films.media_of(desk)
    except (NoIndex, Truncated):
        if sidecar is None:
            raise  # else the flight is known, whatever became of the pictures
    made = None if media is None else media.created
    found: Telemetry | None = None
    if sidecar is None and kept is not None:
        found = read.read_kept(kept.read(0, kept.size))
    elif media is not None and sidecar is None:
        found = read.read_video(desk.shown(), media, _site(desk), _offset(desk))
    elif sidecar is not None:
        data = source_of(desk.given, sidecar.id, sidecar.size).read(0, read.MOST_SIDECAR)
        found = read.read_sidecar(data, _site(desk), _offset(desk), made)
    return _where(desk, found, made) | {"sidecar": None if sidecar is None else sidecar.name}


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
        desk.keep(*still.stills(desk.shown(), films.media_of(desk), times, desk.folder, desk.progress, desk.cancelled))
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
    "examine": films.examined,
    "recover": films.recovered,
    "beginning": films.begun,
    "package": films.packaged,
    "transcode": films.transcoded,
    "transcode-more": films.transcoded_more,
    "derive": derived,
    "telemetry": flown,
    "sidecar": sidecar_read,
    "photo": developed,
    "pages": paged,
    "stills": stilled,
    "unpack": unpacked,
}
