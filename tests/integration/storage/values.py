"""Values that a database of the tests holds: one case with its survey, valid, and small."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from inspection.model.case import Case, CaseState, Site
from inspection.model.catalogue import Check, Checklist, Item
from inspection.model.evidence import Evidence, EvidenceKind, RenditionState, Snapshot
from inspection.model.participant import Participant
from inspection.model.people import Person, Role
from inspection.model.survey import Survey, SurveyKind, SurveyState
from inspection.ports import Work
from media.ports import InitSegment, Segment, Track

NOON = datetime(2026, 11, 24, 4, 0, 0, 123_457, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def digest(of: object) -> str:
    return sha256(str(of).encode()).hexdigest()


def a_person(id: str = "inspector1", **changes: Any) -> Person:
    return replace(
        Person(id, "检查员", id, Role.INSPECTOR, "hash", must_change=False, active=True, created_at=NOON), **changes
    )


def an_item(**changes: Any) -> Item:
    check = Check("exit", {"zh-CN": "安全出口", "en": "Exits"}, {"zh-CN": "请走近", "en": "Walk up"}, required=True)
    title = {"zh-CN": "食品经营许可", "en": "Food business"}
    item = Item("food", "3301", title, {"zh-CN": "市场监管", "en": "Market"}, 20, 5, Checklist("food", 1, (check,)))
    return replace(item, **changes)


def a_case(id: str = "case1", **changes: Any) -> Case:
    site = Site("滨江路 1 号", 30.123456789, -0.000001)
    case = Case(
        id=id,
        number=f"TK-{id}",
        item="food",
        applicant="张三",
        site=site,
        state=CaseState.OPEN,
        inspector="inspector1",
        approver="approver1",
        created_at=NOON,
        due_on="2026-12-01",
        phone="13900000000",
    )
    return replace(case, **changes)


def a_survey(id: str = "survey1", **changes: Any) -> Survey:
    survey = Survey(
        id=id,
        number=f"TK-{id}",
        case="case1",
        kind=SurveyKind.LIVE,
        state=SurveyState.BOOKED,
        inspector="inspector1",
        checklist="food",
        checklist_version=1,
        at=NOON,
        created_at=NOON,
    )
    return replace(survey, **changes)


def a_participant(id: str = "part1", **changes: Any) -> Participant:
    return replace(Participant(id, "survey1", "张三", Role.APPLICANT, None, NOON, device={"camera": "后置"}), **changes)


def a_track(id: str = "part1.video", **changes: Any) -> Track:
    kind = id.partition(".")[2]
    codec, timescale = ("H264", 90_000) if kind == "video" else ("opus", 48_000)
    track = Track(id, "survey1", "part1", kind, codec, timescale, epoch_us=1_795_492_800_000_001, node="n1")
    return replace(track, **changes)


def an_init(track: str = "part1.video", name: str = "init", **changes: Any) -> InitSegment:
    return replace(InitSegment(track, digest(name), 800, "avc1.42e01f", 1280, 720), **changes)


def a_segment(number: int, track: str = "part1.video", init: str = "init", **changes: Any) -> Segment:
    start = number * 360_000
    piece = Segment(track, digest(init), digest((track, number)), 1_000_000, start, 360_000, key_frame=True)
    return replace(piece, **changes)


def an_evidence(id: str = "evidence1", **changes: Any) -> Evidence:
    facts = {"who": "张三", "gaps": [{"start": 2**52, "reason": "loss"}], "where": None}
    evidence = Evidence(
        id, "case1", "survey1", EvidenceKind.RECORDING, "录像", digest(id), 2**40, facts, "part1.video", NOON
    )
    return replace(evidence, **changes)


def a_snapshot(id: str = "snapshot1", **changes: Any) -> Snapshot:
    return replace(Snapshot(id, "survey1", "part1.video", 2**40, RenditionState.WANTED, "part1", NOON), **changes)


def furnish(work: Work) -> None:
    """Staff, an item, a case, a survey and its applicant."""
    work.people.add(a_person())
    work.people.add(a_person("approver1", role=Role.APPROVER))
    work.items.put(an_item())
    work.cases.add(a_case())
    work.surveys.add(a_survey())
    work.participants.add(a_participant())
