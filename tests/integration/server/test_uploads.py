"""tus 1.0.0 as a client sees it, and what becomes of a file: on a real database and a real store."""

import base64
import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from inspection.model.evidence import EvidenceKind
from inspection.model.ledger import microseconds
from inspection.model.people import Actor, Role
from inspection.model.upload import UploadState
from inspection.services.receive_upload import COUNTED, expire_uploads
from server import tus
from server.roles.check_upload import check_upload
from tests.integration.server.world import NOW, World, later

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 5000
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def office(world: World) -> World:
    return world


class Sender:
    """A foreign client: only a token, no cookie, no form token."""

    def __init__(self, world: World, who: str = "own") -> None:
        survey, id = world.facts[f"{who}.survey"], world.facts[f"{who}.applicant"]
        actor = Actor(id, "Applicant", Role.APPLICANT, survey)
        until = microseconds(NOW + timedelta(hours=1))
        self.token = tus.token(world.services.session_key, survey, actor, until)
        self.client = world.app.test_client()

    def ask(self, method: str, path: str, data: bytes = b"", /, **headers: str) -> Any:
        sent = TUS | {"Authorization": f"Bearer {self.token}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        return self.client.open(path, method=method, data=data or None, headers=sent)

    def create(self, size: int, name: str = "photo.jpg", **headers: str) -> Any:
        told = f"filename {base64.b64encode(name.encode()).decode()}"
        return self.ask("POST", "/api/v1/uploads", Upload_Length=str(size), Upload_Metadata=told, **headers)

    def chunk(self, path: str, offset: int, data: bytes, **headers: str) -> Any:
        kind = {"Content_Type": "application/offset+octet-stream", "Upload_Offset": str(offset)}
        return self.ask("PATCH", path, data, **kind, **headers)

    def send(self, data: bytes, name: str = "photo.jpg") -> str:
        path = self.create(len(data), name).headers["Location"]
        if data:
            assert self.chunk(path, 0, data).status_code == 204
        return str(path.rpartition("/")[2])


def test_the_server_tells_what_it_speaks(office: World) -> None:
    answer = office.app.test_client().open("/api/v1/uploads", method="OPTIONS")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert set(answer.headers["Tus-Extension"].split(",")) == {"creation", "expiration", "checksum", "termination"}
    assert "sha1" in answer.headers["Tus-Checksum-Algorithm"]
    assert int(answer.headers["Tus-Max-Size"]) >= 50_000_000_000


def test_a_file_in_three_pieces_is_whole_and_becomes_evidence(office: World) -> None:
    sender = Sender(office)
    made = sender.create(len(JPEG))
    path = made.headers["Location"]
    assert made.status_code == 201
    assert made.headers["Upload-Expires"].endswith("GMT")
    for start, end in ((0, 10), (10, 20_000), (20_000, len(JPEG))):
        answer = sender.chunk(path, start, JPEG[start:end])
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(end))
        assert answer.headers["Tus-Resumable"] == "1.0.0"
    told = sender.ask("HEAD", path)
    assert (told.headers["Upload-Offset"], told.headers["Upload-Length"]) == (str(len(JPEG)), str(len(JPEG)))
    assert told.headers["Cache-Control"] == "no-store"
    id = path.rpartition("/")[2]
    assert office.jobs.uploads == [id]
    assert sender.ask("GET", path).get_json()["state"] == "checking"
    assert check_upload(office.services, id) is None
    assert check_upload(office.services, id) is None  # again: harmless
    with office.office.read() as work:
        evidence = work.evidence.get(id)
        entries = [one for one in work.ledger.entries(evidence.case) if one.body.get("id") == id]
        assert evidence.kind is EvidenceKind.UPLOAD
        assert evidence.sha256 == hashlib.sha256(JPEG).hexdigest()
        assert [one.event for one in entries] == ["upload-admitted"]
        head = work.ledger.head(evidence.case)
        assert head is not None
        assert head.count == entries[0].number
    assert [job.kind for job in office.jobs.media] == ["photo"]
    answer = office.browser("inspector").get(f"/evidence/{id}/original", headers={"Range": "bytes=4-9"})
    assert (answer.status_code, answer.data) == (206, JPEG[4:10])


