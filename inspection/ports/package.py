"""Where a package is written and read, and who does the counting."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, BinaryIO, Protocol, TypeVar

from inspection.model.package import FileFacts

Task = TypeVar("Task")


Done = TypeVar("Done")


class PackageWriter(Protocol):
    """Where a package is written: `path` uses `/`, never leaves the folder."""

    def had(self, path: str, pieces: Sequence[tuple[str, int]]) -> FileFacts | None:
        """What an earlier attempt wrote there whole, of the same pieces."""

    def write(self, path: str, chunks: Iterator[bytes], pieces: Sequence[tuple[str, int]]) -> FileFacts:
        """Takes all of `chunks`. `pieces` tells what they are made of: (digest, bytes) of each object; empty for a
        paper."""

    def finish(self) -> None:
        """Returns when all that was written is durable."""


class PackageReader(Protocol):
    """A package as it lies there. Raises `OSError` when it cannot be read."""

    def paths(self) -> Sequence[str]:
        """Every file's path, sorted; a name that leaves the folder, one that is there twice, or a link raises
        `ValueError` with the name."""

    def size(self, path: str) -> int: ...

    def open(self, path: str) -> BinaryIO:
        """May be called, and what it gives be read, from several threads at once."""


class Crew(Protocol):
    """Hands that work side by side."""

    def each(self, act: Callable[[Task], Done], tasks: Iterable[Task]) -> Iterator[Done]:
        """What came of every task, in their order; only a few are begun ahead."""


class Alone:
    """A crew of one: each task when its outcome is asked for."""

    def each(self, act: Callable[[Task], Done], tasks: Iterable[Task]) -> Iterator[Done]:
        return map(act, tasks)


Ahead = Callable[[Iterator[bytes]], Iterator[bytes]]  # the same chunks, fetched a little before they are asked for


class IndexPage(Protocol):
    """The page that a person opens first in a package: everything told and played without a network."""

    def page(self, facts: dict[str, Any]) -> bytes:
        """A whole HTML file. `facts` are the package's own papers (see `services.tell_package`)."""
