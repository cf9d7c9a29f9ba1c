"""The demo: one survey from the first picture to the verified package, with no browser and nothing pretended.

A private instance is started, people sign in over HTTP as they would, ffmpeg publishes by WHIP, a client of ours
watches by WHEP, and the exported package is verified with the instance's public key.
"""

import json
import secrets
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from inspection.model.verdict import Origin, Overall
from inspection.services.verify import Beforehand, parse_public_key
from media.live.clients.signalling import Refused as NodeRefused
from server.commands.verify import judge as verified
from server.one_time import new_password
from server.roles.demo_instance import InstanceFailed, administrator, instance
from server.roles.demo_media import CameraFailed, camera, finished, make_clip, watch
from server.roles.demo_visitor import Refused, Visitor

PATIENCE = 60.0  # seconds for anything that another part has to do first


class DemoFailed(Exception):
    """A step did not do what it should; the message says which."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part, each in a browser of his own."""

    url: str
    inspector: Visitor
    approver: Visitor
    approver_id: str
    applicant: Visitor


def run(data: Path | None, config: Path | None, export: Path | None, as_json: bool, seconds: int) -> int:
    """Exit status 0 only if every step happened."""
    if export is not None and export.exists() and any(export.iterdir() if export.is_dir() else [export]):
        print(f"takan: {export} is there already", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="takan-demo-") as folder:
        place = data or Path(folder) / "data"
        kept = export or Path(tempfile.mkdtemp(prefix="takan-package-"))
        try:
            done = _whole(place, config, Path(folder), kept, seconds)
        except (DemoFailed, Refused, NodeRefused, CameraFailed, InstanceFailed, TimeoutError, OSError) as error:
            print(f"takan: the demo failed: {type(error).__name__} {error}", file=sys.stderr)
            return 1
    print(json.dumps(done, ensure_ascii=False) if as_json else _told(done))
    return 0


def _whole(data: Path, config: Path | None, folder: Path, export: Path, seconds: int) -> dict[str, Any]:
    clip = folder / "clip.mp4"
    _say("making a clip of H.264 and Opus")
    make_clip(imageio_ffmpeg.get_ffmpeg_exe(), clip, seconds)
    _say("starting a private instance")
    with instance(data, config) as url:
        _say(f"serving at {url}")
        cast, case, survey = begin(url, data, config)
        _film(cast, survey, clip, seconds)
        _conclude(cast, survey)
        done = _decide(cast, case, survey)
        export_package(cast, case, folder, export)
    judge(export, data)
    return done | {"export": str(export)}


def begin(url: str, data: Path, config: Path | None) -> tuple[Cast, str, str]:
    """People, a case, a survey, the applicant's consent and position."""
    unique = secrets.token_hex(3)
    admin = Visitor(url)
    admin.sign_in(f"demo-{unique}", administrator(data, config, f"demo-{unique}"), new_password())
    inspector, _ = _staff(url, admin, "inspector", unique)
    approver, approver_id = _staff(url, admin, "approver", unique)
    item = inspector.get("items")["items"][0]
    taken = {"item": item["id"], "applicant": "Demo Applicant", "address": "1 Demo Street", "approver": approver_id}
    case = inspector.post("cases", taken | {"latitude": 30.2741, "longitude": 120.1551})["id"]
    survey = inspector.post(f"cases/{case}/surveys", {"kind": "live"})["id"]
    applicant = Visitor(url)
    applicant.come_by_link(inspector.post(f"surveys/{survey}/link", {})["url"])
    version = "2026-11"
    applicant.post(f"surveys/{survey}/consent", {"name": "Demo Applicant", "version": version, "agreed": True})
    applicant.post(f"surveys/{survey}/device", {"agent": "ffmpeg", "camera": "testsrc2"})
    here = {"latitude": 30.2742, "longitude": 120.1552, "accuracy": 8.0, "source": "demo"}
    applicant.post(f"surveys/{survey}/position", here)
    inspector.post(f"surveys/{survey}/open", {})
    _say("the applicant has agreed, the room is open")
    return Cast(url, inspector, approver, approver_id, applicant), case, survey


def _staff(url: str, admin: Visitor, role: str, unique: str) -> tuple[Visitor, str]:
    made = admin.post("people", {"name": f"Demo {role}", "sign_in": f"{role}-{unique}", "role": role})
    visitor = Visitor(url)
    visitor.sign_in(made["sign_in"], made["one_time_password"], new_password())
    return visitor, made["id"]


def _film(cast: Cast, survey: str, clip: Path, seconds: int) -> None:
    """Publish by WHIP, watch by WHEP, take a snapshot, write findings: all while it runs."""
    me = cast.applicant.get("me")["me"]["id"]
    ticket = cast.applicant.post(f"surveys/{survey}/tickets", {"direction": "publish", "participant": me})
    with camera(imageio_ffmpeg.get_ffmpeg_exe(), clip, cast.url + ticket["url"], ticket["token"]) as process:
        _say("ffmpeg publishes by WHIP")
        _until("the applicant is seen", lambda: _publishing(cast, survey, me))
        view = cast.inspector.post(f"surveys/{survey}/tickets", {"direction": "view", "participant": me})
        seen = watch(cast.url + view["url"], view["token"], PATIENCE)
        _say(f"watched by WHEP: {seen['video'].packets} video, {seen['audio'].packets} audio packets")
        snapshot = _snapshot(cast, survey)
        _findings(cast, survey, snapshot)
        finished(process, seconds + PATIENCE)
    _say("the clip has ended")


