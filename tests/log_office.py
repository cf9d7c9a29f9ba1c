"""An office with entries in its ledger, a log, and witnesses in memory: for tests of the log."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from inspection.model.errors import Unavailable
from inspection.model.event import Event
from inspection.model.ledger import Entry
from inspection.model.log import Reply, StampFacts
from inspection.model.people import SYSTEM
from inspection.model.shape import Malformed
from inspection.model.tlog import WITNESS_KEY, Checkpoint, VerifierKey
from inspection.ports import Office
from inspection.services.cosign import answer, followed, origin_of
from inspection.services.custody import enter
from inspection.services.rotate_key import begin_history
from inspection.services.sequence import sequence_all
from tests.fakes import FakeOffice, FakeSigner

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
ORIGIN = "takan.example/log"


def an_office(entries: int = 0, signer: FakeSigner | None = None, office: Office | None = None) -> Office:
    """`entries` of three cases in turn, all of them in the log."""
    signer, office = signer or FakeSigner(), office or FakeOffice()
    begin_history(office, signer, NOW)
    add_entries(office, signer, entries)
    sequence_all(office, signer, ORIGIN, "one", NOW)
    return office


def add_entries(
    office: Office, signer: FakeSigner, count: int, cases: Sequence[str] = ("c1", "c2", "c3"), at: datetime = NOW
) -> list[Entry]:
    entered = []
    for number in range(count):
        with office.write() as work:
            moment = at + timedelta(seconds=number)
            entered.append(enter(work, signer, cases[number % len(cases)], Event.VIEWED, SYSTEM, moment, {"n": number}))
    return entered


class FakeBook:
    """What a witness remembers, in memory."""

    def __init__(self) -> None:
        self.last: dict[str, Checkpoint] = {}

    def step(self, origin: str, decide: Callable[[Checkpoint | None], Reply]) -> Reply:
        reply = decide(self.last.get(origin))
        if reply.remember is not None:
            self.last[origin] = reply.remember
        return reply

    def all(self) -> Sequence[Checkpoint]:
        return [self.last[origin] for origin in sorted(self.last)]


class NearWitness:
    """A witness without a network between. `away` makes it unreachable."""

    def __init__(
        self, logs: Sequence[VerifierKey], name: str = "witness.example/w1", at_s: int = 1_800_000_000
    ) -> None:
        self._signer = FakeSigner(sha256(name.encode()).digest())
        self.logs, self.book, self.at_s, self.away, self.asked = list(logs), FakeBook(), at_s, False, 0
        self._key = VerifierKey(name, WITNESS_KEY, self._signer.public_key())

    @property
    def key(self) -> VerifierKey:
        return self._key

    def add_checkpoint(self, submission: bytes) -> tuple[int, bytes]:
        self.asked += 1
        if self.away:
            raise Unavailable("witness-away")
        reply = self.book.step(
            origin_of(submission),
            lambda last: answer(submission, self.logs, last, self._key, self._signer.sign, self.at_s),
        )
        return reply.status, reply.body.encode()

    def add_keys(self, keys: bytes) -> int:
        self.logs += followed(keys, self.logs)
        return 200


class PlainAuthority:
    """Stamps that say what they are over, and when: as RFC 3161's do, without its form."""

    certificates = b"plain"

    def __init__(self, at_us: int, until_us: int) -> None:
        self.at_us, self.until_us, self.away = at_us, until_us, False

    def stamp(self, message: bytes) -> bytes:
        if self.away:
            raise Unavailable("authority-away")
        return f"{self.at_us} {self.until_us} {sha256(message).hexdigest()}".encode()


class PlainJudge:
    """Believes the stamps of `PlainAuthority`."""

    def judge(self, token: bytes, message: bytes, authority: bytes) -> StampFacts:
        if authority != PlainAuthority.certificates:
            raise Malformed("stamp", "stamp-untrusted")
        at_us, until_us, digest = token.decode().split(" ")
        if digest != sha256(message).hexdigest():
            raise Malformed("stamp", "stamp-other")
        return StampFacts(int(at_us), int(until_us), "CN=plain")
