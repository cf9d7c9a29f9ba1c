"""A track's journal: one JSON object a line, in the order in which things became true. It explains the spool by itself.

| kind | says |
| --- | --- |
| track, init, segment, gap, reception | a row for the index; init and segment also name their file |
| open | a segment's file was begun: name, digest of its init segment |
| gap-open | the media ended at `start`; how the gap ends is not known yet |
| ended | the survey is closed: nothing follows |
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from media.ports import Gap, InitSegment, Reception, Segment, Spool, SpoolFile, Track

NAME = "journal"
DAMAGED = "journal.damaged"
"""A journal that could not be read to its end, as it was found."""
STORED = "stored"
"""The shipper's own list beside the journal: digests, one a line, of what the object store has confirmed."""

Entry = dict[str, Any]
Row = Track | InitSegment | Segment | Gap | Reception
_ROWS: dict[str, type[Row]] = {
    "track": Track,
    "init": InitSegment,
    "segment": Segment,
    "gap": Gap,
    "reception": Reception,
}
_KINDS = {row: kind for kind, row in _ROWS.items()}


def folder_of(track: Track) -> str:
    """Where a track lies in the spool."""
    return f"{track.survey}.{track.id}"


def entry_of(row: Row, file: str = "") -> Entry:
    """The journal's line for a row."""
    entry: Entry = {"kind": _KINDS[type(row)], **asdict(row)}
    # A track has a kind of its own.
    if isinstance(row, Track):
        entry |= {"kind": "track", "media": row.kind}
    if file:
        entry["file"] = file
    return entry


def row_of(entry: Entry) -> Row | None:
    """The row that a line stands for, if it does. Raises `ValueError` for a line that is not ours."""
    kind = _ROWS.get(str(entry.get("kind")))
    if kind is None:
        return None
    values = {name: value for name, value in entry.items() if name in kind.__dataclass_fields__}
    if kind is Track:
        values["kind"] = entry.get("media")
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"a journal line of kind {entry['kind']} lacks something") from error


def read_entries(spool: Spool, folder: str, start: int = 0, most: int = 1 << 18) -> Iterator[tuple[Entry, int]]:
    """Whole lines from byte `start` on, with where each ends; a last line that was cut is left out.

    Raises `OSError`, and `ValueError` for a line that is no JSON object.
    """
    with spool.read(folder, NAME) as file:
        file.seek(start)
        data = file.read(most)
    at = start
    for line in data.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            return
        at += len(line)
        entry = json.loads(line)
        if not isinstance(entry, dict):
            raise ValueError("a journal line is no object")
        yield entry, at


class Journal:
    """Appends lines. What could not be written is kept and written first the next time."""

    def __init__(self, spool: Spool, folder: str) -> None:
        self._spool, self._folder = spool, folder
        self._pending: list[bytes] = []
        self._file: SpoolFile | None = None
        self._size = 0

    @property
    def pending(self) -> bool:
        """Whether lines wait to be written."""
        return bool(self._pending)

    def add(self, entry: Entry) -> None:
        """Put down a line, not durable before `flush`."""
        self._pending.append(json.dumps(entry, separators=(",", ":")).encode() + b"\n")

    def flush(self) -> bool:
        """Make all lines durable; whether there were any. Raises `OSError`, and keeps them."""
        if not self._pending:
            return False
        try:
            if self._file is None:
                self._file = self._spool.extend(self._folder, NAME)
                self._size = self._spool.size(self._folder, NAME)
            data = b"".join(self._pending)
            self._file.append(data)
        except OSError:
            self._cut()
            raise
        self._size += len(data)
        self._pending.clear()
        return True

    def close(self) -> None:
        """Give the file back. Lines that were not flushed are lost."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _cut(self) -> None:
        """Take back what a failed append left."""
        if self._file is not None:
            self.close()
            with suppress(OSError):  # the disk is in trouble already; the reader stops at a line without its end
                self._spool.truncate(self._folder, NAME, self._size)