def _publishing(cast: Cast, survey: str, participant: str) -> bool:
    room = cast.inspector.get(f"surveys/{survey}/room")
    return any(one["id"] == participant and len(one["publishing"]) == 2 for one in room["participants"])


def _snapshot(cast: Cast, survey: str) -> str:
    """Of a moment that has been recorded, while the survey runs."""

    def recorded() -> dict[str, Any] | None:
        tracks = cast.inspector.get(f"surveys/{survey}/timeline")["tracks"]
        return next((track for track in tracks if track["kind"] == "video" and track["segments"]), None)

    track = _until("a segment is recorded", recorded)
    segment = track["segments"][0]
    moment = segment["start"] + segment["duration"] // 2
    wanted = cast.inspector.post(f"surveys/{survey}/snapshots", {"track": track["id"], "time": moment})["id"]

    def cut() -> bool:
        found = cast.inspector.get(f"surveys/{survey}/snapshots")["snapshots"]
        one = next(one for one in found if one["id"] == wanted)
        if one["state"] == "failed":
            raise DemoFailed(f"the snapshot was not cut: {one['reason']}")
        return bool(one["state"] == "ready")

    _until("the snapshot is cut", cut)
    _say("a snapshot was cut from the recording")
    return str(wanted)


def _findings(cast: Cast, survey: str, snapshot: str) -> None:
    for number, check in enumerate(cast.inspector.get(f"surveys/{survey}")["checks"]):
        said: dict[str, Any] = {
            "result": "pass",
            "note": "Seen in the picture." if number == 0 else "",
            "snapshots": [],
        }
        if number == 0:
            said["snapshots"] = [snapshot]
        cast.inspector.put(f"surveys/{survey}/findings/{check['id']}", said)
    _say("findings are written")


def _conclude(cast: Cast, survey: str) -> None:
    began = time.monotonic()
    ended = cast.inspector.post(f"surveys/{survey}/conclude", {"outcome": "pass", "note": ""})
    if not ended["admitted"]:
        _until("the recording is evidence", lambda: cast.inspector.get(f"surveys/{survey}")["admitted"])
    _say(f"concluded; the recording is evidence after {time.monotonic() - began:.2f} s")


def _decide(cast: Cast, case: str, survey: str) -> dict[str, Any]:
    view = cast.approver.get(f"cases/{case}")
    evidence = [
        {
            "id": one["id"],
            "kind": one["kind"],
            "codec": one["facts"]["codec"],
            "seconds": round(one["facts"]["duration"] / one["facts"]["timescale"], 3),
            "bytes": one["bytes"],
            "sha256": one["sha256"],
        }
        for one in view["evidence"]
    ]
    if {one["codec"] for one in evidence} != {"H264", "opus"}:
        raise DemoFailed(f"the evidence is not one H.264 and one Opus track: {evidence}")
    head = view["ledger"]["head"]
    decision = cast.approver.post(f"cases/{case}/decision", {"outcome": "approved", "reason": "", "head": head})
    _say("the approver has decided")
    return {"case": case, "survey": survey, "evidence": evidence, "decision": decision["outcome"]}


def export_package(cast: Cast, case: str, folder: Path, export: Path) -> None:
    wish = cast.approver.post(f"cases/{case}/exports", {})

    def written() -> dict[str, Any] | None:
        found: dict[str, Any] = cast.approver.get(f"cases/{case}/exports/{wish['id']}")
        if found["state"] == "failed":
            raise DemoFailed(f"the export failed: {found['reason']}")
        return found if found["state"] == "ready" else None

    package = _until("the package is written", written)["package"]
    archive = folder / "package.zip"
    cast.approver.fetch(package, archive)
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(folder / "package")
    inside = next((folder / "package").iterdir())
    export.mkdir(parents=True, exist_ok=True)
    for part in inside.iterdir():
        shutil.move(part, export / part.name)
    _say(f"the package is at {export}")


def judge(export: Path, data: Path) -> None:
    verdict = verified(export, Beforehand(parse_public_key((data / "keys" / "ledger.pub").read_bytes())))
    if verdict.overall is not Overall.INTACT or verdict.origin is not Origin.PROVEN:
        raise DemoFailed(f"the package is {verdict.overall}, its origin {verdict.origin}: {verdict.faults}")
    _say(f"verified: intact, origin proven, {verdict.files} files")


def _until(what: str, ask: Callable[[], Any]) -> Any:
    """The first true answer. Raises `DemoFailed` after `PATIENCE` seconds."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = ask()
        if found:
            return found
        time.sleep(0.1)
    raise DemoFailed(f"waited in vain until {what}")


def _told(done: dict[str, Any]) -> str:
    lines = [f"case {done['case']}", f"survey {done['survey']}"]
    lines += [f"evidence {one['codec']}, {one['seconds']} s, {one['bytes']} bytes" for one in done["evidence"]]
    return "\n".join([*lines, f"decision {done['decision']}", f"package {done['export']}"])


def _say(sentence: str) -> None:
    print(f"takan: {sentence}", file=sys.stderr, flush=True)
