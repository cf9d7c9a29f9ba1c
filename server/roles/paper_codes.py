"""What the codes on a paper open: read by the media core, for those who judge papers."""

from media.files.codes import codes_on
from media.files.errors import FileRefused

UNREAD = ("",)  # no place that any paper opens


def codes(pdf: bytes) -> tuple[str, ...]:
    """Their texts. Pages that cannot be drawn open nothing that a paper may open."""
    try:
        return codes_on(pdf)
    except FileRefused:
        return UNREAD
