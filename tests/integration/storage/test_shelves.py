"""One contract for the office's shelves: in memory, on SQLite and on PostgreSQL."""

from dataclasses import replace
from typing import Any

import pytest

from inspection.model.case import CaseState, Site
from inspection.model.catalogue import Checklist
from inspection.model.clip import Clip, ClipKind
from inspection.model.decision import Decision, DecisionOutcome, Export, ExportFile
from inspection.model.errors import Conflict, NotFound
from inspection.model.evidence import RenditionState
from inspection.model.finding import Finding, Result
from inspection.model.ledger import Head, Tip, chain
from inspection.model.paper import Paper, PaperKind, PaperState
from inspection.model.participant import Consent, Position
from inspection.model.people import SYSTEM, Link, Role, SignedIn
from inspection.model.survey import Outcome, Room, SurveyState
from inspection.ports import Office
from storage.database import Database
from storage.shelves.reception_index import SqlReceptionIndex
from storage.work import SqlOffice
from tests.builders import a_head
from tests.fakes import FakeOffice
from tests.integration.storage.values import (
    NOON,
    a_case,
    a_participant,
    a_person,
    a_snapshot,
    a_survey,
    a_track,
    an_evidence,
    an_item,
    digest,
    furnish,
    later,
)


@pytest.fixture(params=["fake", "sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def office(database_kind: str, request: pytest.FixtureRequest) -> Office:
    """A furnished office of each kind; the fake keeps to the contract too, so what is tested with it holds."""
    if database_kind == "fake":
        fake = FakeOffice()
        with fake.write() as work:
            furnish(work)
        return fake
    database: Database = request.getfixturevalue("database")
    office = SqlOffice(database)
    with office.write() as work:
        furnish(work)
    SqlReceptionIndex(database).add_track(a_track())
    return office


def test_people_come_back_as_they_went_in(office: Office) -> None:
    with office.read() as work:
        assert work.people.get("inspector1") == a_person()
        assert work.people.by_sign_in("inspector1") == a_person()
        assert work.people.by_sign_in("nobody") is None
        with pytest.raises(NotFound):
            work.people.get("nobody")


def test_people_are_listed_by_role_in_pages(office: Office) -> None:
    with office.write() as work:
        for number in range(3):
            work.people.add(a_person(f"p{number}", name=f"P{number}", role=Role.ADMINISTRATOR))
    with office.read() as work:
        assert [person.id for person in work.people.list(Role.ADMINISTRATOR, 1, 5)] == ["p1", "p2"]
        assert work.people.count(Role.ADMINISTRATOR) == 3
        assert work.people.count() == 5
        assert len(work.people.list(None, 0, 4)) == 4


def test_a_sign_in_belongs_to_one_person_and_the_unit_of_work_lives_on(office: Office) -> None:
    with office.write() as work:
        with pytest.raises(Conflict) as taken:
            work.people.add(a_person("other", sign_in="inspector1"))
        assert taken.value.code == "sign-in-taken"
        with pytest.raises(Conflict):
            work.people.put(a_person("approver1", sign_in="inspector1"))
        work.people.put(a_person(active=False, name="改名"))
    with office.read() as work:
        assert work.people.get("inspector1") == a_person(active=False, name="改名")


def test_signed_in_browsers_are_found_touched_and_removed(office: Office) -> None:
    staff = SignedIn(digest("a"), "inspector1", None, None, NOON, NOON, later(60))
    guest = SignedIn(digest("b"), None, "part1", "survey1", NOON, NOON, later(30))
    with office.write() as work:
        work.sign_ins.add(staff)
        work.sign_ins.add(guest)
        work.sign_ins.touch(staff.id, later(5))
        assert work.sign_ins.get(staff.id) == replace(staff, seen_at=later(5))
        work.sign_ins.remove_expired(later(30))
        assert work.sign_ins.get(guest.id) is None
        work.sign_ins.add(guest)
        work.sign_ins.remove_participant("part1")
        work.sign_ins.remove_person("inspector1")
        assert work.sign_ins.get(guest.id) is None
        assert work.sign_ins.get(staff.id) is None
        work.sign_ins.remove(staff.id)


def test_failed_attempts_are_counted_within_the_window(office: Office) -> None:
    with office.write() as work:
        for seconds in (0, 10, 10, 20):
            work.sign_ins.failed("inspector1", later(seconds))
        work.sign_ins.failed("other", NOON)
        assert work.sign_ins.failures("inspector1", later(10)) == 3
        work.sign_ins.forgive("inspector1", later(10))
        assert work.sign_ins.failures("inspector1", NOON) == 3
        work.sign_ins.forgive("inspector1", later(11))
        work.sign_ins.clear_failures("inspector1")
        assert work.sign_ins.failures("inspector1", NOON) == 0
        assert work.sign_ins.failures("other", NOON) == 1


def test_links_are_found_by_digest_until_they_are_revoked(office: Office) -> None:
    old = Link("l1", digest("l1"), "survey1", "part1", "inspector1", NOON, later(60))
    new = Link("l2", digest("l2"), "survey1", "part1", "inspector1", later(1), later(600))
    with office.write() as work:
        work.links.add(old)
        work.links.add(new)
        assert work.links.by_digest(digest("l1")) == old
        assert work.links.by_digest(digest("l3")) is None
        assert work.links.of_survey("survey1") == [new, old]
        work.links.revoke("part1", later(90))
        assert work.links.of_survey("survey1") == [replace(new, revoked_at=later(90)), old]
        work.links.revoke("part1", later(100))
        assert work.links.by_digest(digest("l2")) == replace(new, revoked_at=later(90))


def test_an_item_gets_a_new_checklist_and_the_old_version_stays(office: Office) -> None:
    newer = an_item(checklist=Checklist("food", 2, ()))
    with office.write() as work:
        work.items.put(an_item())
        work.items.put(newer)
        assert work.items.get("food") == newer
        assert work.items.list() == [newer]
        assert work.items.checklist("food", 1) == an_item().checklist
        with pytest.raises(Conflict):
            work.items.put(an_item(checklist=Checklist("food", 1, ())))
        for missing in (lambda: work.items.get("none"), lambda: work.items.checklist("food", 3)):
            with pytest.raises(NotFound):
                missing()


def test_cases_come_back_as_they_went_in(office: Office) -> None:
    with office.write() as work:
        assert work.cases.get("case1") == a_case()
        assert work.cases.by_number("TK-case1") == a_case()
        outlined = a_case(site=Site("1 Street", None, None, ((30.0, 120.0), (30.0, 121.0), (31.0, 121.0))))
        work.cases.put(outlined)
        assert work.cases.get("case1") == outlined
        work.cases.put(a_case(state=CaseState.REVIEW, phone=""))
        assert work.cases.get("case1") == a_case(state=CaseState.REVIEW, phone="")
        with pytest.raises(Conflict):
            work.cases.add(a_case("case2", number="TK-case1"))
        with pytest.raises(NotFound):
            work.cases.put(a_case("case2"))


def test_cases_are_narrowed_searched_and_paged(office: Office) -> None:
    with office.write() as work:
        work.people.add(a_person("second"))
        work.people.add(a_person("third"))
        work.cases.add(a_case("case2", created_at=later(2), applicant="Li 100% Ltd", inspector="second"))
        work.cases.add(a_case("case3", created_at=later(3), state=CaseState.REVIEW, inspector="second"))
        work.surveys.add(a_survey("survey2", case="case2", inspector="inspector1"))
        work.participants.add(a_participant("part2", person="third", role=Role.INSPECTOR))

    def found(inspector: str | None, approver: str | None, state: CaseState | None, text: str) -> list[str]:
        with office.read() as work:
            ids = [case.id for case in work.cases.list(inspector, approver, state, text, 0, 10)]
            assert work.cases.count(inspector, approver, state, text) == len(ids)
        return ids

    assert found(None, None, None, "") == ["case3", "case2", "case1"]
    assert found("inspector1", None, None, "") == ["case2", "case1"]
    assert found("second", None, None, "") == ["case3", "case2"]
    assert found("third", None, None, "") == ["case1"]
    assert found(None, "approver1", CaseState.REVIEW, "") == ["case3"]
    assert found(None, "inspector1", None, "") == []
    assert found(None, None, None, "滨江") == ["case3", "case2", "case1"]
    assert found(None, None, None, "li 100%") == ["case2"]
    assert found(None, None, None, "tk-case3") == ["case3"]
    assert found(None, None, None, "_") == []
    assert found(None, None, None, "' OR 1=1 --") == []
    with office.read() as work:
        assert [case.id for case in work.cases.list(None, None, None, "", 1, 1)] == ["case2"]


def test_case_numbers_count_from_one_each_day(office: Office) -> None:
    with office.write() as work:
        assert [work.cases.next_number("20261124") for _ in range(3)] == [1, 2, 3]
        assert work.cases.next_number("20261125") == 1


def test_surveys_move_only_from_the_state_that_was_seen(office: Office) -> None:
    live = a_survey(state=SurveyState.LIVE, opened_at=later(1), focus="exit")
    with office.write() as work:
        assert work.surveys.get("survey1") == a_survey()
        assert work.surveys.move("survey1", SurveyState.BOOKED, live)
        assert not work.surveys.move("survey1", SurveyState.BOOKED, a_survey(state=SurveyState.CANCELLED))
        assert not work.surveys.move("nothing", SurveyState.BOOKED, live)
        assert work.surveys.get("survey1") == live
        ended = replace(live, state=SurveyState.CONCLUDED, ended_at=later(9), outcome=Outcome.PASS, note="好")
        work.surveys.put(ended)
        assert work.surveys.of_case("case1") == [ended]
        with pytest.raises(Conflict):
            work.surveys.add(a_survey("survey2", number="TK-survey1"))


def test_surveys_of_a_person_are_those_he_leads_or_takes_part_in(office: Office) -> None:
    with office.write() as work:
        work.people.add(a_person("second"))
        work.surveys.add(a_survey("survey2", at=later(60), inspector="second"))
        work.surveys.add(a_survey("survey3", at=later(30), inspector="second"))
        work.participants.add(a_participant("part2", person="second", role=Role.INSPECTOR))
        work.participants.add(a_participant("part3", person="second", role=Role.INSPECTOR, survey="survey2"))
        ids = [survey.id for survey in work.surveys.of_person("second", 0, 10)]
        assert ids == ["survey2", "survey3", "survey1"]
        assert [survey.id for survey in work.surveys.of_person("second", 1, 1)] == ["survey3"]
        assert work.surveys.count_of_person("second") == 3
        assert work.surveys.count_of_person("inspector1") == 1


def test_ended_surveys_wait_until_they_are_admitted(office: Office) -> None:
    ended = a_survey(state=SurveyState.CANCELLED, ended_at=later(5))
    with office.write() as work:
        assert work.surveys.unadmitted(later(100), 10) == []
        work.surveys.put(ended)
        assert work.surveys.unadmitted(later(5), 10) == []
        assert work.surveys.unadmitted(later(6), 10) == [ended]
        assert work.surveys.unadmitted(later(6), 0) == []
        work.surveys.put(replace(ended, admitted=True))
        assert work.surveys.unadmitted(later(6), 10) == []


def test_participants_consents_and_positions(office: Office) -> None:
    no = Consent("part1", "survey1", "张三", "v1", "zh-CN", agreed=False, at=NOON)
    yes = replace(no, agreed=True, at=later(3), stated_by="inspector1")
    here = Position("part1", "survey1", later(1), False, 30.1, 120.2, 8.5)
    refused = Position("part1", "survey1", NOON, refused=True)
    with office.write() as work:
        assert work.participants.get("part1") == a_participant()
        work.participants.put(a_participant(name="张三丰"))
        work.participants.seen("part1", later(7))
        assert work.participants.of_survey("survey1") == [a_participant(name="张三丰", seen_at=later(7))]
        assert work.participants.consent("part1") is None
        work.participants.add_consent(no)
        work.participants.add_consent(yes)
        assert work.participants.consent("part1") == yes
        work.participants.add_consent(replace(no, at=yes.at))
        assert work.participants.consent("part1") == replace(no, at=yes.at)
        work.participants.add_position(here)
        work.participants.add_position(refused)
        assert work.participants.positions("survey1") == [refused, here]
        for unknown in (lambda: work.participants.get("x"), lambda: work.participants.put(a_participant("x"))):
            with pytest.raises(NotFound):
                unknown()


def test_a_room_moves_to_another_node_and_closes(office: Office) -> None:
    room = Room("survey1", "n1", NOON)
    with office.write() as work:
        assert work.rooms.get("survey1") is None
        work.rooms.put(room)
        work.rooms.put(replace(room, node="n2"))
        assert work.rooms.get("survey1") == replace(room, node="n2")
        assert work.rooms.open_on("n1") == []
        assert work.rooms.open() == work.rooms.open_on("n2") == [replace(room, node="n2")]
        work.rooms.put(replace(room, closed=True))
        assert work.rooms.open() == []


def test_evidence_comes_back_as_it_went_in(office: Office) -> None:
    with office.write() as work:
        work.evidence.add(an_evidence("e2", created_at=later(1), survey="survey1"))
        work.evidence.add(an_evidence())
        assert work.evidence.get("evidence1") == an_evidence()
        both = [an_evidence(), an_evidence("e2", created_at=later(1))]
        assert work.evidence.of_case("case1") == work.evidence.of_survey("survey1") == both
        with pytest.raises(Conflict):
            work.evidence.add(an_evidence())
        with pytest.raises(NotFound):
            work.evidence.get("none")


def test_snapshots_are_wanted_until_they_are_cut(office: Office) -> None:
    cut = a_snapshot(
        state=RenditionState.READY, check="exit", presented=5, sha256=digest(1), bytes=9, width=2, parent=digest(2)
    )
    with office.write() as work:
        work.snapshots.add(a_snapshot())
        work.snapshots.add(a_snapshot("snapshot2", created_at=later(10)))
        assert work.snapshots.get("snapshot1") == a_snapshot()
        assert work.snapshots.wanted(later(10), 9) == [a_snapshot()]
        work.snapshots.put(cut)
        assert work.snapshots.wanted(later(10), 9) == []
        assert [snapshot.id for snapshot in work.snapshots.of_survey("survey1")] == ["snapshot1", "snapshot2"]
        assert work.snapshots.get("snapshot1") == cut
        for unknown in (lambda: work.snapshots.get("x"), lambda: work.snapshots.put(a_snapshot("x"))):
            with pytest.raises(NotFound):
                unknown()


def test_a_finding_is_the_last_result_for_its_check(office: Office) -> None:
    first = Finding("survey1", "exit", Result.FAIL, "堵塞", ("snapshot1", "snapshot2"), "inspector1", NOON)
    cited: Any = {"annotations": ("m1",), "evidence": ("e1",)}
    last = replace(first, result=Result.NOT_APPLICABLE, snapshots=(), at=later(1), **cited)
    with office.write() as work:
        work.findings.put(first)
        assert work.findings.of_survey("survey1") == [first]
        work.findings.put(last)
        work.findings.put(replace(first, check="sink"))
        assert work.findings.of_survey("survey1") == [replace(first, check="sink"), last]


def test_a_case_is_decided_once(office: Office) -> None:
    decision = Decision("case1", DecisionOutcome.APPROVED, "合格", "approver1", NOON, digest("head"))
    with office.write() as work:
        assert work.decisions.get("case1") is None
        work.decisions.add(decision)
        with pytest.raises(Conflict) as taken:
            work.decisions.add(replace(decision, outcome=DecisionOutcome.REFUSED))
        assert taken.value.code == "decision-taken"
        assert work.decisions.get("case1") == decision


def test_papers_are_wanted_until_they_are_made_and_keep_who_signed(office: Office) -> None:
    paper = Paper(
        "y1", "case1", "survey1", PaperKind.RECORD, "en", PaperState.WANTED, "inspector1", NOON, "https://takan.example"
    )
    who = {"id": "part1", "name": "张三", "role": "applicant"}
    signed = replace(
        paper, state=PaperState.READY, subject=digest("s"), sha256=digest("f"), bytes=2**40, needed=[who],
        signatures=[who | {"at_us": 2**52, "before": digest("b")}], refusals=[who | {"reason": "不同意"}],
    )  # fmt: skip
    with office.write() as work:
        work.papers.add(paper)
        work.papers.add(replace(paper, id="y2", survey=None, kind=PaperKind.DECISION, created_at=later(1)))
        assert [each.id for each in work.papers.wanted(later(1), 9)] == ["y1"]
        work.papers.put(signed)
        assert work.papers.get("y1") == signed
        assert work.papers.wanted(later(1), 9) == []
        assert [each.id for each in work.papers.of_case("case1")] == ["y2", "y1"]
        with pytest.raises(NotFound):
            work.papers.get("none")


def test_clips_are_wanted_until_they_are_cut(office: Office) -> None:
    clip = Clip(
        "k1", "case1", "survey1", ClipKind.WHOLE, None, 0, 2**45, RenditionState.WANTED, "inspector1", NOON
    )  # fmt: skip
    with office.write() as work:
        work.clips.add(clip)
        work.clips.add(replace(clip, id="k2", created_at=later(1)))
        assert [each.id for each in work.clips.wanted(later(1), 9)] == ["k1"]
        cut = replace(clip, state=RenditionState.READY, sha256=digest("c"), bytes=2**40, facts={"tracks": [{"a": 1}]})
        work.clips.put(cut)
        assert work.clips.get("k1") == cut
        assert [each.id for each in work.clips.of_survey("survey1")] == ["k2", "k1"]
        with pytest.raises(NotFound):
            work.clips.get("none")


def test_exports_are_wanted_until_they_are_ready(office: Office) -> None:
    export = Export("x1", "case1", "approver1", NOON, "wanted")
    with office.write() as work:
        work.exports.add(export)
        work.exports.add(replace(export, id="x2", created_at=later(1)))
        work.exports.put(replace(export, state="running", done=1, total=2**40))
        assert [each.id for each in work.exports.wanted(later(1), 9)] == ["x1"]
        work.exports.put(replace(export, state="ready"))
        assert work.exports.wanted(later(1), 9) == []
        assert [each.id for each in work.exports.of_case("case1")] == ["x2", "x1"]
        assert work.exports.get("x1") == replace(export, state="ready")
        with pytest.raises(NotFound):
            work.exports.get("none")


def test_files_of_a_package_in_the_making_are_remembered(office: Office) -> None:
    file = ExportFile("x1", "data/001.mp4", digest(1), digest(2), 2**32 - 1, 2**40)
    with office.write() as work:
        work.exports.add(Export("x1", "case1", "approver1", NOON, "running"))
        assert work.exports.files("x1") == []
        work.exports.add_file(file)
        work.exports.add_file(file)
        assert work.exports.files("x1") == [file]
        anew = replace(file, recipe=digest(3), size=5)
        work.exports.add_file(anew)
        assert work.exports.files("x1") == [anew]
        planned = replace(work.exports.get("x1"), state="ready", plan=digest(4), size=2**40)
        work.exports.put(planned)
        assert work.exports.get("x1") == planned


def test_the_ledger_gives_back_what_hashes_to_the_same(office: Office) -> None:
    body = {"text": "滨江", "number": 2**53 - 1, "none": None, "list": [True, {"z": 1, "a": -1}]}
    first = chain(None, "case1", "case-opened", SYSTEM, NOON, None, body)
    second = chain(first, "case1", "recording-admitted", SYSTEM, later(1), digest(1), {})
    with office.write() as work:
        assert work.ledger.tip("case1") is None
        work.ledger.append(first, a_head(first))
        work.ledger.append(second, a_head(second))
    with office.read() as work:
        assert work.ledger.tip("case1") == Tip(2, second.hash)
        assert work.ledger.entries("case1") == [first, second]
        assert work.ledger.entries("case1", second.at_us) == [second]
        assert chain(None, "case1", "case-opened", SYSTEM, NOON, None, work.ledger.entries("case1")[0].body) == first


def test_two_entries_never_share_a_number(office: Office) -> None:
    first = chain(None, "case1", "case-opened", SYSTEM, NOON, None, {})
    with office.write() as work:
        work.ledger.append(first, a_head(first))
        other = chain(None, "case1", "other", SYSTEM, NOON, None, {})
        with pytest.raises(Conflict) as moved:
            work.ledger.append(other, a_head(other))
        assert moved.value.code == "ledger-moved"
        assert work.ledger.entries("case1") == [first]
        assert work.ledger.head("case1") == a_head(first)


def test_a_head_replaces_the_one_before(office: Office) -> None:
    first = chain(None, "case1", "case-opened", SYSTEM, NOON, None, {})
    second = chain(first, "case1", "viewed", SYSTEM, NOON, None, {})
    signed = {"at_us": 5, "key": digest("key"), "signature": "ab" * 64}
    with office.write() as work:
        assert work.ledger.head("case1") is None
        for entry in (first, second):
            work.ledger.append(entry, a_head(entry, **signed))
            assert work.ledger.head("case1") == Head("case1", entry.number, entry.hash, 5, digest("key"), "ab" * 64)


def test_settings_are_texts_by_name(office: Office) -> None:
    with office.write() as work:
        assert work.settings.get("name") is None
        work.settings.put("name", "一")
        work.settings.put("name", "二")
        assert work.settings.get("name") == "二"
