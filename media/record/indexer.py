"""The thread that turns journals into rows, in the journal's order. It keeps a place in each journal, no rows."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from media.client import ClosedTrack
from media.ports import Gap, InitSegment, Reception, ReceptionIndex, Segment, Spool, Track
from media.record.backoff import Trier
from media.record.journal import Entry, read_entries, row_of


class Indexer(Trier):
    """`advanced` is called after rows were written; `place` says how far a folder's rows are."""

    def __init__(
        self,
        spool: Spool,
        index: ReceptionIndex,
        first_retry: float,
        last_retry: float,
        advanced: Callable[[], None],
    ) -> None:
        super().__init__("recorder's index", first_retry, last_retry)
        self._spool, self._index, self._advanced = spool, index, advanced
        self._lock = threading.Lock()
        self._places: dict[str, int] = {}
        self._ended: set[str] = set()
        self._finished: set[str] = set()  # ended, and not yet told to who waits for it
        self._closings: list[tuple[set[str], list[ClosedTrack], Future[list[ClosedTrack]]]] = []

    def watch(self, folder: str) -> None:
        """Follow this folder's journal from its beginning, if it is not followed yet."""
        with self._lock:
            self._places.setdefault(folder, 0)
        self.wake()

    def forget(self, folder: str) -> None:
        """The folder is gone."""
        with self._lock:
            self._places.pop(folder, None)
            self._ended.discard(folder)

    def place(self, folder: str) -> int:
        """Bytes of the journal whose rows are written."""
        with self._lock:
            return self._places.get(folder, 0)

    def folders(self) -> list[str]:
        """Those followed."""
        with self._lock:
            return list(self._places)

    def ended(self, folder: str) -> bool:
        """Whether the journal's last row is written."""
        with self._lock:
            return folder in self._ended

    def when_ended(self, folders: set[str], closed: list[ClosedTrack], done: Future[list[ClosedTrack]]) -> None:
        """Complete `done` with `closed` once the journals of these folders have been turned into rows to their end."""
        with self._lock:
            self._closings.append((folders, closed, done))
        self.wake()

    def _round(self) -> None:
        more = True
        while more:
            more = False
            for folder in self.folders():
                more |= self._follow(folder)
        self._complete()

    def _follow(self, folder: str) -> bool:
        start = place = self.place(folder)
        try:
            for entry, end in read_entries(self._spool, folder, start):
                self._apply(folder, entry)
                place = end
                with self._lock:
                    self._places[folder] = place
        except FileNotFoundError:
            return False  # not begun yet
        if place > start:
            self._advanced()
        return place > start

    def _apply(self, folder: str, entry: Entry) -> None:
        row = row_of(entry)
        match row:
            case Track():
                self._index.add_track(row)
            case InitSegment():
                self._index.add_init(row)
            case Segment():
                self._index.add_segment(row)
            case Gap():
                self._index.add_gap(row)
            case Reception():
                self._index.put_reception(row)
            case None:
                if entry["kind"] == "ended":
                    with self._lock:
                        self._ended.add(folder)
                        self._finished.add(folder)

    def _complete(self) -> None:
        with self._lock:
            ready = [one for one in self._closings if one[0] <= self._finished]
            self._closings = [one for one in self._closings if one not in ready]
            for folders, _, _ in ready:
                self._finished -= folders
        for _, closed, done in ready:
            if done.set_running_or_notify_cancel():
                done.set_result(closed)
        self._advanced()
