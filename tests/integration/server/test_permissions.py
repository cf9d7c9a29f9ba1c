"""Who may do what: every route of the app, asked by everybody, for his own case and for another's.

A route that is added without a row fails. "May" means that the office went on to judge the request itself: what is
answered then (409, 422) depends on the state of things and is tested elsewhere.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.integration.server.world import World

NOBODY: frozenset[str] = frozenset()
ANYBODY = frozenset(
    {
        "nobody",
        "administrator",
        "inspector",
        "approver",
        "supervisor",
        "auditor",
        "applicant",
        "other inspector",
        "other approver",
        "other applicant",
    }
)
STAFF = ANYBODY - {"nobody", "applicant", "other applicant"}
SIGNED_IN = ANYBODY - {"nobody"}
ADMIN = frozenset({"administrator"})
TAKES_IN = frozenset({"inspector", "other inspector"})
LISTS = TAKES_IN | {"approver", "other approver"}
LEAD = frozenset({"inspector"})
APPROVER = frozenset({"approver"})
JUDGES = LEAD | APPROVER
APPLICANT = frozenset({"applicant"})
SURVEY = JUDGES | APPLICANT


@dataclass(frozen=True)
class Row:
    """`may`: who; `body` as JSON or `form`; `{case}` and the like are those of the reader's own case."""

    may: frozenset[str]
    body: Any = None
    form: dict[str, str] | None = None
    at: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)  # with `{…}` filled in as well


