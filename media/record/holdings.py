"""What the spool still holds, by digest: for reviewers who are faster than the object store."""

from threading import Lock

from media.ports import Spool


class Holdings:
    """Segments and init segments on their way to the object store. Safe from any thread."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._lock = Lock()
        self._files: dict[str, tuple[str, str, int]] = {}

    def add(self, digest: str, folder: str, name: str, size: int) -> None:
        """A file is durable and closed."""
        with self._lock:
            self._files[digest] = (folder, name, size)

    def remove(self, digest: str, folder: str) -> None:
        """A file is about to be deleted."""
        with self._lock:
            if digest in self._files and self._files[digest][0] == folder:
                del self._files[digest]

    def read(self, digest: str) -> bytes | None:
        """The bytes, or None when they are gone. Raises `OSError`."""
        with self._lock:
            place = self._files.get(digest)
        if place is None:
            return None
        try:
            with self._spool.read(place[0], place[1]) as file:
                return file.read()
        except FileNotFoundError:  # shipped in the meantime
            return None

    def backlog(self) -> tuple[int, int]:
        """How many files and bytes wait for the object store."""
        with self._lock:
            return len(self._files), sum(size for _, _, size in self._files.values())
