"""One unit of work over all shelves, and where it begins."""

from contextlib import AbstractContextManager
from typing import Protocol

from inspection.ports.cases import Cases, Decisions, Exports, Items, Settings
from inspection.ports.custody import Checkpoints, Ledger, LedgerKeys, Log
from inspection.ports.evidence import Annotations, Clips, EvidenceShelf, MediaJobs, Papers, Renditions, Uploads
from inspection.ports.people import Links, People, SignIns
from inspection.ports.surveys import Findings, Participants, Receptions, Rooms, Snapshots, Surveys


class Work(Protocol):
    """One unit of work: all of it is written, or nothing."""

    @property
    def people(self) -> People: ...

    @property
    def sign_ins(self) -> SignIns: ...

    @property
    def links(self) -> Links: ...

    @property
    def items(self) -> Items: ...

    @property
    def cases(self) -> Cases: ...

    @property
    def surveys(self) -> Surveys: ...

    @property
    def participants(self) -> Participants: ...

    @property
    def rooms(self) -> Rooms: ...

    @property
    def receptions(self) -> Receptions: ...

    @property
    def evidence(self) -> EvidenceShelf: ...

    @property
    def snapshots(self) -> Snapshots: ...

    @property
    def uploads(self) -> Uploads: ...

    @property
    def media_jobs(self) -> MediaJobs: ...

    @property
    def renditions(self) -> Renditions: ...

    @property
    def findings(self) -> Findings: ...

    @property
    def decisions(self) -> Decisions: ...

    @property
    def exports(self) -> Exports: ...

    @property
    def papers(self) -> Papers: ...

    @property
    def clips(self) -> Clips: ...

    @property
    def annotations(self) -> Annotations: ...

    @property
    def ledger(self) -> Ledger: ...

    @property
    def log(self) -> Log: ...

    @property
    def checkpoints(self) -> Checkpoints: ...

    @property
    def ledger_keys(self) -> LedgerKeys: ...

    @property
    def settings(self) -> Settings: ...


LOG = ":log"  # no case has this id


class Office(Protocol):
    """Where units of work begin. What one that writes has read still holds when it writes: it commits at the end of the
    block, or rolls back when it raises. `read` sees one consistent state. Raises `Unavailable`."""

    def write(self, about: str | None = None) -> AbstractContextManager[Work]:
        """Alone in the whole office. With `about`, a case's id: alone in that case, beside those who write in others;
        it writes only what belongs to this case, and reads of other cases only what nobody changes. `LOG`: alone in
        what belongs to the log over all cases; nobody sees what it writes before that is durable."""

    def read(self) -> AbstractContextManager[Work]: ...