CASE_FORM = {"item": "food", "applicant": "A", "address": "B", "approver": "{approver}"}
POSITION = {"latitude": 30.0, "longitude": 120.0, "accuracy": 5.0, "source": "browser"}
CONSENT = {"name": "A", "version": "2026-11", "agreed": True}
TICKET = {"direction": "view", "participant": "{applicant}"}
MARKS = "/api/v1/surveys/<survey>/annotations"
MARK = {"track": "{track}", "time_us": 40_000, "shape": "arrow", "points": [[1, 2], [3, 4]]}
TUS = {"Tus-Resumable": "1.0.0"}
ROWS: dict[tuple[str, str], Row] = {
    ("GET", "/"): Row(ANYBODY),
    ("GET", "/health"): Row(ANYBODY),
    ("GET", "/style"): Row(ANYBODY),
    ("GET", "/log/checkpoint"): Row(ANYBODY),
    ("GET", "/log/keys"): Row(ANYBODY),
    ("GET", "/api/v1/openapi.json"): Row(ANYBODY),
    ("GET", "/api/v1/log"): Row(STAFF),
    ("GET", "/api/v1/log/consistency"): Row(STAFF),
    ("GET", "/api/v1/cases/<case>/proofs/<int:number>"): Row(JUDGES, at={"int:number": "1"}),
    ("GET", "/assets/<path:name>"): Row(ANYBODY),
    ("GET", "/join/<token>"): Row(ANYBODY, at={"token": "{link}"}),
    ("POST", "/language"): Row(ANYBODY, form={"lang": "en", "back": "/"}),
    ("POST", "/theme"): Row(ANYBODY, form={"theme": "dark", "back": "/"}),
    ("GET", "/sign-in"): Row(ANYBODY),
    ("POST", "/sign-in"): Row(ANYBODY, form={"sign_in": "inspector", "password": "{password}", "next": "/"}),
    ("POST", "/sign-out"): Row(ANYBODY, form={}),
    ("POST", "/api/v1/sign-in"): Row(ANYBODY, {"sign_in": "inspector", "password": "{password}"}),
    ("POST", "/api/v1/sign-out"): Row(ANYBODY, {}),
    ("GET", "/api/v1/me"): Row(ANYBODY),
    ("POST", "/live/<node>/<any(whip, whep):door>/<survey>/<participant>"): Row(ANYBODY),
    ("DELETE", "/live/<node>/<any(whip, whep):door>/<survey>/<participant>/<session>"): Row(ANYBODY),
    ("PATCH", "/live/<node>/<any(whip, whep):door>/<survey>/<participant>/<session>"): Row(ANYBODY),
    ("POST", "/live/<node>/<any(whip, whep):door>/<survey>/<participant>/<session>/layer"): Row(ANYBODY),
    ("GET", "/password"): Row(STAFF),
    ("POST", "/password"): Row(STAFF, form={"old": "wrong", "password": "1234567890", "again": "1234567890"}),
    ("POST", "/api/v1/password"): Row(STAFF, {"old": "wrong", "new": "1234567890"}),
    ("GET", "/people"): Row(ADMIN),
    ("POST", "/people"): Row(ADMIN, form={"name": "N", "sign_in": "n", "role": "inspector"}),
    ("POST", "/people/<person>/password"): Row(ADMIN, form={}),
    ("POST", "/people/<person>/active"): Row(ADMIN, form={"active": "0"}),
    ("GET", "/settings"): Row(ADMIN),
    ("POST", "/settings/items"): Row(ADMIN, form={"item": "food", "inspectors": "1"}),
    ("GET", "/api/v1/people"): Row(ADMIN),
    ("POST", "/api/v1/people"): Row(ADMIN, {"name": "N", "sign_in": "n", "role": "inspector"}),
    ("GET", "/api/v1/items"): Row(TAKES_IN),
    ("GET", "/cases"): Row(LISTS),
    ("GET", "/api/v1/cases"): Row(LISTS),
    ("GET", "/cases/new"): Row(TAKES_IN),
    ("POST", "/cases/new"): Row(TAKES_IN, form=CASE_FORM),
    ("POST", "/api/v1/cases"): Row(TAKES_IN, CASE_FORM),
    ("GET", "/surveys"): Row(SIGNED_IN),
    ("GET", "/api/v1/surveys"): Row(SIGNED_IN),
    ("GET", "/cases/<case>"): Row(JUDGES),
    ("POST", "/cases/<case>/surveys"): Row(LEAD, form={"kind": "live"}),
    ("POST", "/cases/<case>/link"): Row(LEAD, form={"survey": "{survey}"}),
    ("POST", "/cases/<case>/approver"): Row(LEAD, form={"approver": "{approver}"}),
    ("POST", "/cases/<case>/invite"): Row(LEAD, form={"survey": "{survey}", "person": "{auditor}"}),
    ("POST", "/cases/<case>/decision"): Row(APPROVER, form={"outcome": "approved", "reason": ""}),
    ("POST", "/cases/<case>/exports"): Row(JUDGES, form={}),
    ("POST", "/cases/<case>/cancel"): Row(LEAD, form={"survey": "{survey}", "note": "N"}),
    ("GET", "/api/v1/cases/<case>"): Row(JUDGES),
    ("PUT", "/api/v1/cases/<case>/approver"): Row(LEAD, {"approver": "{approver}"}),
    ("POST", "/api/v1/cases/<case>/surveys"): Row(LEAD, {"kind": "live"}),
    ("POST", "/api/v1/cases/<case>/decision"): Row(APPROVER, {"outcome": "approved", "reason": ""}),
    ("POST", "/api/v1/cases/<case>/exports"): Row(JUDGES, {}),
    ("GET", "/api/v1/cases/<case>/exports/<export>"): Row(JUDGES),
    ("GET", "/api/v1/cases/<case>/exports/<export>/package"): Row(JUDGES),
    ("GET", "/api/v1/cases/<case>/clips"): Row(JUDGES),
    ("POST", "/api/v1/cases/<case>/clips"): Row(JUDGES, {"evidence": "{evidence}", "from_us": 0, "to_us": 1}),
    ("POST", "/api/v1/cases/<case>/surveys/<survey>/whole"): Row(JUDGES, {}),
    ("GET", "/api/v1/clips/<clip>"): Row(JUDGES),
    ("GET", "/api/v1/clips/<clip>/file"): Row(JUDGES),
    ("GET", "/api/v1/cases/<case>/papers"): Row(JUDGES),
    ("POST", "/api/v1/cases/<case>/papers"): Row(JUDGES, {"kind": "record", "survey": "{survey}"}),
    ("GET", "/api/v1/papers/<paper>"): Row(SURVEY),
    ("GET", "/api/v1/papers/<paper>/file"): Row(SURVEY),
    ("POST", "/api/v1/papers/<paper>/signatures"): Row(SURVEY, {"sha256": "0" * 64}),
    ("POST", "/api/v1/papers/<paper>/refusals"): Row(SURVEY, {"sha256": "0" * 64, "reason": "N"}),
    ("POST", "/cases/<case>/clips"): Row(JUDGES, form={"evidence": "{evidence}", "begin": "0", "end": "1"}),
    ("POST", "/cases/<case>/whole"): Row(JUDGES, form={"survey": "{survey}"}),
    ("POST", "/cases/<case>/papers"): Row(JUDGES, form={"kind": "record", "survey": "{survey}"}),
    ("POST", "/cases/<case>/papers/<paper>/sign"): Row(JUDGES, form={"sha256": "0" * 64}),
    ("POST", "/cases/<case>/papers/<paper>/refuse"): Row(
        JUDGES, form={"sha256": "0" * 64, "of": "{applicant}", "reason": "N"}
    ),
    ("GET", "/visit/<survey>/record"): Row(APPLICANT),
    ("POST", "/visit/<survey>/record"): Row(
        APPLICANT, form={"act": "sign", "paper": "{paper}", "sha256": "0" * 64, "reason": ""}
    ),
    ("GET", "/surveys/<survey>/console"): Row(JUDGES),  # an approver is sent on to the review
    ("GET", "/surveys/<survey>/review"): Row(JUDGES),
    ("GET", "/surveys/<survey>/segments/<digest>"): Row(JUDGES, at={"digest": "{stored}"}),
    ("GET", "/renditions/<rendition>"): Row(JUDGES, at={"rendition": "{snapshot}"}),
    ("GET", "/visit/<survey>"): Row(APPLICANT),
    ("GET", "/visit/<survey>/film"): Row(APPLICANT),
    ("GET", "/visit/<survey>/done"): Row(APPLICANT),
    ("GET", "/api/v1/surveys/<survey>"): Row(SURVEY),
    ("GET", "/api/v1/surveys/<survey>/room"): Row(SURVEY),
    ("GET", "/api/v1/surveys/<survey>/timeline"): Row(JUDGES),
    ("GET", "/api/v1/surveys/<survey>/snapshots"): Row(JUDGES),
    ("POST", "/api/v1/surveys/<survey>/snapshots"): Row(LEAD | APPLICANT, {"track": "{track}", "time": 90_000}),
    ("PUT", "/api/v1/surveys/<survey>/findings/<check>"): Row(LEAD, {"result": "pass"}, at={"check": "address"}),
    ("POST", "/api/v1/surveys/<survey>/link"): Row(LEAD, {}),
    ("POST", "/api/v1/surveys/<survey>/open"): Row(LEAD, {}),
    ("POST", "/api/v1/surveys/<survey>/join"): Row(LEAD, {}),
    ("POST", "/api/v1/surveys/<survey>/participants"): Row(LEAD, {"person": "{auditor}"}),
    ("POST", "/api/v1/surveys/<survey>/focus"): Row(LEAD, {"check": None}),
    ("POST", "/api/v1/surveys/<survey>/conclude"): Row(LEAD, {"outcome": "pass"}),
    ("POST", "/api/v1/surveys/<survey>/cancel"): Row(LEAD, {"note": "N"}),
    ("POST", "/api/v1/surveys/<survey>/consent"): Row(APPLICANT, CONSENT),
    ("POST", "/api/v1/surveys/<survey>/position"): Row(APPLICANT, POSITION),
    ("POST", "/api/v1/surveys/<survey>/device"): Row(LEAD | APPLICANT, {"camera": "C"}),
    ("POST", "/api/v1/uploads"): Row(
        LEAD | APPLICANT, headers=TUS | {"Upload-Length": "5", "Upload-Metadata": "filename YS5tcDQ=,survey {survey64}"}
    ),
    ("GET", "/api/v1/uploads/<upload>"): Row(APPLICANT, at={"upload": "{upload}"}),
    ("PATCH", "/api/v1/uploads/<upload>"): Row(APPLICANT, at={"upload": "{upload}"}, headers=TUS),
    ("DELETE", "/api/v1/uploads/<upload>"): Row(APPLICANT, at={"upload": "{upload}"}, headers=TUS),
    ("GET", "/api/v1/surveys/<survey>/uploads"): Row(LEAD | APPLICANT),
    ("POST", "/api/v1/surveys/<survey>/upload-token"): Row(LEAD | APPLICANT, {}),
    ("GET", "/api/v1/cases/<case>/evidence"): Row(JUDGES),
    ("POST", "/api/v1/cases/<case>/jobs/<job>/cancel"): Row(LEAD, {}, at={"job": "{job}"}),
    ("POST", "/api/v1/cases/<case>/jobs/<job>/again"): Row(LEAD, {}, at={"job": "{job}"}),
    ("GET", "/api/v1/evidence/<evidence>"): Row(JUDGES, at={"evidence": "{evidence}"}),
    ("GET", "/evidence/<evidence>/original"): Row(JUDGES, at={"evidence": "{evidence}"}),
    ("GET", "/evidence/<evidence>/files/<path:name>"): Row(
        JUDGES, at={"evidence": "{evidence}", "path:name": "poster.jpg"}
    ),
    ("GET", "/evidence/<evidence>"): Row(JUDGES, at={"evidence": "{evidence}"}),
    ("GET", "/visit/<survey>/files"): Row(APPLICANT),
    ("GET", "/api/v1/cases/<case>/annotations"): Row(JUDGES),
    ("POST", "/api/v1/cases/<case>/annotations"): Row(JUDGES, []),
    ("GET", f"{MARKS}"): Row(JUDGES),
    ("PUT", f"{MARKS}/<annotation>"): Row(JUDGES, MARK, at={"annotation": "newmark1"}),
    ("POST", f"{MARKS}/<annotation>/replies"): Row(JUDGES, {"id": "reply001", "text": "N"}),
    ("POST", f"{MARKS}/<annotation>/close"): Row(JUDGES, {"revision": 0}),
    ("POST", f"{MARKS}/<annotation>/reopen"): Row(JUDGES, {"revision": 0}),
    ("POST", f"{MARKS}/<annotation>/withdraw"): Row(LEAD, {"revision": 0}),
    ("POST", "/api/v1/surveys/<survey>/tickets"): Row(LEAD | APPLICANT, TICKET),
}
READERS = sorted(ANYBODY)


