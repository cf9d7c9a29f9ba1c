"""What a killed node left in its spool: open segments are cut to their last whole fragment, closed and written down."""

import logging
from dataclasses import dataclass, field
from hashlib import sha256

from media.ports import Gap, InitSegment, Reception, Segment, Spool, Track
from media.record.holdings import Holdings
from media.record.journal import DAMAGED, NAME, STORED, Entry, Journal, entry_of, read_entries, row_of
from media.record.writer import Kept
from media.wire.fmp4_read import complete_fragments
from media.wire.webm import CLUSTER, complete_clusters

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Recovered:
    """One track of the spool. `track` is None when its journal does not even name it."""

    folder: str
    track: Track | None = None
    kept: Kept = field(default_factory=lambda: Kept(begun=True))
    ended: bool = False
    stored: set[str] = field(default_factory=set)
    open: dict[str, str] = field(default_factory=dict)  # file: digest of its init segment
    init: str = ""  # digest of the last init segment
    closed: dict[str, tuple[str, int]] = field(default_factory=dict)  # file: digest, bytes


def recover(spool: Spool, holdings: Holdings) -> list[Recovered]:
    """Repair every folder of the spool; run before anything writes there. Raises `OSError`.

    A journal that is damaged before its last line is kept aside, with an alarm, and goes on from the lines before it.
    """
    found = []
    for folder in spool.folders():
        one = _read(spool, folder)
        if one.track is None:
            _discard(spool, folder)
            continue
        _repair(spool, one)
        for name, (digest, size) in one.closed.items():
            if digest not in one.stored and name in spool.names(folder):
                holdings.add(digest, folder, name, size)
        found.append(one)
    return found


def _read(spool: Spool, folder: str) -> Recovered:
    one = Recovered(folder)
    names = spool.names(folder)
    if NAME not in names:
        return one
    end, before = 0, -1
    try:
        while end > before:
            before = end
            for entry, at in read_entries(spool, folder, before):
                _take(one, entry)
                end = at
    except (ValueError, KeyError) as error:
        log.error("the journal of %s is damaged at byte %d: %s", folder, end, error)
        _set_aside(spool, folder, end)
    if end < spool.size(folder, NAME):
        spool.truncate(folder, NAME, end)  # a line that the crash cut
    if STORED in names:
        with spool.read(folder, STORED) as file:
            one.stored = {line.decode("ascii", "replace").strip() for line in file}
    return one


def _take(one: Recovered, entry: Entry) -> None:
    kept = one.kept
    match row_of(entry):
        case Track() as row:
            one.track = row
        case InitSegment() as row:
            kept.inits.add(row.digest)
            one.init = row.digest
            one.closed[str(entry["file"])] = (row.digest, row.bytes)
        case Segment() as row:
            if not kept.segments:
                kept.start = row.start
            kept.segments += 1
            kept.end = max(kept.end, row.start + row.duration)
            one.closed[str(entry["file"])] = (row.digest, row.bytes)
            kept.gap = None
        case Gap():
            kept.gap = None
        case Reception() as row:
            kept.reception = row
        case None:
            _take_other(one, entry)


def _take_other(one: Recovered, entry: Entry) -> None:
    if entry["kind"] == "open":
        one.open[str(entry["file"])] = str(entry["init"])
        one.kept.files += 1
    elif entry["kind"] == "gap-open":
        one.kept.gap = (int(entry["start"]), str(entry["reason"]))
    elif entry["kind"] == "ended":
        one.ended = True


def _repair(spool: Spool, one: Recovered) -> None:
    journal = Journal(spool, one.folder)
    for name in spool.names(one.folder):
        if name.endswith(".m4s") and name not in one.closed:
            _close_segment(spool, one, name, one.open.get(name, one.init), journal)
            one.kept.files = max(one.kept.files, int(name.partition(".")[0]))
    if not one.ended and one.kept.gap is None and one.kept.end:
        one.kept.gap = (one.kept.end, "node")
        journal.add({"kind": "gap-open", "start": one.kept.end, "reason": "node"})
    journal.flush()
    journal.close()


def _close_segment(spool: Spool, one: Recovered, name: str, init: str, journal: Journal) -> None:
    assert one.track is not None  # noqa: S101 - the caller looked
    with spool.read(one.folder, name) as file:
        data = file.read()
    clusters = data.startswith(CLUSTER)
    whole = complete_clusters(data, one.track.timescale) if clusters else complete_fragments(data)
    if not whole:
        spool.remove(one.folder, name)
        return
    size = whole[-1].end
    if size < len(data):
        spool.truncate(one.folder, name, size)
    start, end = whole[0].start, whole[-1].start + whole[-1].duration
    digest = sha256(memoryview(data)[:size]).hexdigest()
    segment = Segment(one.track.id, init, digest, size, start, end - start, whole[0].key_frame)
    journal.add(entry_of(segment, name))
    one.closed[name] = (digest, size)
    kept = one.kept
    if not kept.segments:
        kept.start = start
    kept.segments += 1
    if end > kept.end:
        kept.end, kept.gap = end, None


def _discard(spool: Spool, folder: str) -> None:
    """A folder without a track: the crash came before its first line, or after its last file was shipped."""
    if any(name.endswith(".m4s") and spool.size(folder, name) for name in spool.names(folder)):
        log.error("%s has media and no journal: it is left as it is", folder)
        return
    for name in spool.names(folder):
        spool.remove(folder, name)
    spool.remove_folder(folder)


def _set_aside(spool: Spool, folder: str, end: int) -> None:
    """Keep the whole journal under another name; `end` bytes of it go on as the journal."""
    with spool.read(folder, NAME) as file:
        data = file.read()
    aside = spool.extend(folder, DAMAGED)
    aside.append(data)
    aside.close()
    spool.truncate(folder, NAME, end)
