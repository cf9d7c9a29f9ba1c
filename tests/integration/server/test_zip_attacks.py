"""A package as a ZIP file: read without unpacking, and refused by name when an entry is not what it should be."""

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from inspection.model.verdict import Origin, Overall, Verdict
from inspection.services.plan_package import PlannedPackage
from inspection.services.verify import Beforehand
from inspection.services.want_export import want_export
from server.commands.verify import judge
from tests.builders import Stage

STAGE = Stage()
KEY = STAGE.signer.public_key()


def planned() -> PlannedPackage:
    survey = STAGE.decided()
    wish = want_export(STAGE.office, STAGE.signer, STAGE.inspector, survey.case, STAGE.later(seconds=1), STAGE.new_id)
    return PlannedPackage(STAGE.store, STAGE.export(wish.id).plan or "")


PACKAGE = planned()
WHOLE = b"".join(PACKAGE.zipped(0, PACKAGE.size))
TOP = zipfile.ZipFile(io.BytesIO(WHOLE)).namelist()[0].partition("/")[0]


def judged(path: Path, data: bytes) -> Verdict:
    path.write_bytes(data)
    return judge(path, Beforehand(KEY))


def rewritten(change: Callable[[zipfile.ZipFile], object], compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as source, zipfile.ZipFile(out, "w", compression) as target:
        for info in source.infolist():
            target.writestr(info.filename, source.read(info))
        change(target)
    return out.getvalue()


def test_our_own_zip_is_intact_and_every_range_of_it_is_the_same(tmp_path: Path) -> None:
    verdict = judged(tmp_path / "package.zip", WHOLE)
    assert (verdict.overall, verdict.origin, verdict.faults) == (Overall.INTACT, Origin.PROVEN, ())
    assert len(WHOLE) == PACKAGE.size
    for start in range(0, PACKAGE.size, 997):
        assert b"".join(PACKAGE.zipped(start, start + 50)) == WHOLE[start : start + 50]


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_packed_anew_by_another_tool_it_is_still_intact(tmp_path: Path, compression: int) -> None:
    assert judged(tmp_path / "package.zip", rewritten(lambda target: None, compression)).overall is Overall.INTACT


def linked(target: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo(f"{TOP}/data/link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    target.writestr(info, "/etc/passwd")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda target: target.writestr(f"{TOP}/data/case.json", b"{}"), f"{TOP}/data/case.json"),
        (lambda target: target.writestr(f"{TOP}/../evil", b"x"), f"{TOP}/../evil"),
        (lambda target: target.writestr("/etc/cron.d/evil", b"x"), "/etc/cron.d/evil"),
        (lambda target: target.writestr(f"{TOP}/data\\evil", b"x"), f"{TOP}/data\\evil"),
        (linked, f"{TOP}/data/link"),
    ],
    ids=["twice", "upwards", "absolute", "backslash", "link"],
)
def test_an_entry_that_no_package_has_is_refused_and_named(
    tmp_path: Path, change: Callable[[zipfile.ZipFile], object], name: str
) -> None:
    verdict = judged(tmp_path / "package.zip", rewritten(change))
    assert (verdict.overall, verdict.status) == (Overall.UNREADABLE, 2)
    assert [(fault.where, fault.code) for fault in verdict.faults] == [(name, "name-refused")]


def test_a_name_before_the_bytes_that_is_not_the_one_in_the_directory(tmp_path: Path) -> None:
    place = WHOLE.index(b"data/case.json")
    data = WHOLE[:place] + b"data/cast.json" + WHOLE[place + 14 :]
    assert judged(tmp_path / "package.zip", data).status == 2


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06" + bytes(18), WHOLE[:-30], WHOLE[100:], b"no zip at all"])
def test_what_is_no_zip_is_not_readable(tmp_path: Path, data: bytes) -> None:
    assert judged(tmp_path / "package.zip", data).status == 2


def test_a_flipped_bit_anywhere_in_the_contents_is_found(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as archive:
        infos = archive.infolist()
    for info in infos:
        place = info.header_offset + 30 + len(info.filename) + 20 + info.file_size // 2
        data = bytearray(WHOLE)
        data[place] ^= 1
        assert judged(tmp_path / "package.zip", bytes(data)).status == 1, info.filename


def test_a_missing_path_is_not_readable(tmp_path: Path) -> None:
    assert judge(tmp_path / "nowhere", Beforehand(KEY)).status == 2
