"""Where bytes lie, who signs, who vouches for time and log."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import BinaryIO, Protocol

from inspection.model.log import Reply, StampFacts
from inspection.model.package import Keeping, Lock
from inspection.model.paper import Seal
from inspection.model.sealed import CredentialsSaid, PaperSaid, SignedTime
from inspection.model.tlog import Checkpoint, VerifierKey


class ObjectStore(Protocol):
    """Bytes under their own SHA-256 (lower-case hex). Raises `Unavailable` while it is away."""

    def put(self, digest: str, source: BinaryIO, size: int) -> None:
        """Keep them durably; the same bytes again succeed. Raises `WrongDigest` for others."""

    def confirm(self, digest: str, size: int) -> bool:
        """Whether `size` bytes with that digest are there, by the store's own word or by reading back."""

    def open(self, digest: str, start: int = 0, end: int | None = None) -> BinaryIO:
        """Bytes from `start` up to `end` (exclusive). Raises `NotFound("object-missing")`."""

    def size(self, digest: str) -> int | None:
        """None when it is not there."""

    def all(self) -> Iterator[tuple[str, int]]:
        """The digest and size of every object, in no order that can be relied on; the name instead of a digest for
        what is none of ours."""

    def versions(self, digest: str) -> Iterator[BinaryIO]:
        """What stood under that name before, the newest first, where the store keeps such."""

    def restore(self, name: str, digest: str, source: BinaryIO, size: int) -> None:
        """Put `size` bytes with that digest under a name where others stand, or nothing. The others are kept, aside or
        as an older version. Raises `WrongDigest` for bytes that are not those, and nothing is changed then."""

    def keeping(self) -> Keeping:
        """How objects are kept that are put now."""

    def lock(self, digest: str) -> Lock | None:
        """What the service says of one object's retention; None where it has none, or no such object."""


class Copies(Protocol):
    """Copies of objects outside the store."""

    def of(self, digest: str, size: int | None) -> Iterator[BinaryIO]:
        """Bytes that may be those of that digest, each to be closed; whoever takes them checks. `size` None: nobody
        knows how many there are."""


class UploadWriter(Protocol):
    """The next bytes of one upload, in order. `held`: how many from its beginning are durable."""

    held: int

    def write(self, data: bytes | memoryview) -> None: ...
    def keep(self) -> int:
        """Make durable all that was written; what is held then."""

    def close(self) -> None:
        """What was not kept may be lost."""


class UploadStore(Protocol):
    """Uploads on their way into the object store, keyed by evidence id; any process may write on. A whole one is read
    through `ObjectStore` under its `upload_name`. Raises `Unavailable` while it is away."""

    def begin(self, id: str, size: int) -> str:
        """The store's own name for it, to be given back with each call."""

    def resume(self, id: str, token: str, size: int, offset: int) -> UploadWriter:
        """Write on from `offset`, which was held before."""

    def finish(self, id: str, token: str, size: int) -> None:
        """Give the whole object its name. Again: harmless."""

    def path(self, id: str) -> str | None:
        """Where the whole bytes lie on this machine, if they do."""

    def drop(self, id: str, token: str) -> None:
        """Forget it, whole or in parts. Again: harmless."""


class Signer(Protocol):
    """The instance's Ed25519 key."""

    def fingerprint(self) -> str:
        """SHA-256 of the raw public key, hex."""

    def public_key(self) -> bytes:
        """32 raw bytes."""

    def sign(self, message: bytes) -> bytes: ...


class Sealer(Protocol):
    """Signs a PDF so that ordinary readers check it (PAdES, ETSI EN 319 142), each time as a revision of its own."""

    @property
    def development(self) -> bool:
        """The office's seal is of this instance's own making: nobody else has reason to trust it."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the seal's certificate, hex."""

    def sign(self, pdf: bytes, who: Seal, at: datetime) -> bytes:
        """The same file with one more signature; without a time stamp while the authority is away. Raises
        `Unavailable("seal-away" | "seal-expired" | "seal-revoked")`."""

    def seal(self, pdf: bytes, reason: str, at: datetime) -> bytes:
        """With the office's own seal."""

    def time_of(self, pdf: bytes) -> SignedTime:
        """Who vouches for the time of the signature that this sealer has made last in the file."""


class Authority(Protocol):
    """A time-stamp authority (RFC 3161). `certificates` (PEM) are those by which its stamps are judged."""

    @property
    def certificates(self) -> bytes: ...

    def stamp(self, message: bytes) -> bytes:
        """The whole answer, DER, about the SHA-256 of the message. Raises `Unavailable("authority-away")`."""


class StampJudge(Protocol):
    def judge(self, token: bytes, message: bytes, authority: bytes) -> StampFacts:
        """What an RFC 3161 answer says about a message; `authority` are the trusted certificates (PEM). Raises
        `Malformed("stamp", code)`: `stamp-unreadable`, `stamp-other` (another message), `stamp-untrusted`."""


class SealJudge(Protocol):
    """Judges files that carry their own proof. What they hold is a fault of theirs, never an exception; `OSError` where
    the disk gives nothing. May be asked from several threads at once."""

    def paper(self, pdf: bytes, at: datetime) -> PaperSaid:
        """A PDF's signatures, with certificates as they were at that moment."""

    def credentials(self, source: BinaryIO, ending: str) -> CredentialsSaid:
        """The Content Credentials of a file; `ending` is `.jpg` or `.mp4`."""


class Witness(Protocol):
    """Somebody else who keeps an eye on the log (C2SP tlog-witness)."""

    @property
    def key(self) -> VerifierKey: ...

    def add_checkpoint(self, submission: bytes) -> tuple[int, bytes]:
        """The answer's HTTP status and body. Raises `Unavailable("witness-away")`."""

    def add_keys(self, keys: bytes) -> int:
        """Tell it the history of the log's keys: it follows a hand-over from one that it knows. The answer's status."""


class WitnessBook(Protocol):
    """What a witness signed last of each log. Raises `OSError` when it cannot remember: nothing is signed then."""

    def step(self, origin: str, decide: Callable[[Checkpoint | None], Reply]) -> Reply:
        """Decide by what is known of a log, and make durable what has to be remembered before the answer is given. One
        at a time, across threads and processes: two answers never continue the same checkpoint differently."""

    def all(self) -> Sequence[Checkpoint]:
        """By name."""