def test_a_chunk_from_another_place_is_refused_and_nothing_is_written(office: World) -> None:
    sender = Sender(office)
    path = sender.create(100).headers["Location"]
    assert sender.chunk(path, 0, b"a" * 40).status_code == 204
    for offset in (0, 39, 41):
        answer = sender.chunk(path, offset, b"b" * 10)
        assert (answer.status_code, answer.get_json()["code"]) == (409, "upload-offset")
    assert sender.ask("HEAD", path).headers["Upload-Offset"] == "40"


def test_more_bytes_than_were_announced_are_refused(office: World) -> None:
    sender = Sender(office)
    path = sender.create(10).headers["Location"]
    assert sender.chunk(path, 0, b"a" * 11).status_code == 413
    assert sender.ask("HEAD", path).headers["Upload-Offset"] == "0"


def test_a_wrong_checksum_throws_the_chunk_away(office: World) -> None:
    sender, data = Sender(office), b"piece" * 100
    path = sender.create(len(data)).headers["Location"]
    wrong = base64.b64encode(hashlib.sha1(b"other").digest()).decode()
    answer = sender.chunk(path, 0, data, Upload_Checksum=f"sha1 {wrong}")
    assert (answer.status_code, answer.get_json()["code"]) == (460, "upload-checksum")
    assert sender.ask("HEAD", path).headers["Upload-Offset"] == "0"
    right = base64.b64encode(hashlib.sha256(data).digest()).decode()
    assert sender.chunk(path, 0, data, Upload_Checksum=f"sha256 {right}").status_code == 204
    assert sender.chunk(path, 0, data, Upload_Checksum="crc32 AAAA").status_code == 422


def test_an_upload_can_be_given_up(office: World) -> None:
    sender = Sender(office)
    path = sender.create(100).headers["Location"]
    assert sender.ask("DELETE", path).status_code == 204
    assert sender.ask("HEAD", path).status_code == 410
    assert sender.chunk(path, 0, b"a").status_code == 410
    assert sender.ask("DELETE", path).status_code == 409


def test_what_nobody_goes_on_with_expires(office: World) -> None:
    sender = Sender(office)
    path = sender.create(100).headers["Location"]
    given = office.services
    assert expire_uploads(given.office, given.uploads, NOW + timedelta(days=6), 10) == 0
    assert expire_uploads(given.office, given.uploads, NOW + timedelta(days=8), 10) >= 1
    assert sender.ask("HEAD", path).status_code == 410


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({}, 412),
        (TUS, 422),
        (TUS | {"Upload-Length": "-1"}, 422),
        (TUS | {"Upload-Length": "ten"}, 422),
        (TUS | {"Upload-Length": "1" * 30}, 422),
        (TUS | {"Upload-Defer-Length": "1"}, 422),
        (TUS | {"Upload-Length": "10", "Upload-Metadata": "filename !!!"}, 422),
        (TUS | {"Upload-Length": "10"}, 422),  # no name
        (TUS | {"Upload-Length": "99999999999999", "Upload-Metadata": "filename YQ=="}, 413),
        (TUS | {"Upload-Length": "10", "Upload-Metadata": "filename YQ==,x " + "A" * 9000}, 422),
    ],
)
def test_what_cannot_be_meant_is_refused(office: World, headers: dict[str, str], status: int) -> None:
    sender = Sender(office)
    told = {"Authorization": f"Bearer {sender.token}"} | headers
    answer = sender.client.post("/api/v1/uploads", headers=told)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_a_token_opens_its_own_survey_for_its_time_and_nothing_else(office: World) -> None:
    sender, other = Sender(office), Sender(office, "other")
    path = sender.create(10).headers["Location"]
    assert other.ask("HEAD", path).status_code == 404
    assert other.chunk(path, 0, b"a").status_code == 404
    foreign = base64.b64encode(office.facts["other.survey"].encode()).decode()
    told = {"Upload_Length": "5", "Upload_Metadata": f"filename YQ==,survey {foreign}"}
    assert sender.ask("POST", "/api/v1/uploads", **told).status_code == 404
    for token in (
        sender.token[:-1] + ("1" if sender.token.endswith("0") else "0"),
        "a.b",
        "",
        sender.token.replace("applicant", "inspector"),
    ):
        sender.token, kept = token, sender.token
        assert sender.create(10).status_code == 401
        sender.token = kept
    later(office, 4000)
    assert sender.create(10).status_code == 401


