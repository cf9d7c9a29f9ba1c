"""One track's files in the spool: events in, durable bytes and journal lines out."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256

from media.ports import Gap, InitSegment, Reception, Segment, Spool, SpoolFile, Track
from media.record.holdings import Holdings
from media.record.journal import Journal, entry_of, folder_of
from media.wire.events import Event, Fragment, GapClosed, GapOpened, Init, SegmentEnd

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Kept:
    """What is durable of a track; also what a recovered spool tells about it."""

    begun: bool = False  # its row is in the journal
    segments: int = 0
    files: int = 0  # numbers given to files so far
    start: int = 0  # ticks
    end: int = 0
    gap: tuple[int, str] | None = None
    inits: set[str] = field(default_factory=set)
    reception: Reception | None = None


@dataclass(slots=True)
class _Open:
    name: str
    file: SpoolFile
    init: str
    start: int
    key_frame: bool
    end: int
    size: int = 0


class TrackWriter:
    """Used by one thread. It raises nothing: what the disk refuses is told by `write`."""

    def __init__(self, spool: Spool, track: Track, holdings: Holdings, kept: Kept) -> None:
        self.kept = kept
        self._spool, self._track, self._holdings = spool, track, holdings
        self._folder = folder_of(track)
        self._journal = Journal(spool, self._folder)
        self._init: tuple[InitSegment, bytes] | None = None
        self._open: _Open | None = None
        self._digest = sha256()
        self._unsure: GapClosed | None = None  # a gap of reason "storage" before anything could be written again
        self._early: list[GapClosed] = []  # before the first fragment
        self._alarmed = False

    def write(self, events: Iterable[Event]) -> int | None:
        """Put events down in their order. The start of the fragment that could not be kept, if there was one."""
        failed: int | None = None
        for event in events:
            if isinstance(event, Fragment):
                if failed is None:
                    failed = self._fragment(event)
            elif isinstance(event, SegmentEnd):
                self.end_segment()
            elif isinstance(event, Init):
                self._take_init(event)
            elif isinstance(event, GapClosed):
                self._gap(event)
            elif isinstance(event, GapOpened) and self.kept.begun:
                self._journal.add({"kind": "gap-open", "start": event.start, "reason": event.reason})
        return failed

    def end_segment(self) -> None:
        """Close the segment at hand and write it down."""
        one, self._open = self._open, None
        if one is None:
            return
        one.file.close()
        if not one.size:
            return
        digest = self._digest.hexdigest()
        segment = Segment(self._track.id, one.init, digest, one.size, one.start, one.end - one.start, one.key_frame)
        self._journal.add(entry_of(segment, one.name))
        self.kept.segments += 1
        self._holdings.add(digest, self._folder, one.name, one.size)

    def reception(self, reception: Reception) -> None:
        """Note the figures so far."""
        if self.kept.begun:
            self._journal.add(entry_of(reception))

    def end(self) -> None:
        """The survey is closed."""
        if self._unsure is not None:
            self._note_gap(self._unsure)
        if self.kept.begun:
            self._journal.add({"kind": "ended"})

    def flush(self) -> bool:
        """Make the journal durable; whether there was anything to. False also when the disk refuses."""
        try:
            return self._journal.flush()
        except OSError as error:
            self._alarm(error)
            return False

    @property
    def settled(self) -> bool:
        """Whether everything is durable."""
        return self._open is None and not self._journal.pending

    def close(self) -> None:
        """Give the files back."""
        self.end_segment()
        self.flush()
        self._journal.close()

    def _take_init(self, event: Init) -> None:
        digest = sha256(event.data).hexdigest()
        facts = InitSegment(self._track.id, digest, len(event.data), event.codecs, event.width, event.height)
        self._init = (facts, event.data)

    def _fragment(self, event: Fragment) -> int | None:
        try:
            self._append(event)
        except OSError as error:
            return self._failed(event, error)
        if self._unsure is not None:
            self._note_gap(self._unsure)
            self._unsure = None
        self._alarmed = False
        return None

    def _append(self, event: Fragment) -> None:
        if event.opens or self._open is None:
            self.end_segment()
            self._begin_segment(event)
        assert self._open is not None  # noqa: S101 - begun above
        self._open.file.append(event.data)
        self._digest.update(event.data)
        self._open.size += len(event.data)
        self._open.end = self.kept.end = event.start + event.duration

    def _begin_segment(self, event: Fragment) -> None:
        if self._init is None:
            raise OSError("no init segment")
        facts, data = self._init
        if not self.kept.begun:
            self._journal.add(entry_of(self._track))
            self.kept.begun, self.kept.start = True, event.start
            for gap in self._early:
                self._note_gap(gap)
        if facts.digest not in self.kept.inits:
            self._keep_init(facts, data)
        self.kept.files += 1
        name = f"{self.kept.files:08}.m4s"
        self._journal.add({"kind": "open", "file": name, "init": facts.digest})
        self._journal.flush()
        file = self._spool.create(self._folder, name)
        self._open = _Open(name, file, facts.digest, event.start, event.key_frame, event.start)
        self._digest = sha256()

    def _keep_init(self, facts: InitSegment, data: bytes) -> None:
        name = f"{facts.digest}.init"
        if name in self._spool.names(self._folder):  # left by a write that failed or a crash
            self._spool.remove(self._folder, name)
        file = self._spool.create(self._folder, name)
        try:
            file.append(data)
        finally:
            file.close()
        self._journal.add(entry_of(facts, name))
        self.kept.inits.add(facts.digest)
        self._holdings.add(facts.digest, self._folder, name, len(data))

    def _failed(self, event: Fragment, error: OSError) -> int:
        self._alarm(error)
        if self._open is not None:
            with suppress(OSError):  # recovery cuts it again
                self._spool.truncate(self._folder, self._open.name, self._open.size)
            self.end_segment()
        start = event.start if self._unsure is None else self._unsure.start
        self._unsure = None
        return start

    def _gap(self, event: GapClosed) -> None:
        if event.reason == "storage":
            self._unsure = event
        else:
            self._note_gap(event)

    def _note_gap(self, event: GapClosed) -> None:
        if not self.kept.begun:
            self._early = [event]
            return
        self._journal.add(entry_of(Gap(self._track.id, event.start, event.end, event.reason)))

    def _alarm(self, error: OSError) -> None:
        if not self._alarmed:
            self._alarmed = True
            log.error("the spool refuses track %s of survey %s: %s", self._track.id, self._track.survey, error)