def routes(world: World) -> set[tuple[str, str]]:
    return {
        (method, rule.rule)
        for rule in world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def filled(value: Any, facts: dict[str, str]) -> Any:
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        return facts[value[1:-1]]
    if isinstance(value, dict):
        return {name: filled(part, facts) for name, part in value.items()}
    return value


def facts_of(world: World) -> dict[str, str]:
    facts = {name.removeprefix("own."): value for name, value in world.facts.items() if name.startswith("own.")}
    facts |= {"approver": world.people["approver"].id, "auditor": world.people["auditor"].id}
    return facts | {"password": "a password of theirs"}


def path_of(rule: str, row: Row, facts: dict[str, str]) -> str:
    words = {"<any(whip, whep):door>": "whip", "<path:name>": "missing.js", "<node>": "n1", "<session>": "x"}
    words |= {"<participant>": facts["applicant"], "<person>": facts["auditor"]}
    words |= {f"<{name}>": filled(value, facts) for name, value in row.at.items()}
    words |= {f"<{name}>": value for name, value in facts.items()}
    for mark, value in words.items():
        rule = rule.replace(mark, value)
    return rule


def test_every_route_has_a_row(world: World) -> None:
    assert routes(world) == set(ROWS)


@pytest.mark.parametrize("reader", READERS)
def test_everybody_at_every_route(world: World, reader: str) -> None:
    facts, wrong = facts_of(world), []
    for (method, rule), row in sorted(ROWS.items()):
        path = path_of(rule, row, facts)
        form = filled(row.form, facts) if row.form is not None else None
        sent = {name: value.format(**facts) for name, value in row.headers.items()}
        response = world.browser(reader).ask(method, path, filled(row.body, facts), form, headers=sent)
        if let_through(response, rule) is not (reader in row.may):
            wrong.append(f"{method} {rule}: {response.status_code} {response.location or ''}")
        if response.status_code >= 500:
            wrong.append(f"{method} {rule}: {response.status_code}")
        if method != "GET" or rule.startswith("/join"):
            world.fresh()
    assert not wrong, f"{reader}:\n" + "\n".join(wrong)


def let_through(response: Any, rule: str) -> bool:
    """Neither unknown, forbidden, nor sent to sign in. An asset that is not there is nobody's secret."""
    if rule.startswith("/assets/"):
        return True
    sent_away = response.status_code in (302, 303) and response.location.startswith(("/sign-in?", "/password"))
    return response.status_code not in (401, 403, 404) and not sent_away
