"""Hands a written package out as one tar file, made while it is sent: nothing is kept twice."""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from flask import Blueprint, Response

from inspection.model.errors import NotFound
from inspection.services.want_export import read_export
from server import visitors
from server.services import services

blueprint = Blueprint("packages", __name__, url_prefix="/api/v1")

CHUNK = 1 << 20
BLOCK = tarfile.BLOCKSIZE


@blueprint.get("/cases/<case>/exports/<export>/package")
def package(case: str, export: str) -> Response:
    given = services()
    found = read_export(given.office, given.signer, visitors.actor(), case, export, given.now())
    folder = given.settings.data / "exports" / found.id
    if found.state != "ready" or not folder.is_dir():
        raise NotFound("export-not-ready")
    with given.office.read() as work:
        number = work.cases.get(case).number
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    members = [(path, _header(path, f"{number}/{path.relative_to(folder).as_posix()}")) for path in files]
    response = Response(_tar(members), mimetype="application/x-tar")
    sizes = [len(header) + -(-path.stat().st_size // BLOCK) * BLOCK for path, header in members]
    response.content_length = sum(sizes) + 2 * BLOCK
    response.headers["Content-Disposition"] = f'attachment; filename="{number}.tar"'
    return response


def _header(path: Path, name: str) -> bytes:
    info = tarfile.TarInfo(name)
    stat = os.stat(path)
    info.size, info.mtime, info.mode = stat.st_size, int(stat.st_mtime), 0o644
    return info.tobuf(tarfile.PAX_FORMAT)


def _tar(members: list[tuple[Path, bytes]]) -> Iterator[bytes]:
    for path, header in members:
        yield header
        size = 0
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                size += len(chunk)
                yield chunk
        yield b"\0" * (-size % BLOCK)
    yield b"\0" * (2 * BLOCK)  # the archive's end