def test_a_token_is_lent_over_the_api(office: World) -> None:
    answer = office.browser("inspector").ask("POST", f"/api/v1/surveys/{office.facts['own.survey']}/upload-token", {})
    sender = Sender(office)
    sender.token = answer.get_json()["token"]
    assert answer.get_json()["url"].endswith("/api/v1/uploads")
    id = sender.send(JPEG)
    assert check_upload(office.services, id) is None
    told = office.browser("approver").get(f"/api/v1/cases/{office.facts['own.case']}/evidence").get_json()["evidence"]
    assert [one["state"] for one in told if one["id"] == id] == ["working"]


def test_a_browser_needs_its_form_token(office: World) -> None:
    browser = office.browser("applicant")
    headers = TUS | {"Upload-Length": "10", "Upload-Metadata": "filename YQ=="}
    assert browser.client.post("/api/v1/uploads", headers=headers).status_code == 403
    assert browser.client.post("/api/v1/uploads", headers=headers | {"X-CSRF-Token": browser.csrf}).status_code == 201


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty-file"),
        (b"only words, whatever its name says " * 5, "not-media"),
        (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "names-other-files"),
        (b"\0" * 5000, "not-media"),
    ],
)
def test_what_is_no_media_is_kept_out_with_a_reason(office: World, data: bytes, reason: str) -> None:
    sender = Sender(office)
    id = sender.send(data, "film.mp4")
    assert check_upload(office.services, id) is None
    told = sender.ask("GET", f"/api/v1/uploads/{id}").get_json()
    assert (told["state"], told["reason"]) == ("refused", reason)
    assert office.services.objects.size(f"u-{id}") is None
    with office.office.read() as work:
        entry = work.ledger.entries(office.facts["own.case"])[-1]
        assert (entry.event, entry.body["reason"]) == ("upload-refused", reason)
        assert id not in {one.id for one in work.evidence.of_case(office.facts["own.case"])}


def test_the_bytes_are_judged_as_they_lie_in_the_store(office: World) -> None:
    """What the disk lost between the last byte and the read-back is no evidence."""
    id = Sender(office).send(JPEG)
    with office.office.read() as work:
        upload = work.uploads.get(id)
    office.services.uploads.finish(id, upload.token, upload.size)
    path = Path(str(office.services.uploads.path(id)))
    path.chmod(0o600)
    path.write_bytes(JPEG[:100])
    assert check_upload(office.services, id) is None
    with office.office.read() as work:
        assert work.uploads.get(id).state is UploadState.REFUSED


def limited(office: World, **settings: Any) -> None:
    """Another configuration from here on."""
    given = office.services
    uploads = replace(given.settings.uploads, **settings)
    object.__setattr__(given, "settings", replace(given.settings, uploads=uploads))


def test_each_role_has_its_own_limits(office: World) -> None:
    """Bytes of a file, files of a survey, kinds by their content: all from the configuration."""
    given, sender = office.services, Sender(office)
    before = given.settings
    with given.office.read() as work:
        sent = len([one for one in work.uploads.of_survey(office.facts["own.survey"]) if one.state in COUNTED])
    try:
        limited(office, applicant_bytes=50, applicant_files=sent + 1, applicant_kinds=("video",))
        assert sender.create(51).status_code == 413
        id = sender.send(JPEG[:50])
        assert check_upload(given, id) is None
        with given.office.read() as work:
            assert (work.uploads.get(id).state, work.uploads.get(id).reason) == (
                UploadState.REFUSED,
                "upload-kind-unwanted",
            )
        assert sender.create(50).status_code == 201  # what was refused does not count
        answer = sender.create(50)
        assert (answer.status_code, answer.get_json()["code"]) == (429, "uploads-too-many")
    finally:
        object.__setattr__(given, "settings", before)


def test_a_second_connection_takes_the_pen_from_one_that_hangs(office: World) -> None:
    from inspection.model.errors import Conflict
    from inspection.services.receive_upload import claim_upload, note_received

    given, sender = office.services, Sender(office)
    id = sender.create(10).headers["Location"].rpartition("/")[2]
    _, actor = tus.bearer(given.session_key, sender.token, microseconds(NOW))
    first = claim_upload(given.office, actor, id, 0, "first")
    second = claim_upload(given.office, actor, id, 0, "second")
    note_received(given.office, second, 4, NOW + timedelta(days=1))
    with pytest.raises(Conflict):
        note_received(given.office, first, 10, NOW + timedelta(days=1))
    assert sender.ask("HEAD", f"/api/v1/uploads/{id}").headers["Upload-Offset"] == "4"
