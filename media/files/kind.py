"""What a file is, by its first bytes. Its name is never asked. Pure: bytes in, a `Kind` out."""

import re
from dataclasses import dataclass

from media.files.errors import EmptyFile, NamesOtherFiles, NotMedia, Truncated
from media.files.source import Source

HEAD = 65_536
"""How many first bytes are looked at."""
_PACKET = 188  # bytes of an MPEG-TS packet (ISO/IEC 13818-1); 192 with Blu-ray's time stamps
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}
_STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"\xff\xd8\xff", "photo", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "photo", "png"),
    (b"II*\0", "photo", "tiff"),
    (b"MM\0*", "photo", "tiff"),
    (b"%PDF-", "document", "pdf"),
    (b"PK\3\4", "zip", "zip"),
    (b"PK\5\6", "zip", "zip"),
    (b"\x1a\x45\xdf\xa3", "video", "matroska"),
    (b"fLaC", "audio", "flac"),
    (b"OggS", "audio", "ogg"),
    (b"ID3", "audio", "mp3"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video", "asf"),
    (b"\0\0\1\xba", "video", "mpeg"),
    (b"FLV\x01", "video", "flv"),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02", "video", "mxf"),
)
_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp", b"moof", b"sidx", b"uuid"}
_PLAYLIST = re.compile(rb"#EXTM3U|ffconcat version|<MPD[\s>]|<SmoothStreamingMedia|\[playlist\]|\[Reference\]", re.I)
_SRT = re.compile(rb"\d+\s*:\s*\d\d?\s*:\s*\d\d?[,.:]\d+\s*-+>\s*\d+\s*:", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kind:
    """`kind` is one of video, audio, photo, document, sidecar, zip; `format` how the bytes are laid out. Whether a
    `video` has a picture is known only when it was examined."""

    kind: str
    format: str


def sniff(source: Source) -> Kind:
    """What the bytes are. Raises `EmptyFile`, `NotMedia`, `NamesOtherFiles`, `Truncated`."""
    return of(source.read(0, HEAD), source.size)


def of(head: bytes, size: int) -> Kind:
    """The same for the first `HEAD` bytes of a file of `size` bytes."""
    if size == 0 or not head:
        raise EmptyFile("no bytes")
    for start, kind, layout in _STARTS:
        if head.startswith(start):
            return Kind(kind, layout)
    found = _riff(head) or _boxed(head) or _stream(head) or _text(head)
    if found:
        return found
    if not head.strip(b"\0"):
        raise NotMedia("zeros")
    if size < 16:
        raise Truncated(f"{size} bytes")
    raise NotMedia("no known beginning")


def _riff(head: bytes) -> Kind | None:
    if head[:4] not in (b"RIFF", b"RF64"):
        return None
    return {
        b"WEBP": Kind("photo", "webp"),
        b"AVI ": Kind("video", "avi"),
        b"WAVE": Kind("audio", "wav"),
    }.get(head[8:12])


def _boxed(head: bytes) -> Kind | None:
    """ISO/IEC 14496-12 and QuickTime: four bytes of size, four of kind."""
    if head[4:8] not in _BOXES:
        return None
    if head[4:8] != b"ftyp":
        return Kind("video", "mov")
    if len(head) < 12:
        raise Truncated("within ftyp")
    length = min(max(int.from_bytes(head[:4], "big"), 16), 256)
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, length - 3, 4))}
    if head[8:12] in _HEIF or (brands & _HEIF and not brands & {b"isom", b"mp42", b"iso6", b"qt  ", b"avc1"}):
        return Kind("photo", "avif" if head[8:12] in (b"avif", b"avis") else "heif")
    return Kind("audio" if head[8:12] in (b"M4A ", b"M4B ") else "video", "mov")


def _stream(head: bytes) -> Kind | None:
    """Streams without a header of their own: MPEG-TS, MP3, AAC in ADTS. Pictures alone have no times: refused."""
    for step, first in ((_PACKET, 0), (192, 4), (204, 0)):
        marks = head[first : first + 8 * step : step]
        if len(marks) >= 3 and not marks.strip(b"\x47"):
            return Kind("video", "mpegts")
    if head[0] == 0xFF and len(head) > 3 and head[1] & 0xF6 == 0xF0:
        return Kind("audio", "aac")
    if head[0] == 0xFF and len(head) > 3 and head[1] & 0xE6 == 0xE2 and head[2] >> 4 not in (0, 15):
        return Kind("audio", "mp3")
    return None


def text(data: bytes) -> str:
    """The text of a sidecar: UTF-8 or UTF-16 with its mark, else UTF-8, else GB 18030; what is broken is replaced."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.removeprefix(b"\xef\xbb\xbf").decode("gb18030", "replace")


def _text(head: bytes) -> Kind | None:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = text(head).encode()
    if _PLAYLIST.search(head[:4096]):
        raise NamesOtherFiles("a playlist")
    if head.count(b"\0"):
        return None
    if _SRT.search(head[:8192]):
        return Kind("sidecar", "srt")
    if re.search(rb"<gpx[\s>]", head[:8192], re.I):
        return Kind("sidecar", "gpx")
    return None
