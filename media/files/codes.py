"""What the QR codes on the pages of a PDF open, as a phone that is held over them would read it."""

from media.files.limited import run

SECONDS = 240
MOST_PAGES = 2_000


def codes_on(pdf: bytes) -> tuple[str, ...]:
    """Their texts, page by page; not of codes that lie within a photograph. Raises `Undecodable`."""
    answer, _ = run("codes", {"most": MOST_PAGES}, [pdf], SECONDS, "media.files.codes_child")
    return tuple(str(one) for one in answer["texts"])
