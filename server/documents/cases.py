"""Items, cases and their surveys."""

from typing import TypedDict

from server.documents.evidence import Evidence
from server.documents.findings import Check, Finding, Snapshot
from server.documents.leaving import Export
from server.documents.values import Digest, Moment


class Item(TypedDict):
    id: str
    code: str
    name: str
    department: str
    days: int
    inspectors: int
    checks: list[Check]


class Items(TypedDict):
    items: list[Item]


class Case(TypedDict):
    """`latitude`, `longitude`, corners of `polygon`: WGS-84 degrees. `inspector`, `approver`: ids of people."""

    id: str
    number: str
    item: str
    applicant: str
    phone: str
    address: str
    latitude: float | None
    longitude: float | None
    polygon: list[list[float]]
    state: str
    inspector: str
    approver: str
    created_at: Moment | None
    due_on: str


class CaseRow(Case):
    """`due_in`: working days left, negative when late, null once decided."""

    item_name: str
    due_in: int | None
    surveys: int
    live: bool


class Cases(TypedDict):
    cases: list[CaseRow]
    total: int


class Survey(TypedDict):
    id: str
    number: str
    case: str
    kind: str
    state: str
    at: Moment | None
    opened_at: Moment | None
    ended_at: Moment | None
    outcome: str | None
    note: str
    focus: str | None
    admitted: bool
    inspectors: int


class OpenedSurvey(Survey):
    node: str


class SurveyRow(Survey):
    case_number: str
    item_name: str
    applicant: str


class Surveys(TypedDict):
    surveys: list[SurveyRow]
    total: int


class SurveyOfCase(Survey):
    inspector_name: str
    checks: list[Check]
    findings: list[Finding]
    snapshots: list[Snapshot]


class SurveyView(Survey):
    """`me`: the reader's own place as participant; `consents`: by participant; `may`: what the reader may do."""

    case_number: str
    item_name: str
    address: str
    inspector_name: str
    checks: list[Check]
    me: str | None
    epoch_us: int | None
    findings: list[Finding]
    snapshots: list[Snapshot]
    consents: dict[str, bool]
    may: list[str]


class Decision(TypedDict):
    """`head`: the ledger's last hash that the decision stands on."""

    outcome: str
    reason: str
    by: str
    at: Moment | None
    head: Digest


class LedgerState(TypedDict):
    count: int
    head: Digest | None


class CaseView(Case):
    item_name: str
    inspector_name: str
    approver_name: str
    due_in: int | None
    surveys: list[SurveyOfCase]
    evidence: list[Evidence]
    decision: Decision | None
    exports: list[Export]
    ledger: LedgerState
    may: list[str]
