"""A PDF: its pages as pictures, and how large they are."""

from dataclasses import dataclass
from pathlib import Path

from media.files.source import Source
from media.files.work import Asked, Limits, Progress, idle, never, work

MOST_PAGES = 200
"""Pages that are drawn; the rest is counted."""
EDGE = 2048
"""Pixels of a page's longest edge."""
LIMITS = Limits(seconds=300, cpu=280, memory=3 << 30, output=512 << 20)


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `file` in the folder, None when it could not be drawn; size in points (1/72 inch)."""

    number: int
    file: str | None
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Document:
    """`count` pages in all, of which `pages` are drawn; `title` as the document says."""

    count: int
    pages: tuple[Page, ...]
    title: str | None


def pages(source: Source, folder: Path, progress: Progress = idle, cancelled: Asked = never) -> Document:
    """Write page-1.jpg and so on. Raises a `FileRefused`: `Locked` when a password is needed."""
    facts = {"most": MOST_PAGES, "edge": EDGE}
    answer = work("document", facts, source, LIMITS, folder, progress, cancelled)
    return Document(answer["count"], tuple(Page(**one) for one in answer["pages"]), answer["title"])
