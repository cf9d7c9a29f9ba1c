"""Recorded bytes: segments from the store or, while they wait there, from the node; pictures cut from them."""

from typing import BinaryIO

from flask import Blueprint, Response, request
from werkzeug.datastructures import ContentRange
from werkzeug.wsgi import wrap_file

from inspection.model.errors import NotFound, Unavailable
from inspection.services.review import read_segment, read_snapshot
from server import visitors
from server.operation import operation
from server.problems import NotHere
from server.services import Services, services

blueprint = Blueprint("media", __name__)

PIECE = 1 << 18  # bytes of an object in hand at once
KEPT = "private, max-age=31536000, immutable"  # a digest names the same bytes for ever


@blueprint.get("/surveys/<survey>/segments/<digest>")
@operation(gives="*/*")
def segment(survey: str, digest: str) -> Response:
    """A segment or an init segment of a recording, or a range of it."""
    given = services()
    piece, room = read_segment(given.office, given.signer, visitors.actor(), survey, digest, given.now())
    if request.if_none_match.contains(digest):
        return _bare(Response(status=304), digest)
    kind = "audio/mp4" if piece.track.endswith(".audio") else "video/webm" if piece.codecs == "vp8" else "video/mp4"
    try:
        if piece.stored:
            return stored(given, digest, piece.bytes, kind)
    except NotFound as error:
        raise Unavailable("object-missing") from error
    data = given.nodes.spooled(room.node, survey, digest) if room else None
    if data is not None:
        return _sent(data, digest, kind)
    # Between our look and our question it went from the node to the store.
    if given.objects.size(digest) is not None:
        return stored(given, digest, piece.bytes, kind)
    raise Unavailable("segment-pending", seconds=1)


@blueprint.get("/renditions/<rendition>")
@operation(gives="image/jpeg")
def rendition(rendition: str) -> Response:
    """A snapshot's picture."""
    given = services()
    found = read_snapshot(given.office, given.signer, visitors.actor(), rendition, given.now())
    digest = found.sha256 or ""
    if request.if_none_match.contains(digest):
        return _bare(Response(status=304), digest)
    return stored(given, digest, found.bytes, "image/jpeg")


def stored(given: Services, digest: str, size: int, kind: str, name: str | None = None) -> Response:
    """The bytes, or the range of them that was asked for, straight from the store, where they lie under `name`, else
    under their digest."""
    start, end = wanted(size)
    source: BinaryIO = given.objects.open(name or digest, start, end)
    response = Response(wrap_file(request.environ, source, PIECE), mimetype=kind, direct_passthrough=True)
    response.call_on_close(source.close)
    return ranged(response, digest, start, end, size)


def _sent(data: bytes, digest: str, kind: str) -> Response:
    start, end = wanted(len(data))
    return ranged(Response(data[start:end], mimetype=kind), digest, start, end, len(data))


def wanted(size: int) -> tuple[int, int]:
    """The bytes that are asked for, all without a usable Range (RFC 9110 § 14.2). Raises `NotHere` for those beyond."""
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return 0, size
    found = asked.range_for_length(size)
    if found is None:
        raise NotHere("range-wrong", size=size)
    return found[0], found[1]


def ranged(response: Response, digest: str, start: int, end: int, size: int) -> Response:
    response.content_length = end - start
    if (start, end) != (0, size):
        response.status_code = 206
        response.content_range = ContentRange("bytes", start, end, size)
    return _bare(response, digest)


def _bare(response: Response, digest: str) -> Response:
    response.headers["Cache-Control"] = KEPT
    response.headers["Accept-Ranges"] = "bytes"
    response.set_etag(digest)
    return response
