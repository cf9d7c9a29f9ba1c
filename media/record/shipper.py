"""The thread that brings segments to the object store. The spool's copy goes only after the store has confirmed it.

Like the indexer it keeps a place in each journal: an hour without the store costs disk, not memory.
"""

import logging
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO

from media.ports import SegmentStore, Spool, SpoolFile
from media.record.backoff import Trier
from media.record.holdings import Holdings
from media.record.indexer import Indexer
from media.record.journal import DAMAGED, NAME, STORED, Entry, read_entries

_MOST = 1 << 18  # bytes of a journal at once

log = logging.getLogger(__name__)


class NotConfirmed(OSError):
    """The store took the bytes and does not say that it has them."""


class Damaged(Exception):
    """A file of the spool that is not what its journal says, or that is gone without having been stored."""


class Shipper(Trier):
    """Segments whose rows are written are put, confirmed, marked and deleted, in their order."""

    def __init__(
        self,
        spool: Spool,
        store: SegmentStore,
        mark_stored: Callable[[str], None],
        indexer: Indexer,
        holdings: Holdings,
        first_retry: float,
        last_retry: float,
    ) -> None:
        super().__init__("recorder's shipper", first_retry, last_retry)
        self._spool, self._store, self._mark_stored = spool, store, mark_stored
        self._indexer, self._holdings = indexer, holdings
        self._places: dict[str, int] = {}
        self._done: dict[str, set[str]] = {}  # by an earlier run, by folder
        self._lists: dict[str, SpoolFile] = {}
        self._stuck: set[str] = set()

    def already_stored(self, folder: str, digests: set[str]) -> None:
        """What the folder's own list says is stored (before `start`)."""
        self._done[folder] = digests

    def _round(self) -> None:
        for folder in self._indexer.folders():
            while not self._stopping.is_set() and self._ship_some(folder):
                pass
            if self._indexer.ended(folder) and self._places.get(folder) == self._indexer.place(folder):
                self._clear(folder)

    def _ship_some(self, folder: str) -> bool:
        start = self._places.get(folder, 0)
        limit = self._indexer.place(folder)
        if start >= limit:
            return False
        for entry, end in read_entries(self._spool, folder, start, min(limit - start, _MOST)):
            if self._stopping.is_set():
                return False
            if entry["kind"] in ("init", "segment"):
                self._ship(folder, entry)
            self._places[folder] = end
        return True

    def _ship(self, folder: str, entry: Entry) -> None:
        digest, name, size = entry["digest"], entry["file"], entry["bytes"]
        if digest not in self._done.get(folder, ()):
            try:
                self._put(folder, name, digest, size)
            except Damaged:
                self._stuck.add(folder)
                log.error("%s in %s is damaged: it stays in the spool, not stored", name, folder)
                return
            self._mark_stored(digest)
            self._note(folder, digest)
        self._holdings.remove(digest, folder)
        if name in self._spool.names(folder):
            self._spool.remove(folder, name)

    def _put(self, folder: str, name: str, digest: str, size: int) -> None:
        try:
            with self._spool.read(folder, name) as file:
                data = file.read()
        except FileNotFoundError as error:
            if self._store.confirm(digest, size):
                return
            raise Damaged(digest) from error
        if len(data) != size or sha256(data).hexdigest() != digest:
            raise Damaged(digest)
        self._store.put(digest, BytesIO(data), size)
        if not self._store.confirm(digest, size):
            raise NotConfirmed(f"{digest} of {folder} is not confirmed")

    def _note(self, folder: str, digest: str) -> None:
        if folder not in self._lists:
            self._lists[folder] = self._spool.extend(folder, STORED)
        self._lists[folder].append(digest.encode() + b"\n")

    def _clear(self, folder: str) -> None:
        """Everything of an ended track is stored and has its rows: its folder is not needed any more."""
        stored = self._lists.pop(folder, None)
        if stored is not None:
            stored.close()
        self._places.pop(folder, None)
        self._done.pop(folder, None)
        self._indexer.forget(folder)
        if folder in self._stuck or DAMAGED in self._spool.names(folder):
            return  # somebody has to look at it
        # The journal last: as long as it is there, a crash in between is repaired by doing this again.
        for name in sorted(self._spool.names(folder), key=lambda one: one == NAME):
            self._spool.remove(folder, name)
        self._spool.remove_folder(folder)
