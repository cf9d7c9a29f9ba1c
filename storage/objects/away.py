"""The one error of a store that cannot serve now."""

from inspection.model.errors import Unavailable


class StoreAway(Unavailable, OSError):
    """The store cannot be reached, refuses us, or its disk is full. An `Unavailable("store-away")` for the office and
    an `OSError` for media: each catches what its port names. The cause is chained."""

    def __init__(self, reason: str) -> None:
        super().__init__("store-away")
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"
