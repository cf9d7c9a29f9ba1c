"""What a store refuses. Each is at once the error that the office's port names and the one that media's names."""

from inspection.model import errors as office
from media import ports as media


class StoreAway(office.Unavailable, OSError):
    """The store cannot be reached, refuses us, or its disk is full: `Unavailable("store-away")` for the office, an
    `OSError` for media. The cause is chained."""

    def __init__(self, reason: str) -> None:
        super().__init__("store-away")
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"


class OtherBytes(office.WrongDigest, media.WrongDigest):
    """Bytes that are not those of their digest, or other bytes that stand under it."""
